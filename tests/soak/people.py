"""Who works with an ajam: panels that wait, pages that stream, scripts that poll, visitors, a caller, an intruder."""

import collections
import itertools
import random
import socket
import threading
import time
from typing import Callable, NamedTuple

from tests.browser import Browser

USER, SECRET = "admin", "s3cret"
VISITOR = {"username": "viewer", "secret": "viewer pass"}  # another than those who stay, see below
ELSEWHERE = "127.0.0.2"  # where the intruder comes from: he must not slow down those who share an address with him
PATIENCE_SECONDS = 60.0
START_SECONDS = 5.0  # within which all begin

# Who logs in ten minutes after a user's feed was made begins another (README), which lasts as long as the
# sessions that have it. So visitors are a user of their own: of those who stay there is one feed, of
# visitors two at most, and what grows all the same is a leak.
VISITS = 5  # seconds, about, between two of a visitor

CALL = {"Channel": "Local/100@default/n", "Application": "Wait", "Data": "1", "Async": "true"}


class Work:
    """What all of them share: `over` is set when they are to stop; `done` counts, by what it was; the lock guards it.

    address  (host, port) of ajam
    """

    def __init__(self, address):
        self.address = address
        self.over = threading.Event()
        self.done = collections.Counter()
        self.wrong = collections.Counter()
        self._lock = threading.Lock()

    def tell(self, what, reply, statuses=(200,)):
        """A `reply` has come, None for none, to who wanted one with one of these statuses."""
        right = reply is not None and reply.status in statuses
        with self._lock:
            self.done[what] += 1
            if not right:
                self.wrong["%s: %s" % (what, reply and reply.line.decode())] += 1

    def fail(self, what, error):
        """It ended with that exception."""
        with self._lock:
            self.wrong["%s: %r" % (what, error)] += 1

    def rest(self, seconds):
        """Waits about so long, or until all is over."""
        self.over.wait(seconds * random.uniform(0.5, 1.5))


def panel(work, browser):
    """Waits for events on one connection, as a wallboard does."""
    work.tell("login", browser.log_in())
    while not work.over.is_set():
        work.tell("wait", browser.action("waitevent", timeout=10))


def page(work, browser):
    """Reads an event stream, and now and then is loaded anew."""
    work.tell("login", browser.log_in())
    while not work.over.is_set():
        with Browser(work.address, PATIENCE_SECONDS) as stream:
            stream.send(b"GET /asterisk/events HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n" % browser.cookie)
            end = time.monotonic() + random.uniform(5, 30)
            while time.monotonic() < end and not work.over.is_set():
                if read_some(stream.socket) == b"":
                    work.tell("stream", None)
                    break
        with Browser(work.address, PATIENCE_SECONDS) as again:
            again.cookie = browser.cookie
            work.tell("ping", again.action("ping", uri="mxml"))


def read_some(stream):
    """What comes within a second; None when nothing does."""
    stream.settimeout(1.0)
    try:
        return stream.recv(65536)
    except socket.timeout:
        return None


def script(work, browser):
    """Asks for this and that every few seconds, each time in another form."""
    work.tell("login", browser.log_in())
    for uri, action in itertools.cycle(itertools.product(
            ("rawman", "mxml", "manager", "mjson"), ("status", "ping", "coreshowchannels", "listcommands"))):
        if work.over.is_set():
            break
        work.tell(action, browser.action(action, uri=uri))
        work.rest(4)


def visitor(work, _):
    """Comes on a new connection, looks at a page, logs in, asks, and logs off, or just goes, in the midst of a wait."""
    while not work.over.is_set():
        with Browser(work.address, PATIENCE_SECONDS) as browser:
            work.tell("page", browser.request("/asterisk/static/10k.html"))
            work.tell("login", browser.log_in(**VISITOR))
            work.tell("ping", browser.post("ping"))
            if random.random() < 0.5:
                work.tell("logoff", browser.action("logoff"))
            else:
                browser.send_action("waitevent", timeout=50)
        work.rest(VISITS)


def caller(work, browser):
    """Has the PBX make calls, so that there are events."""
    work.tell("login", browser.log_in())
    while not work.over.is_set():
        work.tell("originate", browser.action("originate", **CALL))
        work.rest(8)


def intruder(work, _):
    """Guesses secrets."""
    while not work.over.is_set():
        with Browser(work.address, PATIENCE_SECONDS, ELSEWHERE) as browser:
            work.tell("guess", browser.log_in(secret="guess"), (200, 429))
        work.rest(10)


class Kind(NamedTuple):
    """What they do, and how many in a hundred do that."""

    do: Callable
    share: int


KINDS = (Kind(panel, 50), Kind(page, 14), Kind(script, 25), Kind(visitor, 9), Kind(caller, 1), Kind(intruder, 1))


class Crowd:
    """So many of them, from start() to stop()."""

    def __init__(self, work, count):
        self._work = work
        kinds = [kind.do for kind in KINDS for _ in range(max(1, count * kind.share // 100))]
        self._threads = [threading.Thread(target=self._live, args=(do,), daemon=True) for do in kinds]

    def __len__(self):
        return len(self._threads)

    def start(self):
        """All begin, one after the other."""
        for thread in self._threads:
            thread.start()
            time.sleep(START_SECONDS / len(self))

    def stop(self):
        """Returns when all have ended."""
        self._work.over.set()
        for thread in self._threads:
            thread.join()

    def _live(self, do):
        try:
            with Browser(self._work.address, PATIENCE_SECONDS) as browser:
                do(self._work, browser)
        except Exception as error:
            self._work.fail(do.__name__, error)
