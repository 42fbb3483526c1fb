"""The reader of requests, alone and behind a socket, against the model."""

import re
from typing import NamedTuple

from ajam.errors import RequestError
from ajam.web.bodies import Plan
from ajam.web.framing import Reader
from ajam.web.heads import Limits
from tests.fuzz.cases import Property
from tests.fuzz.chance import TROUBLE, cut, mutated, noise
from tests.fuzz.heads_model import PARTIAL, REFUSED, WHOLE, Asked, Reading, completed, read
from tests.web.site import LIMIT, Site

NARROW = Limits(line=60, head=300, headers=8, chunk_line=30, trailers=2)
BODY_LIMIT = 60
WIDE = Limits()

METHODS = (b"GET", b"GET", b"POST", b"POST", b"HEAD", b"OPTIONS", b"PUT", b"get", b"X-!#$%")
TARGETS = (b"/", b"/echo", b"/echo?a=b&c", b"/a%0d%0ab", b"/\xc3\xa9", b"/?", b"//x", b"/../..")
HOSTS = (b"a", b"localhost:8088", b"[::1]:80", b"192.0.2.7", b"a.example.", b"[fe80::1]:")
LINES = (
    b"Accept: */*", b"Cookie: a=b", b"Cookie:c=d;e", b"X-Forwarded-For: 192.0.2.7", b"X-Forwarded-For:b", b"Empty:",
    b"Connection: keep-alive", b"Connection: close", b"connection:\tupgrade , Close\t", b"x: \xff",
    b"Connection: Keep-Alive, x", b"CONTENT-TYPE:  text/plain  ",
)
TRAPS = (  # lines that change what others mean
    b"Content-Length: 0", b"Content-Length: 3", b"Content-Length: +3", b"Content-Length: 3, 3", b"content-length:3",
    b"Content-Length:", b"Content-Length: 0x3", b"Content-Length: 3 3", b"Content-Length : 3", b"Content_Length: 3",
    b" Content-Length: 3", b"Content-Length: \xb3", b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: xchunked", b"Transfer-Encoding:\x0bchunked",
    b"Transfer-Encoding: identity", b"Transfer-Encoding:", b"Host: a", b"Host: b,a", b"Host:", b"Host: a b",
    b"Host: [::1", b"Host: a:b", b"Host: a/b", b"Expect: 100-continue", b"Connection: keep-alive", b"GET /b HTTP/1.1",
    b"0", b"3", b"", b"X: a\x7fb", b"X: a\0b", b"X: a\x0bb", b"X: a\x1f", b"X: a\rb", b"X: a\nb", b"X\xe9: a", b"X",
    b": a",
)
SWAPS = (
    (b"HTTP/1.1", b"HTTP/1.0"), (b"HTTP/1.1", b"HTTP/1.0"), (b"HTTP/1.1", b"HTTP/1.9"), (b"HTTP/1.1", b"HTTP/2.0"),
    (b"HTTP/1.1", b"HTTP/1.1 "), (b" HTTP/1.1", b""), (b"HTTP", b"http"), (b" /", b"  /"), (b" /", b"\t/"),
    (b" /", b" http://a/"), (b" /", b" *"), (b": ", b" : "), (b": ", b":\r\n "), (b"chunked", b"chunked "),
    (b"chunked", b"\"chunked\""), (b"\r\n\r\n", b"\r\n\n"), (b"\r\n\r\n", b"\n\n"), (b"\r\n", b"\n"), (b"\r\n", b"\r"),
    (b"\r\n", b"\r\r\n"), (b"\r\n", b"xx"), (b"\r\n", b""), (b"0\r\n", b"0;\x01\r\n"), (b"0\r\n", b"0x0\r\n"),
    (b"0\r\n", b"0" * 16 + b"\r\n"), (b"0\r\n", b"-0\r\n"), (b"0\r\n", b"0 \r\n"), (b"0\r\n", b"0\r\nA: b\r\nC: d\r\n"),
    (b"0\r\n", b"0\r\nHost: a\r\n"), (b"0\r\n", b"0\r\nA: b\rc\r\n"), (b"GET", b"CONNECT"),
)
TRAILERS = (b"X: y\r\n", b"Trailer:\r\n", b"")
EXTENSIONS = (b"", b"", b";a", b" ;a=b", b'\t; a="b;c"')
CLOSING = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
ANSWER = re.compile(rb"HTTP/1.1 (\d+) .*?\r\n\r\n", re.DOTALL)


class Case(NamedTuple):
    """Bytes of a connection; the Reading that they were made of, or None when they have been changed since."""

    data: bytes
    meant: object = None


def generate(random):
    """Some requests, as they are or changed."""
    written = [whole_request(random) for _ in range(random.choice((1, 1, 2, 3)))]
    data = b"".join(each for each, _ in written)
    if random.random() < 0.2:
        return Case(data, Reading(tuple(asked for _, asked in written), WHOLE))
    if random.random() < 0.4:
        data = swapped(random, data)
        return Case(data if random.random() < 0.7 else mutated(random, data, TROUBLE + TRAPS))
    return Case(mutated(random, data, TROUBLE + TRAPS))


def swapped(random, data):
    """`data` with one of SWAPS made in one place, if there is one for it."""
    old, new = random.choice([swap for swap in SWAPS if swap[0] in data] or [(b"", b"")])
    places = [match.start() for match in re.finditer(re.escape(old), data)]
    place = random.choice(places)
    return data[:place] + new + data[place + len(old):]


def some_cuts(data):
    """`data` whole, byte by byte, and split in two at some two dozen places; which ones depends on its length."""
    step = len(data) // 24 + 1
    places = [place for place in range(1, len(data)) if place % step == len(data) % step]
    return [[data], [data[place:place + 1] for place in range(len(data))],
            *([data[:place], data[place:]] for place in places)]


def whole_request(random):
    """(bytes, Asked) of a request that RFC 9112 allows."""
    method, target, version = random.choice(METHODS), random.choice(TARGETS), random.choice((1, 1, 1, 0))
    if method == b"OPTIONS" and random.random() < 0.5:
        target = b"*"
    lines = random.sample(LINES, random.randint(0, 3))
    if version or random.random() < 0.5:
        lines.append(random.choice((b"Host: %b", b"hOST:%b \t")) % random.choice(HOSTS))
    body, announced, sent = random.choice((no_body, with_length, in_chunks if version else with_length))(random)
    lines += announced
    random.shuffle(lines)
    asked = Asked(method.upper().decode(), target, as_headers(lines), body,
                  stays(lines, version) and not (sent and method.upper() in (b"GET", b"HEAD")))
    first = b"%b %b HTTP/1.%d" % (method, target, version)
    blank = random.choice((b"", b"", b"\r\n"))
    return blank + b"\r\n".join((first, *lines, b"", sent)), asked


def as_headers(lines):
    """What a request has as headers, by the rule of exchange.Request."""
    found = {}
    for line in lines:
        name, value = line.split(b":", 1)
        found.setdefault(name.lower(), []).append(value.strip())
    joined = (b"x-forwarded-for", b"connection")
    return {name: b", ".join(values) if name in joined else values[-1 if name == b"cookie" else 0]
            for name, values in found.items()}


def stays(lines, version):
    """True when the client means to go on (RFC 9112 9.3)."""
    said = b",".join(line for line in lines if line.lower().startswith(b"connection:")).lower()
    return b"close" not in said and (version > 0 or b"keep-alive" in said)


def no_body(random):
    """(body, lines that announce it, bytes on the wire)."""
    return b"", [], b""


def with_length(random):
    """The same, with a Content-Length."""
    body = noise(random, 20)
    return body, [b"Content-Length: %d" % len(body)], body


def in_chunks(random):
    """The same, in chunks."""
    pieces = [piece for piece in cut(random, noise(random, 30)) if piece]
    sent = [b"%b%b\r\n%b\r\n" % (b"%x" % len(piece), random.choice(EXTENSIONS), piece) for piece in pieces]
    end = random.choice((b"0", b"000")) + random.choice(EXTENSIONS) + b"\r\n" + random.choice(TRAILERS) + b"\r\n"
    return b"".join(pieces), [b"Transfer-Encoding: " + random.choice((b"chunked", b"Chunked"))], b"".join((*sent, end))


def check(case):
    """However it is cut, it is read as the model reads it."""
    expected = read(case.data, NARROW if case.meant is None else WIDE, BODY_LIMIT)
    if case.meant is not None:
        assert expected == case.meant, "the model and what was meant differ"
    may_be_refused = expected.end == PARTIAL and is_hopeless(case.data)
    for pieces in some_cuts(case.data):
        found = found_by_reader(pieces, NARROW if case.meant is None else WIDE)
        assert found == expected or may_be_refused and found == expected._replace(end=REFUSED), (found, expected)


def is_hopeless(data):
    """True when the head at the end of `data` can not become a good one: a reader may say so before its end."""
    return read(completed(data), NARROW, BODY_LIMIT).end == REFUSED


def found_by_reader(pieces, limits):
    """The Reading of ajam."""
    reader = Reader(lambda head: Plan(BODY_LIMIT), limits)
    requests = []
    try:
        for piece in pieces:
            reader.feed(piece)
            while (found := reader.next()) is not None:
                head, body = found
                requests.append(Asked(head.method, head.target, dict(head.headers), body, head.persistent))
    except RequestError as error:
        assert 400 <= error.status < 600 and error.close, error
        return Reading(tuple(requests), REFUSED)
    return Reading(tuple(requests), PARTIAL if reader.started else WHOLE)


def generate_connection(random):
    """Pieces of some requests, perhaps changed, and of one that ends the connection."""
    return tuple(cut(random, generate(random).data + CLOSING))


def check_connection(pieces):
    """Of what is sent to a server that is done, and answered, which the model reads before an end or a refusal."""
    expected = read(b"".join(pieces), WIDE, LIMIT)
    done = up_to_the_last(expected.requests)
    with Site() as site, site.browser() as browser:
        received = conversation(browser.socket, pieces)
        assert site.pages.requested == [asked.target for asked in done], (site.pages.requested, expected)
    answers = [status for status in map(int, ANSWER.findall(received)) if status != 100]
    assert len(answers) >= len(done) and 500 not in answers, received
    for asked in done:
        if asked.target.split(b"?")[0] == b"/echo" and asked.method != "HEAD":
            assert b"%s %s [%s]" % (asked.method.encode(), asked.target, asked.body) in received


def up_to_the_last(requests):
    """Of some requests those that a server does before it closes the connection."""
    for number, asked in enumerate(requests, 1):
        if not asked.persistent:
            return requests[:number]
    return requests


def conversation(socket, pieces):
    """All that a server says to what it is sent, until it has ended the connection."""
    try:
        for piece in pieces:
            socket.sendall(piece)
        socket.shutdown(1)
    except OSError:
        pass  # it has ended the connection before all was sent
    received = b""
    try:
        while (data := socket.recv(65536)):
            received += data
    except ConnectionResetError:
        pass  # there was more that it has not read
    return received


PROPERTIES = (
    Property("requests", generate, check, 200),
    Property("connections", generate_connection, check_connection, 60),
)
