"""A web server to talk to, with an application of the test's own and a clock that the test may move."""

import itertools
import socket as sockets
import threading
import time

from ajam.pause import Pause
from ajam.web.bodies import Plan
from ajam.web.exchange import Response
from ajam.web.lobby import Lobby
from ajam.web.timing import Timing
from ajam.web.routes import Route, check_method, not_found
from ajam.web.server import HttpServer
from ajam.web.workers import Workers
from tests.browser import Browser

LIMIT = 1000  # bytes of a body
AT_ONCE = -1.0  # seconds for the connections that are left, when a test is over
LONG = 3600.0  # seconds; longer than any test


class Clock:
    """Time that stands still until the test moves it."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Pages:
    """An application (ajam/web/server.py): each path has a handler, Request -> Response or generator.

    requested  the targets of all requests that came
    replied    the Served of all replies
    failed     (peer, error) of all TLS handshakes that failed
    """

    server_line = b"Server: test"

    def __init__(self, handlers, plan=lambda head: Plan(LIMIT)):
        self._handlers = {b"/": home, b"/echo": echo, **handlers}
        self._plan = plan
        self.requested = []
        self.replied = []
        self.failed = []

    def __call__(self, request):
        self.requested.append(request.target)
        if request.path not in self._handlers:
            raise not_found()
        return self._handlers[request.path](request)

    def plan(self, head, connection):
        """What is to be done with the body behind `head`."""
        return self._plan(head)

    def add(self, path, handler):
        """One more path."""
        self._handlers[path] = handler

    def served(self, served):
        """A reply is on its way."""
        self.replied.append(served)

    def handshake_failed(self, peer, error):
        """Somebody has come to nothing."""
        self.failed.append((peer, error))

    def error_page(self, error):
        """The page for a RequestError: its sentence."""
        return Response(error.status, error.text.encode(), error.headers, error.reason, error.close)


def home(request):
    """A page for those who GET it."""
    check_method(HOME, request.method)
    return Response(body=b"home")


HOME = Route("", "Home", ("GET", "HEAD"), home)


def echo(request):
    """Says what was understood."""
    return Response(body=b"%s %s [%s]" % (request.method.encode(), request.target, request.body))


class Gate:
    """Something that requests wait for; the test sees them come and go.

    endless, seconds  as in Pause; the wait's deadline is so far away
    entered  released once for each request that has come
    left     released once for each whose generator has ended, answered or not
    """

    def __init__(self, endless=False, seconds=LONG):
        self.entered = threading.Semaphore(0)
        self.left = threading.Semaphore(0)
        self.is_open = False
        self.endless = endless
        self.seconds = seconds
        self.clock = time.monotonic

    def __call__(self, request):
        """Waits for open(); answers whether it was that or the deadline."""
        try:
            self.entered.release()
            deadline = self.clock() + self.seconds
            outcome = yield Pause(deadline, None, (self,), lambda: self.is_open, self.endless)
            return Response(body=b"over" if outcome else b"late")
        finally:
            self.left.release()


class Line:
    """A socket that requests wait for, as for a PBX's answer; each request has a line of its own."""

    def __init__(self, seconds=LONG):
        self.entered = threading.Semaphore(0)
        self.left = threading.Semaphore(0)
        self.clock = time.monotonic
        self._seconds = seconds
        self._far_ends = []

    def __call__(self, request):
        """Answers with what says() has said, or that it came too late."""
        near, far = sockets.socketpair()
        self._far_ends.append(far)
        with near:
            try:
                self.entered.release()
                in_time = yield Pause(self.clock() + self._seconds, near)
                return Response(body=near.recv(100) if in_time else b"late")
            finally:
                self.left.release()

    def says(self, data):
        """Sends `data` down every line."""
        for far in self._far_ends:
            far.send(data)

    def close(self):
        """Ends all lines."""
        for far in self._far_ends:
            far.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Site:
    """A serving lobby, its workers and one HttpServer on a free port; a context manager.

    handlers   by path; Gates and Lines among them get the site's clock
    inherited  a listening socket to serve on, or None
    """

    def __init__(self, handlers=(), timing=Timing(), clock=time.monotonic, threads=4, keep_alive=True,
                 plan=lambda head: Plan(LIMIT), tick=lambda now: None, inherited=None,
                 network_of=lambda peer: None):
        handlers = dict(handlers)
        for handler in handlers.values():
            if isinstance(handler, (Gate, Line)):
                handler.clock = clock
        self.clock = clock
        self._threads = threads
        self.pages = Pages(handlers, plan)
        self.workers = Workers(threads)
        self.lobby = Lobby(timing, clock, self.workers, tick, network_of)
        self.server = HttpServer(
            ("127.0.0.1", 0), sockets.AF_INET, self.pages, self.lobby, self.workers, keep_alive, inherited, clock)
        self.lobby.listen(self.server)
        self._stopped = False

    @property
    def address(self):
        """(host, port)."""
        return self.server.server_address

    def browser(self):
        """A Browser that is connected."""
        return Browser(self.address)

    def settle(self):
        """Returns once no worker has a connection, and the lobby knows of all that came before."""
        meeting = threading.Barrier(self._threads + 1)
        for _ in range(self._threads):
            self.workers.submit(meeting.wait, 5)
        meeting.wait(5)
        with self.browser() as newcomer:  # whose request is read after whatever was there when he came
            assert newcomer.request("/").status == 200

    def advance(self, seconds):
        """Moves the clock, and has the lobby look at it."""
        self.clock.now += seconds
        self.lobby.wake(None)

    def look_up(self):
        """Returns once the lobby is done with what it is doing now."""
        done = threading.Event()
        self.lobby.post(lambda _: done.set(), None)
        assert done.wait(5)

    def open(self, gate):
        """Opens a Gate: whoever waits at it goes on."""
        gate.is_open = True
        self.lobby.wake(gate)

    def stop(self, seconds=AT_ONCE):
        """Ends the service as ajam/daemon.py does."""
        if not self._stopped:
            self._stopped = True
            self.lobby.stop(seconds)
            self.server.server_close()
            self.workers.close()
            self.lobby.close()

    def __enter__(self):
        self.lobby.start()
        return self

    def __exit__(self, *_):
        self.stop()


def wait_until(condition, seconds=5.0):
    """Waits until condition() is true; fails when it does not become so."""
    deadline = time.monotonic() + seconds
    for _ in itertools.takewhile(lambda _: not condition(), itertools.count()):
        assert time.monotonic() < deadline, "waited in vain"
        threading.Event().wait(0.005)
