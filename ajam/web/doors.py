"""The listening sockets, and what happens when nobody more can be let in."""

from ajam.web.loop import READ


class Doors:
    """HttpServers whose newcomers are taken in as they come.

    make_room()  ends an idle connection and is True, or is False when there is none
    """

    def __init__(self, loop, make_room):
        self._loop = loop
        self._make_room = make_room
        self._servers = set()
        self._resting = set()

    def open(self, server):
        """Has `server` accept its newcomers."""
        self._servers.add(server)
        self._loop.watch(server, READ, self._accept, server)

    def _accept(self, server):
        """Without descriptors somebody idle goes first; without those the door rests, or it would ring all the time."""
        if not server.accept_all() and not self._make_room():
            self._loop.unwatch(server)
            self._resting.add(server)

    def end_rest(self):
        """Tries the doors again that rest."""
        for server in self._resting:
            self._loop.watch(server, READ, self._accept, server)
        self._resting.clear()

    def close(self):
        """Nobody more is let in."""
        for server in self._servers:
            self._loop.unwatch(server)
            server.server_close()
        self._servers.clear()
        self._resting.clear()
