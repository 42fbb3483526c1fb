"""Who is in the lobby, each watched and with a deadline; and who goes when there are too many."""

import logging

from ajam.web.connection import State
from ajam.web.loop import READ
from ajam.web.timing import UNSENT_BYTES, Seldom

ASKING = frozenset((State.SHAKING, State.IDLE, State.READING))  # their requests are not complete
WITHOUT_REQUEST = frozenset((State.SHAKING, State.IDLE, State.PARTING))
FULL = ("%s is refused: there are %d connections, and all that might go for it are busy; sessionlimit in http.conf "
        "and connections_per_address in ajam.conf allow no more")
SLOW = ("%s is ended in the midst of a reply, which it was the slowest to take: there are %d like it, and more than "
        "%d bytes are kept for them")

log = logging.getLogger(__name__)


class Seats:
    """All connections there are, those that workers have among them; of the lobby's own thread only.

    timing   the Timing that counts now
    ready    by State: what the loop calls with a connection that is ready for what it waits for
    waiters  hears of those that wait for a Pause no longer
    network_of(peer)  as for Lobby
    all      the connections, as the keys of a dict, in the order in which they came
    here     those of them that no worker has
    """

    def __init__(self, loop, clock, timing, waiters, ready, network_of):
        self.timing = timing
        self.all = {}
        self.here = set()
        self._loop = loop
        self._clock = clock
        self._waiters = waiters
        self._ready = ready
        self._network_of = network_of
        self._complains = Seldom(clock)
        self._complains_of_slow = Seldom(clock)
        self._like = {}  # by what their addresses count as: the connections from there, as in `all`
        self._without_request = {}  # an ordered set: the first has been without one longest
        self._shaking = set()
        self._unsent = {}  # bytes by connection: the first has been slow for longest
        self._unsent_bytes = 0

    def __len__(self):
        return len(self.all)

    @property
    def has_room(self):
        """True while one more may come, perhaps at the expense of somebody idle."""
        return len(self.all) < self.timing.connections or bool(self._without_request)

    def enter(self, connection):
        """One more, at the expense of somebody idle when there are too many; False when all of those are busy.

        What it waits for is said by watch().
        """
        network = self._network_of(connection.peer)
        if not self._find_room(network):
            if self._complains():
                log.warning(FULL, connection.peer, len(self))
            return False
        self.all[connection] = network
        if network is not None:
            self._like.setdefault(network, {})[connection] = True
        return True

    def _find_room(self, network):
        like = self._like.get(network, ())
        if len(like) >= self.timing.connections_per_address and not self._close_first(
                connection for connection in self._without_request if connection in like):
            return False
        while len(self) >= self.timing.connections:
            if not self.make_room():
                return False
        return True

    def watch(self, connection, state, seconds=None, deadline=None, event=READ):
        """Waits for `event` on a connection, `seconds` or until the deadline, which are clock times."""
        connection.state = state
        connection.deadline = self._clock() + seconds if deadline is None else deadline
        self.here.add(connection)
        self._loop.watch(connection, event, self._ready[state], connection)
        self._loop.alarms.set(connection)
        if state in WITHOUT_REQUEST:
            self._without_request[connection] = True
        if state is State.SHAKING:
            self._shaking.add(connection)
        if state is State.SENDING:
            self._unsent[connection] = connection.unsent
            self._unsent_bytes += connection.unsent

    def take(self, connection):
        """It waits for nothing any more; who takes it says what for it is to be watched next, in this thread."""
        state = connection.state
        if state is State.WAITING:
            self._waiters.discard(connection)
        elif state is State.SENDING:
            self._unsent_bytes -= self._unsent.pop(connection, 0)
        else:
            self._without_request.pop(connection, None)
            self._shaking.discard(connection)
        connection.state = None
        connection.deadline = float("inf")

    def let_go(self, connection):
        """The same, for another thread, or for ever: it is watched no more."""
        self.take(connection)
        self._loop.unwatch(connection)
        self.here.discard(connection)

    def close(self, connection):
        """Ends a connection that is here, or has come back from a worker."""
        self.let_go(connection)
        self._loop.alarms.forget(connection)
        self._leave(connection)
        connection.close()

    def give_up(self, thing):
        """Ends what something has gone wrong with, if that is a connection."""
        if thing in self.all:
            self.close(thing)

    def _leave(self, connection):
        network = self.all.pop(connection, None)
        like = self._like.get(network, {})
        like.pop(connection, None)
        if not like:
            self._like.pop(network, None)

    def make_room(self):
        """Ends the connection that has been longest without a complete request; False when all have one."""
        return self._close_first(iter(self._without_request))

    def _close_first(self, connections):
        victim = next(connections, None)
        if victim is not None:
            self.close(victim)
        return victim is not None

    def bound_handshakes(self, most):
        """Ends the oldest handshake when there are more than `most`: a flood of them is at its own expense."""
        if len(self._shaking) > most:
            self.close(next(connection for connection in self.all if connection in self._shaking))

    def bound_unsent(self):
        """Ends those who have been slow for longest while too much is kept for slow readers; one may have any size."""
        while self._unsent_bytes > UNSENT_BYTES and len(self._unsent) > 1:
            slowest = next(iter(self._unsent))
            if self._complains_of_slow():
                log.warning(SLOW, slowest.peer, len(self._unsent), UNSENT_BYTES)
            self.close(slowest)
