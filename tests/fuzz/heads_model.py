"""RFC 9112 read slowly: what the bytes of a connection ask for, without a regular expression.

It sees all the bytes at once. What it finds is what ajam/web/framing.py has to find, however they
are cut. Where a rule is ajam's own choice, ajam/web/heads.py says so and this follows it.
"""

from typing import NamedTuple, Tuple

WHOLE, PARTIAL, REFUSED = "whole", "partial", "refused"

DIGITS = b"0123456789"
HEX = DIGITS + b"abcdefABCDEF"
LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
TOKEN = DIGITS + LETTERS + b"!#$%&'*+-.^_`|~"  # RFC 9110 5.6.2
TEXT = b"\t" + bytes(range(0x20, 0x7f)) + bytes(range(0x80, 0x100))  # RFC 9110 5.5
TARGET = bytes(range(0x21, 0x7f)) + bytes(range(0x80, 0x100))
REG_NAME = DIGITS + LETTERS + b"-._~" + b"!$&'()*+;=" + b"%"  # RFC 3986 3.2.2; no comma: two hosts, perhaps
JOINED = (b"connection", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host")


class Asked(NamedTuple):
    """One request as the model reads it."""

    method: str
    target: bytes
    headers: dict
    body: bytes
    persistent: bool


class Reading(NamedTuple):
    """All requests of a connection, and how it ends: behind a whole one, in the middle of one, or refused."""

    requests: Tuple[Asked, ...]
    end: str


class Refused(Exception):
    """The bytes can never become a request."""


class Unfinished(Exception):
    """More bytes may make it a request."""


def read(data, limits, body_limit):
    """The Reading of all bytes of a connection."""
    requests = []
    try:
        while True:
            data = data[2:] if data.startswith(b"\r\n") else data
            if not data:
                return Reading(tuple(requests), WHOLE)
            asked, data = request(data, limits, body_limit)
            requests.append(asked)
    except Unfinished:
        return Reading(tuple(requests), PARTIAL)
    except Refused:
        return Reading(tuple(requests), REFUSED)


def completed(data):
    """The bytes of an unfinished head with the end of a head behind them."""
    for end in (b"\r\n\r", b"\r\n", b"\r"):
        if data.endswith(end):
            return data + b"\r\n\r\n"[len(end):]
    return data + b"\r\n\r\n"


def refuse_unless(condition):
    """Raises Refused."""
    if not condition:
        raise Refused


def request(data, limits, body_limit):
    """(Asked, the bytes behind it)."""
    head, end, rest = data.partition(b"\r\n\r\n")
    if not end:
        raise Unfinished
    refuse_unless(len(head) <= limits.head)
    first, *lines = head.split(b"\r\n")
    refuse_unless(len(first) <= limits.line)
    method, target, version = request_line(first)
    headers, all_of = fields(lines, limits)
    check_host(all_of.get(b"host", []), version)
    body, rest = read_body(rest, all_of, version, limits, body_limit)
    has_body = all_of.get(b"transfer-encoding") or int((all_of.get(b"content-length") or [b"0"])[0])
    goes_on = is_persistent(headers.get(b"connection", b""), version)
    return Asked(method, target, headers, body, goes_on and not (has_body and method in ("GET", "HEAD"))), rest


def request_line(line):
    """(method, target, version) by RFC 9112 3; the target begins with a slash, or is the * of OPTIONS."""
    parts = line.split(b" ")
    refuse_unless(len(parts) == 3)
    method, target, version = parts
    refuse_unless(method and all(byte in TOKEN for byte in method))
    refuse_unless(target and all(byte in TARGET for byte in target))
    refuse_unless(version in [b"HTTP/1.%d" % minor for minor in range(10)])
    refuse_unless(target[:1] == b"/" or (method.upper(), target) == (b"OPTIONS", b"*"))
    return method.upper().decode(), target, int(version[-1:])


def field(line):
    """(name in lower case, value) of a field line, RFC 9112 5."""
    name, colon, value = line.partition(b":")
    refuse_unless(colon and name and all(byte in TOKEN for byte in name) and all(byte in TEXT for byte in value))
    return name.lower(), value.strip(b" \t")


def fields(lines, limits):
    """(what exchange.Request has to have, all values by name)."""
    refuse_unless(len(lines) <= limits.headers and all(len(line) <= limits.line for line in lines))
    all_of = {}
    for name, value in map(field, lines):
        all_of.setdefault(name, []).append(value)
    return {name: b", ".join(values) if name in JOINED else values[-1 if name == b"cookie" else 0]
            for name, values in all_of.items()}, all_of


def check_host(hosts, version):
    """One Host, of a form that a host can have (RFC 9112 3.2, RFC 3986 3.2.2)."""
    if not hosts and version == 0:
        return
    refuse_unless(len(hosts) == 1)
    host = hosts[0]
    name, bracket, port = host.rpartition(b"]")
    if not bracket:
        name, colon, port = host.partition(b":")
        refuse_unless(name and all(byte in REG_NAME for byte in name))
        port = colon + port
    else:
        refuse_unless(name[:1] == b"[" and len(name) > 1 and all(byte in HEX + b":." for byte in name[1:]))
    refuse_unless(not port or port[:1] == b":" and len(port) <= 6 and all(byte in DIGITS for byte in port[1:]))


def is_persistent(connection, version):
    """Whether another request may follow (RFC 9112 9.3)."""
    options = [option.strip() for option in connection.lower().split(b",")]
    return b"close" not in options and (version >= 1 or b"keep-alive" in options)


def read_body(rest, all_of, version, limits, body_limit):
    """(body, what is behind it) by RFC 9112 6.3."""
    codings, lengths = all_of.get(b"transfer-encoding"), all_of.get(b"content-length")
    if codings:
        refuse_unless(version >= 1 and not lengths and [each.lower() for each in codings] == [b"chunked"])
        return chunked(rest, limits, body_limit)
    if not lengths:
        return b"", rest
    refuse_unless(len(lengths) == 1 and lengths[0] and all(byte in DIGITS for byte in lengths[0]))
    length = int(lengths[0])
    refuse_unless(length <= body_limit)
    if len(rest) < length:
        raise Unfinished
    return rest[:length], rest[length:]


def chunk_line(rest, limits):
    """(a line of a chunked body, what is behind it)."""
    line, end, behind = rest[:limits.chunk_line].partition(b"\n")
    if not end:
        refuse_unless(len(rest) < limits.chunk_line)
        raise Unfinished
    refuse_unless(line.endswith(b"\r") and all(byte in TEXT for byte in line[:-1]))
    return line[:-1], behind + rest[limits.chunk_line:]


def chunked(rest, limits, body_limit):
    """(body, what is behind it) by RFC 9112 7.1; what stands behind a size and a semicolon may be anything."""
    body = b""
    while True:
        line, rest = chunk_line(rest, limits)
        size, semicolon, _ = line.partition(b";")
        size = size.rstrip(b" \t") if semicolon else size
        refuse_unless(0 < len(size) <= 15 and all(byte in HEX for byte in size))
        size = int(size, 16)
        if not size:
            return body, trailers(rest, limits)
        body += rest[:size]
        refuse_unless(len(body) <= body_limit)
        end, rest = rest[size:size + 2], rest[size + 2:]
        refuse_unless(b"\r\n".startswith(end))
        if len(end) < 2:
            raise Unfinished


def trailers(rest, limits):
    """What is behind the trailers."""
    for number in range(limits.trailers + 2):
        line, rest = chunk_line(rest, limits)
        if not line:
            return rest
        refuse_unless(number < limits.trailers)
        refuse_unless(field(line)[0] not in (b"content-length", b"transfer-encoding", b"host"))
    raise Refused
