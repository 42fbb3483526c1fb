"""How long browsers may take, and how much they may make ajam keep (security.md 3, 4.4)."""

from typing import NamedTuple

PART_BYTES = 2 * 1024 * 1024  # dropped while a connection ends; no form that is sent in good faith is larger
PIPELINED_BYTES = 64 * 1024  # kept of what comes behind a waiting request; then reading stops


class Timing(NamedTuple):
    """Seconds, each for the whole of what it names, not from byte to byte; and how many connections there may be.

    first_byte  from accept to a request's first byte; Asterisk's least
    head        from there to the end of its head
    body        from there to the end of its body
    keep_alive  from a reply to the next request's first byte
    send        within which a browser must take some of a reply
    part        for a browser to end a connection that is over
    """

    first_byte: float = 10.0
    head: float = 10.0
    body: float = 30.0
    keep_alive: float = 15.0
    send: float = 30.0
    part: float = 2.0
    connections: int = 512
