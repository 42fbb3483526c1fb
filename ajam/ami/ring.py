"""The last events of a feed, numbered.

A ring is a window on an endless sequence of events: number 1 is the first there ever was.
Whoever reads keeps the number of the last one it has seen, its place, and asks for what came
after it; so any number of readers share one ring, and a reader costs it nothing.
"""

import threading
from typing import NamedTuple, Tuple

from ajam.ami.message import labels
from ajam.ami.wire import MAX_ANSWER
from ajam.privileges import mask_of_event

MAX_EVENTS = 10000  # at 50 events a second, three minutes
MAX_BYTES = 16 * 1024 * 1024
SLACK = 1024  # events above the bound before the oldest are cut off, so that cutting is rare


class Bounds(NamedTuple):
    """How much is kept of what the PBX sends: bytes of one answer; events of one feed, and bytes of these."""

    answer: int = MAX_ANSWER
    events: int = MAX_EVENTS
    event_bytes: int = MAX_BYTES


class Event:
    """One event.

    number  its place in the sequence
    block   its bytes, with the empty line
    mask    its categories
    kept    what a reader has made of the block, for all the others; None until one has
    """

    __slots__ = ("number", "block", "mask", "kept")

    def __init__(self, number, block, mask):
        self.number = number
        self.block = block
        self.mask = mask
        self.kept = None


class News(NamedTuple):
    """What came after a place: events, oldest first, the place behind them, and how many had fallen off before."""

    events: Tuple[Event, ...]
    place: int
    dropped: int


class Ring:
    """Appended to by one thread, read by any. The lock guards all of it.

    last     number of the newest event, 0 before the first
    dropped  how many events have fallen off so far
    """

    def __init__(self, max_events=MAX_EVENTS, max_bytes=MAX_BYTES):
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._events = []
        self._bytes = 0
        self._told = (None, None)  # what was asked for last, and the News it was
        self.last = 0
        self.dropped = 0

    @property
    def length(self):
        """How many events it has now."""
        return len(self._events)

    def adopt(self, max_events, max_bytes):
        """Other bounds, from the next event on."""
        self._max_events = max_events
        self._max_bytes = max_bytes

    def append(self, blocks):
        """Adds event blocks, oldest first."""
        first = self.last + 1
        events = [Event(first + index, block, mask_of_event(labels(block)))
                  for index, block in enumerate(blocks)]
        with self._lock:
            self._events += events
            self._bytes += sum(len(block) for block in blocks)
            self.last += len(events)
            if len(self._events) > self._max_events + SLACK or self._bytes > self._max_bytes:
                self._cut()

    def _cut(self):
        events = self._events
        keep = size = 0
        for event in reversed(events):
            size += len(event.block)
            if keep == self._max_events or size > self._max_bytes:
                break
            keep += 1
        gone = len(events) - keep
        self._bytes = sum(len(event.block) for event in events[gone:])
        del events[:gone]
        self.dropped += gone

    def after(self, place, mask, most=None):
        """The News behind `place` that `mask` lets through; of the first `most` events only, if that is not None.

        An event passes when all of its categories are in the mask (reference.md 3.9). Of many who ask for the
        same one after the other, as when an event has come, all are told the same News.
        """
        with self._lock:
            asked = (self.last, place, mask, most)
            known, news = self._told
            if known != asked:
                news = self._after(place, mask, most)
                self._told = (asked, news)
        return news

    def _after(self, place, mask, most):
        first = self.last - len(self._events)
        begin = max(0, place - first)
        news = self._events[begin:] if most is None else self._events[begin:begin + most]
        last = news[-1].number if news else self.last
        return News(tuple(event for event in news if not event.mask & ~mask), last, max(0, first - place))
