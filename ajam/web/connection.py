"""One browser's connection: its socket, what was read of it, what is still to be sent.

Nothing here blocks. At any time one thread has the connection, the lobby's or a worker's, and
only that one touches it; `state` says what the lobby waits for when it is the lobby that has it.
"""

import contextlib
import enum
import logging
import os
import socket as sockets
from collections import deque

from ajam.errors import RequestError
from ajam.web.exchange import FileBody, Request

RECEIVE_BYTES = 16 * 1024
FILE_BYTES = 256 * 1024  # of a file in one go, before others have their turn

log = logging.getLogger(__name__)


class State(enum.Enum):
    """What the lobby waits for."""

    IDLE = enum.auto()  #: the first byte of a request
    READING = enum.auto()  #: the rest of a request
    WAITING = enum.auto()  #: the end of a Pause
    SENDING = enum.auto()  #: room for the rest of a reply
    PARTING = enum.auto()  #: the browser's end of a connection that is over
    OVER = enum.auto()  #: nothing: it can be closed


class Connection:
    """See above.

    server      the HttpServer that accepted it
    head, body  the request that is being answered, as framing.Reader gave it; None between requests
    work        the generator that answers it, when it could not be answered at once
    pause       what that one waits for
    outcome     what it is to be sent: True when the pause was over before its deadline
    body_began  True from the end of a request's head to the end of its body
    closing     True when the connection ends once everything is sent
    streaming   True when the head of a reply is gone whose body comes in pieces
    unread      True when the browser may still be sending what nobody will read
    dropped     bytes of input dropped since the connection was over
    """

    def __init__(self, socket, peer, reader, server, secure=False):
        self.socket = socket
        self.peer = peer
        self.reader = reader
        self.server = server
        self.secure = secure
        self.state = State.IDLE
        self.deadline = float("inf")
        self.head = self.body = None
        self.work = self.pause = self.outcome = None
        self.body_began = False
        self.closing = False
        self.streaming = False
        self.unread = False
        self.dropped = 0
        self._unsent = deque()

    def fileno(self):
        """The socket's descriptor."""
        return self.socket.fileno()

    def receive(self):
        """What has come: bytes, b"" at the end, None when there is nothing yet."""
        try:
            return self.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def read_request(self):
        """True when a whole request is there; it becomes `head` and `body`. Raises RequestError and nothing else."""
        try:
            found = self.reader.next()
        except RequestError:
            raise
        except Exception as error:  # a full disk, no descriptor: for a body that goes to a file
            log.exception("a request cannot be read")
            raise RequestError(500, "Server Error", "Internal Server Error") from error
        if found is None:
            return False
        self.head, self.body = found
        self.body_began = False
        return True

    def request(self):
        """The request that is being answered."""
        head = self.head
        path, _, query = head.target.partition(b"?")
        return Request(head.method, head.target, path, query, head.headers, self.body, self.peer, self.secure)

    def forget_request(self):
        """The request has its reply."""
        if hasattr(self.body, "close"):
            self.body.close()
        self.head = self.body = self.work = self.pause = None

    def say(self, data):
        """Sends `data` ahead of a reply. A browser that has gone meanwhile is noticed when it is read from."""
        with contextlib.suppress(OSError):
            self.send(data)

    def send(self, data, body=b""):
        """Sends `data` and then `body`, bytes or a FileBody, as far as there is room now; True when all is gone."""
        self._unsent.append(data)
        if body:
            self._unsent.append(body)
        return self.flush()

    def flush(self):
        """Goes on sending; True when all is gone. An OSError is the browser's end."""
        unsent = self._unsent
        while unsent:
            part = unsent[0]
            rest = self._send_file(part) if isinstance(part, FileBody) else self._send_bytes(part)
            if rest is None:
                unsent.popleft()
            else:
                unsent[0] = rest
                return False
        return True

    def _send_bytes(self, data):
        """What is left of `data`, None when nothing is."""
        try:
            sent = self.socket.send(data)
        except BlockingIOError:
            return data
        return None if sent == len(data) else memoryview(data)[sent:]

    def _send_file(self, part):
        try:
            sent = os.sendfile(self.socket.fileno(), part.file.fileno(), None, min(part.length, FILE_BYTES))
        except BlockingIOError:
            return part
        if sent == part.length or not sent:
            part.file.close()
            self.closing = self.closing or sent != part.length  # the file became shorter: what was promised is missing
            return None
        return FileBody(part.file, part.length - sent)

    def settle(self):
        """Everything is sent: the state that follows. True when another request may come."""
        if not self.closing:
            self.state = State.IDLE
        else:
            self.state = State.PARTING if self.unread or self.reader.buffered else State.OVER
        return not self.closing

    def part(self):
        """Says that nothing more will be sent."""
        try:
            self.socket.shutdown(sockets.SHUT_WR)
        except OSError:
            pass  # the browser was quicker

    def abandon(self):
        """Nobody waits for the answer any more: the work lets go of what it holds."""
        try:
            if self.work is not None:
                self.work.close()
        except Exception:
            log.exception("an abandoned request failed")
        self.forget_request()

    def close(self):
        """Ends the connection and all that hung on it."""
        self.abandon()
        self.reader.close()
        for part in self._unsent:
            if isinstance(part, FileBody):
                part.file.close()
        self._unsent.clear()
        self.socket.close()
