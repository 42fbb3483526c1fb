"""The HTTP server: a threaded http.server whose threads do what blocks, while the lobby does the rest.

    accept_all()            the lobby has seen newcomers; process_request() puts each into the lobby
    lobby                   reads until a request is complete, then calls
    step()                    asks the application, or goes on with what it has begun,
    reply                     and sends the reply in one write; or, for what is HEAVY, has a worker call
    work()                      finish_request() -> Handler.handle(), which goes on with step(), and then
                                looks a moment for the next request, before the lobby gets the connection back
    welcome()                   (and of HTTPS first, for each step of the handshake)

The application is a callable: Request -> Response, or a generator as in ajam/pause.py that
returns one, or that yields a Begin and then the pieces of a stream. It may raise RequestError;
whatever else it raises is answered with 500. When there are too many waits, its Begin, or a Pause that is
endless, gets it a Limited. Of every reply the application is told by `served`.
"""

import itertools
import logging
import socket as sockets
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn

from ajam.errors import RequestError
from ajam.pause import HEAVY, Pause, readable
from ajam.secure import SecureSocket
from ajam.web.connection import Connection, SecureConnection, State
from ajam.web.exchange import Begin, FileBody, Served
from ajam.web.framing import Reader
from ajam.web.replies import ReplyHeads, checked
from ajam.web.waiters import is_wait, too_many_waits

BACKLOG = 1024  # the kernel's own bound is 4096; Python's default of 5 refuses bursts
ACCEPT_BATCH = 64  # newcomers in one go, before those who are here have their turn
LINGER_SECONDS = 0.005  # a worker waits that long for the next request of a busy client, unless others need it

ONE_PIECE_BYTES = 64 * 1024  # of a body, up to which a copy costs less than one more system call

NO_HEADERS = {}

log = logging.getLogger(__name__)


class Handler(BaseHTTPRequestHandler):
    """Works on one connection while there is work on it; the lobby has it before and after.

    Of BaseHTTPRequestHandler only the life cycle is used (setup, handle, finish): its own reading
    and writing is what security.md 1 is about.
    """

    def setup(self):
        """Nothing: a connection is complete when it comes here."""

    def handle(self):
        """Answers the request at hand and those that follow at once."""
        connection, server = self.request, self.server
        try:
            while connection.head is not None or self._next_request():
                server.step(connection, None)
                while connection.state is State.HEAVY:
                    server.step(connection, None)
                if connection.state is not State.IDLE:
                    return
        except RequestError as error:
            server.refuse(connection, error)
        except Exception:
            log.exception("a reply failed")
            connection.state = State.OVER

    def _next_request(self):
        """True when the next request is there; looked for a moment longer while nobody else needs this thread."""
        connection = self.request
        if connection.read_request():
            return True
        if self.server.workers.busy or not readable(connection.socket, LINGER_SECONDS):
            return False
        data = connection.receive()
        if not data:
            if data is not None:
                connection.state = State.OVER
            return False
        connection.reader.feed(data)
        return connection.read_request()

    def finish(self):
        """Gives the connection back to the lobby."""
        self.server.lobby.take_in(self.request)


class HttpServer(ThreadingMixIn, HTTPServer):
    """One listening socket.

    application      answers requests; has also `plan(head, connection)` for framing.Reader,
                     `error_page(error)` for a RequestError, `server_line`, the bytes of the Server header or b"",
                     and, which must not fail, `served(exchange.Served)` and `handshake_failed(peer, error)`
    lobby, workers   shared by all servers of a process
    keep_alive       False closes every connection after its reply
    inherited        a socket that listens already, as systemd hands them over; else None
    certificates     has `context`, the ssl.SSLContext for whoever comes now (web/tls.py); None for plain HTTP
    clock            seconds, for how long a request takes

    `application`, `keep_alive` and `certificates` may be exchanged while it serves; they count for what comes then,
    also for who has come by it once it is shut, with one reply more: there is no door that he could come back to.
    """

    request_queue_size = BACKLOG

    def __init__(self, address, family, application, lobby, workers, keep_alive=True, inherited=None,
                 clock=time.monotonic, certificates=None):
        self.address_family = family
        self.application = application
        self.lobby = lobby
        self.workers = workers
        self.keep_alive = keep_alive
        self.certificates = certificates
        self._inherited = inherited
        self.clock = clock
        self._shut = False
        self._heads = ReplyHeads(lambda: self.application.server_line)
        super().__init__(address, Handler)
        self.socket.setblocking(False)

    def server_bind(self):
        """Binds, and leaves out the reverse look-up of the standard class, which can take long."""
        if self._inherited is not None:
            self.socket.close()
            self.socket = self._inherited
        else:
            self._bind()
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def _bind(self):
        if self.address_family == sockets.AF_INET6:
            self.socket.setsockopt(sockets.IPPROTO_IPV6, sockets.IPV6_V6ONLY, self.server_address[0] != "::")
        self.socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)

    def accept_all(self, may_come=lambda: True):
        """Puts those at the door into the lobby while more may come; OSError for want of a descriptor, or None."""
        for accepted in itertools.takewhile(lambda _: may_come(), range(ACCEPT_BATCH)):
            try:
                request, client_address = self.get_request()
            except (BlockingIOError, ConnectionError):
                return None
            except OSError as error:
                return None if accepted else error  # Linux wants a descriptor before it looks whether anybody is there
            self.process_request(request, client_address)
        return None

    def accept_last(self):
        """Takes in all who wait at a door that is going to be shut; at an inherited one the next process will."""
        if self._inherited is None:
            for _ in range(0, BACKLOG, ACCEPT_BATCH):
                self.accept_all()

    def server_close(self):
        """Shuts the door for good."""
        super().server_close()
        self._shut = True

    def process_request(self, request, client_address):
        """A newcomer: into the lobby with it."""
        request.setblocking(False)
        request.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
        peer = client_address[0].partition("%")[0]
        try:
            connection = self._connection(request, peer)
        except OSError:  # gone before there was any TLS
            request.close()
            return
        connection.reader = Reader(lambda head: self.application.plan(head, connection))
        self.lobby.receive_newcomer(connection)

    def _connection(self, request, peer):
        if self.certificates is None:
            return Connection(request, peer, None, self)
        return SecureConnection(SecureSocket(request, self.certificates.context, server_side=True), peer, None, self)

    def welcome(self, connection):
        """A worker's job: a step of the TLS handshake, and behind the last one what is at hand already."""
        connection.shake_hands()
        if connection.state is State.IDLE:
            self.work(connection)
        else:
            self.lobby.take_in(connection)

    def work(self, connection):
        """A worker's job: the requests at hand on `connection`."""
        self.finish_request(connection, connection.peer)

    def step(self, connection, outcome):
        """Goes on with the request at hand, and replies when that brings the reply; the state says what follows."""
        answer = self._answer(connection, outcome)
        while isinstance(answer, (Begin, bytes)):
            self._send_piece(connection, answer)
            if connection.state is not None:
                return
            answer = self._answer(connection, None)
        if isinstance(answer, Pause):
            connection.pause = answer
            connection.state = State.WAITING
        elif answer is HEAVY:
            connection.state = State.HEAVY
        elif connection.streaming:
            connection.forget_request()
            connection.settle()
        else:
            self._reply(connection, answer)

    def _answer(self, connection, outcome):
        """What the work on the request brings next; an error page in place of an exception."""
        try:
            return checked(self._advance(connection, outcome), connection.streaming)
        except RequestError as error:
            return self.application.error_page(error)
        except Exception:
            log.exception("a request failed")
            return self.application.error_page(RequestError(500, "Server Error", "Internal Server Error", close=True))

    def _advance(self, connection, outcome):
        """What comes next: a Response, a Pause to wait for, or of a stream a Begin, bytes, and None at its end."""
        try:
            if connection.work is None:
                answer = self.application(connection.request())
                if isinstance(answer, tuple):
                    return answer
                connection.work, outcome = answer, None
            answer = connection.work.send(outcome)
            if is_wait(answer) and not self.lobby.may_wait(connection):
                return connection.work.throw(too_many_waits())
            return answer
        except StopIteration as end:
            return end.value

    def refuse(self, connection, error):
        """Replies to what could not be read as a request; the connection is over."""
        connection.unread = True
        connection.head = connection.reader.head  # of the request whose body was refused
        connection.reader.close()
        connection.asked_at = self.clock()
        self._reply(connection, self.application.error_page(error)._replace(close=True))

    def _send_piece(self, connection, piece):
        """Sends the head or a piece of a stream; the state stays None while there is room for the next one."""
        connection.state = None
        if isinstance(piece, Begin):
            connection.closing = connection.streaming = True
            connection.status = piece.response.status
            bodiless = connection.head.method == "HEAD"
            piece = self._heads.write(piece.response, connection, None)
            if bodiless:
                connection.abandon()
        else:
            connection.streamed += len(piece)
        try:
            if not connection.send(piece):
                connection.state = State.SENDING
            elif connection.work is None:
                connection.settle()
        except OSError:
            connection.state = State.OVER

    def _reply(self, connection, response):
        head, body = connection.head, response.body
        lasting = self.keep_alive and not (self._shut or self.lobby.stopping)
        if response.close or head is None or not (head.persistent and lasting):
            connection.closing = True
        size = response.size
        data = self._heads.write(response, connection, size)
        if head is not None and head.method == "HEAD":
            size = 0
            if isinstance(body, FileBody):
                body.file.close()
            body = b""
        connection.forget_request()
        try:
            apart = size > ONE_PIECE_BYTES or isinstance(body, FileBody)
            if connection.send(data, body) if apart else connection.send(data + body):
                connection.settle()
            else:
                connection.state = State.SENDING
        except OSError:
            connection.state = State.OVER
        self._tell(connection, head, response.status, size, response.kind)

    def stream_ended(self, connection):
        """The stream that is the reply to the request at hand goes no further."""
        self._tell(connection, connection.head, connection.status, connection.streamed, "")

    def _tell(self, connection, head, status, size, kind):
        method, target, headers = ("", b"", NO_HEADERS) if head is None else (head.method, head.target, head.headers)
        self.application.served(Served(method, target, headers, status, size, self.clock() - connection.asked_at,
                                       connection.peer, connection.secure, kind))
