"""How long browsers may take, and how much they may make ajam keep (security.md 3, 4.4)."""

from typing import NamedTuple

PART_BYTES = 2 * 1024 * 1024  # dropped while a connection ends; no form that is sent in good faith is larger
LAST_CALL_SECONDS = 1.0  # for who has come and not asked yet, when the service ends; it is on its way or never comes
PIPELINED_BYTES = 64 * 1024  # kept of what comes behind a waiting request; then reading stops
UNSENT_BYTES = 32 * 1024 * 1024  # of all replies that browsers are slow to take; files aside: those are on the disk
WAITING_SHARE = 7 / 8  # of the connections, for waits and streams; what is left is for those who ask and go


class Seldom:
    """Tells whether to say again what is so again and again: the first time, and then once in `seconds`."""

    def __init__(self, clock, seconds=60.0):
        self._clock = clock
        self._seconds = seconds
        self._next = float("-inf")

    def __call__(self):
        now = self._clock()
        due = now >= self._next
        if due:
            self._next = now + self._seconds
        return due


class Timing(NamedTuple):
    """Seconds, each for the whole of what it names, not from byte to byte; and how many connections there may be.

    first_byte  from accept to a request's first byte, TLS handshake included
    head        from there to the end of its head
    body        from there to the end of its body
    keep_alive  from a reply to the next request's first byte
    send        within which a browser must take some of a reply
    part        for a browser to end a connection that is over
    connections_per_address  those from one address, however it is counted (Lobby)
    handshakes  TLS handshakes at a time; the oldest goes for one more
    """

    first_byte: float = 10.0
    head: float = 10.0
    body: float = 30.0
    keep_alive: float = 15.0
    send: float = 30.0
    part: float = 2.0
    connections: int = 512
    connections_per_address: int = 256
    handshakes: int = 128
