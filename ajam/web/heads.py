"""One request's head: its grammar, and a strict reader of it over bytes.

Whatever two servers could read in two ways is refused (RFC 9112; security.md 1 and 2), for
the bytes behind it might be somebody else's request. Lines end in CR LF and in nothing else.
"""

import re
from typing import Mapping, NamedTuple, Optional, Tuple

from ajam.errors import RequestError


class Limits(NamedTuple):
    """How much a client may send, in bytes (security.md 4.4)."""

    line: int = 8190  # request line or one header line; Apache's bound
    head: int = 32 * 1024  # all of the head
    headers: int = 100  # header lines; Asterisk's bound
    chunk_line: int = 1024  # a chunk's size with its extensions, or a trailer line
    trailers: int = 20  # lines behind the last chunk


class Head(NamedTuple):
    """One request's head.

    length   the body's bytes, or None when it is chunked
    headers  as in exchange.Request
    version  of HTTP, as a pair of numbers
    """

    method: str
    target: bytes
    headers: Mapping[bytes, bytes]
    length: Optional[int]
    persistent: bool
    expects_continue: bool
    version: Tuple[int, int]


CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
BARE_LINE_END = re.compile(rb"\n(?<!\r\n)|\r(?!\n)")

# RFC 9112 3: method SP request-target SP HTTP-version; RFC 9110 5.6.2: token
REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e\x80-\xff]+) HTTP/(\d)\.(\d)")
# RFC 9112 5: field-name ":" OWS field-value OWS
HEADER_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*", re.DOTALL)
LENGTH = re.compile(rb"[0-9]{1,19}")
# RFC 9112 7.1: chunk-size [ chunk-ext ]
CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")
# RFC 9110 7.2, RFC 3986 3.2.2: a name, an IPv4 address or an IPv6 address in brackets; and a port
HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")

# A body on these is read and ignored, and nothing that follows it is trusted (security.md 2).
BODILESS = frozenset(("GET", "HEAD"))
# Of these several lines are one list (RFC 9110 5.3): any `close` counts, and of what was forwarded the last line is
# the nearest proxy's while the first may be anybody's.
LISTS = frozenset((b"connection", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"))
FRAMING_HEADERS = frozenset((b"content-length", b"transfer-encoding", b"host"))
MORE_THAN_ANY_LIMIT = 1 << 62  # bytes; stands for a length of 19 digits


def bad(text):
    """The refusal of a request that is not well-formed."""
    return RequestError(400, "Bad Request", text)


def not_implemented():
    """The refusal of a method that nobody takes, in Asterisk's words."""
    return RequestError(501, "Not Implemented", "Attempt to use unimplemented / unsupported method")


def line_too_long(beginning):
    """The refusal of a request line over the limit; one that does not even get past its method is no request."""
    return RequestError(414, "URI Too Long", "Request line too long") if b" " in beginning else bad("Invalid Request")


def parse_head(data, limits=Limits()):
    """The Head that `data`, a head without its last empty line, spells out.

    raises   RequestError  400, 414, 431, 501 or 505, each of which closes the connection
    """
    line, _, rest = data.partition(b"\r\n")
    if CONTROL.search(data) or BARE_LINE_END.search(data):
        raise bad("Invalid Request")
    method, target, version = parse_request_line(line, limits)
    headers, framing = parse_headers(rest.split(b"\r\n") if rest else [], limits)
    check_host(framing[b"host"], version)
    length = body_length(framing, version)
    return Head(
        method,
        check_target(method, target),
        headers,
        length,
        not (length != 0 and method in BODILESS) and is_persistent(headers.get(b"connection", b""), version),
        version >= (1, 1) and headers.get(b"expect", b"").lower() == b"100-continue",
        version,
    )


def parse_request_line(line, limits):
    """(method, target, version as a pair of numbers) of a request line."""
    if len(line) > limits.line:
        raise line_too_long(line[:limits.line])
    match = REQUEST_LINE.fullmatch(line)
    if match is None:
        raise bad("Invalid Request")
    method, target, major, minor = match.groups()
    if major != b"1":
        raise RequestError(505, "HTTP Version Not Supported", "Only HTTP/1.0 and HTTP/1.1 are spoken here")
    if method.upper() == b"HEAD" != method:
        # Asterisk takes methods in any case. To a proxy this is another, whose replies have bodies (RFC 9110 9.1).
        raise not_implemented()
    return method.decode("ascii").upper(), target, (1, int(minor))


def check_target(method, target):
    """`target` when it is in origin form, or `*` of OPTIONS; others are refused (RFC 9112 3.2)."""
    if target.startswith(b"/") or (target == b"*" and method == "OPTIONS"):
        return target
    if method == "CONNECT":
        raise not_implemented()
    if re.match(rb"[A-Za-z][A-Za-z0-9+.-]*://", target):
        raise RequestError(404, "Not Found", "The requested URL was not found on this server.")
    raise bad("Invalid Request")


def parse_headers(lines, limits):
    """(value by lower-case name as in exchange.Request, all values of the headers that frame) of header lines."""
    if len(lines) > limits.headers:
        raise RequestError(431, "Request Header Fields Too Large", "Too many headers")
    headers = {}
    framing = {b"content-length": [], b"transfer-encoding": [], b"host": []}
    for line in lines:
        if len(line) > limits.line:
            raise RequestError(431, "Request Header Fields Too Large", "Header line too long")
        match = HEADER_LINE.fullmatch(line)
        if match is None:
            raise bad("Invalid header line")
        name, value = match.groups()
        name = name.lower()
        if name in framing:
            framing[name].append(value)
        if name not in headers or name == b"cookie":
            headers[name] = value
        elif name in LISTS:
            headers[name] += b", " + value
    return headers, framing


def check_host(hosts, version):
    """Refuses all but one well-formed Host; HTTP/1.0 may come without (RFC 9112 3.2)."""
    if not hosts and version < (1, 1):
        return
    if len(hosts) != 1 or not HOST.fullmatch(hosts[0]) or b"," in hosts[0]:
        raise bad("Invalid Host header")


def body_length(framing, version):
    """The body's length in bytes, or None when it comes in chunks (RFC 9112 6)."""
    lengths, codings = framing[b"content-length"], framing[b"transfer-encoding"]
    if codings:
        return chunked_length(lengths, codings, version)
    if not lengths:
        return 0
    if len(lengths) > 1 or not lengths[0].isdigit():
        raise bad("Invalid Content-Length in request!")
    return int(lengths[0]) if LENGTH.fullmatch(lengths[0]) else MORE_THAN_ANY_LIMIT


def chunked_length(lengths, codings, version):
    """None, for a body in chunks; everything else that Transfer-Encoding can say is refused."""
    if lengths or version < (1, 1) or len(codings) > 1:
        raise bad("Invalid Transfer-Encoding in request")
    coding = codings[0].lower()
    if coding == b"chunked":
        return None
    if b"chunked" in coding or not re.fullmatch(rb"[a-z0-9-]+", coding):
        raise bad("Invalid Transfer-Encoding in request")
    raise RequestError(501, "Unimplemented", "Unsupported Transfer-Encoding.")


def is_persistent(connection, version):
    """True when the connection may go on after this request (RFC 9112 9.3)."""
    options = [option.strip() for option in connection.lower().split(b",")]
    if b"close" in options:
        return False
    return version >= (1, 1) or b"keep-alive" in options
