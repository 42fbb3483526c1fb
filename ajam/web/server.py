"""The HTTP server: a threaded http.server whose threads work and never wait.

    accept_all()            the lobby has seen newcomers; process_request() puts each into the lobby
    lobby                   reads until a request is complete, then has a worker call
    work()                    finish_request() -> Handler.handle(), which for each request at hand
    step()                      asks the application, or goes on with what it has begun
    reply                       and sends the reply in one write
                            and looks for the next request a moment longer, before
                            the connection goes back to the lobby

The application is a callable: Request -> Response, or a generator as in ajam/pause.py that
returns one. It may raise RequestError; whatever else it raises is answered with 500.
"""

import logging
import re
import socket as sockets
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn

from ajam.errors import RequestError
from ajam.pause import Pause, readable
from ajam.web.connection import Connection, State
from ajam.web.exchange import FileBody, Response
from ajam.web.framing import Reader

BACKLOG = 1024  # the kernel's own bound is 4096; Python's default of 5 refuses bursts
ACCEPT_BATCH = 64  # newcomers in one go, before those who are here have their turn
PATIENCE_SECONDS = 0.05  # a worker waits that long for the PBX before it leaves the request to the lobby
LINGER_SECONDS = 0.005  # and that long for the next request of a busy client, or when others need the worker

NOT_IN_A_HEADER = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

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
            while True:
                if connection.head is not None:
                    server.step(connection, connection.outcome)
                    if connection.state is State.WAITING and self._answer_is_near():
                        continue
                    if connection.state is not State.IDLE:
                        return
                if not self._next_request():
                    return
        except RequestError as error:
            server.refuse(connection, error)
        except Exception:
            log.exception("a reply failed")
            connection.state = State.OVER

    def _answer_is_near(self):
        """True when what the request waits for has come within a moment; a short one while others need this thread."""
        connection = self.request
        connection.outcome = True
        socket = connection.pause.socket
        if socket is None:
            return False
        return readable(socket, LINGER_SECONDS) or (
            not self.server.workers.busy and readable(socket, PATIENCE_SECONDS))

    def _next_request(self):
        """True when the next request is there; looked for a moment longer while nobody else needs this thread."""
        connection = self.request
        connection.outcome = None
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
                     `error_page(error)` for a RequestError, and `server_line`, the bytes of the Server header or b""
    lobby, workers   shared by all servers of a process
    keep_alive       False closes every connection after its reply
    """

    request_queue_size = BACKLOG
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address, family, application, lobby, workers, keep_alive=True):
        self.address_family = family
        self.application = application
        self.lobby = lobby
        self.workers = workers
        self.keep_alive = keep_alive
        self._date = (0, b"")
        super().__init__(address, Handler)
        self.socket.setblocking(False)

    def server_bind(self):
        """Binds, and leaves out the reverse look-up of the standard class, which can take long."""
        if self.address_family == sockets.AF_INET6:
            self.socket.setsockopt(sockets.IPPROTO_IPV6, sockets.IPV6_V6ONLY, self.server_address[0] != "::")
        self.socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def accept_all(self):
        """Puts those who wait at the door into the lobby; False when there is no descriptor for them."""
        for accepted in range(ACCEPT_BATCH):
            try:
                request, client_address = self.get_request()
            except (BlockingIOError, ConnectionError):
                return True
            except OSError as error:
                if accepted:  # Linux wants a descriptor before it looks whether anybody is there
                    return True
                log.warning("a connection cannot be accepted: %s", error.strerror)
                return False
            self.process_request(request, client_address)
        return True

    def process_request(self, request, client_address):
        """A newcomer: into the lobby with it."""
        request.setblocking(False)
        request.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
        peer = client_address[0].partition("%")[0]
        connection = Connection(request, peer, None, self)
        connection.reader = Reader(lambda head: self.application.plan(head, connection))
        self.lobby.receive_newcomer(connection)

    def work(self, connection, outcome):
        """A worker's job: the requests at hand on `connection`."""
        connection.outcome = outcome
        self.finish_request(connection, connection.peer)

    def step(self, connection, outcome):
        """Goes on with the request at hand, and replies when that brings the reply; the state says what follows."""
        try:
            answer = checked(self._advance(connection, outcome))
        except RequestError as error:
            answer = self.application.error_page(error)
        except Exception:
            log.exception("a request failed")
            answer = self.application.error_page(
                RequestError(500, "Server Error", "Internal Server Error", close=True))
        if isinstance(answer, Pause):
            connection.pause = answer
            connection.state = State.WAITING
        else:
            self._reply(connection, answer)

    def _advance(self, connection, outcome):
        """The Response, or the Pause to wait for."""
        try:
            if connection.work is not None:
                return connection.work.send(outcome)
            answer = self.application(connection.request())
            if isinstance(answer, tuple):
                return answer
            connection.work = answer
            return next(answer)
        except StopIteration as end:
            return end.value

    def refuse(self, connection, error):
        """Replies to what could not be read as a request; the connection is over."""
        connection.unread = True
        self._reply(connection, self.application.error_page(error)._replace(close=True))

    def _reply(self, connection, response):
        head = connection.head
        if response.close or head is None or not head.persistent or not self.keep_alive:
            connection.closing = True
        data = self._head_lines(response, connection)
        body = response.body
        if head is not None and head.method == "HEAD":
            if isinstance(body, FileBody):
                body.file.close()
            body = b""
        connection.forget_request()
        try:
            if isinstance(body, FileBody):
                done = connection.send(data, body)
            else:
                done = connection.send(data + body)
        except OSError:
            connection.state = State.OVER
            return
        if done:
            connection.settle()
        else:
            connection.state = State.SENDING

    def _head_lines(self, response, connection):
        """The bytes before the body, in Asterisk's order (reference.md 1.6)."""
        body = response.body
        length = body.length if isinstance(body, FileBody) else len(body)
        lines = [b"HTTP/1.1 %d %s" % (response.status, response.reason.encode("latin-1"))]
        if self.application.server_line:
            lines.append(self.application.server_line)
        lines.append(self._date_line())
        if connection.closing:
            lines.append(b"Connection: close")
        elif connection.head.version < (1, 1):
            lines.append(b"Connection: keep-alive")  # or an old client would wait for the end
        if not response.cacheable:
            lines.append(b"Cache-Control: no-cache, no-store")
        lines += response.headers
        if response.status != 204:  # RFC 9110 8.6
            lines.append(b"Content-Length: %d" % length)
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def _date_line(self):
        """The Date header, made once a second."""
        second = int(time.time())
        if self._date[0] != second:
            self._date = (second, b"Date: " + formatdate(second, usegmt=True).encode("ascii"))
        return self._date[1]


def checked(answer):
    """`answer`, when it is a Pause, or a Response in which no header begins another (security.md 4.1, row 9)."""
    if isinstance(answer, Response):
        if NOT_IN_A_HEADER.search(b"".join(answer.headers)):
            raise ValueError("the application made a header with a control character")
    elif not isinstance(answer, Pause):
        raise TypeError("the application answered with %r" % type(answer))
    return answer
