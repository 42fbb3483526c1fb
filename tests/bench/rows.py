"""The rows of the table: each measures one thing on one side."""

import contextlib
import itertools
import pathlib
import statistics
import tempfile
import time
from typing import Callable, NamedTuple, Optional, Tuple

from tests.bench.load import PATIENCE_SECONDS, Crowd, hammer
from tests.bench.sides import ASTERISK, SECRET, STOCK, USER, ajam
from tests.browser import Browser
from tests.peer import Peer

PER_SECOND = "/s"
PEER = (ASTERISK,)
BOTH = (ASTERISK, STOCK)

LOGIN_SECONDS = 1.0  # short: a real Asterisk slows down with many of them
REQUESTS = 5_000  # among many sessions
TELLINGS = 5  # of an event to one crowd, of which the median counts
EVENTS = 5_000  # for the throughput of a feed
LIST_LENGTH = 10_000
LIST_ITEM = b"Event: Item\r\nNumber: %d\r\nName: Local/100@default-00000000;1\r\nContext: default\r\n\r\n"
IDLE_WAITS = 2_000  # of the idle sessions at most so many wait for events

numbers = itertools.count(1)


class Result(NamedTuple):
    """A figure, and what else is to be said of it."""

    figure: float
    note: str = ""


class Row(NamedTuple):
    """One row.

    unit     of its figures: PER_SECOND, of which more are better, or another, of which less is
    measure  (side) -> Result
    others   the names of the sides, besides ajam's, that have the thing too
    times    how many times as good as Asterisk's own ajam is meant to be, None for no such target
    figure   the figure that is meant to be reached, None for no such target
    """

    name: str
    unit: str
    measure: Callable
    others: Tuple[str, ...] = ()
    times: Optional[float] = None
    figure: Optional[float] = None

    def gain(self, ours, theirs):
        """How many times as good one figure is as another."""
        return ours / theirs if self.unit == PER_SECOND else theirs / ours

    def is_missed(self, ours, theirs):
        """True when a target is; `theirs` is Asterisk's figure, or None."""
        return bool(self.times and theirs and self.gain(ours, theirs) < self.times
                    or self.figure and self.gain(ours, self.figure) < 1)


def rate(target, connections, close=False):
    """Measures requests a second."""
    def measure(side):
        cookie, cpu = side.cookie(), side.cpu
        found = hammer(side, "/asterisk/" + target, connections, cookie, close)
        used = "" if cpu is None else ", %.0f us CPU" % ((side.cpu - cpu) / found.count * 1e6)
        return Result(found.per_second, "p99 %.1f ms%s" % (found.p99 * 1000, used))
    return measure


def static(name):
    """Measures a file: of the same size on each side, so that of Asterisk has to have it."""
    return rate("static/" + name, 8)


def logins(side):
    """Login, ping and logoff on one connection, again and again."""
    count, end = 0, time.monotonic() + LOGIN_SECONDS
    with Browser(side.address) as browser:
        while time.monotonic() < end:
            browser.cookie = b""
            browser.log_in(USER, SECRET)
            assert b"Pong" in browser.action("ping").body
            browser.action("logoff")
            count += 1
    return Result(count / LOGIN_SECONDS)


def get(uri, cookie, query):
    """The bytes of a request."""
    return b"GET /asterisk/%s?%s HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n" % (uri, query, cookie)


@contextlib.contextmanager
def telling(side, cookie, mark):
    """The PBX tells an event with `mark` in it, while the block lasts; the time just before."""
    with Browser(side.address, PATIENCE_SECONDS) as browser:
        browser.cookie = cookie
        began = time.monotonic()
        browser.send_action("UserEvent", UserEvent="Bench", Mark=mark)
        yield began
        assert b"Success" in browser.read_reply().body


def fan_out(crowd_size, uri, query=b""):
    """Measures how long an event takes to reach a crowd that waits, or reads streams; each has its own session."""
    def measure(side):
        with Crowd(side) as crowd:
            for cookie in list(cookies(side, crowd_size)):
                crowd.join(get(uri, cookie, query), again=bool(query))
            told = []
            for _ in range(TELLINGS):
                crowd.settle()
                mark = "mark%d" % next(numbers)
                with telling(side, cookie, mark) as began:
                    told.append(crowd.await_all(mark.encode(), began))
        half, all_told = map(statistics.median, zip(*told))
        return Result(all_told * 1000, "half in %.1f ms" % (half * 1000))
    return measure


def cookies(side, count):
    """The cookies of so many new sessions."""
    with Browser(side.address) as browser:
        for _ in range(count):
            browser.cookie = b""
            browser.log_in(USER, SECRET)
            yield browser.cookie


def among(count):
    """Measures the CPU that a ping takes while there are so many sessions, asked in turn by all of them."""
    def measure(side):
        all_cookies = list(cookies(side, count))
        with Browser(side.address) as browser:
            cpu = side.cpu
            for browser.cookie in itertools.islice(itertools.cycle(all_cookies), REQUESTS):
                assert b"Pong" in browser.action("ping").body
            return Result((side.cpu - cpu) / REQUESTS * 1e6)
    return measure


def throughput(streams):
    """Measures events a second from a PBX that tells them as fast as it can, to so many streams, none lost."""
    def measure(_):
        with Peer() as peer, another_ajam(peer.address) as side, Crowd(side) as crowd:
            for cookie in list(cookies(side, streams)):
                crowd.join(get(b"events", cookie, b""), again=False)
            crowd.settle()
            block = b"".join(b"Event: Tick\r\nPrivilege: call,all\r\nNumber: %d\r\n\r\n" % number
                             for number in range(EVENTS))
            began = time.monotonic()
            peer.send_event(block)
            _, seconds = crowd.await_all(b'"Number": "%d"' % (EVENTS - 1), began)
        return Result(EVENTS / seconds)
    return measure


@contextlib.contextmanager
def another_ajam(ami):
    """The Side of an ajam for one measurement."""
    with tempfile.TemporaryDirectory() as directory, ajam(pathlib.Path(directory) / "etc", ami) as side:
        yield side


def idle_sessions(count):
    """Measures the memory of so many idle sessions, some of them waiting, each on a connection of its own."""
    def measure(_):
        with Peer() as peer, another_ajam(peer.address) as side, Crowd(side) as crowd:
            for number in range(count):
                crowd.join(b"GET /asterisk/rawman?action=login&username=%s&secret=%s HTTP/1.1\r\nHost: localhost\r\n\r\n"
                           % (USER.encode(), SECRET.encode()))
                cookie = cookie_of(crowd.sockets[-1])
                if number < IDLE_WAITS:
                    crowd.sockets[-1].sendall(get(b"rawman", cookie, b"action=waitevent&timeout=50"))
            feeds = len(peer.live(events=True))
            return Result(side.of_status("VmRSS") / 1024, "%d threads, %d event sessions at the PBX" % (
                side.of_status("Threads"), feeds))
    return measure


def cookie_of(socket):
    """The cookie in a reply that is being sent."""
    socket.settimeout(10)
    data = b""
    while b"Authentication accepted" not in data:
        data += socket.recv(4096)
    socket.setblocking(False)
    return data.partition(b"Set-Cookie: ")[2].partition(b";")[0]


def first_answer(_):
    """Measures the time from the start of the process to its first answer."""
    with Peer() as peer:
        began = time.monotonic()
        with another_ajam(peer.address):
            return Result((time.monotonic() - began) * 1000)


def long_list(_):
    """Measures an answer of so many events."""
    listed = b"Response: Success\r\nEventList: start\r\n\r\n" + b"".join(
        LIST_ITEM % number for number in range(LIST_LENGTH)) + b"Event: ItemComplete\r\nEventList: Complete\r\n\r\n"
    with Peer(lambda lines, connection: listed) as peer, another_ajam(peer.address) as side:
        with Browser(side.address, 30) as browser:
            browser.log_in(USER, SECRET)
            browser.action("list")
            began = time.monotonic()
            assert b"ItemComplete" in browser.action("list", uri="mxml").body
            return Result((time.monotonic() - began) * 1000, "as XML")


WAIT = b"action=waitevent&timeout=60"
ROWS = (
    *(Row("%s, %d at a time" % (name, connections), PER_SECOND, rate(target, connections), others, times)
      for name, target, others, times in (
          ("ping raw", "rawman?action=ping", BOTH, 1.0), ("status XML", "mxml?action=status", BOTH, 1.0),
          ("status HTML", "manager?action=status", PEER, 1.0), ("status JSON", "mjson?action=status", (), None))
      for connections in (1, 8, 64)),
    Row("ping, a connection each", PER_SECOND, rate("rawman?action=ping", 8, close=True), BOTH, 1.0),
    Row("file of 10 KB", PER_SECOND, static("10k.html"), PEER),
    Row("file of 1 MB", PER_SECOND, static("1m.html"), PEER),
    Row("event to 10 waits", "ms", fan_out(10, b"rawman", WAIT), PEER),
    Row("event to 400 waits", "ms", fan_out(400, b"rawman", WAIT), PEER, 2.0),
    Row("event to 2,000 waits", "ms", fan_out(2000, b"rawman", WAIT), figure=50),
    *(Row("event to %s streams" % format(size, ","), "ms", fan_out(size, b"events")) for size in (10, 400, 2000)),
    *(Row("events to %d streams" % size, PER_SECOND, throughput(size)) for size in (1, 100)),
    *(Row("ping among %s sessions" % format(size, ","), "us", among(size)) for size in (10, 5000)),
    Row("1,000 idle sessions", "MB", idle_sessions(1000)),
    Row("5,000 idle sessions", "MB", idle_sessions(5000), figure=100),
    Row("start to first answer", "ms", first_answer, figure=250),
    Row("list of 10,000 events", "ms", long_list),
    Row("login, ping, logoff", PER_SECOND, logins, PEER, 0.5),
)
