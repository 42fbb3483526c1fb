"""etc/fail2ban: the real fail2ban finds who failed to log in, in what a real ajam logged, and nobody else."""

import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote_from_bytes

import pytest

from tests.browser import Browser
from tests.peer import Peer
from tests.serving import HTTP_CONF, MANAGER_CONF, write_configuration
from tests.web.site import wait_until

ROOT = pathlib.Path(__file__).parent.parent
ETC = ROOT / "etc" / "fail2ban"
START_SECONDS = STOP_SECONDS = 30
SERVING = re.compile(r"serving http://127\.0\.0\.1:(\d+)/")
USERS = {b"admin": b"s3cret", b"viewer": b"viewer pass", b"fenced": b"fenced"}
MANAGER_CONF_FENCED = MANAGER_CONF + "\n[fenced]\nsecret=fenced\ndeny=0.0.0.0/0,::/0\n"
LAYOUTS = {  # lines of [log] by what ajam/logs.py calls it
    "stderr": "", "the journal": "", "json in the journal": "format=json",
    "a file": "file={}/ajam.log", "json in a file": "file={}/ajam.log\nformat=json",
}

VICTIM = "198.51.100.1"  # whom somebody would like to see banned
NAMES = [each.replace("%s", VICTIM).encode() for each in (
    "' from %s",
    "%s",
    "%s failed to authenticate as '",
    "x' %s failed to authenticate as 'x'",
    "\u2028%s failed to authenticate as '\x1b[2K\x85",
    "2031-01-01T00:00:00.000+00:00 WARNING: %s failed to authenticate as 'x'",
    "host ajam[1]: %s failed to authenticate as 'x'",
    """", "message": "%s failed to authenticate as 'x'""",
    """{"time": "", "level": "WARNING", "logger": "ajam.logins", "message": "%s failed to authenticate as 'x'"}""",
)]
LINES = b"x\r\n%s failed to authenticate as 'x'\n" % VICTIM.encode()  # no name that can log in, but a path
LOGINS = [("203.0.113.1", b"admin"), ("203.0.113.2", b"nobody"), ("203.0.113.3", b"fenced"), ("2001:db8::7", b"admin"),
          *(("203.0.113.%d" % number, name) for number, name in enumerate(NAMES, 11))]
TOO_MANY = [("203.0.113.50", b"viewer")] * 12  # the last are told to wait
INNOCENT = "203.0.113.99"  # asks for strange things, but does not log in


needs_fail2ban = pytest.mark.skipif(not shutil.which("fail2ban-regex"), reason="fail2ban is not installed")


def log_in(address, logins):
    """Each of `logins` at the same time, as (browser's address, user) with a wrong secret."""
    with contextlib.ExitStack() as stack:
        browsers = [stack.enter_context(Browser(address, timeout=30)) for _ in logins]
        for browser, (origin, name) in zip(browsers, logins):
            browser.send(b"GET /asterisk/rawman?action=login&username=%s&secret=wrong HTTP/1.1\r\nHost: x\r\n"
                         b"X-Forwarded-For: %s, %s\r\n\r\n" % (
                             quote_from_bytes(name).encode(), VICTIM.encode(), origin.encode()))
        for browser in browsers:
            assert b"Authentication failed" in browser.read_reply().body


def ask_for_strange_things(address):
    """Without logging in."""
    for path in (*NAMES, LINES):
        for place in (b"/", b"/asterisk/static/"):
            with Browser(address) as browser:
                target = place + quote_from_bytes(path).encode()
                assert browser.request(target, headers=(b"X-Forwarded-For: " + INNOCENT.encode(),)).status >= 400


def log_of(directory, layout):
    """The lines that an ajam writes while all that happens, in that layout."""
    directory.mkdir()
    with Peer(users=USERS) as peer, open(directory / "stderr", "w+") as stderr:
        write_configuration(
            directory, peer.address, http_conf=HTTP_CONF, manager_conf=MANAGER_CONF_FENCED,
            ajam_conf="[daemon]\nsocket={0}/ctl\nroot=yes\n[log]\n{1}\n".format(directory, LAYOUTS[layout].format(directory)))
        status = os.fstat(stderr.fileno())
        journal = "%d:%d" % (status.st_dev, status.st_ino) if "journal" in layout else ""
        process = subprocess.Popen([sys.executable, "-m", "ajam", "-C", str(directory)], cwd=ROOT, stderr=stderr,
                                   env={**os.environ, "JOURNAL_STREAM": journal})
        log = directory / ("ajam.log" if "file" in layout else "stderr")
        try:
            wait_until(lambda: log.exists() and SERVING.search(log.read_text()), START_SECONDS)
            address = "127.0.0.1", int(SERVING.search(log.read_text())[1])
            log_in(address, LOGINS)
            log_in(address, TOO_MANY)
            ask_for_strange_things(address)
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)
        assert process.returncode == 0
    return log.read_text().splitlines()


def in_journal(line):
    """What fail2ban reads from the journal where ajam has written `line` to it: journald keeps the level apart."""
    assert re.match(r"<[0-7]>", line)
    return "pbx ajam[4711]: " + line[3:]


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """The file that fail2ban would see, by layout."""
    directory = tmp_path_factory.mktemp("fail2ban")
    with ThreadPoolExecutor(len(LAYOUTS)) as pool:
        lines = dict(zip(LAYOUTS, pool.map(lambda layout: log_of(directory / layout, layout), LAYOUTS)))
    files = {}
    for layout in LAYOUTS:
        files[layout] = directory / layout / "seen"
        seen = map(in_journal, lines[layout]) if "journal" in layout else lines[layout]
        files[layout].write_text("\n".join(seen) + "\n")
    return files


def found(log, wanted="ip"):
    """How often fail2ban finds which address in `log`, a file; or which words of another kind."""
    done = subprocess.run(["fail2ban-regex", "--out", wanted, str(log), str(ETC / "filter.d" / "ajam.conf")],
                          capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return Counter(done.stdout.split())


@needs_fail2ban
@pytest.mark.parametrize("layout", LAYOUTS)
def test_whoever_fails_to_log_in_is_found_and_nobody_else_whatever_is_written(logs, layout):
    assert found(logs[layout]) == Counter(address for address, _ in LOGINS + TOO_MANY)


@needs_fail2ban
def test_a_line_counts_from_when_it_was_written(tmp_path):
    (tmp_path / "log").write_text(
        "2024-05-01T12:30:00.123+02:00 WARNING: 203.0.113.1 failed to authenticate as 'admin'\n")
    assert found(tmp_path / "log", "<ip> <time>") == {"203.0.113.1": 1, "1714559400": 1}


@needs_fail2ban
def test_a_name_that_is_a_date_does_not_say_when(tmp_path):
    (tmp_path / "log").write_text("WARNING: 203.0.113.1 failed to authenticate as '2024-05-01T12:30:00.123+02:00'\n")
    times = found(tmp_path / "log", "<time>")
    assert len(times) == 1 and "1714559400" not in times


@needs_fail2ban
@pytest.mark.parametrize("in_file", [False, True], ids=["journal", "file"])
def test_the_jail_is_one_that_fail2ban_takes(tmp_path, in_file):
    shutil.copytree("/etc/fail2ban", tmp_path / "fail2ban", ignore=lambda directory, names: (
        names if directory.endswith("jail.d") else ()))
    (tmp_path / "ajam.log").touch()
    jail = (ETC / "jail.d" / "ajam.conf").read_text()
    if in_file:
        jail = re.sub(r"^#(?=\S)", "", jail.replace("backend = systemd\n", ""), flags=re.MULTILINE)
        jail = jail.replace("/var/log/ajam", str(tmp_path))
    (tmp_path / "fail2ban" / "jail.d" / "ajam.conf").write_text(jail)
    shutil.copy(ETC / "filter.d" / "ajam.conf", tmp_path / "fail2ban" / "filter.d")
    done = subprocess.run(["fail2ban-client", "-c", str(tmp_path / "fail2ban"), "-d"], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0
    source = ("['set', 'ajam', 'addlogpath', '%s/ajam.log'" % tmp_path if in_file
              else "['set', 'ajam', 'addjournalmatch', '_SYSTEMD_UNIT=ajam.service']")
    assert source in done.stdout and "['start', 'ajam']" in done.stdout
    assert "8088,8089,http,https" in done.stdout
