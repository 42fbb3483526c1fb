"""ajam/web/heads.py: one request's head, read strictly."""

import pytest

from ajam.errors import RequestError
from ajam.web.heads import Limits, parse_head

HOST = b"\r\nHost: h"


def head_with(*lines, request=b"GET / HTTP/1.1"):
    return parse_head(b"\r\n".join((request, b"Host: h", *lines)))


def status_of(data, limits=Limits()):
    """The status that refuses `data`, which closes the connection; 0 when it is served."""
    try:
        parse_head(data, limits)
    except RequestError as error:
        assert error.close
        return error.status
    return 0


def test_a_head_is_its_method_target_headers_and_body_length():
    head = parse_head(b"POST /a?b=c HTTP/1.1\r\nHost: pbx:8088\r\nContent-Length: 12\r\nX-One: a b")
    assert (head.method, head.target, head.length) == ("POST", b"/a?b=c", 12)
    assert head.headers == {b"host": b"pbx:8088", b"content-length": b"12", b"x-one": b"a b"}
    assert head.persistent
    assert not head.expects_continue


def test_a_method_is_taken_in_any_case():
    assert head_with(request=b"gEt / HTTP/1.1").method == "GET"


def test_a_target_keeps_its_bytes():
    assert head_with(request=b"GET /%zz/\xff?a=%00;'\"<> HTTP/1.1").target == b"/%zz/\xff?a=%00;'\"<>"


def test_of_a_repeated_header_the_first_counts_but_of_cookies_the_last():
    head = head_with(b"X: 1", b"x: 2", b"Cookie: a", b"cookie: b")
    assert (head.headers[b"x"], head.headers[b"cookie"]) == (b"1", b"b")


@pytest.mark.parametrize("name", [b"X-Forwarded-For", b"X-Forwarded-Proto", b"X-Forwarded-Host"])
def test_the_lines_of_several_proxies_are_one_list_in_order(name):
    head = head_with(name + b": a, b", b"X: 1", name.lower() + b":c", name + b": ", name + b": d")
    assert head.headers[name.lower()] == b"a, b, c, , d"


def test_a_list_of_many_lines_is_bounded_as_every_head_is():
    lines = b"\r\nX-Forwarded-For: 127.0.0.1" * 99
    assert status_of(b"GET / HTTP/1.1" + HOST + lines) == 0
    assert status_of(b"GET / HTTP/1.1" + HOST + lines + b"\r\nX-Forwarded-For: 127.0.0.1") == 431


@pytest.mark.parametrize("line, value", [
    (b"X: a", b"a"),
    (b"X:a", b"a"),
    (b"X:\ta", b"a"),
    (b"X: \t a b \t ", b"a b"),
    (b"X:", b""),
    (b"X: ", b""),
    (b"X: a:b", b"a:b"),
    (b"X: \xe9\xff", b"\xe9\xff"),
], ids=["plain", "no blank", "tab", "blanks around", "empty", "only a blank", "colon", "not ASCII"])
def test_a_header_value_is_what_stands_between_the_blanks(line, value):
    assert head_with(line).headers[b"x"] == value


@pytest.mark.parametrize("version, connection, persistent", [
    (b"1.1", b"", True),
    (b"1.1", b"Connection: keep-alive", True),
    (b"1.1", b"Connection: close", False),
    (b"1.1", b"connection: CLOSE", False),
    (b"1.1", b"Connection: Close", False),
    (b"1.1", b"Connection: keep-alive, close", False),
    (b"1.1", b"Connection: close , TE", False),
    (b"1.1", b"Connection: closed", True),
    (b"1.0", b"", False),
    (b"1.0", b"Connection: keep-alive", True),
    (b"1.0", b"Connection: Keep-Alive", True),
    (b"1.0", b"Connection: keep-alive, close", False),
])
def test_a_connection_goes_on_as_version_and_connection_header_say(version, connection, persistent):
    lines = [connection] if connection else []
    assert head_with(*lines, request=b"GET / HTTP/" + version).persistent is persistent


@pytest.mark.parametrize("method, line, persistent", [
    (b"GET", b"Content-Length: 1", False),
    (b"HEAD", b"Content-Length: 1", False),
    (b"GET", b"Transfer-Encoding: chunked", False),
    (b"GET", b"Content-Length: 0", True),
    (b"POST", b"Content-Length: 1", True),
    (b"POST", b"Transfer-Encoding: chunked", True),
])
def test_what_follows_a_body_where_none_belongs_is_not_trusted(method, line, persistent):
    assert head_with(line, request=method + b" / HTTP/1.1").persistent is persistent


@pytest.mark.parametrize("version, value, expected", [
    (b"1.1", b"100-continue", True),
    (b"1.1", b"100-Continue", True),
    (b"1.1", b"101-switch", False),
    (b"1.0", b"100-continue", False),
])
def test_a_client_that_waits_for_an_interim_reply_says_so(version, value, expected):
    assert head_with(b"Expect: " + value, request=b"POST / HTTP/" + version).expects_continue is expected


@pytest.mark.parametrize("lines, length", [
    ([], 0),
    ([b"Content-Length: 0"], 0),
    ([b"Content-Length: 007"], 7),
    ([b"content-length:40960"], 40960),
    ([b"Content-Length: 9999999999999999999"], 9999999999999999999),
    ([b"Transfer-Encoding: chunked"], None),
    ([b"transfer-encoding:CHUNKED "], None),
])
def test_the_length_of_a_body_is_announced(lines, length):
    assert head_with(*lines, request=b"POST / HTTP/1.1").length == length


@pytest.mark.parametrize("digits", [20, 30, 5000])
def test_a_length_of_absurdly_many_digits_is_over_any_limit(digits):
    head = head_with(b"Content-Length: " + b"9" * digits, request=b"POST / HTTP/1.1")
    assert head.length > 10 ** 18


REQUEST_LINES = [
    ("no version", b"GET /", 400),
    ("nothing", b"", 400),
    ("only a method", b"GET", 400),
    ("two blanks", b"GET  / HTTP/1.1", 400),
    ("a tab", b"GET\t/ HTTP/1.1", 400),
    ("a blank before", b" GET / HTTP/1.1", 400),
    ("a blank behind", b"GET / HTTP/1.1 ", 400),
    ("a blank in the target", b"GET /a b HTTP/1.1", 400),
    ("a method that is no token", b"G@T / HTTP/1.1", 400),
    ("a method that is not ASCII", b"G\xc9T / HTTP/1.1", 400),
    ("version in lower case", b"GET / http/1.1", 400),
    ("version without minor", b"GET / HTTP/1", 400),
    ("version of two digits", b"GET / HTTP/1.10", 400),
    ("version with a sign", b"GET / HTTP/+1.1", 400),
    ("another protocol", b"GET / ICY/1.1", 400),
    ("HTTP/0.9", b"GET / HTTP/0.9", 505),
    ("HTTP/2.0", b"GET / HTTP/2.0", 505),
    ("HTTP/2 by prior knowledge", b"PRI * HTTP/2.0", 505),
    ("HTTP/1.9", b"GET / HTTP/1.9", 0),
    ("CONNECT", b"CONNECT h:443 HTTP/1.1", 501),
    ("an absolute target", b"GET http://h/ HTTP/1.1", 404),
    ("a target without slash", b"GET a HTTP/1.1", 400),
    ("a backslash first", b"GET \\a HTTP/1.1", 400),
    ("* of GET", b"GET * HTTP/1.1", 400),
    ("* of OPTIONS", b"OPTIONS * HTTP/1.1", 0),
    ("an unknown method", b"BREW / HTTP/1.1", 0),
    ("two slashes", b"GET //h/ HTTP/1.1", 0),
]


@pytest.mark.parametrize("line, status", [row[1:] for row in REQUEST_LINES], ids=[row[0] for row in REQUEST_LINES])
def test_a_request_line_is_refused_unless_it_reads_one_way_only(line, status):
    assert status_of(line + HOST) == status


HEADER_LINES = [
    ("no colon", b"X", 400),
    ("no name", b": x", 400),
    ("a blank before the colon", b"X : x", 400),
    ("a tab before the colon", b"X\t: x", 400),
    ("a blank before the name", b" X: x", 400),
    ("a folded line", b"X: a\r\n b", 400),
    ("a line folded with a tab", b"X: a\r\n\tb", 400),
    ("a bare CR", b"X: a\rY: b", 400),
    ("a bare LF", b"X: a\nY: b", 400),
    ("a CR before the CR LF", b"X: a\r", 400),
    ("NUL", b"X: a\x00", 400),
    ("VT", b"X: a\x0b", 400),
    ("ESC", b"X: \x1b[31m", 400),
    ("DEL", b"X: \x7f", 400),
    ("NUL in a name", b"X\x00: a", 400),
    ("a name that is not ASCII", b"\xd0: a", 400),
    ("a name with a bracket", b"X[]: a", 400),
    ("every character of a token", b"!#$%&'*+-.^_`|~09azAZ: a", 0),
]


@pytest.mark.parametrize("line, status", [row[1:] for row in HEADER_LINES], ids=[row[0] for row in HEADER_LINES])
def test_a_header_line_is_refused_unless_it_reads_one_way_only(line, status):
    assert status_of(b"GET / HTTP/1.1" + HOST + b"\r\n" + line + b"\r\nLast: line") == status


HOSTS = [
    ("a name", b"Host: pbx.example", 0),
    ("a name and a port", b"Host: pbx.example:8088", 0),
    ("a port left out", b"Host: pbx.example:", 0),
    ("IPv4", b"Host: 192.0.2.7:80", 0),
    ("IPv6", b"Host: [2001:db8::7]:80", 0),
    ("an underscore", b"Host: my_pbx", 0),
    ("none", b"X: x", 400),
    ("two", b"Host: a\r\nHost: b", 400),
    ("the same twice", b"Host: a\r\nhost: a", 400),
    ("empty", b"Host:", 400),
    ("a user", b"Host: user@h", 400),
    ("a path", b"Host: h/p", 400),
    ("a list", b"Host: a, b", 400),
    ("a list without blanks", b"Host: a,b", 400),
    ("number signs", b"Host: ###", 400),
    ("IPv6 without brackets", b"Host: 4714::abcd:8001", 400),
    ("no IPv6 in the brackets", b"Host: [h]", 400),
    ("half a bracket", b"Host: [::1", 400),
    ("a backslash", b"Host: a\\b", 400),
    ("a question mark", b"Host: a?b", 400),
    ("a blank", b"Host: a b", 400),
    ("a port that is no number", b"Host: h:x", 400),
    ("a port of six digits", b"Host: h:123456", 400),
]


@pytest.mark.parametrize("lines, status", [row[1:] for row in HOSTS], ids=[row[0] for row in HOSTS])
def test_a_request_names_one_host(lines, status):
    assert status_of(b"GET / HTTP/1.1\r\n" + lines) == status


def test_an_old_request_may_come_without_a_host_but_not_with_two():
    assert status_of(b"GET / HTTP/1.0") == 0
    assert status_of(b"GET / HTTP/1.0\r\nHost: a\r\nHost: a") == 400


BODY_LINES = [
    ("a sign", b"Content-Length: +5", 400),
    ("a negative length", b"Content-Length: -1", 400),
    ("an underscore", b"Content-Length: 1_0", 400),
    ("hexadecimal", b"Content-Length: 0x5", 400),
    ("a fraction", b"Content-Length: 5.0", 400),
    ("no digits", b"Content-Length: abc", 400),
    ("digits and more", b"Content-Length: 12abc", 400),
    ("an empty length", b"Content-Length:", 400),
    ("a blank inside", b"Content-Length: 1 2", 400),
    ("digits of another script", "Content-Length: \u0665".encode(), 400),
    ("two lengths", b"Content-Length: 5\r\nContent-Length: 6", 400),
    ("the same length twice", b"Content-Length: 5\r\nContent-Length: 5", 400),
    ("a list of lengths", b"Content-Length: 5, 5", 400),
    ("length and chunked", b"Content-Length: 5\r\nTransfer-Encoding: chunked", 400),
    ("chunked and length", b"Transfer-Encoding: chunked\r\nContent-Length: 5", 400),
    ("chunked not last", b"Transfer-Encoding: chunked, gzip", 400),
    ("chunked behind another", b"Transfer-Encoding: gzip, chunked", 400),
    ("no coding", b"Transfer-Encoding:", 400),
    ("chunked twice", b"Transfer-Encoding: chunked, chunked", 400),
    ("chunked in two lines", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400),
    ("chunked and identity", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", 400),
    ("a parameter", b"Transfer-Encoding: chunked;q=1", 400),
    ("VT before it", b"Transfer-Encoding: \x0bchunked", 400),
    ("FF before it", b"Transfer-Encoding: \x0cchunked", 400),
    ("a comma before it", b"Transfer-Encoding: ,chunked", 400),
    ("quotes", b'Transfer-Encoding: "chunked"', 400),
    ("xchunked", b"Transfer-Encoding: xchunked", 400),
    ("an unknown coding", b"Transfer-Encoding: gzip", 501),
    ("identity", b"Transfer-Encoding: identity", 501),
]


@pytest.mark.parametrize("lines, status", [row[1:] for row in BODY_LINES], ids=[row[0] for row in BODY_LINES])
def test_a_body_whose_end_could_be_read_in_two_ways_is_refused(lines, status):
    assert status_of(b"POST / HTTP/1.1" + HOST + b"\r\n" + lines) == status


def test_an_old_request_has_no_chunks():
    assert status_of(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked") == 400


@pytest.mark.parametrize("data, status", [
    (b"GET /" + b"a" * 7986 + b" HTTP/1.1" + HOST, 0),
    (b"GET /" + b"a" * 8176 + b" HTTP/1.1" + HOST, 0),
    (b"GET /" + b"a" * 8177 + b" HTTP/1.1" + HOST, 414),
    (b"A" * 8191 + HOST, 400),
    (b"GET / HTTP/1.1" + HOST + b"\r\nX: " + b"a" * 8187, 0),
    (b"GET / HTTP/1.1" + HOST + b"\r\nX: " + b"a" * 8188, 431),
    (b"GET / HTTP/1.1" + HOST + b"\r\nX: a" * 99, 0),
    (b"GET / HTTP/1.1" + HOST + b"\r\nX: a" * 100, 431),
    (b"GET / HTTP/1.1" + HOST + b"\r\nCookie: a" * 1000, 431),
], ids=["line of 8,000", "line of 8,190", "line of 8,191", "method without end", "header of 8,190",
        "header of 8,191", "100 headers", "101 headers", "1,000 cookies"])
def test_lines_are_counted_and_measured(data, status):
    assert status_of(data) == status
