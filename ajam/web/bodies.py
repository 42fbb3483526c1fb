"""Where a request's body ends, and where its bytes are kept meanwhile.

A body's reader takes what it needs out of the connection's buffer as it comes: read(buffer)
is True once the body is complete, result() is the body then, close() lets go of it before;
`spools` is True when the bytes go to a file.
"""

import contextlib
from typing import BinaryIO, Callable, NamedTuple, Optional

from ajam.errors import RequestError
from ajam.web.heads import CHUNK_SIZE, CONTROL, FRAMING_HEADERS, HEADER_LINE, bad


class Plan(NamedTuple):
    """What the application wants done with a body.

    limit   its greatest size in bytes
    spool() opens the binary file that it goes to, which whoever is done with it closes; or None, to keep
            it in memory. The first piece, as much as a connection's buffer holds, is mostly written
            by the lobby's thread: it must not wait for a disk yet.
    """

    limit: int
    spool: Optional[Callable[[], BinaryIO]] = None


def open_body(head, plan, limits):
    """The reader of the body that `head` announces, with a store of the kind and size that `plan` wants."""
    if head.length is not None and head.length > plan.limit:
        raise too_large()
    store = plan.spool() if plan.spool else bytearray()
    if head.length is None:
        return ChunkedBody(Store(store, plan.limit), limits)
    return LengthBody(Store(store, plan.limit), head.length)


def too_large():
    """The refusal of a body over the limit."""
    return RequestError(413, "Request Entity Too Large", "Body too large")


class Store:
    """Where a body's bytes are kept, in memory or in a file, up to a limit."""

    def __init__(self, target, limit):
        self._target = target
        self._limit = limit
        self._put = target.extend if isinstance(target, bytearray) else target.write
        self.size = 0

    @property
    def spools(self):
        """True when it is a file."""
        return not isinstance(self._target, bytearray)

    def add(self, data):
        """Keeps `data`; raises RequestError 413 when the whole is over the limit."""
        self.size += len(data)
        if self.size > self._limit:
            raise too_large()
        self._put(data)

    def result(self):
        """The bytes; or the file, at its start."""
        if not self.spools:
            return bytes(self._target)
        self._target.seek(0)
        return self._target

    def close(self):
        """Gives the file back."""
        if self.spools:
            with contextlib.suppress(OSError):  # what is still to be written finds no room; nobody wants it
                self._target.close()


class NoBody:
    """The body of a request that has none."""

    spools = False

    def read(self, _buffer):
        """True: complete from the start."""
        return True

    def result(self):
        """No bytes."""
        return b""

    def close(self):
        """Nothing is held."""


class LengthBody:
    """A body of a length that was announced."""

    def __init__(self, store, length):
        self._store = store
        self._missing = length
        self.spools = store.spools
        self.result = store.result
        self.close = store.close

    def read(self, buffer):
        """Takes its bytes out of `buffer`; True when the body is complete."""
        piece = bytes(buffer[: self._missing])
        del buffer[: len(piece)]
        self._missing -= len(piece)
        self._store.add(piece)
        return not self._missing


class ChunkedBody:
    """A body in chunks (RFC 9112 7.1); trailers are read and dropped."""

    def __init__(self, store, limits):
        self._store = store
        self._limits = limits
        self._missing = 0
        self._trailers = 0
        self._step = self._size_line
        self.spools = store.spools
        self.result = store.result
        self.close = store.close

    def read(self, buffer):
        """Takes its bytes out of `buffer`; True when the last chunk and the trailers are in."""
        while self._step is not None:
            if not self._step(buffer):
                return False
        return True

    def _line(self, buffer):
        """The next line without its end, or None while it is incomplete."""
        end = buffer.find(b"\n", 0, self._limits.chunk_line)
        if end < 0:
            if len(buffer) >= self._limits.chunk_line:
                raise bad("Error parsing request body")
            return None
        line = bytes(buffer[:end])
        if not line.endswith(b"\r") or b"\r" in line[:-1] or CONTROL.search(line):
            raise bad("Error parsing request body")
        del buffer[: end + 1]
        return line[:-1]

    def _size_line(self, buffer):
        line = self._line(buffer)
        if line is None:
            return False
        match = CHUNK_SIZE.fullmatch(line)
        if match is None:
            raise bad("Error parsing request body")
        self._missing = int(match.group(1), 16)
        self._step = self._data if self._missing else self._trailer_line
        return True

    def _data(self, buffer):
        piece = bytes(buffer[: self._missing])
        del buffer[: len(piece)]
        self._missing -= len(piece)
        self._store.add(piece)
        if self._missing:
            return False
        self._step = self._data_end
        return True

    def _data_end(self, buffer):
        if not b"\r\n".startswith(bytes(buffer[:2])):
            raise bad("Error parsing request body")
        if len(buffer) < 2:
            return False
        del buffer[:2]
        self._step = self._size_line
        return True

    def _trailer_line(self, buffer):
        line = self._line(buffer)
        if line is None:
            return False
        if not line:
            self._step = None
            return True
        self._trailers += 1
        match = HEADER_LINE.fullmatch(line)
        if match is None or match.group(1).lower() in FRAMING_HEADERS or self._trailers > self._limits.trailers:
            raise bad("Error parsing request body")
        return True
