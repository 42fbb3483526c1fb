"""WaitEvent: what came after a session's place in its ring, or the wait for it (reference.md 3.9, model A).

    place        1 2 3 4 5 | 6 7 8              the session has seen 5
    mask         call        call user call     6 and 8 are told, 7 is skipped
    next place                     8

It ends with the first event that the session may see, at its timeout, when the session ends,
or empty-handed when a newer WaitEvent on the same session takes over.
"""

import functools
import logging
import re

from ajam.ami.message import LINE_END, Action, error, response
from ajam.pause import HEAVY, Pause
from ajam.privileges import ALL
from ajam.selection import end_reason, number_since, place_of

MARGIN_SECONDS = 10  # a wait is over that long before its session would expire
NUMBER = re.compile(rb"[\x01-\x20]*([+-]?)(0[xX][0-9a-fA-F]{1,15}|[0-9]{1,15})")

FEW = 16  # events, that take no longer than a moment; what becomes of more is for a worker
SHORT = 4096  # bytes of so few, above which what they became is not kept for the next one who is told them

log = logging.getLogger(__name__)

WAITED = b"Message: Waiting for Event completed."


def parse_timeout(text):
    """The seconds in a Timeout as C's %i reads it: decimal, 0x hexadecimal or leading-0 octal; -1 for no number."""
    match = NUMBER.match(text)
    if match is None:
        return -1
    sign, digits = match.groups()
    if digits[:2].lower() == b"0x":
        number = int(digits, 16)
    elif digits.startswith(b"0"):
        number = int(re.match(rb"[0-7]+", digits).group(), 8)
    else:
        number = int(digits)
    return -number if sign == b"-" else number


def longest_wait(asked, left):
    """The seconds to wait when `asked` were asked for and the session has `left` ones."""
    most = max(0.0, left - MARGIN_SECONDS)
    return most if asked < 0 or asked > most else float(asked)


def wait_event(session, action, clock):
    """A generator (ajam/pause.py) that returns the output of a WaitEvent of `session`."""
    deadline = clock() + longest_wait(parse_timeout(action.get(b"timeout")), session.expires - clock())
    session.mask = session.mask or ALL
    turn = session.owner.take_turn(session)
    try:
        if session.acted:  # in Asterisk an event is there before the action that has caused it is answered
            session.acted = False
            yield from session.account.catch_up()
        while session.wait is turn:
            account, place = session.account, session.place  # a Filter may have given it a feed of its own meanwhile
            feed = account.feed
            news = feed.ring.after(place, session.mask)
            if not session.owner.advance(session, turn, account, place, news.place):
                continue
            if news.dropped:
                log.warning("%d events were dropped before a WaitEvent asked for them", news.dropped)
            if news.events or session.ended or feed.refused or clock() >= deadline:
                return told(action.action_id, news.events)
            if not (yield Pause(
                    deadline, None, (feed, session),
                    lambda: session.wait is not turn or session.ended or session.account is not account
                    or feed.refused or feed.ring.last > news.place, endless=True)):
                deadline = clock()  # it may be earlier than was asked for, when ajam is stopped
        return b""
    finally:
        session.owner.end_turn(session, turn)


def wait_since(session, action, selection, clock):
    """As wait_event(), for a client that keeps its place itself and says what it wants: `since` and a Selection.

    It neither moves the session's place nor ends another wait. WaitEventComplete tells the
    place to go on from, and `Dropped:` what was lost before it could be told.
    """
    deadline = clock() + longest_wait(parse_timeout(action.get(b"timeout")), session.expires - clock())
    feed = session.account.feed
    place, complete = number_since(feed, action.get(b"since"))
    dropped = 0
    while True:
        if feed.ring.last - place > FEW:
            yield HEAVY
        news = feed.ring.after(place, session.mask or ALL)
        place, dropped = news.place, dropped + news.dropped
        events = [event for event in news.events if selection.selects(event.block)]
        if events or not complete or end_reason(session) or feed is not session.account.feed or clock() >= deadline:
            lines = [b"Since: " + place_of(feed, place)]
            if dropped or not complete:
                lines.append(b"Dropped: " + (b"%d" % dropped if complete else b"unknown"))
            return told(action.action_id, tuple(events), tuple(lines))
        if not (yield Pause(
                deadline, None, (feed, session),
                lambda: feed.ring.last > place or feed is not session.account.feed or bool(end_reason(session)),
                endless=True)):
            deadline = clock()


def told(action_id, events, lines=()):
    """The output of a WaitEvent that ends with these Events, and whole lines for its last block; tuples."""
    short = len(events) <= FEW and sum(len(event.block) for event in events) <= SHORT
    return (_lately_told if short else _told)(action_id, events, lines)


def _told(action_id, events, lines):
    action = Action([b"ActionID: " + action_id] if action_id else [])
    complete = LINE_END.join([b"Event: WaitEventComplete", *action.lines, *lines, b"", b""])
    return b"".join((response(b"Success", action, WAITED), *(event.block for event in events), complete))


_lately_told = functools.lru_cache(maxsize=16)(_told)  # of many who wait, most are told the same


def set_mask(session, action, mask):
    """The output of an Events action that asks for `mask`, None when it asks for nothing that is one."""
    if mask is None:
        return error(action, "Invalid event mask")
    session.mask = mask
    return response(b"Success", action, b"Events: On" if mask else b"Events: Off")
