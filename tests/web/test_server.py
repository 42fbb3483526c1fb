"""ajam/web/server.py over real sockets: what a browser gets for what it sends."""

import re
import socket
import tempfile

import pytest

from ajam.pause import HEAVY
from ajam.web.bodies import Plan
from ajam.web.exchange import Response
from tests.browser import Browser
from tests.serving import serve
from tests.web.cuts import cuts
from tests.web.site import LIMIT, Site

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
NEXT = b"GET /echo?next HTTP/1.1\r\nHost: h\r\n\r\n"
SPOOLED = Plan(10 ** 6, spool=tempfile.TemporaryFile)


@pytest.fixture
def site():
    with Site({b"/nothing": lambda request: Response(204, reason="No Content")}) as site:
        yield site


@pytest.fixture
def browser(site):
    with site.browser() as browser:
        yield browser


def long(request):
    """For a worker."""
    yield HEAVY
    return Response(body=request.target)


def read(request):
    """Says what is in the file that the body was put into."""
    return Response(body=request.body.read())


def conversation(address, data):
    """All that the server says to `data` until it ends the connection, as bytes; the browser ends its side."""
    with socket.create_connection(address, 10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def statuses(said):
    """The status codes of the replies in `said`."""
    return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d+) ", said)]


def test_a_reply_has_its_lines_in_asterisks_order(browser):
    browser.send(GET)
    reply = browser.read_reply()
    assert reply.line == b"HTTP/1.1 200 OK"
    assert [re.sub(rb": \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$", b": now", line) for line in reply.headers] == [
        b"Server: test", b"Date: now", b"Cache-Control: no-cache, no-store", b"Content-Length: 4"]
    assert reply.body == b"home"


def test_a_connection_serves_one_request_after_the_other(browser):
    for number in range(5):
        assert browser.request("/echo?%d" % number).body == b"GET /echo?%d []" % number


def test_a_request_arrives_whole_however_it_is_cut(site):
    data = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi"
    for pieces in list(cuts(data))[1::7]:
        with site.browser() as browser:
            for piece in pieces:
                browser.send(piece)
            assert browser.read_reply().body == b"POST /echo [hi]"


def test_requests_that_come_at_once_are_answered_in_their_order(site, browser):
    browser.send(b"".join(b"GET /echo?%d HTTP/1.1\r\nHost: h\r\n\r\n" % number for number in range(100)))
    assert [browser.read_reply().body for _ in range(100)] == [b"GET /echo?%d []" % number for number in range(100)]


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\nconnection: CLOSE\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, close\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi",
], ids=["close", "upper case", "mixed case", "close in a list", "HTTP/1.0", "GET with a body"])
def test_a_connection_that_is_to_end_says_so_and_what_follows_is_not_executed(site, data):
    said = conversation(site.address, data + NEXT)
    assert statuses(said) == [200]
    assert b"\r\nConnection: close\r\n" in said
    assert said.endswith(b"\r\n\r\nhome")
    assert site.pages.requested == [b"/"]


def test_an_old_client_that_asks_for_it_is_told_that_the_connection_stays(browser):
    for _ in range(2):
        browser.send(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
        assert browser.read_reply().header(b"Connection") == b"keep-alive"


def test_a_new_client_is_told_nothing_about_a_connection_that_stays(browser):
    assert browser.request("/", headers=(b"Connection: keep-alive",)).header(b"Connection") is None


def test_without_keep_alive_every_connection_ends_with_its_reply():
    with Site(keep_alive=False) as site:
        said = conversation(site.address, GET + NEXT)
    assert statuses(said) == [200]
    assert b"\r\nConnection: close\r\n" in said


def test_head_is_get_without_the_body(site, browser):
    whole = browser.request("/")
    bare = browser.request("/", "HEAD")
    assert bare.header(b"Content-Length") == b"4"
    assert [line.split(b":")[0] for line in bare.headers] == [line.split(b":")[0] for line in whole.headers]
    assert browser.request("/echo").body == b"GET /echo []"


@pytest.mark.parametrize("request_line", [b"HEAD / HTTP/1.1", b"HEAD /nowhere HTTP/1.1", b"HEAD / HTTP/1.0"])
def test_no_reply_to_head_has_a_body_not_even_an_error(site, request_line):
    said = conversation(site.address, request_line + b"\r\nHost: h\r\n\r\n")
    assert int(re.search(rb"Content-Length: (\d+)", said)[1]) > 0
    assert said.endswith(b"\r\n\r\n")


def test_a_reply_that_cannot_have_a_body_announces_none(browser):
    assert browser.request("/nothing").header(b"Content-Length") is None
    assert browser.request("/").body == b"home"


def test_nothing_found_keeps_the_connection(browser):
    reply = browser.request("/nowhere")
    assert (reply.status, reply.header(b"Connection")) == (404, None)
    assert browser.request("/").status == 200


def test_a_method_not_taken_is_answered_with_those_that_are_and_keeps_the_connection(browser):
    reply = browser.request("/", "POST", b"a=b")
    assert (reply.line, reply.header(b"Allow")) == (b"HTTP/1.1 501 Not Implemented", b"GET, HEAD")
    assert browser.request("/").status == 200


def test_options_of_the_server_as_a_whole_are_its_methods(tmp_path):
    with serve(tmp_path, ("127.0.0.1", 9)) as daemon, Browser(daemon.address) as browser:
        browser.send(b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")
        reply = browser.read_reply()
        assert (reply.line, reply.header(b"Allow")) == (b"HTTP/1.1 204 No Content", b"GET, HEAD, POST, OPTIONS")
        assert browser.request("/asterisk/rawman", "DELETE").header(b"Allow") == b"GET, HEAD, POST"


REFUSED = [
    ("no request", b"\r\n\r\nwhat\r\n\r\n", 400),
    ("bare LF", b"GET / HTTP/1.1\nHost: h\n\n", 400),
    ("no Host", b"GET / HTTP/1.1\r\n\r\n", 400),
    ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ("CONNECT", b"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 501),
    ("body over the limit", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % (LIMIT + 1), 413),
    ("unknown coding", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ("length and coding",
     b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("malformed chunk", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n", 400),
    ("line too long", b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
    ("header too long", b"GET / HTTP/1.1\r\nHost: h\r\nCookie: " + b"a" * 9000 + b"\r\n\r\n", 431),
    ("too many headers", b"GET / HTTP/1.1\r\nHost: h\r\n" + b"Cookie: a=b\r\n" * 100 + b"\r\n", 431),
    ("head without end", b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: " + b"a" * 40000, 431),
]


@pytest.mark.parametrize("data, status", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_refused_ends_the_connection_and_what_follows_is_not_executed(site, data, status):
    said = conversation(site.address, GET + data + NEXT)
    assert statuses(said) == [200, status]
    assert said.count(b"\r\nConnection: close\r\n") == 1
    assert site.pages.requested == [b"/"]


@pytest.mark.parametrize("data, status", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_refusal_is_the_same_as_first_request(site, data, status):
    assert statuses(conversation(site.address, data + NEXT)) == [status]
    assert site.pages.requested == []


@pytest.mark.parametrize("data", [
    b"POST /nowhere HTTP/1.1\r\nHost: h\r\nContent-Length: 27\r\n\r\n" + GET,
    b"POST /nowhere HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1b\r\n" + GET + b"\r\n0\r\nX: y\r\n\r\n",
    b"DELETE / HTTP/1.1\r\nHost: h\r\nContent-Length: 27\r\n\r\n" + GET,
], ids=["known length", "chunked", "method not taken"])
def test_a_body_that_nobody_wants_does_not_become_a_request(site, data):
    said = conversation(site.address, data + NEXT)
    assert len(statuses(said)) == 2
    assert len(site.pages.requested) == 2
    assert said.endswith(b"GET /echo?next []")


@pytest.mark.parametrize("head", [b"Content-Length: 1000000", b"Transfer-Encoding: chunked"])
def test_a_client_that_is_still_sending_sees_why_it_was_refused(site, head):
    body = b"f4240\r\n" * (b"chunked" in head) + b"a" * 1000000
    with site.browser() as browser:
        browser.send(b"POST / HTTP/1.1\r\nHost: h\r\n" + head + b"\r\n\r\n" + body)
        assert browser.read_reply().line == b"HTTP/1.1 413 Request Entity Too Large"
        assert browser.read_reply() is None


@pytest.mark.parametrize("size", [100, 50000])
def test_a_client_that_sends_in_pieces_and_looks_later_sees_why_it_was_refused(site, size):
    with site.browser() as browser:
        browser.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
        for _ in range(20):
            browser.send(b"a" * size)
            site.settle()
        assert browser.read_reply().status == 413
        assert browser.read_reply() is None


EXPECTING = b"POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize("before", [b"", GET], ids=["first request", "behind another"])
def test_a_client_that_waits_with_its_body_is_told_to_go_on(site, before):
    with site.browser() as browser:
        browser.send(before + EXPECTING % 2)
        if before:
            assert browser.read_reply().body == b"home"
        interim = browser.read_reply()
        assert (interim.line, interim.headers) == (b"HTTP/1.1 100 Continue", ())
        browser.send(b"hi")
        assert browser.read_reply().body == b"POST /echo [hi]"


def test_a_client_is_told_to_go_on_with_what_is_for_a_file_behind_a_long_request_too():
    with Site({b"/long": long, b"/echo": read}, plan=lambda head: SPOOLED) as site, site.browser() as browser:
        assert browser.request("/long").body == b"/long"
        browser.send(EXPECTING % 2)  # to the worker, which looks a moment for what comes next
        assert browser.read_reply().line == b"HTTP/1.1 100 Continue"
        browser.send(b"hi")
        assert browser.read_reply().body == b"hi"


def test_what_came_behind_a_long_request_is_answered_once_whoever_looks_for_it_first():
    with Site({b"/long": long}, threads=1) as site, site.browser() as browser:
        connections = site.lobby._seats.all
        site.pages.served = lambda served: site.lobby._loop.call(site.lobby._next, next(iter(connections)))
        asked = [b"/long?%d" % number for number in range(6)]
        browser.send(b"".join(b"GET %s HTTP/1.1\r\nHost: h\r\n\r\n" % target for target in asked))
        assert [browser.read_reply().body for _ in asked] == asked
        assert site.pages.requested == asked


def test_a_client_whose_body_has_come_is_told_nothing_more(site):
    said = conversation(site.address, EXPECTING % 2 + b"hi")
    assert CONTINUE not in said
    assert statuses(said) == [200]


def test_a_client_is_not_told_to_send_what_will_be_refused(site):
    said = conversation(site.address, EXPECTING % (LIMIT + 1))
    assert statuses(said) == [413]


@pytest.mark.parametrize("data", [b"", b"GET", b"GET / HTTP/1.1\r\nHost: h\r\n", EXPECTING % 2 + b"h"],
                         ids=["nothing", "part of a line", "part of a head", "part of a body"])
def test_a_browser_that_leaves_before_its_request_is_whole_gets_nothing(site, data):
    assert conversation(site.address, data).replace(CONTINUE, b"") == b""
    assert site.pages.requested == []


@pytest.mark.parametrize("length, method", [(LIMIT, b"POST"), (0, b"POST")])
def test_a_body_up_to_the_limit_is_served(browser, length, method):
    browser.send(b"%s /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s" % (method, length, b"a" * length))
    assert browser.read_reply().body == b"POST /echo [%s]" % (b"a" * length)


def test_the_plan_of_a_route_says_how_much_may_come():
    with Site({b"/form": read}, plan=lambda head: SPOOLED) as site, site.browser() as browser:
        assert browser.request("/form", "POST", b"a" * 10 ** 6).body == b"a" * 10 ** 6
