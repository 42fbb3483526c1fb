"""Server-sent events: what came after a place in a feed's ring, and then whatever comes.

    id: 5f0c2a91-17                         the place, at once, so that a browser can come back to it
    id: 5f0c2a91-18  data: {"Event": ...}   one event
    event: gap       data: {"dropped": 3}   what came after the place asked for has fallen off the ring
    event: down      data: {}               the PBX is away
    event: up        data: {}               it is back; what was known of it should be read anew
    event: end       data: {"reason": ...}  the session is over, and the stream with it
    : a comment, every 15 seconds

A stream has a place of its own, so any number of them and of waits on one session neither
lose an event nor see one twice. It keeps its session alive. Source: WHATWG HTML, 9.2.
"""

import json

from ajam.pause import HEAVY, Pause
from ajam.privileges import ALL
from ajam.render import as_utf8, block_object, blocks
from ajam.selection import end_reason, number_since, place_of
from ajam.templates import NOSNIFF
from ajam.waitevent import FEW
from ajam.web.exchange import Begin, Response

COMMENT_SECONDS = 15.0  # between signs of life; proxies end a silent connection after 30 or 60
COMMENT = b":\n\n"
STOPPING = "ajam is being stopped"

SLICE_EVENTS = 256  # told in one piece; a slow reader holds no more than that

HEADERS = (b"Content-type: text/event-stream; charset=utf-8", b"X-Accel-Buffering: no", NOSNIFF)


def stream(session, selection, since, clock, headers=()):
    """A generator (ajam/pause.py) that yields a Begin and then the bytes of an event stream while that lasts.

    headers  further lines of the head
    """
    yield Begin(Response(headers=HEADERS + headers))
    reader = Reader(session, selection, since)
    told = clock()
    stopping = ""
    yield reader.opening()
    while True:
        if reader.behind > FEW:
            yield HEAVY
        now, news = clock(), reader.news()
        if news or now - told >= COMMENT_SECONDS:
            told = now
            yield news or COMMENT
        if reader.behind:
            continue
        reason = end_reason(session) or stopping
        if reason:
            yield message("end", {"reason": reason})
            return
        deadline = told + COMMENT_SECONDS
        in_time = yield Pause(deadline, None, (reader.feed, session), reader.has_news, endless=True)
        if not in_time and clock() < deadline:  # only a lobby that stops ends a wait early
            stopping = STOPPING


class Reader:
    """One stream's place in its session's feed.

    feed     the feed it reads; another one once the session has used Filter
    number   of the last event it has seen
    outages  of the feed, as many as it has told
    """

    def __init__(self, session, selection, since):
        self._session = session
        self._selection = selection
        self.feed = session.account.feed
        self.number, self._complete = number_since(self.feed, since)
        self._outages = self.feed.outages
        self._up = self.feed.up

    def opening(self):
        """The place; that something may be missing; that the PBX is away."""
        parts = [b"id: " + place_of(self.feed, self.number) + b"\n\n"]
        if not self._complete:
            parts.append(message("gap", {"dropped": None}))
        if not self._up:
            parts.append(message("down", {}))
        return b"".join(parts)

    def has_news(self):
        """True when news() has something to look at."""
        feed = self.feed
        return (self.behind > 0 or feed.outages != self._outages or feed.up != self._up
                or feed is not self._session.account.feed or bool(end_reason(self._session)))

    @property
    def behind(self):
        """How many events there are that it has not looked at."""
        return self.feed.ring.last - self.number

    def news(self):
        """What has come since the last call, a slice of it, as messages; b"" for nothing that was asked for."""
        parts = self._events()
        if self.behind:
            return b"".join(parts)
        if self.feed is not self._session.account.feed:
            self.feed, self.number = self._session.account.feed, 0
            self._outages, self._up = self.feed.outages, self.feed.up
            parts += [b"id: " + place_of(self.feed, 0) + b"\n\n", *self._events()]
        return b"".join(parts + self._link())

    def _events(self):
        news = self.feed.ring.after(self.number, self._session.mask or ALL, SLICE_EVENTS)
        self.number = news.place
        told = [message("gap", {"dropped": news.dropped})] if news.dropped else []
        for event in news.events:
            if self._selection.selects(event.block):
                told.append(b"id: %s\n%s" % (place_of(self.feed, event.number), data_of(event)))
        return told

    def _link(self):
        """That the PBX went, and that it is back; also when both happened since the last look."""
        outages, up = self.feed.outages, self.feed.up  # in this order: it is down before the outage is counted
        went, was_up = outages != self._outages, self._up
        self._outages, self._up = outages, up
        told = [message("down", {})] if was_up and (went or not up) else []
        if self._up and (went or not was_up):
            told.append(message("up", {}))
        return told


def data_of(event):
    """The `data:` line of an event, made once for all who read it."""
    if event.kept is None:
        names, values = next(blocks(as_utf8(event.block)))
        event.kept = b"data: " + json.dumps(block_object(names, values), ensure_ascii=False).encode() + b"\n\n"
    return event.kept


def message(kind, data):
    """A message that is no manager event."""
    return b"event: %s\ndata: %s\n\n" % (kind.encode("ascii"), json.dumps(data).encode("ascii"))
