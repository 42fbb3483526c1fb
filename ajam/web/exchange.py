"""One exchange over HTTP as values: the request and the reply.

web/server.py builds Requests from what web/framing.py read, gives them to the application and
sends the Response that comes back.
"""

from typing import BinaryIO, Mapping, NamedTuple, Tuple, Union


class Request(NamedTuple):
    """One complete request; everything that came from the browser is still bytes.

    method   in upper case: "GET"
    target   the request target as sent, query included; behind a proxy what it was sent (web/forwarded.py)
    path     the target up to the first "?", not percent-decoded
    query    what follows it; b"" when there is none
    headers  value by lower-case name; of several the first, except `cookie`: the last (reference.md 1.3, 2.3),
             and heads.LISTS: all of them
    body     bytes, or an open binary file at its start for a route that asked for one
    peer     the browser's address, as text without port or zone: "192.0.2.7", "2001:db8::7"
    secure   True when it came over TLS
    """

    method: str
    target: bytes
    path: bytes
    query: bytes
    headers: Mapping[bytes, bytes]
    body: Union[bytes, BinaryIO] = b""
    peer: str = "127.0.0.1"
    secure: bool = False


class FileBody(NamedTuple):
    """`length` bytes of an open binary file, from its start, as the body of a reply; the sender closes it."""

    file: BinaryIO
    length: int


class Response(NamedTuple):
    """One reply, before the lines that are the same for all (Server, Date ...) are put around it.

    headers    whole lines as bytes, without line ends: b"Content-type: text/plain"
    reason     the words of the status line
    close      True when the connection ends with this reply
    cacheable  True leaves out `Cache-Control: no-cache, no-store` (static files only)
    kind       what was asked for, where that tells more than the URI: "waitevent"; else ""
    """

    status: int = 200
    body: Union[bytes, FileBody] = b""
    headers: Tuple[bytes, ...] = ()
    reason: str = "OK"
    close: bool = False
    cacheable: bool = False
    kind: str = ""

    @property
    def size(self):
        """The bytes of the body."""
        return self.body.length if isinstance(self.body, FileBody) else len(self.body)


class Served(NamedTuple):
    """A request and what became of it, told once its reply is on its way, or a stream at its end.

    method, target, headers  as in Request; of what could not be read as a request "", b"" and none
    status   of the reply
    size     bytes of its body; of a stream those that were sent
    seconds  from the request's last byte to here
    peer, secure  the connection's: a proxy's behind a proxy
    kind     as in Response
    """

    method: str
    target: bytes
    headers: Mapping[bytes, bytes]
    status: int
    size: int
    seconds: float
    peer: str
    secure: bool
    kind: str = ""


class Begin(NamedTuple):
    """What a generator yields whose reply comes in pieces: the head, in a Response without a body.

    Behind it the generator yields bytes, each sent before it goes on; its end ends the connection.
    """

    response: Response
