"""The demo PBX as a service: a listening socket, its connections, and one thread for all of them.

The thread sleeps in a selector until bytes come, a call of the timeline is due, or another
thread wants something done; only it touches the Machine. With `clock` a real one it runs in
real time; a test that gives a clock of its own calls tick() after moving it.
"""

import selectors
import socket
import threading
import time
from collections import deque

from ajam.demo.machine import Machine, User
from ajam.demo.session import Session

RECEIVE_BYTES = 64 * 1024
MAX_BACKLOG = 16 * 1024 * 1024  # bytes; a client that reads no more than this behind is dropped

DEMO_USERS = {"demo": ("demo", "all", "all")}


class DemoPbx:
    """A small PBX that speaks AMI on a loopback socket, as an Asterisk 22 does.

    seed    of all chance: who calls whom, and how long
    users   (secret, read, write) by name, see machine.User; without, one user `demo` with the secret `demo`
            and all rights
    clock   seconds, monotonic; wall: seconds since the epoch, read once, at the start
    calls   False for a PBX in which nothing happens until an action makes it
    host, port   where to listen; port 0 takes a free one
    """

    def __init__(self, seed=1, users=None, clock=time.monotonic, calls=True, host="127.0.0.1", port=0,
                 wall=time.time):
        self._seed, self._calls = seed, calls
        self._users = {name: User(*user) for name, user in (users or DEMO_USERS).items()}
        self._clock, self._wall = clock, wall
        self._listener = socket.create_server((host, port), backlog=128)  # sets SO_REUSEADDR on POSIX
        self._listener.setblocking(False)
        self.address = self._listener.getsockname()[:2]
        self._selector = selectors.DefaultSelector()
        self._waker, self._woken = socket.socketpair()
        self._jobs = deque()
        self._done = []
        self._sockets = {}
        self._dirty = set()
        self._frozen = self._stopped = False
        self._thread = threading.Thread(target=self._run, name="demo-pbx", daemon=True)

    def start(self):
        """Begin to answer; returns self."""
        self._boot()
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._woken, selectors.EVENT_READ, self._wake)
        self._thread.start()
        return self

    def close(self):
        """Close all connections and the listening socket, and wait for the thread to end."""
        if self._thread.is_alive():
            self._do(lambda: setattr(self, "_stopped", True))
            self._thread.join()
        self._hang_up_all()
        for one in (self._listener, self._waker, self._woken):
            one.close()
        self._selector.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *exception):
        self.close()

    # -- for tests

    def tick(self):
        """Make everything happen that is due by the clock; returns when it has happened and was sent."""
        self._do(lambda: None)

    def drop_connections(self):
        """End all connections, calls and memories, as when Asterisk restarts."""
        self._do(self._restart)

    def freeze(self):
        """Take no bytes, send none and let no time pass, until thaw()."""
        self._do(lambda: setattr(self, "_frozen", True))

    def thaw(self):
        """Go on after freeze()."""
        self._do(lambda: setattr(self, "_frozen", False))

    def _do(self, job):
        """Have the thread do a job and all that is due by then; returns when it is done."""
        if not self._thread.is_alive():
            raise RuntimeError("the demo PBX is not running")
        done = threading.Event()
        self._jobs.append((job, done))
        self._waker.send(b"!")
        done.wait()

    # -- the thread

    def _run(self):
        try:
            while not self._stopped:
                self._round()
        finally:  # after a failure too nobody may be left waiting
            self._done.extend(done for _, done in self._jobs)
            self._finish_jobs()

    def _round(self):
        if self._frozen:
            self._wake(selectors.EVENT_READ)
        else:
            ready = self._selector.select(self._time_left())
            self._machine.timeline.run(self._clock())
            for key, events in ready:
                key.data(events)
        self._run_jobs()
        if not self._frozen:
            self._machine.timeline.run(self._clock())
            self._flush()
        self._finish_jobs()

    def _time_left(self):
        due = self._machine.timeline.due
        return None if due is None else max(0, due - self._clock())

    def _wake(self, events):
        self._woken.recv(RECEIVE_BYTES)

    def _run_jobs(self):
        while self._jobs:
            job, done = self._jobs.popleft()
            self._done.append(done)
            job()

    def _finish_jobs(self):
        while self._done:
            self._done.pop().set()

    def _boot(self):
        self._machine = Machine(self._seed, self._users, self._clock(), self._wall(), self._calls)

    def _restart(self):
        self._hang_up_all()
        self._boot()

    # -- connections

    def _accept(self, events):
        try:
            connection, peer = self._listener.accept()
        except OSError:  # it went away while it waited
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        session = Session(self._machine, (connection.getsockname(), peer), self._dirty.add)
        self._sockets[session] = connection
        self._dirty.add(session)
        self._selector.register(connection, selectors.EVENT_READ, lambda events: self._serve(session, events))

    def _serve(self, session, events):
        self._dirty.add(session)
        if not events & selectors.EVENT_READ:
            return
        try:
            data = self._sockets[session].recv(RECEIVE_BYTES)
        except OSError:
            data = b""
        if data:
            session.receive(data)
        else:
            self._forget(session)

    def _flush(self):
        while self._dirty:
            session = self._dirty.pop()
            if session in self._sockets and not self._send(session):
                self._forget(session)

    def _send(self, session):
        """Send what can be sent now; False when the connection is over."""
        connection = self._sockets[session]
        try:
            while session.out:
                del session.out[:connection.send(session.out)]
        except BlockingIOError:
            pass
        except OSError:
            return False
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if session.out else 0)
        self._selector.modify(connection, events, self._selector.get_key(connection).data)
        return len(session.out) <= MAX_BACKLOG and not (session.closing and not session.out)

    def _forget(self, session):
        session.close()
        connection = self._sockets.pop(session)
        self._selector.unregister(connection)
        connection.close()

    def _hang_up_all(self):
        for session in list(self._sockets):
            self._forget(session)
        self._dirty.clear()
