"""Where connections are while nobody works on them: one thread, one selector.

    IDLE, READING      bytes come; a complete request goes to a worker, which gives the connection back
    WAITING            for a Pause: a socket readable, a subject woken, a deadline; then a worker goes
                       on, or for a light pause the lobby itself
    SENDING            a browser that reads slowly
    PARTING            a connection that is over; its end is waited for, so that no reply is lost to a reset

A thread is for work, not for waiting: idle and waiting browsers cost none, slow ones cost
nobody anything. Every connection here has a deadline; at the connection cap the one that has
been longest without a complete request goes, not the newcomer (security.md 3).
"""

from ajam.errors import RequestError
from ajam.web.connection import State
from ajam.web.doors import Doors
from ajam.web.loop import READ, WRITE, Loop
from ajam.web.timing import PART_BYTES, PIPELINED_BYTES
from ajam.web.waiters import Waiters

INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"


class Lobby:
    """See above. All in the lobby's own thread, but listen(), start(), stop(), close(), post(), take_in() and wake().

    workers   has `submit(job, ...)`
    tick(now) is called about once a second
    """

    def __init__(self, timing, clock, workers, tick):
        self._timing = timing
        self._clock = clock
        self._workers = workers
        self._tick = tick
        self._loop = Loop(clock, self._end_of_time, self._look_around, self._give_up)
        self._connections = set()
        self._here = set()  # those that no worker has
        self._without_request = {}  # an ordered set: the first has been without one longest
        self._waiters = Waiters()
        self._doors = Doors(self._loop, self._make_room)
        self._drained_by = None  # clock time, once the lobby is stopping
        self._ready = {
            State.IDLE: self._read,
            State.READING: self._read,
            State.WAITING: self._read_ahead,
            State.SENDING: self._send_on,
            State.PARTING: self._drop_input,
        }
        self._admitted = {
            State.IDLE: self._admit_idle,
            State.WAITING: self._admit_waiting,
            State.SENDING: self._admit_sending,
            State.PARTING: self._admit_parting,
            State.OVER: self._close,
        }

    @property
    def connections(self):
        """How many connections there are, those that workers have among them."""
        return len(self._connections)

    @property
    def stopping(self):
        """True once stop() was called: every reply is its connection's last."""
        return self._drained_by is not None

    def listen(self, server):
        """Has `server`, an HttpServer, accept its connections; to be called before start()."""
        self._doors.open(server)

    def start(self):
        """Begins to serve."""
        self._loop.start()

    def stop(self, seconds):
        """Closes the listening sockets; light waits end now, requests in progress get `seconds`, then all end."""
        self._loop.post(self._drain, seconds)
        self._loop.join()
        for connection in list(self._here):
            self._close(connection)

    def close(self):
        """Ends the connections that workers had, and what the loop ran on; nothing may call from then on."""
        for connection in self._connections:
            connection.close()
        self._loop.close()

    def post(self, handle, thing):
        """Has handle(thing) called in the lobby's own thread."""
        self._loop.post(handle, thing)

    def take_in(self, connection):
        """A worker is done with `connection` for now; its state says what it waits for."""
        self.post(self._admit, connection)

    def wake(self, subject):
        """Whoever waits for `subject` should look again."""
        self.post(self._wake, subject)

    def receive_newcomer(self, connection):
        """A connection that has just been accepted; in the lobby's own thread."""
        while len(self._connections) >= self._timing.connections:
            if not self._make_room():
                connection.close()
                return
        self._connections.add(connection)
        self._watch(connection, State.IDLE, self._timing.first_byte)

    # The beginning and the end

    def _make_room(self):
        victim = next(iter(self._without_request), None)
        if victim is not None:
            self._close(victim)
        return victim is not None

    def _drain(self, seconds):
        self._drained_by = self._clock() + seconds
        self._loop.stop_when(lambda: not self._connections or self._clock() > self._drained_by)
        self._doors.close()
        for connection in list(self._here):
            if connection.state in (State.IDLE, State.READING):
                self._close(connection)
            elif connection.state is State.WAITING:
                self._hurry(connection)

    def _hurry(self, connection):
        """Ends a wait that can be ended, since the lobby is stopping; once, for the work may wait for more."""
        if connection.streaming:
            self._close(connection)
        elif connection.pause.light and not connection.closing:
            connection.closing = True
            self._go_on(connection, False)

    def _look_around(self, now):
        self._doors.end_rest()
        self._tick(now)

    def _end_of_time(self, connection):
        if connection.state is State.READING:
            self._refuse(connection, RequestError(400, "Bad Request", "Timeout"))
        elif connection.state is State.WAITING:
            self._go_on(connection, False)
        else:
            self._close(connection)

    def _give_up(self, thing):
        if thing in self._connections:
            self._close(thing)

    # Connections come in and go out

    def _watch(self, connection, state, seconds=None, deadline=None, event=READ):
        connection.state = state
        connection.deadline = self._clock() + seconds if deadline is None else deadline
        self._here.add(connection)
        self._loop.watch(connection, event, self._ready[state], connection)
        self._loop.alarms.set(connection)
        if state in (State.IDLE, State.PARTING):
            self._without_request[connection] = True

    def _let_go(self, connection):
        """Stops watching; whoever has the connection next says what for it is to be watched again."""
        self._loop.unwatch(connection)
        if connection.state is State.WAITING:
            if connection.pause.socket is not None:
                self._loop.unwatch(connection.pause.socket)
            self._waiters.discard(connection)
        self._here.discard(connection)
        connection.state = None
        connection.deadline = float("inf")
        self._without_request.pop(connection, None)

    def _close(self, connection):
        self._let_go(connection)
        self._loop.alarms.forget(connection)
        self._connections.discard(connection)
        connection.close()

    def _admit(self, connection):
        self._admitted[connection.state](connection)

    def _admit_idle(self, connection):
        if self.stopping:
            connection.closing = True
            connection.settle()
            self._admit(connection)
            return
        self._watch(connection, State.IDLE, self._timing.keep_alive)
        if connection.reader.started:
            self._reading(connection)

    def _admit_waiting(self, connection):
        pause = connection.pause
        self._watch(connection, State.WAITING, deadline=pause.deadline)
        if connection.reader.buffered > PIPELINED_BYTES:
            self._loop.unwatch(connection)
        if pause.socket is not None:
            self._loop.watch(pause.socket, READ, self._go_on, connection)
        self._waiters.add(connection)
        if pause.is_over is not None and pause.is_over():
            self._go_on(connection)
        elif self.stopping:
            self._hurry(connection)

    def _admit_sending(self, connection):
        self._watch(connection, State.SENDING, self._timing.send, event=WRITE)

    def _admit_parting(self, connection):
        connection.part()
        self._watch(connection, State.PARTING, self._timing.part)

    # A connection has something to tell

    def _feed(self, connection):
        """True when bytes have come, which are with the reader now; their end is the connection's."""
        data = connection.receive()
        if data:
            connection.reader.feed(data)
        elif data is not None:
            self._close(connection)
        return bool(data)

    def _read(self, connection):
        try:
            if self._feed(connection) and not connection.read_request():
                self._reading(connection)
        except RequestError as error:
            self._refuse(connection, error)
        if connection.head is not None:
            self._let_go(connection)
            self._workers.submit(connection.server.work, connection, None)

    def _reading(self, connection):
        """Sets the deadline for the part of a request that has begun: it holds for the whole of that part."""
        reader = connection.reader
        if connection.state is State.IDLE and reader.started:
            connection.state = State.READING
            connection.deadline = self._clock() + self._timing.head
        if reader.head is not None and not connection.body_began:
            connection.body_began = True
            connection.deadline = self._clock() + self._timing.body
            if reader.wants_100:
                connection.say(INTERIM)
        self._loop.alarms.set(connection)

    def _refuse(self, connection, error):
        self._let_go(connection)
        connection.server.refuse(connection, error)
        self._admit(connection)

    def _read_ahead(self, connection):
        """Bytes behind a request that waits: kept up to a bound. Their end means that nobody waits any more."""
        if self._feed(connection) and connection.reader.buffered > PIPELINED_BYTES:
            self._loop.unwatch(connection)

    def _send_on(self, connection):
        try:
            done = connection.flush()
        except OSError:
            self._close(connection)
            return
        if not done:
            connection.deadline = self._clock() + self._timing.send
            return
        self._let_go(connection)
        if connection.work is not None:
            connection.server.step(connection, None)
        else:
            connection.settle()
        self._go_further(connection)

    def _drop_input(self, connection):
        data = connection.receive()
        connection.dropped += len(data or b"")
        if data == b"" or connection.dropped > PART_BYTES:
            self._close(connection)

    # A wait is over

    def _wake(self, subject):
        for connection in self._waiters.of(subject):
            self._loop.attempt(self._go_on, connection)

    def _go_on(self, connection, outcome=True):
        light = connection.pause.light
        self._let_go(connection)
        if not light:
            self._workers.submit(connection.server.work, connection, outcome)
            return
        connection.server.step(connection, outcome)
        self._go_further(connection)

    def _go_further(self, connection):
        """To a worker when the next request is here already, else back into the lobby."""
        if connection.state is State.IDLE and connection.reader.buffered:
            self._workers.submit(connection.server.work, connection, None)
        else:
            self._admit(connection)
