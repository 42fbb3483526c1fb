"""One browser's connection: its socket, what was read of it, what is still to be sent.

Nothing here blocks. At any time one thread has the connection, the lobby's or a worker's, and
only that one touches it; `state` says what the lobby waits for when it is the lobby that has it.

A SecureConnection is one over TLS: on a SecureSocket it does the same, and what differs is there.
"""

import contextlib
import enum
import logging
import os
import selectors
import socket as sockets
from collections import deque

from ajam.errors import RequestError
from ajam.web.exchange import FileBody, Request
from ajam.web.timing import PART_BYTES

RECEIVE_BYTES = 16 * 1024
FILE_BYTES = 256 * 1024  # of a file in one go, before others have their turn
PIECE_BYTES = 64 * 1024  # the same over TLS, where it is kept in memory while the browser is slow
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"

log = logging.getLogger(__name__)


class State(enum.IntEnum):
    """What the lobby waits for. Numbers, for they are looked up in tables six times a request."""

    SHAKING = enum.auto()  #: the browser's next word in the TLS handshake
    IDLE = enum.auto()  #: the first byte of a request
    READING = enum.auto()  #: the rest of a request
    WAITING = enum.auto()  #: the end of a Pause
    HEAVY = enum.auto()  #: a worker, to go on with the request
    SENDING = enum.auto()  #: room for the rest of a reply
    PARTING = enum.auto()  #: the browser's end of a connection that is over
    OVER = enum.auto()  #: nothing: it can be closed


class Connection:
    """See above.

    secure      True over TLS
    server      the HttpServer that accepted it
    begin_by    clock time by which its first request must have begun; None once one was answered
    read_by     clock time by which a body must be complete that goes to a file
    head, body  the request that is being answered, as framing.Reader gave it; None between requests
    work        the generator that answers it, when it could not be answered at once
    pause       what that one waits for
    body_began  True from the end of a request's head to the end of its body
    closing     True when the connection ends once everything is sent
    hurried     True once the work was told that the service ends
    streaming   True when the head of a reply is gone whose body comes in pieces
    status      of that reply
    streamed    bytes of such pieces that were sent
    asked_at    clock time at which the request was complete
    unread      True when the browser may still be sending what nobody will read
    """

    secure = False

    def __init__(self, socket, peer, reader, server):
        self.socket = socket
        self.peer = peer
        self.reader = reader
        self.server = server
        self.state = State.IDLE
        self.deadline = float("inf")
        self.begin_by = None
        self.read_by = float("inf")
        self.head = self.body = None
        self.work = self.pause = None
        self.body_began = False
        self.closing = False
        self.hurried = False
        self.streaming = False
        self.status = None
        self.streamed = 0
        self.asked_at = 0.0
        self.unread = False
        self._dropped = 0
        self._unsent = deque()

    @property
    def unsent(self):
        """Bytes kept in memory until the browser takes them."""
        return sum(len(part) for part in self._unsent if not isinstance(part, FileBody))

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
        except OSError as error:  # a full disk, no descriptor: for a body that goes to a file
            log.error("the body of a request from %s cannot be kept: %s", self.peer, error.strerror)
            raise RequestError(500, "Server Error", "Internal Server Error") from error
        except Exception as error:
            log.exception("a request cannot be read")
            raise RequestError(500, "Server Error", "Internal Server Error") from error
        if found is None:
            return False
        self.head, self.body = found
        self.body_began = False
        self.asked_at = self.server.clock()
        return True

    def progress(self, now, timing):
        """Sets the deadline for the part of a request that has begun by `now`: it holds for the whole of that part."""
        reader = self.reader
        if self.state is State.IDLE and reader.started:
            self.state = State.READING
            self.deadline = now + timing.head
        if reader.head is not None and not self.body_began:
            self.body_began = True
            self.deadline = now + timing.body
            if reader.wants_100:
                self.say(INTERIM)

    def request(self):
        """The request that is being answered."""
        head = self.head
        path, _, query = head.target.partition(b"?")
        return Request(head.method, head.target, path, query, head.headers, self.body, self.peer, self.secure)

    def forget_request(self):
        """The request has its reply, or nobody waits for it any more."""
        if self.streaming and self.head is not None:
            self.server.stream_ended(self)
        if hasattr(self.body, "close"):
            self.body.close()
        self.server.lobby.waits.discard(self)
        self.head = self.body = self.work = self.pause = self.begin_by = None

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
        """What is left of `part`, None when nothing is."""
        try:
            sent = self._send_some(part)
        except BlockingIOError:
            return part
        if sent == part.length or not sent:
            part.file.close()
            self.closing = self.closing or sent != part.length  # the file became shorter: what was promised is missing
            return None
        return FileBody(part.file, part.length - sent)

    def _send_some(self, part):
        """How many bytes of a file are gone, 0 at its end; BlockingIOError when there is no room."""
        return os.sendfile(self.socket.fileno(), part.file.fileno(), None, min(part.length, FILE_BYTES))

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

    def drop_input(self):
        """Reads what nobody wants; True once its end has come, or so much that the end is not worth waiting for."""
        data = self.receive()
        self._dropped += len(data or b"")
        return data == b"" or self._dropped > PART_BYTES

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


class SecureConnection(Connection):
    """One over TLS: `socket` is a SecureSocket whose handshake is still to be done.

    wants  the selectors event that the handshake waits for
    """

    secure = True

    def __init__(self, socket, peer, reader, server):
        super().__init__(socket, peer, reader, server)
        self.state = State.SHAKING
        self.wants = selectors.EVENT_READ
        self._piece = b""  # of a file, read and not sent yet: TLS wants the same bytes again (ajam/secure.py)

    def shake_hands(self):
        """Goes on with the handshake, and sets the state: SHAKING while it is not done, OVER when it has failed."""
        try:
            self.wants = self.socket.shake_hands()
        except OSError as error:
            self.state = State.OVER
            self.server.application.handshake_failed(self.peer, error)
        else:
            self.state = State.SHAKING if self.wants else State.IDLE

    @property
    def unsent(self):
        """As above; here a piece of a file too."""
        return super().unsent + len(self._piece)

    def part(self):
        """Says that nothing more will be sent; what the browser still sends is dropped without deciphering it."""
        self.socket = self.socket.part()

    def _send_some(self, part):
        """As above, by hand: the kernel's sendfile() does not encrypt."""
        self._piece = self._piece or os.read(part.file.fileno(), min(part.length, PIECE_BYTES))
        self.socket.send(self._piece)
        sent, self._piece = len(self._piece), b""
        return sent
