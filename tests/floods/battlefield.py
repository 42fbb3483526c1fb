"""An ajam with all of its times short, in front of a scripted PBX, and how much of the machine it takes."""

import json
import os
import re
import resource
import subprocess
import sys
import threading
from contextlib import contextmanager

from tests.browser import Browser
from tests.floods.attackers import Flood, Report
from tests.load.service import PATIENCE_SECONDS, PROJECT, Service
from tests.peer import Peer, header
from tests.serving import HTTP_CONF, MANAGER_CONF, write_configuration

SHORT = 2.0  # seconds that a browser may take for each part of what it does
SHORT_HTTP_CONF = HTTP_CONF + "session_inactivity=%d\nsession_keep_alive=%d\n" % (SHORT * 1000, SHORT * 1000)
ROOMY_MANAGER_CONF = MANAGER_CONF.replace("webenabled=yes", "webenabled=yes\nhttptimeout=600\nauthlimit=200")
AJAM_CONF = """\
[log]
access=no
[daemon]
socket=%s/ajam.ctl
root=yes
[limits]
failed_logins=1000000
header_time=%d
"""
ORIGINATE_SECONDS = 2.0
ORIGINATED = b"Response: Success\r\n%sMessage: Originate successfully queued\r\n\r\n"


def answer_slowly(lines, connection):
    """The script of a PBX whose calls take their time: a synchronous Originate is answered when its call is over."""
    if header(lines, b"Action").lower() != b"originate":
        return b"Response: Success\r\n%s\r\n" % echo(lines)
    threading.Event().wait(ORIGINATE_SECONDS)
    return ORIGINATED % echo(lines)


def echo(lines):
    """The line of an answer that repeats the ActionID; b"" when there is none."""
    return b"".join(b"%s\r\n" % line for line in lines if line.lower().startswith(b"actionid:"))


@contextmanager
def battlefield(directory, http_conf=SHORT_HTTP_CONF, ajam_conf="", script=answer_slowly):
    """A Battlefield, for the length of a block; `ajam_conf` are further lines of [limits], and sections behind it."""
    with Peer(script) as peer:
        write_configuration(directory, peer.address, http_conf, ROOMY_MANAGER_CONF,
                            AJAM_CONF % (directory, SHORT * 1000) + ajam_conf)
        with all_descriptors(), Service(directory) as service:
            yield Battlefield(service, peer)


@contextmanager
def all_descriptors():
    """Has what is started in this block have as many descriptors as the machine allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Battlefield:
    """A running ajam and its PBX."""

    def __init__(self, service, peer):
        self.service = service
        self.peer = peer
        self.address = service.address

    def cookie(self):
        """The cookie of a new session."""
        with Browser(self.address) as browser:
            browser.log_in()
            return browser.cookie

    def body(self, target, cookie=b""):
        """What is answered to a GET."""
        with Browser(self.address) as browser:
            browser.cookie = cookie
            return browser.request(target).body

    @property
    def peak_bytes(self):
        """The most memory that it has had so far (proc(5), status: VmHWM)."""
        return 1024 * int(self._status("VmHWM"))

    @property
    def threads(self):
        """How many there are."""
        return int(self._status("Threads"))

    @property
    def sockets(self):
        """How many sockets it has open: listening, from browsers and to the PBX."""
        place = "/proc/%d/fd" % self.service.pid
        return sum(self._is_socket(os.path.join(place, name)) for name in os.listdir(place))

    def _status(self, name):
        with open("/proc/%d/status" % self.service.pid, encoding="utf-8") as file:
            return re.search(r"^%s:\s*(\d+)" % name, file.read(), re.MULTILINE)[1]

    @staticmethod
    def _is_socket(path):
        try:
            return os.readlink(path).startswith("socket:")
        except OSError:  # closed meanwhile
            return False

    @contextmanager
    def attacked(self, count, *openings, secure=False, **options):
        """While the block lasts, all connections of a Flood stand; what is given gets its Report at the end."""
        address = self.service.addresses["https" if secure else "http"]
        flood = Flood(address, count, [each.decode("latin-1") for each in openings] or [""], **options)
        reports = []
        with subprocess.Popen([sys.executable, "-m", "tests.floods.attackers"], cwd=PROJECT, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as process:
            try:
                print(json.dumps(flood._asdict()), file=process.stdin, flush=True)
                assert process.stdout.readline() == "stands\n"
                yield reports
                reports.append(Report(**json.loads(process.communicate("\n", PATIENCE_SECONDS)[0])))
            finally:
                process.kill()
