"""ajam/web/bodies.py: where a body ends, and where it is kept."""

import tempfile

import pytest

from ajam.errors import RequestError
from ajam.web.bodies import Plan, Store, open_body
from ajam.web.heads import Limits, parse_head
from tests.web.cuts import cuts

BEHIND = b"GET /next"
LIMITS = Limits(chunk_line=20, trailers=2)
PLAN = Plan(limit=10)


def reader(*lines, plan=PLAN):
    return open_body(parse_head(b"\r\n".join((b"POST / HTTP/1.1", b"Host: h", *lines))), plan, LIMITS)


def chunked(plan=PLAN):
    return reader(b"Transfer-Encoding: chunked", plan=plan)


def outcome(body, pieces):
    """(the body, what is left behind it), or the status that refuses it; None when it is not complete."""
    buffer, complete = bytearray(), False
    try:
        for piece in pieces:
            buffer += piece
            complete = complete or body.read(buffer)
    except RequestError as error:
        assert error.close
        return error.status
    finally:
        body.close()
    return (body.result(), bytes(buffer)) if complete else None


@pytest.mark.parametrize("data", [b"a", b"0123456789", b"\r\n\r\n0\r\n\r\n", bytes(range(10))])
def test_a_body_of_known_length_ends_there_whatever_the_cut(data):
    for pieces in cuts(data + BEHIND):
        assert outcome(reader(b"Content-Length: %d" % len(data)), pieces) == (data, BEHIND)


def test_a_body_of_known_length_is_not_complete_before():
    assert outcome(reader(b"Content-Length: 5"), [b"abcd"]) is None


CHUNKED = [
    ("nothing", b"0\r\n\r\n", b""),
    ("one chunk", b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
    ("two chunks", b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", b"abcd"),
    ("tiny chunks", b"1\r\na\r\n" * 10 + b"0\r\n\r\n", b"a" * 10),
    ("size in hexadecimal", b"a\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    ("size in upper case", b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    ("zeros before the size", b"0003\r\nabc\r\n000\r\n\r\n", b"abc"),
    ("line ends in the data", b"6\r\n0\r\n\r\nx\r\n0\r\n\r\n", b"0\r\n\r\nx"),
    ("an extension", b"3;a=b\r\nabc\r\n0;c\r\n\r\n", b"abc"),
    ("a quoted extension", b'3 ; a=";b"\r\nabc\r\n0\r\n\r\n', b"abc"),
    ("a trailer", b"3\r\nabc\r\n0\r\nX: y\r\n\r\n", b"abc"),
    ("two trailers", b"3\r\nabc\r\n0\r\nX: y\r\nZ:\r\n\r\n", b"abc"),
]


@pytest.mark.parametrize("data, body", [row[1:] for row in CHUNKED], ids=[row[0] for row in CHUNKED])
def test_a_body_in_chunks_ends_with_its_trailers_whatever_the_cut(data, body):
    for pieces in cuts(data + BEHIND):
        assert outcome(chunked(), pieces) == (body, BEHIND)
    assert outcome(chunked(), [data[:-1]]) is None


REFUSED = [
    ("no size", b"\r\n", 400),
    ("a word", b"xyz\r\n", 400),
    ("0x", b"0x3\r\nabc\r\n0\r\n\r\n", 400),
    ("a sign", b"+3\r\nabc\r\n0\r\n\r\n", 400),
    ("negative", b"-1\r\n\r\n", 400),
    ("an underscore", b"1_0\r\n", 400),
    ("a blank before", b" 3\r\nabc\r\n0\r\n\r\n", 400),
    ("a blank behind", b"3 \r\nabc\r\n0\r\n\r\n", 400),
    ("a comma", b"3,3\r\nabc\r\n", 400),
    ("16 digits", b"0000000000000003\r\nabc\r\n0\r\n\r\n", 400),
    ("a bare LF behind the size", b"3\nabc\r\n0\r\n\r\n", 400),
    ("a bare LF in an extension", b"3;\nabc\r\n0\r\n\r\n", 400),
    ("a bare CR in an extension", b"3;\rx\r\nabc\r\n0\r\n\r\n", 400),
    ("two CR behind the size", b"3\r\r\nabc\r\n0\r\n\r\n", 400),
    ("NUL in an extension", b"3;\x00\r\nabc\r\n", 400),
    ("an extension without end", b"3;" + b"a" * 30, 400),
    ("an extension too long", b"3;" + b"a" * 18 + b"\r\nabc\r\n", 400),
    ("data longer than the size", b"3\r\nabcd\r\n0\r\n\r\n", 400),
    ("a bare LF behind the data", b"3\r\nabc\n0\r\n\r\n", 400),
    ("a bare CR behind the data", b"3\r\nabc\r0\r\n\r\n", 400),
    ("nothing behind the data", b"3\r\nabc0\r\n\r\n", 400),
    ("a trailer without colon", b"0\r\nX\r\n\r\n", 400),
    ("a trailer with a blank before the colon", b"0\r\nX : y\r\n\r\n", 400),
    ("a folded trailer", b"0\r\nX: y\r\n z\r\n\r\n", 400),
    ("a trailer that ends in a bare LF", b"0\r\nX: y\n\r\n", 400),
    ("the end as a bare LF", b"0\r\n\n", 400),
    ("three trailers", b"0\r\nX:\r\nY:\r\nZ:\r\n\r\n", 400),
    ("a trailer too long", b"0\r\nX: " + b"y" * 20 + b"\r\n\r\n", 400),
    ("Content-Length behind", b"0\r\ncontent-length: 1\r\n\r\n", 400),
    ("Transfer-Encoding behind", b"0\r\nTransfer-encoding: x\r\n\r\n", 400),
    ("Host behind", b"0\r\nHost: h\r\n\r\n", 400),
    ("a chunk over the limit", b"b\r\n0123456789a\r\n0\r\n\r\n", 413),
    ("chunks over the limit together", b"5\r\n01234\r\n6\r\n56789a\r\n0\r\n\r\n", 413),
]


@pytest.mark.parametrize("data, status", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_body_in_malformed_chunks_is_refused_whatever_the_cut(data, status):
    for pieces in cuts(data):
        assert outcome(chunked(), pieces) == status


def test_a_chunk_of_any_announced_size_is_not_allocated():
    assert outcome(chunked(), [b"fffffffffffffff\r\n", b"a"]) is None


@pytest.mark.parametrize("lines, pieces", [
    ([b"Content-Length: 5"], [b"ab", b"cde" + BEHIND]),
    ([b"Transfer-Encoding: chunked"], [b"2\r\nab\r\n3\r\n", b"cde\r\n0\r\n\r\n" + BEHIND]),
], ids=["known length", "chunked"])
def test_a_body_that_is_planned_for_a_file_is_in_one_from_its_start(lines, pieces):
    body, buffer = reader(*lines, plan=Plan(10, spool=tempfile.TemporaryFile)), bytearray()
    for piece in pieces:
        buffer += piece
        complete = body.read(buffer)
    assert complete
    with body.result() as file:
        assert file.read() == b"abcde"
        assert isinstance(file.fileno(), int)


def test_a_file_of_which_only_a_part_came_is_let_go():
    body = reader(b"Content-Length: 5", plan=Plan(10, spool=tempfile.TemporaryFile))
    body.read(bytearray(b"ab"))
    file = body.result()
    body.close()
    assert file.closed


def test_a_file_that_finds_no_room_for_what_was_written_is_let_go_too():
    file = open("/dev/full", "wb")
    store = Store(file, 10)
    store.add(b"abc")
    with pytest.raises(OSError):
        store.result()
    store.close()
    assert file.closed


def test_a_body_as_large_as_its_limit_is_taken_and_one_byte_more_is_not():
    assert outcome(reader(b"Content-Length: 10"), [b"0123456789"]) == (b"0123456789", b"")
    with pytest.raises(RequestError, match="413 Request Entity Too Large: Body too large"):
        reader(b"Content-Length: 11")
