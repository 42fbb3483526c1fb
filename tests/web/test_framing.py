"""ajam/web/framing.py: a connection's bytes cut into requests, however the network has cut them."""

import time

import pytest

from ajam.errors import RequestError
from ajam.web.bodies import Plan
from ajam.web.framing import Reader
from ajam.web.heads import Limits
from tests.web.cuts import cuts

NEXT = b"GET /next HTTP/1.1\r\nHost: h\r\n\r\n"
SMALL = Limits(line=30, head=80, headers=3)
CHUNKED = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


def plan(head):
    return Plan(limit=10)


def outcomes(pieces, limits=Limits()):
    """What comes of the pieces: (method, target, body) of each request, and the status of a refusal."""
    reader, found = Reader(plan, limits), []
    try:
        for piece in pieces:
            reader.feed(piece)
            while True:
                request = reader.next()
                if request is None:
                    break
                head, body = request
                found.append((head.method, head.target, body))
    except RequestError as error:
        found.append(error.status)
    reader.close()
    return found


def whatever_the_cut(data, limits=Limits()):
    """The outcomes of `data`, which are the same for every cut."""
    whole = outcomes([data], limits)
    for pieces in cuts(data):
        assert outcomes(pieces, limits) == whole
    return whole


CHOICES = [  # the points on which good servers disagree (security.md 2)
    ("HTTP/2.0", b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
    ("length over the limit", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n", 413),
    ("unknown coding", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: br\r\n\r\n", 501),
    ("chunked not last", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, br\r\n\r\n0\r\n\r\n", 400),
    ("coding empty", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n", 400),
    ("chunked twice", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    ("chunked with parameter", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n", 400),
    ("VT before chunked", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400),
    ("FF before chunked", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \x0cchunked\r\n\r\n0\r\n\r\n", 400),
    ("comma before chunked", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", 400),
    ("length and coding",
     b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("bare LF", b"GET / HTTP/1.1\nHost: h\n\n", 400),
    ("bare LF at the end", b"GET / HTTP/1.1\r\nHost: h\r\n\n", 400),
    ("GET with a body", b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi", ("GET", b"/", b"hi")),
    ("OPTIONS *", b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", ("OPTIONS", b"*", b"")),
    ("CONNECT", b"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 501),
    ("one empty line before", b"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", ("GET", b"/", b"")),
    ("two empty lines before", b"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("an empty LF line before", b"\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    ("empty header value", b"GET / HTTP/1.1\r\nHost: h\r\nX:\r\n\r\n", ("GET", b"/", b"")),
    ("tab after the colon", b"GET / HTTP/1.1\r\nHost:\th\r\n\r\n", ("GET", b"/", b"")),
    ("Host with user", b"GET / HTTP/1.1\r\nHost: user@h\r\n\r\n", 400),
    ("Host with path", b"GET / HTTP/1.1\r\nHost: h/p\r\n\r\n", 400),
    ("Host list", b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
    ("Host empty", b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    ("Host of number signs", b"GET / HTTP/1.1\r\nHost: ###\r\n\r\n", 400),
    ("Host IPv6 without brackets", b"GET / HTTP/1.1\r\nHost: 4714::abcd:8001\r\n\r\n", 400),
    ("Host with backslash", b"GET / HTTP/1.1\r\nHost: h\\p\r\n\r\n", 400),
    ("trailer Content-Length", CHUNKED + b"0\r\nContent-Length: 5\r\n\r\n", 400),
    ("trailer Transfer-Encoding", CHUNKED + b"0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("trailer Host", CHUNKED + b"0\r\nhOST: h\r\n\r\n", 400),
    ("HTTP/1.0 with coding", b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("unknown method", b"BREW / HTTP/1.1\r\nHost: h\r\n\r\n", ("BREW", b"/", b"")),
]


@pytest.mark.parametrize("data, outcome", [row[1:] for row in CHOICES], ids=[row[0] for row in CHOICES])
def test_where_good_servers_disagree_the_safe_way_is_taken(data, outcome):
    following = [] if isinstance(outcome, int) else [("GET", b"/next", b"")]
    assert whatever_the_cut(data + NEXT) == [outcome, *following]


def test_requests_one_behind_the_other_are_taken_apart():
    data = (b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
            + CHUNKED + b"2\r\nde\r\n0\r\n\r\n"
            + b"\r\nHEAD /b HTTP/1.1\r\nHost: h\r\n\r\n\r\n" + NEXT)
    assert whatever_the_cut(data) == [
        ("POST", b"/a", b"abc"), ("POST", b"/", b"de"), ("HEAD", b"/b", b""), ("GET", b"/next", b"")]


def test_a_body_that_looks_like_a_request_is_none():
    data = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nGET / \r\n\r" + NEXT
    assert whatever_the_cut(data) == [("POST", b"/", b"GET / \r\n\r"), ("GET", b"/next", b"")]


SIZES = [
    ("line that fits", b"GET /" + b"a" * 16 + b" HTTP/1.1\r\nHost: h\r\n\r\n", ("GET", b"/" + b"a" * 16, b"")),
    ("line one too long", b"GET /" + b"a" * 17 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
    ("line longer than a head", b"GET /" + b"a" * 100 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
    ("line without end", b"GET /" + b"a" * 100, 414),
    ("method without end", b"A" * 100, 400),
    ("header too long", b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 28 + b"\r\n\r\n", 431),
    ("header without end", b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 100, 431),
    ("head that fits", b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 27 + b"\r\nY: " + b"b" * 20 + b"\r\n\r\n",
     ("GET", b"/", b"")),
    ("head one too long", b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 27 + b"\r\nY: " + b"b" * 21 + b"\r\n\r\n", 431),
    ("three headers", b"GET / HTTP/1.1\r\nHost: h\r\nX:\r\nY:\r\n\r\n", ("GET", b"/", b"")),
    ("four headers", b"GET / HTTP/1.1\r\nHost: h\r\nX:\r\nY:\r\nZ:\r\n\r\n", 431),
    ("headers without end", b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X:\r\n" * 10, 431),
]


@pytest.mark.parametrize("data, outcome", [row[1:] for row in SIZES], ids=[row[0] for row in SIZES])
def test_a_head_that_is_too_large_is_refused_as_the_same_whatever_the_cut(data, outcome):
    assert whatever_the_cut(data, SMALL) == [outcome]


def test_an_endless_head_is_refused_before_much_of_it_is_kept():
    reader = Reader(plan)
    reader.feed(b"GET / HTTP/1.1\r\nHost: h\r\n")
    with pytest.raises(RequestError, match="431"):
        for _ in range(34):
            reader.feed(b"X: " + b"a" * 1000 + b"\r\n")
            assert reader.next() is None


@pytest.mark.parametrize("length", [11, 999999999, 2 ** 63, 2 ** 64, 10 ** 4400],
                         ids=["limit and one", "1 GB", "2^63", "2^64", "4,401 digits"])
def test_a_body_over_the_limit_is_refused_by_its_announcement_alone(length):
    digits = "1" + "0" * 4400 if length == 10 ** 4400 else str(length)
    assert outcomes([b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %s\r\n\r\n" % digits.encode()]) == [413]


def test_the_plan_may_refuse_a_body_before_it_comes():
    def no_entry(head):
        raise RequestError(403, "Forbidden", "not with that cookie")

    reader = Reader(no_entry)
    reader.feed(b"POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n")
    with pytest.raises(RequestError, match="not with that cookie"):
        reader.next()


def test_a_reader_tells_how_far_a_request_has_come():
    reader = Reader(plan)
    assert not reader.started
    reader.feed(b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert reader.started
    assert reader.next() is None
    assert (reader.started, reader.wants_100, reader.head.target, reader.buffered) == (True, True, b"/", 0)
    reader.feed(b"hiGET")
    assert reader.next()[1] == b"hi"
    assert (reader.started, reader.wants_100, reader.head, reader.buffered) == (True, False, None, 3)


def test_an_empty_line_behind_a_request_does_not_begin_another():
    reader = Reader(plan)
    reader.feed(NEXT + b"\r\n")
    assert reader.next() is not None
    assert reader.next() is None
    assert not reader.started


def test_a_head_that_drips_in_costs_no_more_than_a_moment():
    reader, began = Reader(plan), time.process_time()
    for byte in b"GET / HTTP/1.1\r\nHost: h\r\n" + b"Cookie: a=b; c=d; e=f; g=h; i=j; k=l; m=n; o=p; q=r; s=t\r\n" * 90:
        reader.feed(bytes([byte]))
        assert reader.next() is None
    assert time.process_time() - began < 1
