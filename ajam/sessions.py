"""Who is logged in over HTTP: sessions, each found by an id that nobody can guess.

A session begins with a login and lives across requests; it holds no events, only its account,
its place in the account's ring and its mask. It ends by Logoff, by its account's end, or when
no request has come for `lifetime` seconds; while a request is in progress it does not expire. Where
limits.session_time says so it ends at that age, whatever it is doing.

There are only so many: where a newcomer is one too many in all, of his user or from his address
(IPv6: from his /64), the one of these that has been idle longest ends. When all are busy it is the
newcomer who is refused.

Source: reference.md 2.4, security.md row 27. Unlike in the former nothing is kept for who has not logged in.
"""

import contextlib
import heapq
import itertools
import math
import secrets
import threading

from ajam.conf.sections import LimitsSettings
from ajam.errors import Limited
from ajam.limiter import network_of

ID_BYTES = 16
RETRY_SECONDS = 5.0  # after which one who was refused may find room
UNLIMITED = LimitsSettings(*[math.inf] * len(LimitsSettings._fields))
MAX_IDS = 4  # of one session; browsers that ask in parallel get a new nonce each


def new_id():
    """128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(ID_BYTES)


class Session:
    """One login.

    owner    the Sessions that it is one of
    number   what administrators call it by; unlike an id it opens nothing
    peer     address of the browser that logged in
    network  what of it counts, as in limiter.network_of()
    shared   True when a page of an allowed origin began it: its cookie goes along with that page's requests
    began    clock time of that
    ids      what it is found by: the cookie's value; for a digest session its latest nonces
    account  the ami.account.Account it acts as
    place    number of the last event it has seen
    mask     categories of the events it wants; 0 until somebody says
    acted    True when it may have caused events that are still on their way
    wait     the WaitEvent in progress, an object of its own; a newer one takes its place
    in_use   requests in progress
    streams  those of them that are streams, or WaitEvents with since=
    ended    True once it must not be found any more
    """

    def __init__(self, owner, id, account, place, mask, peer, number, began):
        self.owner = owner
        self.number = number
        self.peer = peer
        self.network = network_of(peer)
        self.shared = False
        self.began = began
        self.ids = [id]
        self.account = account
        self.place = place
        self.mask = mask
        self.expires = began + owner.lifetime
        self.acted = False
        self.wait = None
        self.in_use = 0
        self.streams = 0
        self.ended = False

    @property
    def id(self):
        """The newest of its ids."""
        return self.ids[-1]

    def __repr__(self):
        return "Session(%r%s)" % (self.account, ", ended" if self.ended else "")


class Sessions:
    """All sessions of one kind. The lock guards the table and what is in every session but its mask.

    lifetime  seconds without a request, after which a session ends
    wake      tells who waits for a session to look again
    numbers   an iterator of numbers for them; of one count for all tables whose sessions are to be told apart
    limits    conf.sections.LimitsSettings; others may take their place
    """

    def __init__(self, lifetime, clock, wake=lambda session: None, numbers=None, limits=UNLIMITED):
        self.lifetime = lifetime
        self.limits = limits
        self._clock = clock
        self._wake = wake
        self._numbers = itertools.count(1) if numbers is None else numbers
        self._lock = threading.Lock()
        self._sessions = {}

    def __len__(self):
        return len(self._sessions)

    def __contains__(self, id):
        """True for an id that find() would find."""
        with self._lock:
            session = self._sessions.get(id)
            return session is not None and self._is_alive(session)

    @property
    def all(self):
        """The sessions there are, as a set: each once, however many ids it has."""
        with self._lock:
            return set(self._sessions.values())

    def begin(self, account, place, mask, peer, id=None):
        """A session in use; the account has been entered for it already. A known id stands for its own session.

        raises  Limited  503: there are too many, and all of them busy; the account is left then
        """
        session = Session(self, id or new_id(), account, place, mask, peer, next(self._numbers), self._clock())
        try:
            known, gone = self._seat(session)
        except Limited:
            account.leave()
            raise
        for each in gone:
            self._part(each)
        if known is not session:
            account.leave()
        return known

    def _seat(self, session):
        """(the session of that id, those that had to go for it)."""
        with self._lock:
            known = self._sessions.get(session.id)
            if known is not None and self._is_alive(known):
                known.in_use += 1
                return known, ()
            gone = surplus(self._sessions.values(), session, self.limits) | ({known} if known else set())
            for each in gone:
                self._strike(each)
            self._sessions[session.id] = session
            session.in_use += 1
        return session, gone

    def find(self, id):
        """The session of that id, in use from now on, or None."""
        with self._lock:
            session = self._sessions.get(id)
            if session is None or not self._is_alive(session):
                return None
            session.in_use += 1
        return session

    def _is_alive(self, session):
        now = self._clock()
        return (session.in_use or session.expires >= now) and not self._is_too_old(session, now)

    def _is_too_old(self, session, now):
        return 0 < self.limits.session_time <= now - session.began

    def release(self, session):
        """A request of the session is done; it has `lifetime` seconds from now on."""
        with self._lock:
            session.in_use -= 1
            session.expires = self._clock() + self.lifetime

    def end(self, session):
        """Makes the session unknown; what it is doing may come to its end. False when it had ended before."""
        with self._lock:
            if session.ended:
                return False
            self._strike(session)
        self._part(session)
        return True

    def _strike(self, session):
        session.ended = True
        for id in session.ids:
            del self._sessions[id]

    def _part(self, session):
        session.account.leave()
        self._wake(session)

    def move(self, session, account):
        """The session acts as `account`, entered and its own; False when it has ended, or has such a one already."""
        with self._lock:
            moves = not (session.ended or session.account.private)
            left = session.account if moves else account
            if moves:
                session.account, session.place = account, 0
        left.leave()
        self._wake(session)
        return moves

    def take_turn(self, session):
        """A WaitEvent begins: returns what stands for it as `session.wait`. An older one has to go home."""
        turn = object()
        with self._lock:
            older, session.wait = session.wait, turn
        if older is not None:
            self._wake(session)
        return turn

    def advance(self, session, turn, account, place, seen):
        """The session has seen its account's events up to `seen`.

        False when it is not this WaitEvent's turn any more, or not `place` that it stood at: then
        somebody else has told those events.
        """
        with self._lock:
            stands = session.wait is turn and session.account is account and session.place == place
            if stands:
                session.place = seen
        return stands

    def end_turn(self, session, turn):
        """A WaitEvent is over."""
        with self._lock:
            if session.wait is turn:
                session.wait = None

    @contextlib.contextmanager
    def streaming(self, session):
        """A stream of the session, or a WaitEvent with since=, while the block lasts; Limited 503 for one too many."""
        with self._lock:
            if session.streams >= self.limits.streams_per_session:
                raise Limited(503, "Too many streams of one session", RETRY_SECONDS)
            session.streams += 1
        try:
            yield
        finally:
            with self._lock:
                session.streams -= 1

    def alias(self, id, successor):
        """The session of that id, if there is one, is found by `successor` too; of many ids the oldest goes."""
        with self._lock:
            session = self._sessions.get(id)
            if session is not None:
                session.ids.append(successor)
                self._sessions[successor] = session
                if len(session.ids) > MAX_IDS:
                    del self._sessions[session.ids.pop(0)]

    def purge(self, now):
        """Ends what has expired, and what the PBX no longer accepts."""
        with self._lock:
            over = {session for session in self._sessions.values()
                    if session.account.feed.refused or self._is_too_old(session, now)
                    or (not session.in_use and session.expires < now)}
        for session in over:
            self.end(session)

    def end_all(self):
        """Ends every session."""
        for session in self.all:
            self.end(session)


def surplus(sessions, newcomer, limits):
    """Those of `sessions` that have to go when one more comes, as a set: of each kind that is full the longest idle.

    sessions  a collection, in which one may be several times
    raises  Limited  503: too few of them are idle
    """
    gone = set()
    for limit, is_like in (
        (limits.sessions_per_address, lambda each: each.network == newcomer.network),
        (limits.sessions_per_user, lambda each: each.account.name.lower() == newcomer.account.name.lower()),
        (limits.sessions, lambda each: True),
    ):
        if len(sessions) >= limit:
            like = {each for each in sessions if is_like(each)} - gone
            idle = [each for each in like if not each.in_use]
            too_many = max(0, len(like) + 1 - limit)
            if too_many > len(idle):
                raise Limited(503, "Too many sessions", RETRY_SECONDS)
            gone.update(heapq.nsmallest(too_many, idle, key=lambda each: each.expires))
    return gone
