"""One connection's bytes, cut into requests.

No socket, no clock. Bytes go in as they come, a whole request comes out, or a RequestError
that says what to answer. web/heads.py reads heads, web/bodies.py bodies.
"""

import re

from ajam.errors import RequestError
from ajam.web.bodies import NoBody, open_body
from ajam.web.heads import Limits, bad, line_too_long, parse_head
from ajam.web.lately import is_secret

BARE_LF = re.compile(rb"\n(?<!\r\n)")  # not the other way round: a pattern that begins with a byte is found fast
KEPT_BYTES = 1024  # of a connection's last head


class Reader:
    """One connection's bytes, cut into requests; holds no more than one head and one body at a time.

    plan(head) tells what is to be done with a body before any of it is kept; it may raise
    RequestError, which then answers the request.

    head   the Head that is complete while its body is not, else None
    """

    def __init__(self, plan, limits=Limits()):
        self._plan = plan
        self._limits = limits
        self._last = (None, None)  # a head's bytes, if they are few, and the Head that they were
        self._buffer = bytearray()
        self._searched = 0
        self._skipped = False
        self._body = None
        self.head = None

    @property
    def started(self):
        """True when the beginning of a request has come."""
        return bool(self._buffer) or self.head is not None

    @property
    def buffered(self):
        """Bytes that came and are in no request yet."""
        return len(self._buffer)

    @property
    def spools(self):
        """True while a body comes that goes to a file: next() may write then, and so may wait."""
        return self.head is not None and self._body.spools

    @property
    def wants_100(self):
        """True when the client waits for an interim reply before it sends the body."""
        return self.head is not None and self.head.expects_continue and not self._buffer

    def feed(self, data):
        """Takes what has come."""
        self._buffer += data

    def next(self):
        """(Head, body) of the next request once it is complete, else None.

        body     bytes, or a binary file at its start when the plan says so; the caller closes it
        raises   RequestError  what came can never become a request, or plan() refused it
        """
        if self.head is None and not self._read_head():
            return None
        if not self._body.read(self._buffer):
            return None
        head, body = self.head, self._body.result()
        self.head = self._body = None
        return head, body

    def close(self):
        """Lets go of a body that came only in part, and of all else, for who refers to this need not be gone yet."""
        self._buffer = bytearray()  # not clear(): that keeps a byte, in the way of whoever could use the rest
        self._plan = None
        self._last = (None, None)
        if self._body is not None:
            self._body.close()

    def _read_head(self):
        buffer = self._buffer
        if not self._skipped and buffer.startswith(b"\r\n"):  # RFC 9112 2.2: one empty line before a request
            del buffer[:2]
            self._skipped = True
        end = buffer.find(b"\r\n\r\n", self._searched)
        if not 0 <= end <= self._limits.head:
            self._check_unfinished()
            return False
        data = bytes(buffer[:end])
        del buffer[: end + 4]
        self._searched = 0
        self._skipped = False
        head = self._parse(data)
        self.head = head  # first, for plan() may refuse it and then it is asked what was refused
        self._body = NoBody() if head.length == 0 else open_body(head, self._plan(head), self._limits)
        return True

    def _parse(self, data):
        """The Head in `data`; who polls sends the same again and again, and to read it is a fifth of all the work."""
        last, head = self._last
        if data != last:
            head = parse_head(data, self._limits)
            self._last = (None, None) if len(data) > KEPT_BYTES or is_secret(data) else (data, head)
        return head

    def _check_unfinished(self):
        """Refuses a head that can no longer become a good one, without waiting for its end.

        Part of a line's or of the head's end may have come; it counts towards no limit.
        """
        buffer, limits = self._buffer, self._limits
        if buffer.startswith(b"\r\n") or BARE_LF.search(buffer, self._searched):
            raise bad("Invalid Request")
        first = buffer.find(b"\r\n")
        if first > limits.line or (first < 0 and len(buffer) > limits.line + len(b"\r")):
            raise line_too_long(buffer[:limits.line])
        if len(buffer) > limits.head + len(b"\r\n\r"):
            raise RequestError(431, "Request Header Fields Too Large", "Request head too long")
        if first >= 0 and buffer.count(b"\r\n") > limits.headers + 1:
            raise RequestError(431, "Request Header Fields Too Large", "Too many headers")
        self._searched = max(0, len(buffer) - 3)
