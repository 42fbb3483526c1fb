"""Who is logged in over HTTP: sessions, each found by an id that nobody can guess.

A session begins with a login and lives across requests; it holds no events, only its account,
its place in the account's ring and its mask. It ends by Logoff, by its account's end, or when
no request has come for `lifetime` seconds; while a request is in progress it does not expire.

Source: reference.md 2.4. Unlike there nothing is kept for who has not logged in.
"""

import secrets
import threading

ID_BYTES = 16
MAX_IDS = 4  # of one session; browsers that ask in parallel get a new nonce each


def new_id():
    """128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(ID_BYTES)


class Session:
    """One login.

    owner    the Sessions that it is one of
    ids      what it is found by: the cookie's value; for a digest session its latest nonces
    account  the ami.account.Account it acts as
    place    number of the last event it has seen
    mask     categories of the events it wants; 0 until somebody says
    wait     the WaitEvent in progress, an object of its own; a newer one takes its place
    in_use   requests in progress
    ended    True once it must not be found any more
    """

    def __init__(self, owner, id, account, place, mask, expires):
        self.owner = owner
        self.ids = [id]
        self.account = account
        self.place = place
        self.mask = mask
        self.expires = expires
        self.wait = None
        self.in_use = 0
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
    """

    def __init__(self, lifetime, clock, wake=lambda session: None):
        self.lifetime = lifetime
        self._clock = clock
        self._wake = wake
        self._lock = threading.Lock()
        self._sessions = {}

    def __len__(self):
        return len(self._sessions)

    def begin(self, account, place, mask, id=None):
        """A session in use; the account has been entered for it already. A known id stands for its own session."""
        session = Session(self, id or new_id(), account, place, mask, self._clock() + self.lifetime)
        with self._lock:
            known = self._sessions.setdefault(session.id, session)
            known.in_use += 1
        if known is not session:
            account.leave()
        return known

    def find(self, id):
        """The session of that id, in use from now on, or None."""
        with self._lock:
            session = self._sessions.get(id)
            if session is None or (not session.in_use and session.expires < self._clock()):
                return None
            session.in_use += 1
        return session

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
            session.ended = True
            for id in session.ids:
                del self._sessions[id]
        session.account.leave()
        self._wake(session)
        return True

    def move(self, session, account):
        """The session acts as `account`, entered and its own, unless it has such a one; False when it has ended."""
        with self._lock:
            left = account
            if not (session.ended or session.account.private):
                left, session.account, session.place = session.account, account, 0
        left.leave()
        self._wake(session)
        return not session.ended

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
                    if session.account.feed.refused or (not session.in_use and session.expires < now)}
        for session in over:
            self.end(session)

    def end_all(self):
        """Ends every session."""
        with self._lock:
            sessions = set(self._sessions.values())
        for session in sessions:
            self.end(session)
