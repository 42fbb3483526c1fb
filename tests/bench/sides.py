"""What is measured: ajam as a process of its own, and Asterisk's own server, both on one PBX."""

import contextlib
import pathlib
import re
import signal
import subprocess
import sys
import time
from typing import NamedTuple, Optional, Tuple

from tests.browser import Browser
from tests.real.asterisk import RELEASES, Asterisk, free_port, ready

PROJECT = pathlib.Path(__file__).resolve().parents[2]
OWN, ASTERISK, STOCK = "ajam", "Asterisk", "http.server"
USER, SECRET = "admin", "s3cret"
CONNECTIONS = 6000
FILES = (("10k.html", 10_000), ("1m.html", 1_000_000))
START_SECONDS = 20

# Two channels for a status to list, that stay.
CALL = "Originate&Channel=Local/100@default/n&Application=Wait&Data=36000&Async=true"

HTTP_CONF = """\
[general]
enabled=yes
enable_static=yes
bindaddr=127.0.0.1
bindport=%d
prefix=asterisk
sessionlimit=%d
"""
MANAGER_CONF = """\
[general]
enabled=yes
webenabled=yes
[admin]
secret=s3cret
read=all
write=all
"""
AJAM_CONF = """\
[http]
staticdir=%s
[pbx]
host=%s
port=%d
[limits]
sessions=100000
sessions_per_user=100000
sessions_per_address=100000
%s[log]
access=%s
[daemon]
socket=%s/ajam.ctl
root=yes
"""


class Side(NamedTuple):
    """A server to be measured: OWN, ASTERISK or STOCK, its (host, port), and its process where that is known."""

    name: str
    address: Tuple[str, int]
    pid: Optional[int] = None

    def cookie(self):
        """The cookie of a new session, as bytes."""
        with Browser(self.address) as browser:
            browser.log_in(USER, SECRET)
            return browser.cookie

    @property
    def cpu(self):
        """Seconds of CPU that the process has taken; None where it is not known."""
        if self.pid is None:
            return None
        fields = pathlib.Path("/proc/%d/stat" % self.pid).read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def of_status(self, name):
        """A number of /proc/PID/status: VmRSS in KiB, Threads."""
        text = pathlib.Path("/proc/%d/status" % self.pid).read_text()
        return int(re.search(r"^%s:\s+(\d+)" % name, text, re.MULTILINE).group(1))


class BusyAsterisk(Asterisk):
    """A real Asterisk that lets more than the default of 100 browsers in, and has FILES to send."""

    def start(self):
        """As Asterisk.start()."""
        write_files(self.release.root / "usr/share/asterisk/static-http")
        super().start()

    def text(self, name):
        """As Asterisk.text()."""
        text = super().text(name)
        if name == "http.conf":
            return re.sub(r"(?m)^sessionlimit.*\n", "", text).replace(
                "[general]\n", "[general]\nsessionlimit=%d\n" % CONNECTIONS, 1)
        return text

    @property
    def pid(self):
        """Of the process."""
        return self._process.pid


def end_tidily():
    """Has a SIGTERM end what this process has started with it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


@contextlib.contextmanager
def real_asterisk(version):
    """(its Side, its AMI's address) of a real Asterisk with a call in it; raises Unavailable."""
    release = next(each for each in RELEASES if each.version == version)
    with ready(release), BusyAsterisk(release) as asterisk:
        side = Side(ASTERISK, asterisk.http, asterisk.pid)
        with Browser(side.address) as browser:
            browser.log_in(USER, SECRET)
            browser.request("/asterisk/rawman?action=" + CALL)
        yield side, asterisk.ami


@contextlib.contextmanager
def ajam(directory, ami, access="yes", limits=""):
    """The Side of a new ajam in front of the AMI at that address; `limits` are further lines of [limits]."""
    directory.mkdir(parents=True)
    static = directory / "static"
    static.mkdir()
    write_files(static)
    port = free_port()
    (directory / "http.conf").write_text(HTTP_CONF % (port, CONNECTIONS))
    (directory / "manager.conf").write_text(MANAGER_CONF)
    (directory / "ajam.conf").write_text(AJAM_CONF % (static, *ami, limits, access, directory))
    command = [sys.executable, "-m", "ajam", "-C", directory]
    with running(Side(OWN, ("127.0.0.1", port)), command, directory / "log") as side:
        yield side


@contextlib.contextmanager
def stock(directory, ami):
    """The Side of the server in stock.py in front of the AMI at that address."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.stock", str(port), ami[0], str(ami[1])]
    with running(Side(STOCK, ("127.0.0.1", port)), command, directory / "stock.log") as side:
        yield side


@contextlib.contextmanager
def running(side, command, log):
    """That Side, with its process, once it answers."""
    with open(log, "wb") as file:
        process = subprocess.Popen(command, cwd=PROJECT, stderr=file)
    try:
        await_answer(side.address)
        yield side._replace(pid=process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(START_SECONDS)


def write_files(directory):
    """Puts FILES there."""
    for name, size in FILES:
        (directory / name).write_bytes(b"x" * size)


def await_answer(address):
    """Returns once somebody answers HTTP there."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(OSError), Browser(address) as browser:
            browser.request("/asterisk/rawman?action=ping")
            return
        assert time.monotonic() < deadline, "nobody answers at %s:%d" % address
        time.sleep(0.005)
