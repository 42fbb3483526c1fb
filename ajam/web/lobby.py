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

import logging
import selectors
import socket as sockets
import threading
from collections import deque
from typing import NamedTuple

from ajam.errors import RequestError
from ajam.web.alarms import Alarms
from ajam.web.connection import State

TICK_SECONDS = 1.0
FIRST_BYTE_SECONDS = 10.0  # from accept to the first byte; Asterisk's least
HEAD_SECONDS = 10.0  # for a request's head, from its first byte
SEND_SECONDS = 30.0  # within which a browser must take some of a reply
PART_SECONDS = 2.0  # for the browser to end a connection that is over
PART_BYTES = 2 * 1024 * 1024  # of input dropped meanwhile; no form that somebody sends in good faith is larger
PIPELINED_BYTES = 64 * 1024  # kept of what comes behind a waiting request; then reading stops

INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"

log = logging.getLogger(__name__)


class Timing(NamedTuple):
    """How long connections may last, in seconds, and how many there may be."""

    keep_alive: float = 15.0
    body: float = 30.0
    connections: int = 512


class Lobby:
    """See above. Everything runs in the lobby's own thread but take_in(), wake(), listen(), start() and stop().

    workers   has `submit(job, ...)`
    tick(now) is called about once a second
    """

    def __init__(self, timing, clock, workers, tick):
        self._timing = timing
        self._clock = clock
        self._workers = workers
        self._tick = tick
        self._selector = selectors.DefaultSelector()
        self._inbox = deque()
        self._bell, self._bell_rope = sockets.socketpair()
        self._rung = False
        self._alarms = Alarms()
        self._next_tick = clock()
        self._connections = set()
        self._here = set()  # those that no worker has
        self._without_request = {}  # an ordered set: the first has been without one longest
        self._parked = {}
        self._listeners = set()
        self._resting = set()
        self._drained_by = None
        self._thread = threading.Thread(target=self._run, name="lobby", daemon=True)
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
        self._expired = {
            State.READING: lambda connection: self._refuse(connection, RequestError(400, "Bad Request", "Timeout")),
            State.WAITING: lambda connection: self._go_on(connection, False),
        }

    @property
    def connections(self):
        """How many connections there are, those that workers have among them."""
        return len(self._connections)

    def listen(self, server):
        """Has `server`, an HttpServer, accept its connections; to be called before start()."""
        self._listeners.add(server)

    def start(self):
        """Begins to serve."""
        self._thread.start()

    def stop(self, seconds):
        """Closes the listening sockets; light waits end now, requests in progress get `seconds`, then all end."""
        self._post(self._drain, seconds)
        self._thread.join()

    def close(self):
        """Ends the connections that workers had, and what the loop ran on; nothing may call from then on."""
        for connection in self._connections:
            connection.close()
        for resource in (self._selector, self._bell, self._bell_rope):
            resource.close()

    def take_in(self, connection):
        """A worker is done with `connection` for now; its state says what it waits for."""
        self._post(self._admit, connection)

    def wake(self, subject):
        """Whoever waits for `subject` should look again."""
        self._post(self._wake, subject)

    def receive_newcomer(self, connection):
        """A connection that has just been accepted; in the lobby's own thread."""
        while len(self._connections) >= self._timing.connections:
            victim = next(iter(self._without_request), connection)
            self._close(victim)
            if victim is connection:
                return
        self._connections.add(connection)
        self._watch(connection, State.IDLE, FIRST_BYTE_SECONDS)

    def _post(self, handle, subject):
        self._inbox.append((handle, subject))
        if not self._rung:
            self._rung = True
            self._bell_rope.send(b"!")

    # The loop

    def _run(self):
        self._selector.register(self._bell, selectors.EVENT_READ, (self._answer_bell, self._bell))
        self._open_doors(self._listeners)
        while not self._drained():
            for key, _ in self._selector.select(self._seconds_to_next()):
                if self._selector.get_map().get(key.fd) is key:  # an earlier one of this round may have ended it
                    self._attempt(*key.data)
            for _ in range(len(self._inbox)):
                self._attempt(*self._inbox.popleft())
            self._look_at_clock()
        for connection in list(self._here):
            self._attempt(self._close, connection)

    def _attempt(self, handle, subject):
        """What goes wrong with one connection ends that one and no other."""
        try:
            handle(subject)
        except Exception:
            log.exception("the lobby failed at something")
            if subject in self._connections:
                self._close(subject)

    def _answer_bell(self, bell):
        bell.recv(4096)
        self._rung = False  # only now: who rings before is heard in this round, who rings after wakes the next

    def _seconds_to_next(self):
        return 0 if self._inbox else max(0.0, min(self._next_tick, self._alarms.nearest()) - self._clock())

    def _look_at_clock(self):
        now = self._clock()
        for connection in self._alarms.due(now):
            self._attempt(self._expired.get(connection.state, self._close), connection)
        if now >= self._next_tick:
            self._next_tick = now + TICK_SECONDS
            self._end_rest()
            self._attempt(self._tick, now)

    def _accept(self, server):
        """Takes in who waits at the door; without descriptors, somebody idle goes first, or the door rests."""
        if server.accept_all():
            return
        victim = next(iter(self._without_request), None)
        if victim is not None:
            self._close(victim)
        else:
            self._selector.unregister(server)
            self._resting.add(server)

    def _open_doors(self, servers):
        for server in servers:
            self._selector.register(server, selectors.EVENT_READ, (self._accept, server))

    def _end_rest(self):
        self._open_doors(self._resting)
        self._resting.clear()

    def _drain(self, seconds):
        self._drained_by = self._clock() + seconds
        self._end_rest()
        for server in self._listeners:
            self._selector.unregister(server)
            server.server_close()
        for connection in list(self._here):
            if connection.state in (State.IDLE, State.READING):
                self._close(connection)
            elif connection.state is State.WAITING:
                self._hurry(connection)

    def _hurry(self, connection):
        """Ends a wait that can be ended, since the lobby is stopping; once, for the work may wait for more."""
        if connection.pause.light and not connection.closing:
            connection.closing = True
            self._go_on(connection, False)

    def _drained(self):
        return self._drained_by is not None and (not self._connections or self._clock() > self._drained_by)

    # Connections come in and go out

    def _watch(self, connection, state, seconds=None, deadline=None, event=selectors.EVENT_READ):
        connection.state = state
        connection.deadline = self._clock() + seconds if deadline is None else deadline
        self._here.add(connection)
        self._selector.register(connection, event, (self._look_at, connection))
        self._alarms.set(connection)
        if state in (State.IDLE, State.PARTING):
            self._without_request[connection] = True

    def _let_go(self, connection):
        """Stops watching; whoever has the connection next says what for it is to be watched again."""
        self._unregister(connection)
        if connection.state is State.WAITING:
            if connection.pause.socket is not None:
                self._unregister(connection.pause.socket)
            for subject in connection.pause.subjects:
                waiting = self._parked.get(subject, set())
                waiting.discard(connection)
                if not waiting:
                    self._parked.pop(subject, None)
        self._here.discard(connection)
        connection.state = None
        connection.deadline = float("inf")
        self._without_request.pop(connection, None)

    def _unregister(self, socket):
        try:
            self._selector.unregister(socket)
        except (KeyError, ValueError):
            pass  # it was not watched at the moment, or is closed

    def _close(self, connection):
        self._let_go(connection)
        self._alarms.forget(connection)
        self._connections.discard(connection)
        connection.close()

    def _admit(self, connection):
        self._admitted[connection.state](connection)

    def _admit_idle(self, connection):
        if self._drained_by is not None:
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
            self._unregister(connection)
        if pause.socket is not None:
            self._selector.register(pause.socket, selectors.EVENT_READ, (self._go_on, connection))
        for subject in pause.subjects:
            self._parked.setdefault(subject, set()).add(connection)
        if pause.is_over is not None and pause.is_over():
            self._go_on(connection)
        elif self._drained_by is not None:
            self._hurry(connection)

    def _admit_sending(self, connection):
        self._watch(connection, State.SENDING, SEND_SECONDS, event=selectors.EVENT_WRITE)

    def _admit_parting(self, connection):
        connection.part()
        self._watch(connection, State.PARTING, PART_SECONDS)

    # A connection has something to tell

    def _look_at(self, connection):
        self._ready[connection.state](connection)

    def _read(self, connection):
        data = connection.receive()
        if data is None:
            return
        if not data:
            self._close(connection)
            return
        connection.reader.feed(data)
        try:
            complete = connection.read_request()
        except RequestError as error:
            self._refuse(connection, error)
            return
        if complete:
            self._let_go(connection)
            self._workers.submit(connection.server.work, connection, None)
        else:
            self._reading(connection)

    def _reading(self, connection):
        """Sets the deadline for the part of a request that has begun: it holds for the whole of that part."""
        reader = connection.reader
        if connection.state is State.IDLE and reader.started:
            connection.state = State.READING
            connection.deadline = self._clock() + HEAD_SECONDS
        if reader.head is not None and not connection.body_began:
            connection.body_began = True
            connection.deadline = self._clock() + self._timing.body
            if reader.wants_100:
                self._say(connection, INTERIM)
        self._alarms.set(connection)

    def _say(self, connection, data):
        try:
            connection.send(data)
        except OSError:
            self._close(connection)

    def _refuse(self, connection, error):
        self._let_go(connection)
        connection.server.refuse(connection, error)
        self._admit(connection)

    def _read_ahead(self, connection):
        """Bytes behind a request that waits: kept up to a bound. Their end means that nobody waits any more."""
        data = connection.receive()
        if data is None:
            return
        if not data:
            self._close(connection)
            return
        connection.reader.feed(data)
        if connection.reader.buffered > PIPELINED_BYTES:
            self._unregister(connection)

    def _send_on(self, connection):
        try:
            done = connection.flush()
        except OSError:
            self._close(connection)
            return
        if not done:
            connection.deadline = self._clock() + SEND_SECONDS
            return
        self._let_go(connection)
        if connection.settle() and connection.reader.buffered:
            self._workers.submit(connection.server.work, connection, None)
        else:
            self._admit(connection)

    def _drop_input(self, connection):
        data = connection.receive()
        connection.dropped += len(data or b"")
        if data == b"" or connection.dropped > PART_BYTES:
            self._close(connection)

    # A wait is over

    def _wake(self, subject):
        for connection in list(self._parked.get(subject, ())):
            self._attempt(self._go_on, connection)

    def _go_on(self, connection, outcome=True):
        light = connection.pause.light
        self._let_go(connection)
        if not light:
            self._workers.submit(connection.server.work, connection, outcome)
            return
        connection.server.step(connection, outcome)
        if connection.state is State.IDLE and connection.reader.buffered:
            self._workers.submit(connection.server.work, connection, None)
        else:
            self._admit(connection)
