"""ajam/web over real sockets, in a process that gets no more descriptors, or no more room on the disk."""

import os
import pathlib
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import BinaryIO, NamedTuple

import pytest

from ajam.pause import readable
from tests.browser import Browser

WATCHED_SECONDS = 2.0

ROOT = pathlib.Path(__file__).resolve().parents[2]

SCRIPT = """
import logging, os, resource, sys, tempfile
sys.path.insert(0, %r)
from ajam.web.bodies import Plan
from ajam.web.exchange import Response
from ajam.web.timing import Timing
from tests.web.site import Gate, Site

logging.basicConfig()
spooled = Plan(10 ** 6, spool=tempfile.TemporaryFile)
gate = Gate()

def slow(request):
    print("waiting", flush=True)
    return gate(request)

pages = {b"/file": lambda request: Response(body=request.body.read()), b"/slow": slow}
with Site(pages, Timing(connections=10 ** 6), plan=lambda head: spooled) as site:
    resource.setrlimit(getattr(resource, sys.argv[1]), (int(sys.argv[2]),) * 2)
    print(site.address[1], len(os.listdir("/proc/self/fd")) - 1, flush=True)
    sys.stdin.read()
"""


class Limited(NamedTuple):
    """A Site in a process of its own, which has only so much of something.

    used      the descriptors that it has open
    said, log  what it prints and what it logs, as files
    pid       the process's number
    """

    address: tuple
    used: int
    said: BinaryIO
    log: BinaryIO
    pid: int

    def seconds_worked(self):
        """The processor time that it has used (proc(5), stat: utime and stime)."""
        with open("/proc/%d/stat" % self.pid, encoding="latin-1") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def limited(limit, value):
    """A Limited, for the length of a block."""
    command = [sys.executable, "-c", SCRIPT % str(ROOT), limit, str(value)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        port, used = map(int, process.stdout.readline().split())
        try:
            yield Limited(("127.0.0.1", port), used, process.stdout, process.stderr, process.pid)
        finally:
            process.communicate()


def test_without_descriptors_idle_connections_go_and_newcomers_are_served():
    with limited("RLIMIT_NOFILE", 40) as site, ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(Browser(site.address))
        for _ in range(5):
            with Browser(site.address) as browser:
                assert browser.request("/").body == b"home"


def test_without_descriptors_and_without_idle_connections_the_door_rests_until_one_is_given_back():
    with limited("RLIMIT_NOFILE", 40) as site, ExitStack() as stack:
        for _ in range(40 - site.used):
            waiting = stack.enter_context(Browser(site.address))
            waiting.send(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
            assert site.said.readline() == b"waiting\n"
        newcomer = stack.enter_context(Browser(site.address))
        newcomer.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        assert b"a connection cannot be accepted: Too many open files" in site.log.readline()
        before = site.seconds_worked()
        assert not readable(newcomer.socket, WATCHED_SECONDS)
        assert site.seconds_worked() - before < WATCHED_SECONDS / 5
        waiting.close()
        assert newcomer.read_reply().body == b"home"
        assert not readable(site.log, 0)


def test_of_a_thousand_who_find_no_descriptor_the_log_tells_once():
    with limited("RLIMIT_NOFILE", 40) as site:
        for _ in range(10):
            with ExitStack() as stack:
                for _ in range(100):  # at a time: more than there are descriptors, however quick the server is
                    stack.enter_context(Browser(site.address))
        assert b"a connection cannot be accepted: Too many open files" in site.log.readline()
        with Browser(site.address) as browser:
            assert browser.request("/").body == b"home"
        assert not readable(site.log, 0)


@pytest.mark.parametrize("length", [20001, 300000])
def test_a_full_disk_is_a_server_error_and_everything_else_goes_on(length):
    with limited("RLIMIT_FSIZE", 20000) as site:
        with Browser(site.address) as browser:
            assert browser.request("/file", "POST", b"a" * 20000).body == b"a" * 20000
            assert browser.request("/file", "POST", b"a" * length).status == 500
        with Browser(site.address) as browser:
            assert browser.request("/").body == b"home"
