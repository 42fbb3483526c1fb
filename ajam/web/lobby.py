"""Where connections are: one thread, one selector, and whoever has something to tell is served here.

    SHAKING            a TLS handshake; each step of it is a worker's
    IDLE, READING      bytes come; a complete request is worked on
    WAITING            for a Pause: a socket readable, a subject woken, a deadline; then it goes on
    HEAVY              what follows blocks or takes long: a worker has it, and gives the connection back
    SENDING            a browser that reads slowly
    PARTING            a connection that is over; its end is waited for, so that no reply is lost to a reset

A thread is for what blocks, not for waiting, nor for a short request: to hand one over and back costs
more than to answer it. Every connection here has a deadline; at the connection cap the one that has
been longest without a complete request goes, not the newcomer (security.md 3).
"""

from ajam.errors import RequestError
from ajam.web.connection import State
from ajam.web.doors import Doors
from ajam.web.loop import WRITE, Loop
from ajam.web.seats import ASKING, Seats
from ajam.web.timing import LAST_CALL_SECONDS, PIPELINED_BYTES, WAITING_SHARE
from ajam.web.waiters import Waiters


class Lobby:
    """See above. Of its own thread are receive_newcomer() and what begins with an underscore; the rest is for all.

    workers   has `submit(job, ...)`; tick(now) is called about once a second
    waits     connections whose requests last as long as somebody else pleases; each goes when it is answered
    network_of(peer)  is what of an address counts as one, None for one whose connections are not counted
    """

    def __init__(self, timing, clock, workers, tick, network_of=lambda peer: None):
        self._timing = timing
        self._clock = clock
        self._workers = workers
        self._tick = tick
        self.waits = set()
        self._loop = Loop(clock, self._end_of_time, self._look_around, lambda thing: self._seats.give_up(thing))
        self._waiters = Waiters(self._loop, self._go_on)
        self._seats = Seats(self._loop, clock, timing, self._waiters, {
            State.SHAKING: self._shake,
            State.IDLE: self._read,
            State.READING: self._read,
            State.WAITING: self._read_ahead,
            State.SENDING: self._send_on,
            State.PARTING: self._drop_input,
        }, network_of)
        self._doors = Doors(self._loop, clock, self._seats)
        self._drained_by = None  # clock time, once the lobby is stopping
        self._last_call = float("inf")  # the same: by then a newcomer must have begun to ask
        self._admitted = {
            State.SHAKING: self._admit_shaking,
            State.IDLE: self._admit_idle,
            State.READING: self._admit_reading,
            State.WAITING: self._admit_waiting,
            State.HEAVY: self._hand_over,
            State.SENDING: self._admit_sending,
            State.PARTING: self._admit_parting,
            State.OVER: self._seats.close,
        }

    @property
    def connections(self):
        """How many connections there are, those that workers have among them."""
        return len(self._seats)

    @property
    def stopping(self):
        """True once stop() was called: every reply is its connection's last."""
        return self._drained_by is not None

    def may_wait(self, connection):
        """True for a connection whose request may be a wait or a stream; it is among `waits` then."""
        if len(self.waits) < self._timing.connections * WAITING_SHARE:
            self.waits.add(connection)
        return connection in self.waits

    def listen(self, server):
        """Has `server`, an HttpServer, accept its connections."""
        self.post(self._doors.open, server)

    def close_door(self, server):
        """Ends `server`, and waits for that; the connections that it has accepted, or the kernel for it, live on."""
        self._loop.call(self._doors.shut, server)

    def adopt(self, timing):
        """Another Timing from now on; deadlines that are set stay."""
        self._timing = self._seats.timing = timing

    def start(self):
        """Begins to serve."""
        self._loop.start()

    def stop(self, seconds):
        """Closes the listening sockets; endless waits end now, requests in progress get `seconds`, then all end.

        Who has come already, or is in the midst of a request, may ask once more, when he does so at once.
        """
        self._loop.post(self._drain, seconds)
        self._loop.join()
        for connection in list(self._seats.here):
            self._seats.close(connection)

    def close(self):
        """Ends the connections that workers had, and what the loop ran on; nothing may call from then on."""
        for connection in self._seats.all:
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
        self._waiters.wake(subject)

    def receive_newcomer(self, connection):
        """A connection that has just been accepted; in the lobby's own thread."""
        if not self._seats.enter(connection):
            connection.close()
            return
        connection.begin_by = self._clock() + self._timing.first_byte
        self._loop.attempt(self._admit, connection)

    # The beginning and the end

    def _drain(self, seconds):
        self._doors.close()
        now = self._clock()
        self._drained_by, self._last_call = now + seconds, now + LAST_CALL_SECONDS
        self._loop.stop_when(lambda: not self._seats or self._clock() > self._drained_by)
        for connection in list(self._seats.here):
            if connection.state is State.WAITING:
                self._hurry(connection)
            elif connection.state in ASKING:
                self._call_last(connection)

    def _call_last(self, connection):
        """Who has had a reply, and has not sent the next request by now, goes; others have until the last call."""
        if connection.begin_by is None and connection.state is State.IDLE:
            self._read(connection)
            if connection.state is State.IDLE:
                self._seats.close(connection)
        if connection in self._seats.here and connection.state in ASKING:
            connection.deadline = min(connection.deadline, self._last_call)
            self._loop.alarms.set(connection)

    def _hurry(self, connection):
        """Ends a wait that can be ended, since the lobby is stopping; once, for the work may wait for more."""
        if connection.pause.endless and not connection.hurried:
            connection.hurried = True
            self._go_on(connection, False)
        elif connection.streaming:
            self._seats.close(connection)

    def _look_around(self, now):
        self._doors.look_again()
        self._waiters.forget_closed()
        self._tick(now)

    def _end_of_time(self, connection):
        if connection.state is State.READING and not self.stopping:
            self._refuse(connection, RequestError(400, "Bad Request", "Timeout"))
        elif connection.state is State.WAITING:
            self._go_on(connection, False)
        else:
            self._seats.close(connection)

    # Connections come in and go out

    def _admit(self, connection):
        self._admitted[connection.state](connection)
        self._doors.end_rest()

    def _admit_shaking(self, connection):
        self._seats.watch(connection, State.SHAKING, deadline=min(connection.begin_by, self._last_call),
                          event=connection.wants)
        self._seats.bound_handshakes(self._timing.handshakes)

    def _admit_idle(self, connection):
        newcomer = connection.begin_by is not None
        if self.stopping and not newcomer:
            connection.closing = True
            connection.settle()
            self._admit(connection)
            return
        self._seats.watch(connection, State.IDLE, self._timing.keep_alive,
                          min(connection.begin_by, self._last_call) if newcomer else None)
        if connection.reader.started:
            self._loop.post(self._next, connection)

    def _admit_waiting(self, connection):
        self._seats.watch(connection, State.WAITING, deadline=connection.pause.deadline)
        if connection.reader.buffered > PIPELINED_BYTES:
            self._loop.unwatch(connection)
        over = self._waiters.add(connection)
        if self.stopping and not over:
            self._hurry(connection)

    def _admit_reading(self, connection):
        self._seats.watch(connection, State.READING, deadline=min(connection.read_by, self._last_call))

    def _admit_sending(self, connection):
        self._seats.watch(connection, State.SENDING, self._timing.send, event=WRITE)
        self._seats.bound_unsent()

    def _admit_parting(self, connection):
        connection.part()
        self._seats.watch(connection, State.PARTING, self._timing.part)

    # A connection has something to tell

    def _shake(self, connection):
        self._seats.let_go(connection)
        self._workers.submit(connection.server.welcome, connection)

    def _feed(self, connection):
        """True when bytes have come, which are with the reader now; their end is the connection's."""
        data = connection.receive()
        if data:
            connection.reader.feed(data)
        elif data is not None:
            self._seats.close(connection)
        return bool(data)

    def _read(self, connection):
        at_hand = connection.state is State.IDLE and connection.reader.buffered  # and behind it may be the end
        if at_hand or self._feed(connection):
            self._look(connection)

    def _next(self, connection):
        """What came behind a request that is answered now, unless a worker has the connection meanwhile."""
        if connection in self._seats.here and connection.state is State.IDLE:
            self._look(connection)

    def _look(self, connection):
        """Begins with the next request, if it is complete."""
        if connection.reader.spools:  # more for a file is written by a worker: disks are slow
            connection.progress(self._clock(), self._timing)  # of what a worker may have begun to read
            connection.read_by = connection.deadline
            self._hand_over(connection, State.READING)
            return
        try:
            if connection.read_request():
                self._go_on(connection, None)
            else:
                self._reading(connection)
        except RequestError as error:
            self._refuse(connection, error)

    def _hand_over(self, connection, state=None):
        """To a worker; the state says where the connection comes back to when there is nothing to answer yet."""
        self._seats.let_go(connection)
        connection.state = state
        self._workers.submit(connection.server.work, connection)

    def _reading(self, connection):
        connection.progress(self._clock(), self._timing)
        self._loop.alarms.set(connection)

    def _refuse(self, connection, error):
        self._seats.take(connection)
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
            self._seats.close(connection)
            return
        if not done:
            connection.deadline = self._clock() + self._timing.send
            return
        if connection.work is not None:
            self._go_on(connection, None)
        else:
            self._seats.take(connection)
            connection.settle()
            self._admit(connection)

    def _drop_input(self, connection):
        if connection.drop_input():
            self._seats.close(connection)

    def _go_on(self, connection, outcome=True):
        """Works on the request at hand; a wait is over, with that outcome, or there was none."""
        self._seats.take(connection)
        connection.server.step(connection, outcome)
        self._admit(connection)
