"""Somebody who wants to work while others attack: a browser that asks about twenty times a second, and is timed."""

import math
import threading
import time
from typing import NamedTuple, Tuple

from tests.browser import Browser

PAUSE_SECONDS = 0.05


class Wait(NamedTuple):
    """How long replies took, in seconds."""

    p99: float
    requests: int


class Bystander:
    """A logged-in browser at (host, port); a context manager.

    Every other request is the first of a new connection, made and ended for it. The one that is kept
    may be ended by ajam between two requests, for it is idle then and there may be too many: as any
    browser does, he makes another.
    """

    def __init__(self, address: Tuple[str, int], timeout=10.0):
        self._address = address
        self._timeout = timeout
        self._kept = Browser(address, timeout)
        reply = self._kept.log_in()
        assert b"Authentication accepted" in reply.body, reply
        self.cookie = self._kept.cookie

    def watch(self, seconds):
        """The Wait of the requests of so many seconds; each of them has to be answered, and rightly."""
        times, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            for ask in (self._ask_on_kept, self._ask_on_new):
                began = time.monotonic()
                reply = ask()
                times.append(time.monotonic() - began)
                assert reply is not None and reply.status == 200 and b"Ping: Pong" in reply.body, reply
                threading.Event().wait(PAUSE_SECONDS)
        times.sort()
        return Wait(times[math.ceil(0.99 * len(times)) - 1], len(times))

    def _ask_on_kept(self):
        try:
            reply = self._kept.action("ping")
        except ConnectionError:
            reply = None
        if reply is None:
            self._kept.close()
            self._kept = self._new()
            reply = self._kept.action("ping")
        return reply

    def _ask_on_new(self):
        with self._new() as browser:
            return browser.action("ping")

    def _new(self):
        browser = Browser(self._address, self._timeout)
        browser.cookie = self.cookie
        return browser

    def close(self):
        """Ends what he has."""
        self._kept.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
