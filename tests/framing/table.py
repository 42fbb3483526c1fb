"""The requests that servers have been seen to read in different ways, and the one way in which ajam reads each.

Sources: RFC 9112 (clauses at the groups), security.md 1, 2 and 4.1, reference.md 1.3 and 6.

Every request asks for an action whose name tells where it stood on the wire:

    first    the request that the row is about
    hidden   bytes that are no request to ajam, but would be one to somebody who reads the row otherwise
    last     a sound request, which the tests send behind every row; it ends the connection

`NO_ID` stands for the id of a session; the tests put theirs there, which is as long.
"""

from typing import NamedTuple, Tuple

NO_ID = b"0" * 32
COOKIE = b'Cookie: mansession_id="' + NO_ID + b'"\r\n'
LINES = b"Host: localhost\r\n" + COOKIE
GET = b"GET /asterisk/rawman?action=first HTTP/1.1\r\n"
FORM = b"POST /asterisk/rawman HTTP/1.1\r\n" + LINES + b"Content-Type: application/x-www-form-urlencoded\r\n"
ACTION = b"action=first&x=1"
NOWHERE = b"POST /asterisk/nowhere HTTP/1.1\r\n" + LINES
HIDDEN = b"GET /asterisk/rawman?action=hidden HTTP/1.1\r\n" + LINES + b"\r\n"
LAST = b"GET /asterisk/rawman?action=last HTTP/1.1\r\n" + LINES + b"Connection: close\r\n\r\n"
SIZE = len(HIDDEN)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n"
HIDDEN_CHUNK = CHUNKS % (SIZE, HIDDEN)
MARKUP = b"<i title=\"'&\">"


class Row(NamedTuple):
    """One row.

    name      what is odd about it; no two rows have the same
    sent      the bytes
    statuses  of the replies to them, in order; interim ones (1xx) do not count
    actions   that reach the PBX: the name, and behind it what else the action says: "first", "first x=1"
    goes_on   True when what stands behind is read as the next request; else the connection ends
    ends      False when the request is not complete: only the browser's end ends it
    bodiless  True when the first reply is one to HEAD
    """

    name: str
    sent: bytes
    statuses: Tuple[int, ...]
    actions: Tuple[str, ...] = ()
    goes_on: bool = True
    ends: bool = True
    bodiless: bool = False


def refused(status, name, sent):
    """A Row whose request is answered with `status` and nothing else, and nothing behind it is looked at."""
    return Row(name, sent, (status,), goes_on=False)


def served(name, sent, *actions, **more):
    """A Row whose request is read as these actions, each answered with 200."""
    return Row(name, sent, (200,) * len(actions), actions, **more)


def incomplete(name, sent):
    """A Row that ends before its request does."""
    return Row(name, sent, (), goes_on=False, ends=False)


def get(*lines):
    """A request for `first` with header lines besides the Host and the cookie, each without its end."""
    return GET + LINES + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def line(start, size):
    """`start` made up to `size` bytes with the letter a."""
    return start + b"a" * (size - len(start))


def head_of(size):
    """A request whose head has `size` bytes without its last empty line; no line is longer than it may be."""
    start = GET + LINES + 4 * (line(b"X: ", 8000) + b"\r\n")
    return start + line(b"X: ", size - len(start)) + b"\r\n\r\n"


# RFC 9112 3: the request line

REQUEST_LINES = [refused(status, name, start + b"\r\n" + LINES + b"\r\n") for status, name, start in (
    (400, "a request of HTTP/0.9 with lines behind it", b"GET /asterisk/rawman?action=first"),
    (505, "HTTP/0.9 by name", b"GET /asterisk/rawman?action=first HTTP/0.9"),
    (505, "HTTP/2.0", b"GET /asterisk/rawman?action=first HTTP/2.0"),
    (505, "HTTP/3.0", b"GET /asterisk/rawman?action=first HTTP/3.0"),
    (400, "HTTP/2 without a minor", b"GET /asterisk/rawman?action=first HTTP/2"),
    (400, "http in lower case", b"GET /asterisk/rawman?action=first http/1.1"),
    (400, "HTTP/1", b"GET /asterisk/rawman?action=first HTTP/1"),
    (400, "HTTP/1.", b"GET /asterisk/rawman?action=first HTTP/1."),
    (400, "HTTP/1.10", b"GET /asterisk/rawman?action=first HTTP/1.10"),
    (400, "HTTP/01.1", b"GET /asterisk/rawman?action=first HTTP/01.1"),
    (400, "HTTP/+1.1", b"GET /asterisk/rawman?action=first HTTP/+1.1"),
    (400, "HTTP/1,1", b"GET /asterisk/rawman?action=first HTTP/1,1"),
    (400, "HTTPS/1.1", b"GET /asterisk/rawman?action=first HTTPS/1.1"),
    (400, "a blank inside the version", b"GET /asterisk/rawman?action=first HTTP/ 1.1"),
    (400, "a word behind the version", b"GET /asterisk/rawman?action=first HTTP/1.1 HTTP/1.0"),
    (400, "a blank behind the version", b"GET /asterisk/rawman?action=first HTTP/1.1 "),
    (400, "a blank before the method", b" GET /asterisk/rawman?action=first HTTP/1.1"),
    (400, "two blanks before the target", b"GET  /asterisk/rawman?action=first HTTP/1.1"),
    (400, "two blanks before the version", b"GET /asterisk/rawman?action=first  HTTP/1.1"),
    (400, "a tab before the target", b"GET\t/asterisk/rawman?action=first HTTP/1.1"),
    (400, "a tab before the version", b"GET /asterisk/rawman?action=first\tHTTP/1.1"),
    (400, "a blank in the target", b"GET /asterisk/rawman?action=first& HTTP/1.1&x=1 HTTP/1.1"),
    (400, "no method", b"/asterisk/rawman?action=first HTTP/1.1"),
    (400, "no target", b"GET HTTP/1.1"),
    (400, "a method with a bracket", b"GET( /asterisk/rawman?action=first HTTP/1.1"),
    (400, "a method with a colon", b"GET: /asterisk/rawman?action=first HTTP/1.1"),
    (400, "a method that is not ASCII", b"G\xc9T /asterisk/rawman?action=first HTTP/1.1"),
    (400, "a method of markup", MARKUP.replace(b" ", b"") + b" /asterisk/rawman?action=first HTTP/1.1"),
    (400, "a version of markup", b"GET /asterisk/rawman?action=first " + MARKUP.replace(b" ", b"")),
    (404, "an absolute target", b"GET http://localhost/asterisk/rawman?action=first HTTP/1.1"),
    (404, "an absolute target of another host", b"GET http://evil.example/asterisk/rawman?action=first HTTP/1.1"),
    (404, "an absolute target of another scheme", b"GET ws://localhost/asterisk/rawman?action=first HTTP/1.1"),
    (404, "an absolute target with markup", b"GET http://" + MARKUP.replace(b" ", b"") + b"/ HTTP/1.1"),
    (400, "a host as the target", b"GET localhost:80 HTTP/1.1"),
    (501, "CONNECT", b"CONNECT localhost:80 HTTP/1.1"),
    (400, "* of GET", b"GET * HTTP/1.1"),
    (400, "a target without a slash", b"GET asterisk/rawman?action=first HTTP/1.1"),
    (400, "a target with a backslash for its slash", b"GET \\asterisk/rawman?action=first HTTP/1.1"),
    (400, "a target that is a query", b"GET ?action=first HTTP/1.1"),
    (414, "a request line of 8,191 bytes", line(b"GET /", 8191 - 9) + b" HTTP/1.1"),
    (414, "a request line of 20,000 bytes", line(b"GET /", 20000 - 9) + b" HTTP/1.1"),
    (400, "a method of 8,191 bytes", line(b"G", 8191)),
)] + [
    refused(501, "head in lower case", b"head" + get()[3:]),
    refused(501, "Head in mixed case", b"Head" + get()[3:]),
    refused(400, "a request of HTTP/0.9", b"GET /asterisk/rawman?action=first\r\n\r\n"),
    refused(505, "the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"),
    refused(400, "two empty lines before", b"\r\n\r\n" + get()),
    refused(400, "an empty line of LF before", b"\n" + get()),
    refused(400, "a line of blanks before", b"  \r\n" + get()),
    refused(400, "a TLS handshake", b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n\r\n"),
    served("one empty line before", b"\r\n" + get(), "first"),
    served("HTTP/1.2", GET.replace(b"1.1", b"1.2") + LINES + b"\r\n", "first"),
    served("HTTP/1.9", GET.replace(b"1.1", b"1.9") + LINES + b"\r\n", "first"),
    served("HTTP/1.0", GET.replace(b"1.1", b"1.0") + LINES + b"\r\n", "first", goes_on=False),
    served("HTTP/1.0 without Host", GET.replace(b"1.1", b"1.0") + COOKIE + b"\r\n", "first", goes_on=False),
    served("HTTP/1.0 that stays", GET.replace(b"1.1", b"1.0") + LINES + b"Connection: keep-alive\r\n\r\n", "first"),
    served("get in lower case", b"get" + get()[3:], "first"),
    served("a target with every byte beyond ASCII",
           GET.replace(b"first ", b"first&x=\x80\xe2\x80\xa8\xff ") + LINES + b"\r\n", "first x=\x80\xe2\x80\xa8\xff"),
    Row("a request line of 8,190 bytes", line(b"GET /", 8190 - 9) + b" HTTP/1.1\r\n" + LINES + b"\r\n", (404,)),
    Row("OPTIONS *", b"OPTIONS * HTTP/1.1\r\n" + LINES + b"\r\n", (204,)),
    Row("an unknown method", b"BREW" + get()[3:], (501,)),
    Row("CONNECT of a path", b"CONNECT" + get()[3:], (501,)),
    Row("TRACE", b"TRACE" + get(b"X: 1")[3:], (501,)),
    Row("HEAD", b"HEAD" + get()[3:], (200,), ("first",), bodiless=True),
    Row("HEAD of nothing", b"HEAD /asterisk/nowhere HTTP/1.1\r\n" + LINES + b"\r\n", (404,), bodiless=True),
    Row("a path with markup", b"GET /asterisk/" + MARKUP.replace(b" ", b"") + b" HTTP/1.1\r\n" + LINES + b"\r\n",
        (404,)),
]

# RFC 9112 5: header lines. A name that is read as Content-Length or Transfer-Encoding by another would hide a request.

HEADER_LINES = [refused(400, name, get(*text)) for name, text in (
    ("a line without a colon", (b"X",)),
    ("a line without a colon before others", (b"X", b"Y: 1")),
    ("an empty name", (b": x",)),
    ("a blank before the colon", (b"X : x",)),
    ("a tab before the colon", (b"X\t: x",)),
    ("a folded line", (b"X: a", b" b")),
    ("a line folded with a tab", (b"X: a", b"\tb")),
    ("a folded line that looks like a header", (b"X: a", b" Connection: close")),
    ("a folded line that looks like a coding", (b"X: a", b" Transfer-Encoding: chunked")),
    ("a folded line that looks like a length", (b"X: a", b" Content-Length: 5")),
    ("a folded line of blanks", (b"X: a", b"  ")),
    ("a name with a bracket", (b"X(: a",)),
    ("a name with a slash", (b"X/Y: a",)),
    ("a name with quotes", (b'"X": a',)),
    ("a name with an @", (b"X@Y: a",)),
    ("a name that is not ASCII", (b"X\xe9: a",)),
    ("a name of markup", (MARKUP + b": a",)),
)] + [
    refused(400, "a first line that begins with a blank", GET + b" " + LINES + b"\r\n"),
    refused(400, "a first line that is folded", GET + b" Host: localhost\r\n" + LINES + b"\r\n"),
    refused(431, "101 headers", get(*[b"X: 1"] * 99)),
    refused(431, "1,000 headers", get(*[b"X: 1"] * 998)),
    refused(431, "a header line of 8,191 bytes", get(line(b"X: ", 8191))),
    refused(431, "a head of 32 KiB and a byte", head_of(32 * 1024 + 1)),
    refused(431, "a head of 40,000 bytes in one line", get(line(b"X: ", 40000))),
    served("100 headers", get(*[b"X: 1"] * 98), "first"),
    served("a header line of 8,190 bytes", get(line(b"X: ", 8190)), "first"),
    served("a head of 32 KiB", head_of(32 * 1024), "first"),
    served("an empty value", get(b"X:", b"Y: "), "first"),
    served("a tab behind the colon", get(b"X:\ta\t"), "first"),
    served("a value with markup", get(b"X: " + MARKUP, b"User-Agent: " + MARKUP, b"Referer: " + MARKUP), "first"),
    served("a value that is not ASCII", get(b"X: \x80\xe9\xff"), "first"),
    served("a value of commas", get(b"X: ,,;=,"), "first"),
    served("names as CGI has them", get(b"Content_Length: %d" % SIZE, b"Transfer_Encoding: chunked"), "first"),
    served("TE", get(b"TE: trailers, chunked", b"Connection: TE"), "first"),
    served("an upgrade to HTTP/2",
           get(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__"), "first"),
    served("an upgrade to WebSocket", get(b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13",
                                          b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), "first"),
    served("an upgrade to nothing", get(b"Connection: Upgrade", b"Upgrade: <b>/9, ,,"), "first"),
    served("another method in a header", get(b"X-HTTP-Method-Override: DELETE", b"X-Method-Override: PUT"), "first"),
    served("another path in a header", get(b"X-Original-URL: /asterisk/rawman?action=hidden",
                                           b"X-Rewrite-URL: /asterisk/rawman?action=hidden"), "first"),
    served("a connection that ends", get(b"Connection: close"), "first", goes_on=False),
    served("a connection that ends and stays", get(b"Connection: keep-alive, Close"), "first", goes_on=False),
    served("a connection that stays and ends in two lines",
           get(b"Connection: keep-alive", b"Connection: close"), "first", goes_on=False),
    served("a connection that names headers of ours", get(b"Connection: Host, X-Forwarded-For, keep-alive"), "first"),
]

# RFC 9112 3.2: one Host

HOSTS = [refused(400, name, GET + text + COOKIE + b"\r\n") for name, text in (
    ("no Host", b""),
    ("two Hosts", b"Host: localhost\r\nHost: evil.example\r\n"),
    ("the same Host twice", b"Host: localhost\r\nhost: localhost\r\n"),
    ("an empty Host", b"Host:\r\n"),
    ("a list of Hosts", b"Host: localhost, evil.example\r\n"),
    ("a Host with a user", b"Host: evil@localhost\r\n"),
    ("a Host with a path", b"Host: localhost/x\r\n"),
    ("a Host with a query", b"Host: localhost?x\r\n"),
    ("a Host with a fragment", b"Host: localhost#x\r\n"),
    ("a Host with a blank", b"Host: local host\r\n"),
    ("a Host with a backslash", b"Host: local\\host\r\n"),
    ("a Host with a port that is none", b"Host: localhost:x\r\n"),
    ("a Host with a port of six digits", b"Host: localhost:123456\r\n"),
    ("a Host of IPv6 without brackets", b"Host: ::1\r\n"),
    ("a Host with half a bracket", b"Host: [::1\r\n"),
    ("a Host of markup", b"Host: " + MARKUP + b"\r\n"),
    ("a Host that is not ASCII", b"Host: localh\xf6st\r\n"),
    ("a Host with a blank before its colon", b"Host : localhost\r\n"),
)] + [
    refused(400, "two Hosts in HTTP/1.0", GET.replace(b"1.1", b"1.0") + b"Host: a\r\nHost: b\r\n" + COOKIE + b"\r\n"),
    served("a Host of IPv6", GET + b"Host: [::1]:8088\r\n" + COOKIE + b"\r\n", "first"),
]

# RFC 9112 6.3: where a body ends. Behind each head stands what one of the ways to read it would take for a request.

LENGTHS = [refused(status, "Content-Length " + name, NOWHERE + text + b"\r\n\r\n" + HIDDEN) for status, name, text in (
    (400, "with a plus", b"Content-Length: +%d" % SIZE),
    (400, "with a minus", b"Content-Length: -%d" % SIZE),
    (400, "-1", b"Content-Length: -1"),
    (400, "-0", b"Content-Length: -0"),
    (400, "in hexadecimal", b"Content-Length: 0x%x" % SIZE),
    (400, "in hexadecimal without 0x", b"Content-Length: %x" % (SIZE | 0xa0)),
    (400, "with an underscore", b"Content-Length: 1_00"),
    (400, "with a fraction", b"Content-Length: %d.0" % SIZE),
    (400, "with an exponent", b"Content-Length: 1e2"),
    (400, "in quotes", b'Content-Length: "%d"' % SIZE),
    (400, "with a parameter", b"Content-Length: %d;x" % SIZE),
    (400, "with letters behind", b"Content-Length: %dabc" % SIZE),
    (400, "with a blank inside", b"Content-Length: 0 %d" % SIZE),
    (400, "with a comma behind", b"Content-Length: %d," % SIZE),
    (400, "with a comma before", b"Content-Length: ,%d" % SIZE),
    (400, "that is empty", b"Content-Length:"),
    (400, "that is a word", b"Content-Length: none"),
    (400, "in digits of another script", "Content-Length: \u0661\u0662".encode()),
    (400, "twice in one line", b"Content-Length: %d, %d" % (SIZE, SIZE)),
    (400, "twice in one line with blanks", b"Content-Length:  %d , %d" % (SIZE, SIZE)),
    (400, "twice in one line and different", b"Content-Length: 0, %d" % SIZE),
    (400, "twice in one line and different, the other way", b"Content-Length: %d, 0" % SIZE),
    (400, "twice", b"Content-Length: %d\r\nContent-Length: %d" % (SIZE, SIZE)),
    (400, "twice and different", b"Content-Length: 0\r\nContent-Length: %d" % SIZE),
    (400, "twice and different, the other way", b"Content-Length: %d\r\nContent-Length: 0" % SIZE),
    (400, "twice, one empty", b"Content-Length: %d\r\nContent-Length:" % SIZE),
    (400, "folded", b"Content-Length:\r\n %d" % SIZE),
    (400, "folded in the middle", b"Content-Length: 0\r\n ,%d" % SIZE),
    (400, "with a blank before its colon", b"Content-Length : %d" % SIZE),
    (400, "behind a bare CR", b"X: a\rContent-Length: %d" % SIZE),
    (400, "behind a bare LF", b"X: a\nContent-Length: %d" % SIZE),
    (400, "with NUL behind", b"Content-Length: %d\x00" % SIZE),
    (400, "with VT before", b"Content-Length: \x0b%d" % SIZE),
    (400, "with a no-break space before", b"Content-Length: \xa0%d" % SIZE),
    (413, "of the most and a byte", b"Content-Length: 40961"),
    (413, "of 2^32 and a bit", b"Content-Length: 4294967301"),
    (413, "of 2^63", b"Content-Length: 9223372036854775808"),
    (413, "of 2^64 and a bit", b"Content-Length: 18446744073709551621"),
    (413, "of 5,000 digits", b"Content-Length: " + b"9" * 5000),
)] + [
    served("a form", FORM + b"Content-Length: %d\r\n\r\n" % len(ACTION) + ACTION, "first x=1"),
    Row("a form of no length", FORM + b"\r\n", (200,)),
    served("a GET with a body", get(b"Content-Length: %d" % SIZE) + HIDDEN, "first", goes_on=False),
    served("a GET with a body in chunks", get(CHUNKED[:-2]) + HIDDEN_CHUNK, "first", goes_on=False),
    Row("a HEAD with a body", b"HEAD" + get(b"Content-Length: %d" % SIZE)[3:] + HIDDEN, (200,), ("first",),
        goes_on=False, bodiless=True),
    Row("Content-Length with noughts before", NOWHERE + b"Content-Length: 000%d\r\n\r\n" % SIZE + HIDDEN, (404,)),
    Row("Content-Length with blanks around", NOWHERE + b"Content-Length: \t %d \t\r\n\r\n" % SIZE + HIDDEN, (404,)),
    Row("a body that nobody wants", NOWHERE + b"Content-Length: %d\r\n\r\n" % SIZE + HIDDEN, (404,)),
    Row("a body of a method that is not taken",
        b"DELETE" + get(b"Content-Length: %d" % SIZE)[3:] + HIDDEN, (501,)),
    Row("a body of OPTIONS *",
        b"OPTIONS * HTTP/1.1\r\n" + LINES + b"Content-Length: %d\r\n\r\n" % SIZE + HIDDEN, (204,)),
    Row("a body whose connection names its length",
        NOWHERE + b"Connection: Content-Length, keep-alive\r\nContent-Length: %d\r\n\r\n" % SIZE + HIDDEN, (404,)),
    Row("a body in HTTP/1.0", NOWHERE.replace(b"1.1", b"1.0") + b"Content-Length: %d\r\n\r\n" % SIZE + HIDDEN, (404,),
        goes_on=False),
    incomplete("a body that ends too early", NOWHERE + b"Content-Length: 2000\r\n\r\n" + HIDDEN),
]

# RFC 9112 6.1: codings

CODINGS = [refused(status, "Transfer-Encoding " + name, NOWHERE + text + b"\r\n\r\n" + HIDDEN_CHUNK)
           for status, name, text in (
    (501, "gzip", b"Transfer-Encoding: gzip"),
    (501, "identity", b"Transfer-Encoding: identity"),
    (400, "gzip, chunked", b"Transfer-Encoding: gzip, chunked"),
    (400, "chunked, gzip", b"Transfer-Encoding: chunked, gzip"),
    (400, "chunked, identity", b"Transfer-Encoding: chunked, identity"),
    (400, "identity, chunked", b"Transfer-Encoding: identity, chunked"),
    (400, "chunked, chunked", b"Transfer-Encoding: chunked, chunked"),
    (400, "with a comma before", b"Transfer-Encoding: ,chunked"),
    (400, "with a comma behind", b"Transfer-Encoding: chunked,"),
    (400, "in two lines", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    (400, "in two lines, the second another", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
    (400, "in two lines, the first another", b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"),
    (400, "with a parameter", b"Transfer-Encoding: chunked;q=1"),
    (400, "with an empty parameter", b"Transfer-Encoding: chunked ;"),
    (400, "in quotes", b'Transfer-Encoding: "chunked"'),
    (400, "in single quotes", b"Transfer-Encoding: 'chunked'"),
    (400, "with VT before", b"Transfer-Encoding: \x0bchunked"),
    (400, "with FF before", b"Transfer-Encoding: \x0cchunked"),
    (400, "with VT behind", b"Transfer-Encoding: chunked\x0b"),
    (400, "with NUL behind", b"Transfer-Encoding: chunked\x00"),
    (400, "with CR behind", b"Transfer-Encoding: chunked\r"),
    (400, "with a no-break space before", b"Transfer-Encoding: \xa0chunked"),
    (400, "with NEL before", b"Transfer-Encoding: \x85chunked"),
    (400, "xchunked", b"Transfer-Encoding: xchunked"),
    (400, "chunkedx", b"Transfer-Encoding: chunkedx"),
    (400, "chunked with a blank inside", b"Transfer-Encoding: chun ked"),
    (400, "that is empty", b"Transfer-Encoding:"),
    (400, "folded", b"Transfer-Encoding:\r\n chunked"),
    (400, "with a blank before its colon", b"Transfer-Encoding : chunked"),
    (400, "with a tab before its colon", b"Transfer-Encoding\t: chunked"),
    (400, "with NUL before its colon", b"Transfer-Encoding\x00: chunked"),
    (400, "behind a bare CR", b"X: a\rTransfer-Encoding: chunked"),
    (400, "behind a bare LF", b"X: a\nTransfer-Encoding: chunked"),
    (400, "and Content-Length", b"Transfer-Encoding: chunked\r\nContent-Length: %d" % len(HIDDEN_CHUNK)),
    (400, "and an ill-formed Content-Length", b"Transfer-Encoding: chunked\r\nContent-Length: x"),
    (400, "and an empty Content-Length", b"Transfer-Encoding: chunked\r\nContent-Length:"),
)] + [
    refused(400, "CL.TE", NOWHERE + b"Content-Length: %d\r\n" % (5 + SIZE) + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN),
    refused(400, "TE.CL", NOWHERE + CHUNKED + b"Content-Length: 4\r\n\r\n" + HIDDEN_CHUNK),
    refused(400, "TE.0", b"OPTIONS /asterisk/rawman HTTP/1.1\r\n" + LINES + b"Transfer-Encoding: chunked\r\n"
            b"Content-Length: 0\r\n\r\n" + HIDDEN_CHUNK),
    refused(400, "chunks in HTTP/1.0", NOWHERE.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n" + HIDDEN_CHUNK),
    refused(400, "chunks in HTTP/1.0 that stays",
            NOWHERE.replace(b"1.1", b"1.0") + b"Connection: keep-alive\r\n" + CHUNKED + b"\r\n" + HIDDEN_CHUNK),
    served("a form in chunks", FORM + CHUNKED + b"\r\n" + CHUNKS % (len(ACTION), ACTION), "first x=1"),
    served("a form in many chunks",
           FORM + CHUNKED + b"\r\n" + b"".join(b"1\r\n%c\r\n" % byte for byte in ACTION) + b"0\r\n\r\n", "first x=1"),
    Row("Transfer-Encoding in capitals", NOWHERE + b"TRANSFER-ENCODING:CHUNKED \r\n\r\n" + HIDDEN_CHUNK, (404,)),
    Row("a body in chunks that nobody wants", NOWHERE + CHUNKED + b"\r\n" + HIDDEN_CHUNK, (404,)),
    Row("a body whose connection names its coding",
        NOWHERE + b"Connection: Transfer-Encoding, keep-alive\r\n" + CHUNKED + b"\r\n" + HIDDEN_CHUNK, (404,)),
]

# RFC 9112 7.1: chunks. Where a size is read otherwise, the data would be a request.

SIZES = [refused(400, "a chunk's size " + name, NOWHERE + CHUNKED + b"\r\n%s\r\n%s\r\n0\r\n\r\n" % (text, HIDDEN))
         for name, text in (
    ("with 0x", b"0x%x" % SIZE),
    ("of 0x alone", b"0x"),
    ("with a plus", b"+%x" % SIZE),
    ("with a minus", b"-%x" % SIZE),
    ("with an underscore", b"1_0"),
    ("with a blank before", b" %x" % SIZE),
    ("with a blank behind", b"%x " % SIZE),
    ("with a tab behind", b"%x\t" % SIZE),
    ("with a comma", b"%x,0" % SIZE),
    ("with a fraction", b"%x.0" % SIZE),
    ("with a letter behind", b"%xg" % SIZE),
    ("with an h behind", b"%xh" % SIZE),
    ("that is empty", b""),
    ("that is only an extension", b";x"),
    ("that is a word", b"xyz"),
    ("of markup", MARKUP),
    ("of 16 digits", b"%016x" % SIZE),
    ("of 2^64 and as much", b"%x" % (2 ** 64 + SIZE)),
    ("behind a hundred noughts", b"0" * 100 + b"%x" % SIZE),
    ("with two CR behind", b"%x\r" % SIZE),
    ("with a quote that is not closed over the line", b'%x;a="\n' % SIZE),
    ("with an extension of 1,100 bytes", line(b"%x;" % SIZE, 1100)),
)] + [
    refused(413, "a chunk over the most", NOWHERE + CHUNKED + b"\r\na001\r\n" + b"a" * 0xa001 + b"\r\n0\r\n\r\n"),
    refused(413, "chunks over the most together",
            NOWHERE + CHUNKED + b"\r\n" + (b"5000\r\n" + b"a" * 0x5000 + b"\r\n") * 3 + b"0\r\n\r\n"),
]

CHUNK_ENDS = [refused(400, name, NOWHERE + CHUNKED + b"\r\n" + text) for name, text in (
    ("nothing behind a chunk", b"%x\r\n%s" % (SIZE, HIDDEN) + b"0\r\n\r\n"),
    ("LF behind a chunk", b"%x\r\n%s\n0\r\n\r\n" % (SIZE, HIDDEN)),
    ("CR behind a chunk", b"%x\r\n%s\r0\r\n\r\n" % (SIZE, HIDDEN)),
    ("two letters behind a chunk", b"%x\r\n%sXX0\r\n\r\n" % (SIZE, HIDDEN)),
    ("a chunk longer than its size", b"%x\r\n%s\r\n0\r\n\r\n" % (SIZE - 4, HIDDEN)),
    ("an empty line behind a chunk's end", b"%x\r\n%s\r\n\r\n0\r\n\r\n" % (SIZE, HIDDEN)),
    ("LF behind a chunk's size", b"%x\n%s\r\n0\r\n\r\n" % (SIZE, HIDDEN)),
    ("CR behind a chunk's size", b"%x\r%s\r\n0\r\n\r\n" % (SIZE, HIDDEN)),
    ("LF behind an extension's semicolon", b"5;\n%x\r\n%s\r\n0\r\n\r\n" % (SIZE, HIDDEN)),
    ("LF behind the last chunk", b"0\n\r\n"),
    ("LF behind the trailers", b"0\r\n\n"),
    ("CR behind the trailers", b"0\r\n\rX\r\n"),
    ("a trailer without a colon", b"0\r\nX\r\n\r\n"),
    ("a trailer with an empty name", b"0\r\n: x\r\n\r\n"),
    ("a trailer with a blank before its colon", b"0\r\nX : x\r\n\r\n"),
    ("a folded trailer", b"0\r\nX: a\r\n b\r\n\r\n"),
    ("a trailer of markup", b"0\r\n" + MARKUP + b": x\r\n\r\n"),
    ("Content-Length as a trailer", b"0\r\nContent-Length: 5\r\n\r\n"),
    ("Transfer-Encoding as a trailer", b"0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ("Host as a trailer", b"0\r\nHost: evil.example\r\n\r\n"),
    ("21 trailers", b"0\r\n" + b"X: 1\r\n" * 21 + b"\r\n"),
    ("a trailer of 1,025 bytes", b"0\r\n" + line(b"X: ", 1023) + b"\r\n\r\n"),
)] + [
    Row("an extension", NOWHERE + CHUNKED + b'\r\n%x;a=b;c="d;e"\r\n%s\r\n0;f\r\n\r\n' % (SIZE, HIDDEN), (404,)),
    Row("an extension with blanks", NOWHERE + CHUNKED + b"\r\n%x \t; a=b\r\n%s\r\n0\r\n\r\n" % (SIZE, HIDDEN), (404,)),
    Row("an empty extension", NOWHERE + CHUNKED + b"\r\n%x;\r\n%s\r\n0;\r\n\r\n" % (SIZE, HIDDEN), (404,)),
    Row("an extension of 1,000 bytes",
        NOWHERE + CHUNKED + b"\r\n" + line(b"%x;" % SIZE, 1000) + b"\r\n" + HIDDEN + b"\r\n0\r\n\r\n", (404,)),
    Row("a size with noughts before", NOWHERE + CHUNKED + b"\r\n%08X\r\n%s\r\n000\r\n\r\n" % (SIZE, HIDDEN), (404,)),
    Row("trailers", NOWHERE + CHUNKED + b"\r\n0\r\nX: 1\r\nY:\r\n\r\n", (404,)),
    Row("20 trailers", NOWHERE + CHUNKED + b"\r\n0\r\n" + b"X: 1\r\n" * 20 + b"\r\n", (404,)),
    Row("a cookie as a trailer", FORM.replace(COOKIE, b"") + CHUNKED + b"\r\n"
        + (CHUNKS % (len(ACTION), ACTION))[:-2] + COOKIE + b"\r\n", (200,)),
    served("trailers that would end the connection", FORM + CHUNKED + b"\r\n" + (CHUNKS % (len(ACTION), ACTION))[:-2]
           + b"Connection: close\r\nX-Forwarded-For: 192.0.2.1\r\nExpect: x\r\n\r\n", "first x=1"),
    incomplete("a chunk that ends too early", NOWHERE + CHUNKED + b"\r\n7d0\r\n" + HIDDEN),
    incomplete("chunks without the last", NOWHERE + CHUNKED + b"\r\n%x\r\n%s\r\n7d0\r\n" % (SIZE, HIDDEN)),
]

# RFC 9110 10.1.1

EXPECTATIONS = [
    served("Expect: 100-continue", FORM + b"Expect: 100-continue\r\nContent-Length: 16\r\n\r\n" + ACTION, "first x=1"),
    served("Expect: 100-continue with chunks",
           FORM + b"Expect: 100-Continue\r\n" + CHUNKED + b"\r\n" + CHUNKS % (16, ACTION), "first x=1"),
    served("Expect: 100-continue of GET", get(b"Expect: 100-continue"), "first"),
    served("Expect: 100-continue in HTTP/1.0",
           FORM.replace(b"1.1", b"1.0") + b"Expect: 100-continue\r\nContent-Length: 16\r\n\r\n" + ACTION, "first x=1",
           goes_on=False),
    served("another expectation", get(b"Expect: 200-maybe"), "first"),
    served("an empty expectation", get(b"Expect:"), "first"),
    refused(413, "Expect: 100-continue of too much",
            NOWHERE + b"Expect: 100-continue\r\nContent-Length: 1000000\r\n\r\n" + HIDDEN),
]

# RFC 9112 2.2, RFC 9110 5.5: bytes that belong nowhere

BYTES = {"NUL": b"\0", "LF": b"\n", "VT": b"\x0b", "FF": b"\x0c", "CR": b"\r", "ESC": b"\x1b", "DEL": b"\x7f"}
PLACES = {
    "the method": b"GE%sT /asterisk/rawman?action=first HTTP/1.1\r\n" + LINES + b"\r\n",
    "front of the target": b"GET %s/asterisk/rawman?action=first HTTP/1.1\r\n" + LINES + b"\r\n",
    "the path": b"GET /asterisk/raw%sman?action=first HTTP/1.1\r\n" + LINES + b"\r\n",
    "the query": b"GET /asterisk/rawman?action=first&x=%s1 HTTP/1.1\r\n" + LINES + b"\r\n",
    "the version": b"GET /asterisk/rawman?action=first HTTP/1.%s1\r\n" + LINES + b"\r\n",
    "the request line's end": b"GET /asterisk/rawman?action=first HTTP/1.1%s\r\n" + LINES + b"\r\n",
    "a name": GET + LINES + b"X%sY: 1\r\n\r\n",
    "front of a name": GET + LINES + b"%sX: 1\r\n\r\n",
    "front of a colon": GET + LINES + b"X%s: 1\r\n\r\n",
    "front of a value": GET + LINES + b"X: %s1\r\n\r\n",
    "a value": GET + LINES + b"X: 1%sContent-Length: 1\r\n\r\n",
    "a value's end": GET + LINES + b"X: 1%s\r\n\r\n",
    "the Host": GET + b"Host: local%shost\r\n" + COOKIE + b"\r\n",
    "the head's end": GET + LINES + b"%s\r\n\r\n",
    "a chunk's size": NOWHERE + CHUNKED + b"\r\n1%s0\r\naaaaaaaaaaaaaaaa\r\n0\r\n\r\n",
    "an extension": NOWHERE + CHUNKED + b"\r\n1;a%sb\r\na\r\n0\r\n\r\n",
    "a size line's end": NOWHERE + CHUNKED + b"\r\n1%s\r\na\r\n0\r\n\r\n",
    "a trailer's name": NOWHERE + CHUNKED + b"\r\n0\r\nX%sY: 1\r\n\r\n",
    "a trailer's value": NOWHERE + CHUNKED + b"\r\n0\r\nX: 1%sY: 1\r\n\r\n",
}
STRAY_BYTES = [refused(400, "%s in %s" % (byte, place), sent.replace(b"%s", code))
               for place, sent in PLACES.items() for byte, code in BYTES.items()]

ROWS = REQUEST_LINES + HEADER_LINES + HOSTS + LENGTHS + CODINGS + SIZES + CHUNK_ENDS + EXPECTATIONS + STRAY_BYTES
