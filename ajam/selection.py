"""Which events a client asked for, and from which place on.

    event=Hangup&event=Newchannel&Channel=PJSIP/100-00000001     a Selection
    since=5f0c2a91-17                                            a place: feed 5f0c2a91, number 17
"""

import re
from typing import FrozenSet, NamedTuple, Tuple

from ajam.ami.message import LINE_END

PLACE = re.compile(rb"([0-9a-f]{1,32})-([0-9]{1,18})")
MAX_FILTERS = 64  # names and values of one request

# What is said about the request itself; every other parameter is a header of the events asked for.
OWN_PARAMETERS = frozenset((b"since", b"action", b"actionid", b"timeout", b"ajaxdest", b"ajaxobjtype",
                            b"suppressevents", b"_", b"r"))


class Selection(NamedTuple):
    """Events of one of these names, with one of the values of each of these headers; empty ones ask for nothing.

    names    in lower case
    headers  (name in lower case, values) pairs
    """

    names: FrozenSet[bytes] = frozenset()
    headers: Tuple[Tuple[bytes, FrozenSet[bytes]], ...] = ()

    def selects(self, block):
        """True when the event is one of those asked for."""
        if not self.names and not self.headers:
            return True
        fields = [line.partition(b": ") for line in block.split(LINE_END)]
        if self.names and fields[0][2].lower() not in self.names:
            return False
        return all(any(name.lower() == wanted and value in values for name, _, value in fields)
                   for wanted, values in self.headers)


def read_selection(parameters):
    """The Selection that (name, value) pairs ask for."""
    wanted = {}
    for name, value in parameters[:MAX_FILTERS]:
        name = name.lower()
        if name and name not in OWN_PARAMETERS:
            wanted.setdefault(name, set()).add(value)
    names = frozenset(value.lower() for value in wanted.pop(b"event", ()))
    return Selection(names, tuple((name, frozenset(values)) for name, values in wanted.items()))


def place_of(feed, number):
    """The place behind event `number` of a feed, as clients are told it."""
    return b"%s-%d" % (feed.instance.encode("ascii"), number)


def number_since(feed, since):
    """(number to go on behind, True when it is certain that nothing is missing) for a client's `since`.

    Empty is now. A place on another feed, or none at all, is now too, and what came meanwhile is not known.
    """
    if not since:
        return feed.ring.last, True
    match = PLACE.fullmatch(since)
    if match is None or match.group(1).decode("ascii") != feed.instance or int(match.group(2)) > feed.ring.last:
        return feed.ring.last, False
    return int(match.group(2)), True


def end_reason(session):
    """Why nothing more is told on a session, as text; "" while it lives."""
    if session.account.feed.refused:
        return "the PBX no longer accepts the user"
    return "the session has ended" if session.ended else ""
