"""A host at the end of its means: memory, descriptors, threads, disk, files, its clock. Nothing else suffers."""

import ast
import contextlib
import itertools
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import threading

import pytest

from ajam.ami.wire import MAX_ANSWER
from tests.joint.test_faults import error_of
from tests.load.clients import StrictBrowser, answer_to, log_in, script
from tests.load.service import BUSY_HTTP_CONF, KEPT, PROJECT, Service, configure
from tests.peer import Peer

NOBODY = 65534
MEGABYTE = 1024 * 1024
MEMORY = 200 * MEGABYTE  # what ajam may have at the most

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="takes root")


@pytest.fixture
def peer():
    """A PBX that answers everything."""
    with Peer(script) as peer:
        yield peer


@pytest.fixture
def service(tmp_path, peer):
    """An `ajam serve` in front of it, whose log holds no traceback in the end."""
    configure(tmp_path, peer)
    with Service(tmp_path) as service:
        yield service
        assert "Traceback" not in service.end(), service.log


@pytest.mark.parametrize("uri", ["rawman", "mxml", "mjson", "manager"])
def test_the_longest_answer_there_may_be_and_one_without_an_end_take_no_more_memory_than_there_is(service, peer, uri):
    item = b"Event: Item\r\nName: %s\r\nState: <&>\r\n\r\n" % (b"x" * 100)
    longest = item * ((MAX_ANSWER - 10000) // len(item))

    def flood(lines, connection):
        while connection.send(item * 10000):
            pass

    with StrictBrowser(service.address, log_in(service.address)) as browser:
        peer.script = lambda lines, connection: longest
        assert len(browser.action("Echo", uri=uri).body) > MAX_ANSWER * 3 // 4
        peer.script = flood
        reply = browser.action("Echo", uri=uri)
        assert reply.status == 503 and b"The answer is longer than %d bytes" % MAX_ANSWER in reply.body
        peer.script = script
        assert browser.action("Echo", ActionID=1).body == answer_to(b"1")
    most = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path("/proc/%d/status" % service.pid).read_text())[1]
    assert int(most) * 1024 < MEMORY


WALL_CLOCK = {("time", "time"), ("time", "localtime"), ("time", "gmtime"), ("datetime", "now"), ("datetime", "utcnow"),
              ("datetime", "today"), ("date", "today")}
FOR_PEOPLE = {  # modules that tell people the date, and measure nothing by it
    "ajam/web/replies.py", "ajam/metrics.py", "ajam/commands.py", "ajam/check/certificate.py"}


def test_a_clock_that_is_set_moves_no_deadline_since_none_is_measured_by_the_time_of_day():
    asking = set()
    for path in sorted(PROJECT.glob("ajam/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, (ast.Name, ast.Attribute)):
                owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
                if (owner, node.attr) in WALL_CLOCK:
                    asking.add(str(path.relative_to(PROJECT)))
    assert {path for path in asking if not path.startswith("ajam/demo/")} == FOR_PEOPLE


def next_descriptor(process):
    """The number that the next descriptor of a process will have."""
    have = set(map(int, os.listdir("/proc/%d/fd" % process)))
    return next(number for number in itertools.count() if number not in have)


@contextlib.contextmanager
def at_most(process, what, number):
    """The process has no more of `what`, as setrlimit(2) names it, than `number`, as long as the block lasts."""
    before = resource.prlimit(process, what)
    resource.prlimit(process, what, (number, before[1]))
    try:
        yield
    finally:
        resource.prlimit(process, what, before)


def test_without_descriptors_an_action_that_needs_one_is_told_so_and_with_them_all_is_as_before(service, peer):
    go_on = threading.Event()

    def slow_once(lines, connection):
        peer.script = script
        go_on.wait()
        return script(lines, connection)

    cookie = log_in(service.address)
    peer.script = slow_once
    with StrictBrowser(service.address, cookie) as slow, StrictBrowser(service.address, cookie) as browser:
        slow.send_action("Echo", ActionID=0)  # takes the connection to the PBX that there is
        peer.wait_for(lambda peer: peer.lines(b"echo"))
        with at_most(service.pid, resource.RLIMIT_NOFILE, next_descriptor(service.pid)):
            assert error_of(browser.action("Echo", ActionID=1)) == (
                503, b"5", "The PBX cannot be reached: Too many open files")
            assert b"Events: On" in browser.action("Events", EventMask="on").body
        assert browser.action("Echo", ActionID=2).body == answer_to(b"2")
        go_on.set()
        assert slow.read_reply().body == answer_to(b"0")


UNPRIVILEGED = """\
import os, sys, encodings.idna, encodings.latin_1, locale, ajam.cli
os.setgid(%(user)d)
os.setuid(%(user)d)
sys.exit(ajam.cli.main(sys.argv[1:]))
""" % {"user": NOBODY}


@pytest.fixture
def open_directory():
    """A directory into which another user may look, and write."""
    directory = pathlib.Path(tempfile.mkdtemp())
    directory.chmod(0o777)
    yield directory
    shutil.rmtree(directory)


@contextlib.contextmanager
def without_threads(process):
    """The process, which is nobody's, can start none as long as the block lasts; only its own user may say so."""
    for_now, afterwards = (
        ["prlimit", "--pid=%d" % process, "--nproc=%d:" % number] for number in (1, 4096))
    subprocess.run(for_now, user=NOBODY, group=NOBODY, check=True)
    try:
        yield
    finally:
        subprocess.run(afterwards, user=NOBODY, group=NOBODY, check=True)


@root_only
@pytest.mark.skipif(not shutil.which("prlimit"), reason="prlimit is not installed")
def test_without_threads_a_login_that_needs_one_is_told_so_and_with_them_all_is_as_before(open_directory, peer):
    configure(open_directory, peer)
    with Service(open_directory, launcher=["-c", UNPRIVILEGED]) as service:
        with StrictBrowser(service.address) as browser:
            with without_threads(service.pid):
                assert error_of(browser.log_in()) == (503, b"5", "No thread can be had for the PBX's events")
            assert b"Authentication accepted" in browser.log_in().body
            assert browser.action("Echo", ActionID=1).body == answer_to(b"1")
        assert "Traceback" not in service.end(), service.log


@pytest.fixture
def small_disk(tmp_path):
    """A directory on a disk of one megabyte."""
    directory = tmp_path / "disk"
    directory.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", directory], capture_output=True)
    if mounted.returncode:
        pytest.skip("a file system cannot be mounted here: " + mounted.stderr.decode())
    yield directory
    subprocess.run(["umount", "--lazy", directory], check=True)


def upload(browser, name, size):
    """The status of an upload."""
    body = b"--b\r\nContent-Disposition: form-data; name=f; filename=%s\r\n\r\n%s\r\n--b--\r\n" % (name, b"x" * size)
    return browser.request("/asterisk/files", "POST", body, (b"Content-Type: multipart/form-data; boundary=b",)).status


@root_only
def test_a_full_disk_stores_nothing_of_an_upload_and_the_next_one_is_taken(tmp_path, small_disk, peer):
    configure(tmp_path, peer, BUSY_HTTP_CONF + "[post_mappings]\nfiles=%s\n" % small_disk)
    with Service(tmp_path) as service:
        cookie = log_in(service.address)
        statuses = []
        for name, size in ((b"large", 2 * MEGABYTE), (b"first", 600_000), (b"second", 600_000)):
            with StrictBrowser(service.address, cookie) as browser:
                statuses.append(upload(browser, name, size))
        assert statuses == [500, 200, 500], service.log
        assert [path.name for path in small_disk.iterdir()] == ["first"]
        log = service.end()
        assert "ERROR: the body of a request from 127.0.0.1 cannot be kept: No space left on device\n" in log
        assert "ERROR: an upload from 127.0.0.1 to %s: No space left on device\n" % small_disk in log
        assert "Traceback" not in log


def spoil(path, how):
    """Makes the file at `path` unreadable, even to root."""
    path.unlink()
    if how == "a directory":
        path.mkdir()
    elif how == "a dangling link":
        path.symlink_to("nowhere")


@pytest.mark.parametrize("how", ["missing", "a directory", "a dangling link"])
@pytest.mark.parametrize("name", ["http.conf", "manager.conf"])
def test_a_file_that_cannot_be_read_at_a_reload_is_named_and_what_was_goes_on(service, tmp_path, name, how):
    with StrictBrowser(service.address, log_in(service.address)) as browser:
        spoil(tmp_path / name, how)
        service.reload(lambda: service.signal(signal.SIGHUP), says=KEPT)
        line = service.log.rpartition(KEPT)[0].rpartition("\n")[2]
        assert str(tmp_path / name) in line
        assert browser.action("Echo", ActionID=1).body == answer_to(b"1")
