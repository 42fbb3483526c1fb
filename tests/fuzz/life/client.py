"""What one login is to see, kept by hand: the model of the stateful run."""

import re
from typing import NamedTuple, Tuple

ALL = 0x7FFFFFFF
LIFETIME = 60  # seconds; httptimeout
MOST_FREE = 3  # places that nothing reads on from
MARGIN = 10  # seconds before its session's end at which a wait is over, reference.md 3.9

WAITED = (b"Response: Success\r\nActionID: %b\r\nMessage: Waiting for Event completed.\r\n\r\n"
          b"%bEvent: WaitEventComplete\r\nActionID: %b\r\n")


class Event(NamedTuple):
    """An event that the PBX has told: its bytes, its number and kind, its category as a mask."""

    block: bytes
    number: bytes
    kind: bytes
    mask: int


BOOTED = Event(b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n", b"", b"", 1)


class Choice(NamedTuple):
    """Events that a client asks for, as parameters and as the kinds that these choose; without parameters all."""

    parameters: Tuple[Tuple[str, str], ...] = ()
    kinds: Tuple[bytes, ...] = ()

    def has(self, event):
        """True for one of these."""
        return not self.parameters or event.kind in self.kinds


class Place:
    """Where a client stands that keeps its place itself.

    id      as ajam has told it, bytes
    behind  the events that came since
    stale   True once the session has another feed, on which that place means nothing
    """

    def __init__(self, id):
        self.id = id
        self.behind = []
        self.stale = False

    def restart(self, id):
        """It is there from now on."""
        self.id = id
        self.behind.clear()
        self.stale = False


class Client:
    """One login.

    session  ajam's own object, for what is waited for alone
    behind   the events that came since its last WaitEvent
    places   of its waits with since=, and of its streams
    asked    requests that it waits for, as Asked
    """

    def __init__(self, browser, session, mask, now):
        self.browser = browser
        self.cookie = browser.cookie
        self.session = session
        self.mask = mask
        self.behind = []
        self.places = []
        self.asked = []
        self.private = False
        self.ended = False
        self.expires = now + LIFETIME

    def is_alive(self, now):
        """True until it has logged off, or has asked for nothing for too long."""
        self.ended = self.ended or not self.asked and self.expires < now
        return not self.ended

    def may_see(self, event):
        """True when its mask lets the event through."""
        return not event.mask & ~(self.mask or ALL)

    def told(self, event):
        """The PBX has told an event."""
        for behind in (self.behind, *(place.behind for place in self.places)):
            behind.append(event)

    def take_all(self):
        """What a WaitEvent tells; all is behind it then."""
        seen, self.behind[:] = list(filter(self.may_see, self.behind)), []
        return seen

    def wanted(self, place, choice):
        """What is told of the events behind a place."""
        return [event for event in place.behind if self.may_see(event) and choice.has(event)]

    def free_places(self):
        """Its places that nothing reads on from now."""
        return [place for place in self.places if all(asked.place is not place for asked in self.asked)]

    def new_place(self):
        """One more place; of those that are free only the oldest few are kept."""
        for place in self.free_places()[MOST_FREE:]:
            self.places.remove(place)
        self.places.append(Place(b""))
        return self.places[-1]

    def deadline(self, seconds, now):
        """When a wait of so many seconds, None for the longest, ends."""
        most = max(0.0, self.expires - now - MARGIN)
        return now + (most if seconds is None else min(seconds, most))

    def move(self):
        """It has a feed of its own from now on."""
        self.private = True
        self.behind.clear()
        for place in self.places:
            place.stale = True


def check_wait(body, id, events):
    """Fails unless that is the body of a WaitEvent that tells these events."""
    assert body == WAITED % (id, told(events), id) + b"\r\n", difference(body, id, events)


def check_since(body, id, events, lost=False):
    """The same for one with since=, which tells the place to go on from; returns that."""
    expected = WAITED % (id, told(events), id)
    match = re.fullmatch(rb"Since: ([0-9a-f]{8}-[0-9]+)\r\n(Dropped: unknown\r\n)?\r\n", body[len(expected):])
    assert body.startswith(expected) and match and bool(match[2]) == lost, difference(body, id, events)
    return match[1]


def told(events):
    """The blocks of events, one behind the other."""
    return b"".join(event.block for event in events)


def difference(body, id, events):
    """What was told, and what should have been."""
    return "to %s: %s and not %s, ending in %s" % (
        id.decode(), re.findall(r"Number: (\w+)|(FullyBooted)", body.decode()), [event.number for event in events],
        body[-60:])
