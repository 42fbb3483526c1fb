"""Answers become replies; large ones do so one at a time.

While 16 MB of a list become XML or JSON they take 100 MB more, and 16 workers might do that at once.
So whoever has a large answer waits for his turn, without a thread; small ones never wait. When so many
wait that what they hold is too much as well, the next one is told to come again; his action has been done.
"""

import threading

from ajam.ami.message import error
from ajam.ami.wire import BLOCK_END
from ajam.call import reply
from ajam.pause import HEAVY, Pause

HEAVY_BYTES = 16 * 1024  # of an output; to write that as XML or JSON takes one or two milliseconds
LARGE_BYTES = 1024 * 1024  # from there on there are turns; what all workers write below it is 16 times that
MOST_WAITING = 4
WAIT_SECONDS = 30.0  # a turn takes a second
RETRY_SECONDS = 5
TOO_MANY = "The action was done, but its answer is large, and so are others that are being sent"


class Turns:
    """Whose turn it is; wake(turns) has those who wait look again. The lock guards all of it."""

    def __init__(self, wake, clock):
        self._wake = wake
        self._clock = clock
        self._lock = threading.Lock()
        self._taken = False
        self._waiting = 0

    def reply(self, call, format, output, headers):
        """A generator (ajam/pause.py) that returns what call.reply() does, or 503 when there is too much already."""
        size = weight(call, output)
        if size > LARGE_BYTES:
            return (yield from self._in_turn(call, format, output, headers))
        if size > HEAVY_BYTES:
            yield HEAVY
        return reply(call, format, output, headers)

    def _in_turn(self, call, format, output, headers):
        if not (yield from self._come()):
            call.status, call.retry = 503, RETRY_SECONDS
            return reply(call, format, error(call.action, TOO_MANY), headers)
        try:
            yield HEAVY
            return reply(call, format, output, headers)
        finally:
            self._go()

    def _come(self):
        """True once it is this one's turn; False when too many wait, or for too long."""
        with self._lock:
            if self._waiting == MOST_WAITING:
                return False
            self._waiting += 1
        deadline = self._clock() + WAIT_SECONDS
        try:
            while not self._take():
                if not (yield Pause(deadline, None, (self,), self._is_free)):
                    return False
            return True
        finally:
            with self._lock:
                self._waiting -= 1

    def _take(self):
        with self._lock:
            was_free, self._taken = not self._taken, True
        return was_free

    def _go(self):
        with self._lock:
            self._taken = False
        self._wake(self)

    def _is_free(self):
        return not self._taken


def weight(call, output):
    """The bytes of an output, and of what the request has put into each of its blocks."""
    names = sum(map(len, call.names))
    return len(output) + (names * output.count(BLOCK_END) if names else 0)
