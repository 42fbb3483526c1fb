"""The listening sockets, and what happens when nobody more can be let in."""

import logging

from ajam.web.loop import READ
from ajam.web.timing import Seldom

SHORT = ("a connection cannot be accepted: %s; idle ones go for it, or it waits; raise LimitNOFILE of ajam.service, "
         "or lower sessionlimit in http.conf")

log = logging.getLogger(__name__)


class Doors:
    """HttpServers whose newcomers are taken in as they come.

    seats  has `has_room`, and make_room(), which ends an idle connection and is True, or is False when there is none

    A door that can let nobody in rests, or it would ring all the time; who stands there waits.
    """

    def __init__(self, loop, clock, seats):
        self._loop = loop
        self._complains = Seldom(clock)
        self._seats = seats
        self._servers = set()
        self._resting = set()

    def open(self, server):
        """Has `server` accept its newcomers."""
        self._servers.add(server)
        self._loop.watch(server, READ, self._accept, server)

    def _accept(self, server):
        """Without descriptors somebody idle goes first."""
        failure = server.accept_all(lambda: self._seats.has_room)
        if failure is not None and self._complains():
            log.warning(SHORT, failure.strerror)
        if not (self._seats.has_room if failure is None else self._seats.make_room()):
            self._loop.unwatch(server)
            self._resting.add(server)

    def end_rest(self):
        """Opens the doors again that rest, when there is room."""
        if self._resting and self._seats.has_room:
            for server in self._resting:
                self._loop.watch(server, READ, self._accept, server)
            self._resting.clear()

    def look_again(self):
        """Once a second: who stands at a door that rests all the same is turned away, in the way that seats have."""
        self.end_rest()
        for server in self._resting:
            server.accept_all()

    def shut(self, server):
        """Lets those in who stand at the door of `server`, and nobody more."""
        server.accept_last()
        self._servers.discard(server)
        self._resting.discard(server)
        self._loop.unwatch(server)
        server.server_close()

    def close(self):
        """Nobody more is let in."""
        for server in list(self._servers):
            self.shut(server)
