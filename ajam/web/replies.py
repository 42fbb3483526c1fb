"""The lines before a reply's body, in Asterisk's order (reference.md 1.6)."""

import re
import time
from email.utils import formatdate

from ajam.pause import Heavy, Pause
from ajam.web.exchange import Begin, Response

NOT_IN_A_HEADER = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class ReplyHeads:
    """Writes the heads of replies.

    server_line()  the Server header's line, b"" for none
    """

    def __init__(self, server_line, now=time.time):
        self._server_line = server_line
        self._now = now
        self._made = (0, {})  # the second, and the beginnings made in it

    def write(self, response, connection, length):
        """The bytes before the body; `length` is the body's, None when nobody knows it yet."""
        lines = [self._beginning(response.status, response.reason, self._server_line())]
        if connection.closing:
            lines.append(b"Connection: close")
        elif connection.head.version < (1, 1):
            lines.append(b"Connection: keep-alive")  # or an old client would wait for the end
        if not response.cacheable:
            lines.append(b"Cache-Control: no-cache, no-store")
        lines += response.headers
        if length is not None and response.status != 204:  # RFC 9110 8.6
            lines.append(b"Content-Length: %d" % length)
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def _beginning(self, *what):
        """The lines that are the same for all such replies within a second."""
        second = int(self._now())
        made, beginnings = self._made
        if made != second:
            beginnings = {}
            self._made = (second, beginnings)
        known = beginnings.get(what)
        if known is None:
            status, reason, server = what
            known = beginnings[what] = b"\r\n".join(filter(None, (
                b"HTTP/1.1 %d %s" % (status, reason.encode("latin-1")), server,
                b"Date: " + formatdate(second, usegmt=True).encode("ascii"))))
        return known


def checked(answer, streaming):
    """`answer`, when it is one that an application may give, and no header in it begins another.

    streaming  True behind a Begin: bytes may follow, and None as the end
    raises   TypeError, ValueError  it is not (security.md 4.1, row 9)
    """
    response = answer.response if isinstance(answer, Begin) else answer
    if isinstance(response, Response):
        if NOT_IN_A_HEADER.search(b"".join(response.headers)):
            raise ValueError("the application made a header with a control character")
    elif not isinstance(answer, (Pause, Heavy, bytes, type(None)) if streaming else (Pause, Heavy)):
        raise TypeError("the application answered with %r" % type(answer))
    return answer
