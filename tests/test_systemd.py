"""systemd: what it is told, the sockets that it opens, and its unit files, by its own programs."""

import os
import pathlib
import re
import shutil
import signal
import socket as sockets
import subprocess
import sys
import time

import pytest

from ajam.systemd import Notifier, inherited_sockets
from tests.browser import Browser
from tests.clock import Clock
from tests.peer import Peer
from tests.serving import serve, write_configuration

UNITS = pathlib.Path(__file__).parent.parent / "etc" / "systemd" / "system"
SECONDS = 20


def needs(program):
    """A mark that skips where `program` is missing."""
    return pytest.mark.skipif(not shutil.which(program), reason="%s is not installed" % program)


class Manager:
    """systemd's end of NOTIFY_SOCKET."""

    def __init__(self, address):
        self._socket = sockets.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM)
        self._socket.settimeout(SECONDS)
        self._socket.bind(address)

    def heard(self):
        """The next message, as text."""
        return self._socket.recv(4096).decode()

    def heard_until(self, *last):
        """The messages up to one of `last`, statuses left out."""
        messages = []
        while not messages or messages[-1] not in last:
            message = self.heard()
            messages += [] if message.startswith("STATUS=") else [message]
        return messages

    def close(self):
        """Ends it."""
        self._socket.close()


@pytest.fixture
def manager(tmp_path):
    """A Manager at tmp_path/notify."""
    manager = Manager(str(tmp_path / "notify"))
    yield manager
    manager.close()


@pytest.fixture
def peer():
    """A PBX."""
    with Peer() as peer:
        yield peer


class TestNotifier:
    def test_without_a_socket_nobody_is_told(self):
        notifier = Notifier({})
        notifier.ready()
        notifier.status("fine")
        notifier.feed_watchdog()

    def test_it_tells_what_happens_in_the_words_of_sd_notify(self, manager, tmp_path):
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")}, clock=Clock(12.5))
        notifier.ready()
        notifier.reloading()
        notifier.stopping()
        assert [manager.heard() for _ in range(3)] == ["READY=1", "RELOADING=1\nMONOTONIC_USEC=12500000", "STOPPING=1"]

    def test_a_status_is_told_once(self, manager, tmp_path):
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        for status in ("one", "one", "two"):
            notifier.status(status)
        assert [manager.heard() for _ in range(2)] == ["STATUS=one", "STATUS=two"]

    def test_an_abstract_socket_has_a_name_that_begins_with_an_at_sign(self):
        name = "ajam-test-%d" % os.getpid()
        manager = Manager("\0" + name)
        Notifier({"NOTIFY_SOCKET": "@" + name}).ready()
        assert manager.heard() == "READY=1"
        manager.close()

    def test_the_watchdog_is_fed_when_half_of_its_time_is_over(self, manager, tmp_path):
        clock = Clock(100.0)
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"}, clock=clock)
        for now in (101.0, 114.9, 115.0, 116.0, 130.0):
            clock.now = now
            notifier.status(str(now))
            notifier.feed_watchdog()
        notifier.stopping()
        assert manager.heard_until("STOPPING=1") == ["WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"]

    def test_a_watchdog_of_another_process_is_not_fed(self, manager, tmp_path):
        clock = Clock(100.0)
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000",
                             "WATCHDOG_PID": "1"}, pid=2, clock=clock)
        clock.now = 200.0
        notifier.feed_watchdog()
        notifier.stopping()
        assert manager.heard() == "STOPPING=1"

    def test_when_nobody_listens_that_is_logged_once(self, tmp_path, caplog):
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")})
        notifier.ready()
        notifier.stopping()
        assert len([record for record in caplog.records if "cannot be told" in record.getMessage()]) == 1


class TestInheritedSockets:
    @pytest.mark.parametrize("environment", [
        {}, {"LISTEN_FDS": "1"}, {"LISTEN_FDS": "1", "LISTEN_PID": "1"}, {"LISTEN_FDS": "x", "LISTEN_PID": "7"},
    ], ids=str)
    def test_without_word_of_any_for_this_process_there_are_none(self, environment):
        assert inherited_sockets(environment, pid=7) == []

    def test_they_stand_one_after_the_other_and_https_has_that_name(self):
        with sockets.create_server(("127.0.0.1", 0)) as first, sockets.create_server(("127.0.0.1", 0)) as second:
            base = 700
            for place, each in enumerate((first, second)):
                os.dup2(each.fileno(), base + place, inheritable=True)
            found = inherited_sockets({"LISTEN_FDS": "2", "LISTEN_PID": "7", "LISTEN_FDNAMES": "http:https"}, 7, base)
            try:
                assert [(each.socket.getsockname(), each.secure, each.socket.get_inheritable()) for each in found] == [
                    (first.getsockname(), False, False), (second.getsockname(), True, False)]
            finally:
                for each in found:
                    each.socket.close()


def serving(directory, *prefix, **environment):
    """A subprocess that serves the configuration in `directory`, started by the command `prefix`."""
    return subprocess.Popen([*prefix, sys.executable, "-m", "ajam", "serve", "-C", str(directory)],
                            env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True)


def test_a_daemon_tells_of_its_start_a_reload_and_its_end(tmp_path, manager, peer):
    write_configuration(tmp_path, peer.address)
    process = serving(tmp_path, NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="100000")
    try:
        assert manager.heard().startswith("STATUS=Serving http://127.0.0.1:")
        assert manager.heard() == "READY=1"
        assert manager.heard_until("WATCHDOG=1")[-1] == "WATCHDOG=1"
        process.send_signal(signal.SIGHUP)
        told = manager.heard_until("READY=1")
        began = [message for message in told if message.startswith("RELOADING=1\nMONOTONIC_USEC=")]
        assert len(began) == 1 and int(began[0].rpartition("=")[2]) <= time.monotonic_ns() / 1000
    finally:
        process.terminate()
    assert manager.heard_until("STOPPING=1")[-1] == "STOPPING=1"
    assert process.wait(SECONDS) == 0
    process.stderr.close()


def test_the_status_says_where_it_serves_whom_and_how_the_pbx_is(tmp_path, peer):
    with serve(tmp_path, peer.address) as daemon:
        assert daemon.status == "Serving http://127.0.0.1:%d; 0 sessions; nobody logged in" % daemon.address[1]
        with Browser(daemon.address) as browser:
            assert browser.log_in()
        assert daemon.status.endswith("; 1 session; 1 of 1 event connections to the PBX stand")


@needs("systemd-socket-activate")
def test_a_socket_that_systemd_has_opened_is_served(tmp_path, peer):
    write_configuration(tmp_path, peer.address, http_conf="[general]\nenabled=yes\nbindport=1\nbindaddr=192.0.2.1\n")
    with sockets.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = serving(tmp_path, "systemd-socket-activate", "--listen=127.0.0.1:%d" % port, "--fdname=http")
    try:
        process.stderr.readline()  # that it listens
        with Browser(("127.0.0.1", port)) as browser:
            assert b"Permission denied" in browser.request("/rawman?action=ping").body
    finally:
        process.terminate()
    assert process.wait(SECONDS) == 0
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()


def test_a_socket_that_is_not_tcp_is_refused_with_the_remedy(tmp_path, peer):
    write_configuration(tmp_path, peer.address)
    with sockets.socket(sockets.AF_UNIX) as socket:
        socket.bind(str(tmp_path / "wrong"))
        socket.listen()
        script = 'import os, sys; os.dup2(%d, 3); os.environ["LISTEN_PID"] = str(os.getpid()); ' \
                 'os.execv(sys.executable, [sys.executable, "-m", "ajam", "-C", sys.argv[1]])' % socket.fileno()
        done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], env={**os.environ, "LISTEN_FDS": "1"},
                              pass_fds=[socket.fileno()], capture_output=True, text=True, timeout=SECONDS)
    assert (done.returncode, "ListenStream=ADDRESS:PORT in ajam.socket" in done.stderr) == (1, True)


@pytest.fixture
def units(tmp_path):
    """The unit files, as they would stand on a host where the command is installed."""
    for path in UNITS.iterdir():
        (tmp_path / path.name).write_text(path.read_text().replace("/usr/local/bin/ajam", sys.executable))
    return tmp_path


@needs("systemd-analyze")
def test_systemd_finds_nothing_to_say_of_the_unit_files(units):
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *sorted(map(str, units.iterdir()))],
                          capture_output=True, text=True, timeout=SECONDS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs("systemd-analyze")
def test_the_service_is_shut_in_as_far_as_it_goes(units):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", str(units / "ajam.service")],
                          capture_output=True, text=True, timeout=SECONDS)
    assert float(re.search(r"exposure level for ajam.service: ([0-9.]+)", done.stdout).group(1)) < 2.0


def test_the_service_never_depends_on_asterisk():
    text = (UNITS / "ajam.service").read_text()
    assert "asterisk.service" in re.search(r"^After=(.*)$", text, re.MULTILINE).group(1)
    assert not re.search(r"^(Requires|BindsTo|PartOf|Requisite)=", text, re.MULTILINE)
