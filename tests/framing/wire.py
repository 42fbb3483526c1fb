"""What is said on one connection, and the replies in it: read strictly, for a reply must not be two either."""

import contextlib
import re
import socket
from typing import Mapping, NamedTuple

STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) [\x20-\x7e]*")
HEADER_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e]*)")
PATIENCE_SECONDS = 30.0


class Reply(NamedTuple):
    """One reply; `headers` are values by name in lower case, none of which stood there twice."""

    status: int
    headers: Mapping[bytes, bytes]
    body: bytes


def conversation(address, sent, leaves=False):
    """What comes back for `sent` until the other side ends the connection, in pieces.

    leaves  True when we say that nothing more will come
    """
    with socket.create_connection(address, PATIENCE_SECONDS) as connection:
        with contextlib.suppress(ConnectionError):  # refused before all of it has come; the answer is to be read
            connection.sendall(sent)
            if leaves:
                connection.shutdown(socket.SHUT_WR)
        yield from iter(lambda: connection.recv(65536), b"")


def replies(said, bodiless=False):
    """The Replies of which `said` consists, interim ones left out.

    bodiless  True when the first of them is one to HEAD
    raises    AssertionError  it consists of something else
    """
    found = []
    while said:
        reply, said = cut(said, bodiless and not found)
        if reply.status >= 200:
            found.append(reply)
    return found


def cut(said, bodiless):
    """(the Reply with which `said` begins, what stands behind it)."""
    head, end, rest = said.partition(b"\r\n\r\n")
    assert end, said
    first, *lines = head.split(b"\r\n")
    status = STATUS_LINE.fullmatch(first)
    assert status, first
    headers = {}
    for each in lines:
        line = HEADER_LINE.fullmatch(each)
        assert line, each
        name = line[1].lower()
        assert name not in headers, each
        headers[name] = line[2]
    status = int(status[1])
    size = 0 if bodiless or status < 200 or status in (204, 304) else body_size(headers)
    assert len(rest) >= size, said
    return Reply(status, headers, rest[:size]), rest[size:]


def body_size(headers):
    """The bytes that a reply announces."""
    assert b"transfer-encoding" not in headers
    return int(headers[b"content-length"])
