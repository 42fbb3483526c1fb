"""The words of Asterisk's console, said to a real one and to the ajam in front of it."""

import re
import subprocess
import sys

import pytest

from tests.browser import Browser

RUN_SECONDS = 20
PRIVATE = {  # lines that Asterisk prints about what ajam does not read, by command
    "manager show settings": r"  (TLS [BCP]|Display|Timestamp|Channel vars|Disabled events|Debug)",
    "manager show user": r"   displayconnects|         Variables",
}


def ours(bench, command):
    """What `ajam -rx` prints."""
    return subprocess.run([sys.executable, "-m", "ajam", "-C", str(bench.directory), "-rx", command],
                          capture_output=True, text=True, timeout=RUN_SECONDS).stdout


def theirs(bench, command, without=None):
    """What `asterisk -rx` prints, without the lines that begin so."""
    lines = bench.asterisk.cli(command).splitlines(keepends=True)
    return "".join(line for line in lines if not (without and re.match(without, line)))


@pytest.mark.parametrize("command", [
    "manager show users", "MANAGER SHOW USERS",
    "manager show user nobody",
    "manager show", "man", "core show", "help foo",
])
def test_the_answer_is_the_same(bench, command):
    assert ours(bench, command) == theirs(bench, command)


@pytest.mark.parametrize("user", ["admin", "viewer", "single", "fenced", "mute", "VIEWER"])
def test_a_user_is_described_in_the_same_way(bench, user):
    command = "manager show user " + user
    assert ours(bench, command) == theirs(bench, command, PRIVATE["manager show user"])


def test_the_settings_are_told_in_the_same_way(bench):
    command = "manager show settings"
    assert ours(bench, command) == theirs(bench, command, PRIVATE[command])


def test_the_http_status_is_told_in_the_same_way(bench):
    command = "http show status"
    mine, its = ours(bench, command), theirs(bench, command)
    assert outline(mine) == outline(its)
    common = [line for line in uris(its) if line in uris(mine)]
    assert len(common) == 8 and [line for line in uris(mine) if line in common] == common


def outline(text):
    """The lines of a status but the URIs, the server's name and port, and the restrictions, unknown to Asterisk 16."""
    text = re.sub(r"(Bound to|Server:) \S+.*", r"\1 ...", text.partition("\nPath Restrictions:")[0])
    return [line for line in text.splitlines() if " => " not in line]


def uris(text):
    """The URIs of a status."""
    return [line for line in text.splitlines() if " => " in line]


def test_a_connected_user_stands_under_the_same_headings(bench):
    with Browser(bench.asterisk.http) as its_browser, Browser(bench.ajam) as our_browser:
        for browser in (its_browser, our_browser):
            browser.log_in("viewer", "viewer pass")
        mine = ours(bench, "manager show connected").splitlines()
        its = theirs(bench, "manager show connected").splitlines()
    headings = its[0].partition("Read")[0].replace("FileDes", "Session")
    assert mine[0].startswith(headings)
    assert mine[-1].split(" ", 1)[1] == its[-1].split(" ", 1)[1] == "users connected."
    rows = [[line for line in lines if line.startswith("  viewer ")][-1] for lines in (mine, its)]
    assert [row[:75] for row in rows] == ["  %-15s  %-56s" % ("viewer", "127.0.0.1")] * 2
    starts = [int(row.split()[2]) for row in rows]
    assert abs(starts[0] - starts[1]) <= 2
    assert [int(number) for number in rows[0].split()[6:]] == [int(number) for number in rows[1].split()[6:]]


def test_the_uptime_is_told_in_the_same_way(bench):
    for command in ("core show uptime", "core show uptime seconds"):
        mine, its = (re.sub(r"\d+ \w+(, \d+ \w+)*|\d+", "TIME", told) for told in (
            ours(bench, command), theirs(bench, command)))
        assert mine == its
