"""`ajam serve` as a process of its own, seen from outside: its signals, its log, its exit status."""

import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time

from tests.serving import HTTP_CONF, MANAGER_CONF, write_configuration

PROJECT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 30.0
LOOK_SECONDS = 0.005

BUSY_HTTP_CONF = HTTP_CONF + "session_keep_alive=600000\n"
ROOMY_MANAGER_CONF = MANAGER_CONF.replace("webenabled=yes", "webenabled=yes\nhttptimeout=600")
AJAM_CONF = "[log]\naccess=no\n[daemon]\nsocket=%s/ajam.ctl\nroot=yes\ndrain=%d\n"
RELOADED = "the configuration is read anew"
KEPT = "the old configuration stays"
STOPPING = "SIGTERM: stopping"
ACTIVATE = """\
import os, sys
descriptor = int(sys.argv[1])
if descriptor != 3:
    os.dup2(descriptor, 3)
    os.close(descriptor)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""
SERVING = re.compile(r"serving (https?)://(?:\[?([^]/]+)\]?):(\d+)/")


def configure(directory, peer, http_conf=BUSY_HTTP_CONF, manager_conf=ROOMY_MANAGER_CONF, ajam_conf="", drain=20):
    """Writes the configuration of a Service in front of `peer`."""
    write_configuration(directory, peer.address, http_conf, manager_conf,
                        AJAM_CONF % (directory, drain) + ajam_conf)


def https(options, port=0):
    """Lines of http.conf for HTTPS on loopback, with the certificate that `options` (tests/certificates.py) names."""
    return "tlsenable=yes\ntlsbindaddr=127.0.0.1:%d\ntlscertfile=%s\ntlsprivatekey=%s\n" % (
        port, options.certfile, options.privatekey)


def wait_until(condition, seconds=PATIENCE_SECONDS):
    """Waits until condition() is true, and returns what it gave."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, "waited in vain"
        threading.Event().wait(LOOK_SECONDS)


def refuses(address):
    """True when nobody listens at `address`."""
    try:
        socket.create_connection(address).close()
    except ConnectionError:
        return True
    return False


class Service:
    """A running `ajam serve`, from its making, which returns when it serves, to close(); a context manager.

    directory   that of its configuration; its log goes to a file there
    descriptor  a listening socket that it is handed over as systemd does
    launcher    Python's arguments in place of `-m ajam`
    """

    def __init__(self, directory, descriptor=None, launcher=("-m", "ajam")):
        self._path = directory / "log"
        handed = () if descriptor is None else (descriptor,)
        activation = ["-c", ACTIVATE, str(descriptor)] if handed else []
        command = [sys.executable, *activation, *launcher, "serve", "-C", str(directory)]
        with open(self._path, "wb") as log:
            self._process = subprocess.Popen(
                command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=handed)
        try:
            self.await_line("serving http")
        except BaseException:
            self.close()
            raise

    @property
    def log(self):
        """What it has logged so far."""
        return self._path.read_text()

    @property
    def addresses(self):
        """Where it said at its start that it serves: (host, port) by "http" and "https"."""
        return {scheme: (host, int(port)) for scheme, host, port in SERVING.findall(self.log)}

    @property
    def address(self):
        """(host, port) of HTTP."""
        return self.addresses["http"]

    @property
    def pid(self):
        """The process's number."""
        return self._process.pid

    @property
    def running(self):
        """True until the process has ended."""
        return self._process.poll() is None

    def await_line(self, text, times=1):
        """Returns once `text` has been logged so often."""
        wait_until(lambda: self.log.count(text) >= times or not self.running)
        assert self.log.count(text) >= times, self.log

    def signal(self, number):
        """Sends a signal."""
        self._process.send_signal(number)

    def reload(self, by, says=RELOADED):
        """Calls by(), and returns once it has been logged what became of the reload."""
        times = self.log.count(says) + 1
        by()
        self.await_line(says, times)

    def wait(self):
        """The exit status; negative for the signal that has ended it."""
        return self._process.wait(PATIENCE_SECONDS)

    def end(self):
        """Ends it as systemd does, if it still runs; all that it has logged."""
        if self.running:
            self.signal(signal.SIGTERM)
            self.wait()
        return self.log

    def close(self):
        """Ends the process at once if it still runs."""
        if self.running:
            self._process.kill()
            self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
