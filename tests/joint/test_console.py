"""`ajam -r` and `ajam -rx`: a running ajam asked from the command line, as processes."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from ajam.conf.settings import control_socket
from tests.joint.test_cli import NOWHERE, RUN_SECONDS, ajam, ended, started
from tests.joint.test_control import as_nobody, as_root
from tests.serving import HTTP_CONF, write_configuration

PROMPT = "ajam*CLI> "


@pytest.fixture
def directory(tmp_path):
    """That of a configuration."""
    write_configuration(tmp_path, NOWHERE)
    return tmp_path


@pytest.fixture
def serving(directory):
    """A running ajam."""
    process, log = started("-C", directory)
    deadline = time.monotonic() + RUN_SECONDS
    while not (directory / "ajam.ctl").exists():
        assert time.monotonic() < deadline and process.poll() is None, log
        time.sleep(0.01)
    yield process
    if process.returncode is None:
        ended(process)


def talked(directory, text):
    """A finished `ajam -r` that was given `text` through a pipe."""
    return subprocess.run([sys.executable, "-m", "ajam", "-C", str(directory), "-r"], input=text, capture_output=True,
                          text=True, timeout=RUN_SECONDS)


# One command


@pytest.mark.parametrize("options", [("-rx",), ("-r", "-x"), ("-x",)], ids=" ".join)
def test_a_command_prints_its_answer_and_ends_with_0(directory, serving, options):
    done = ajam("-C", directory, *options, "http show status")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("HTTP Server Status:\nPrefix: /asterisk\n")
    assert re.search(r"\nServer Enabled and Bound to 127\.0\.0\.1:[1-9]\d*\n", done.stdout)


def test_a_command_that_is_refused_prints_why_and_ends_with_1(directory, serving):
    done = ajam("-C", directory, "-rx", "manager show user nobody")
    assert (done.returncode, done.stdout, done.stderr) == (1, "There is no manager called nobody\n", "")


def test_an_answer_that_cannot_be_written_is_said_and_ends_with_1(directory, serving):
    with open("/dev/full", "w") as full:
        done = ajam("-C", directory, "-rx", "core show help", stdout=full)
    assert (done.returncode, done.stderr) == (1, "ajam: cannot write: No space left on device\n")


def test_a_reload_by_command_tells_the_mistake_and_then_that_it_went_well(directory, serving):
    (directory / "http.conf").write_text(HTTP_CONF + "[general\n")
    done = ajam("-C", directory, "-rx", "module reload")
    assert done.returncode == 1 and done.stdout.startswith("%s/http.conf:" % directory)
    assert done.stdout.endswith("; the old configuration stays\n")
    (directory / "http.conf").write_text(HTTP_CONF)
    assert ajam("-C", directory, "-rx", "module reload").returncode == 0


@pytest.mark.parametrize("command, codes", [
    ("core stop gracefully", [0]),
    ("core stop now", [-signal.SIGTERM, -signal.SIGINT]),
])
def test_a_stop_is_answered_and_ends_the_daemon(directory, serving, command, codes):
    done = ajam("-C", directory, "-rx", command)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("ajam ends")
    _, log = serving.communicate(timeout=RUN_SECONDS)
    assert serving.returncode in codes and "Traceback" not in log
    again = ajam("-C", directory, "-rx", "core show uptime")
    assert again.returncode == 1 and "no ajam answers at %s/ajam.ctl" % directory in again.stderr


@pytest.mark.parametrize("how", ["gracefully", "now"])
def test_a_stop_leaves_no_socket_behind(directory, serving, how):
    ajam("-C", directory, "-rx", "core stop " + how)
    serving.communicate(timeout=RUN_SECONDS)
    assert not (directory / "ajam.ctl").exists()


def test_after_an_end_that_left_its_socket_the_next_ajam_takes_it_over(directory, serving):
    serving.kill()
    serving.communicate(timeout=RUN_SECONDS)
    assert (directory / "ajam.ctl").exists()
    process, _ = started("-C", directory)
    try:
        deadline = time.monotonic() + RUN_SECONDS
        while ajam("-C", directory, "-rx", "core show uptime").returncode:
            assert time.monotonic() < deadline
    finally:
        assert ended(process)[0] == 0
    assert not (directory / "ajam.ctl").exists()


# No daemon


def test_without_a_daemon_it_says_where_it_looked_and_how_to_start_one(directory):
    for options in (("-rx", "core show uptime"), ("-r",)):
        done = ajam("-C", directory, *options)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == (
            "ajam: no ajam answers at %s/ajam.ctl: No such file or directory; start one (systemctl start ajam, or "
            "just ajam), or say with -C DIR where its ajam.conf is\n" % directory)


def test_without_any_file_the_usual_socket_is_looked_for(tmp_path):
    done = ajam("-C", tmp_path, "-rx", "core show uptime")
    assert done.returncode in (0, 1) and ("/run/ajam/ajam.ctl" in done.stderr or done.stdout)


def test_only_ajam_conf_is_read_and_of_it_only_what_names_the_socket(directory, serving):
    (directory / "manager.conf").unlink()
    (directory / "http.conf").write_text("nonsense")
    path = directory / "ajam.conf"
    path.write_text(path.read_text() + "[httpp]\nx=1\n")
    assert ajam("-C", directory, "-rx", "core show uptime").returncode == 0


@as_root
def test_an_ajam_conf_that_may_not_be_read_counts_as_missing():
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        path = os.path.join(directory, "ajam.conf")
        with open(path, "w") as file:
            file.write("[daemon]\nsocket=/srv/ajam.ctl\n")
        os.chmod(path, 0o600)
        assert control_socket(directory) == "/srv/ajam.ctl"
        with as_nobody():
            assert control_socket(directory) == "/run/ajam/ajam.ctl"


def test_a_mistake_where_the_socket_is_named_is_said(directory):
    (directory / "ajam.conf").write_text("[daemon]\nsocket=somewhere\n")
    done = ajam("-C", directory, "-rx", "core show uptime")
    assert done.returncode == 1
    assert done.stderr.startswith("ajam: %s/ajam.conf:2: socket = somewhere is not a whole path" % directory)


# Many commands


def test_commands_come_from_a_pipe_and_nothing_but_answers_is_printed(directory, serving):
    done = talked(directory, "manager show user viewer\n\n  core show uptime seconds\nquit\nhelp\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"\n          username: viewer\n(.*\n)*System uptime: \d+\nLast reload: \d+\n", done.stdout)


def test_one_refused_command_among_many_shows_in_the_exit_code(directory, serving):
    done = talked(directory, "foo\ncore show version")
    assert done.returncode == 1
    assert done.stdout.startswith("No such command 'foo'") and "\najam " in done.stdout


def test_a_daemon_that_ends_between_two_commands_is_said(directory, serving):
    done = talked(directory, "core stop gracefully\n" + "core show uptime\n" * 1000)
    assert done.returncode == 1 and done.stderr.startswith("ajam: ") and "Traceback" not in done.stderr


class Terminal:
    """`ajam -r` at a terminal; a context manager."""

    def __init__(self, directory):
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ajam", "-C", str(directory), "-r"], stdin=theirs, stdout=theirs, stderr=theirs,
            env={**os.environ, "TERM": "dumb", "INPUTRC": os.devnull}, start_new_session=True)
        os.close(theirs)

    def type(self, text):
        """Presses keys."""
        os.write(self._ours, text.encode())

    def interrupt(self):
        """Does what Ctrl-C does at the terminal that a process belongs to; again while that shows nothing.

        CPython looks at a signal that comes right before it waits for a key when the next key comes.
        """
        for _ in range(RUN_SECONDS):
            self._process.send_signal(signal.SIGINT)
            if select.select([self._ours], [], [], 1)[0]:
                return

    def read_until(self, text):
        """What is shown up to and with `text`, without bells."""
        shown, deadline = "", time.monotonic() + RUN_SECONDS
        while text not in shown:
            assert select.select([self._ours], [], [], max(0, deadline - time.monotonic()))[0], shown
            shown += os.read(self._ours, 4096).decode().replace("\r", "").replace("\a", "")
        return shown

    def code(self):
        """The exit code."""
        return self._process.wait(RUN_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._ours)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


@pytest.fixture
def terminal(directory, serving):
    with Terminal(directory) as terminal:
        greeting = terminal.read_until(PROMPT)
        assert greeting.startswith("ajam ") and "The PBX at 127.0.0.1:1 has not been reached yet" in greeting
        yield terminal


@pytest.mark.parametrize("farewell", ["quit\n", "EXIT\n", "\x04"], ids=["quit", "exit", "ctrl-d"])
def test_at_a_terminal_there_is_a_prompt_until_one_says_good_bye(terminal, farewell):
    terminal.type("core show uptime seconds\n")
    assert re.search(r"System uptime: \d+\nLast reload: \d+\n" + re.escape(PROMPT), terminal.read_until(PROMPT))
    terminal.type("\n")
    assert terminal.read_until(PROMPT).strip() == PROMPT.strip()
    terminal.type(farewell)
    assert terminal.code() == 0


def test_ctrl_c_ends_it_without_a_traceback(terminal):
    terminal.type("core sho")
    terminal.read_until("core sho")
    terminal.interrupt()
    assert "Traceback" not in terminal.read_until("\n")
    assert terminal.code() == 130


def test_tab_completes_words(terminal):
    pytest.importorskip("readline", reason="this Python has no readline")
    terminal.type("manager show us\t")
    terminal.read_until("show user")
    terminal.type(" viewer\n")
    assert "username: viewer" in terminal.read_until(PROMPT)
    terminal.type("co\tshow upt\t\n")
    assert "System uptime" in terminal.read_until("Last reload")
