"""The addresses behind the PBX's name, without everybody waiting for a name server.

Who needs them first looks them up and waits for that; while he does, and when it fails, the last
good answer is taken. So a name server that does not answer holds up one thread and no more.
An address is its own answer and is never looked up.
"""

import socket as sockets
import threading

from ajam.errors import PbxUnreachable
from ajam.pause import HEAVY

FRESH_SECONDS = 60.0  # that an answer counts; the library does not tell for how long the name server meant it


class Resolver:
    """See above. The lock guards what is known.

    look_up(host, port, **options)  as socket.getaddrinfo
    """

    def __init__(self, clock, look_up=sockets.getaddrinfo):
        self._clock = clock
        self._look_up = look_up
        self._lock = threading.Lock()
        self._looking = False
        self._known = None  # (address, places), the last good answer
        self._until = 0.0

    def places(self, address):
        """The (family, socket address) pairs of a (host, port); PbxUnreachable when the name means nothing.

        A generator as in ajam/pause.py.
        """
        try:
            return self._ask(address, sockets.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            yield HEAVY
            return self._places_of_name(address)

    def _places_of_name(self, address):
        with self._lock:
            known = self._known[1] if self._known and self._known[0] == address else None
            if known and self._clock() < self._until:
                return known
            busy, self._looking = self._looking, True
        if not busy:
            known = self._renewed(address) or known
        if known is None:
            reason = "its name is being looked up" if busy else "no such host"
            raise PbxUnreachable("The PBX cannot be reached: " + reason)
        return known

    def _renewed(self, address):
        """The places as they are now, None when nobody says; what is known is asked for again after FRESH_SECONDS."""
        found = None
        try:
            found = self._ask(address)
        except (OSError, UnicodeError):  # the latter for what cannot be a host's name
            pass
        finally:
            with self._lock:
                self._looking = False
                self._until = self._clock() + FRESH_SECONDS
                self._known = (address, found) if found else self._known
        return found

    def _ask(self, address, flags=0):
        found = self._look_up(*address, type=sockets.SOCK_STREAM, flags=flags)
        return [(family, place) for family, _, _, _, place in found]
