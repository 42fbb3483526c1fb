"""Challenges that were given out and not answered yet.

A challenge is good only on the AMI connection that gave it, so that connection is kept for the
client that asked: for a few seconds, and for a few clients, because no login stands behind it.
Source: reference.md 2.5; design.md, "Accounts".
"""

import threading
from typing import NamedTuple

LIFETIME_SECONDS = 5.0  # Asterisk's own for a session that is not logged in
MAX_CHALLENGES = 10
MAX_PER_ADDRESS = 2


class Pending(NamedTuple):
    """A connection that has given out a challenge, to whom, and until when."""

    connection: object
    peer: str
    expires: float


class Challenges:
    """Connections by the id that the client's cookie names. The lock guards the table."""

    def __init__(self, clock):
        self._clock = clock
        self._lock = threading.Lock()
        self._pending = {}

    def __len__(self):
        return len(self._pending)

    def take(self, id):
        """The connection kept under `id`, which is the caller's from now on, or None."""
        with self._lock:
            pending = self._pending.pop(id, None)
        if pending is None:
            return None
        if pending.expires < self._clock():
            pending.connection.close()
            return None
        return pending.connection

    def keep(self, id, connection, peer):
        """Keeps `connection`; the oldest goes where there are too many, of that address before others."""
        with self._lock:
            gone = [self._pending.pop(id)] if id in self._pending else []
            self._pending[id] = Pending(connection, peer, self._clock() + LIFETIME_SECONDS)
            own = [key for key, pending in self._pending.items() if pending.peer == peer]
            surplus = own[:-MAX_PER_ADDRESS] or list(self._pending)[:-MAX_CHALLENGES]
            gone += [self._pending.pop(key) for key in surplus]
        for pending in gone:
            pending.connection.close()

    def purge(self, now):
        """Closes what has expired."""
        with self._lock:
            over = [key for key, pending in self._pending.items() if pending.expires < now]
            gone = [self._pending.pop(key) for key in over]
        for pending in gone:
            pending.connection.close()

    def close(self):
        """Closes all of them."""
        self.purge(float("inf"))
