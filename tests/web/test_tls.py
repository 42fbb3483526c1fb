"""ajam/web over TLS, on real sockets: what is said inside is the same as without it."""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
from contextlib import ExitStack

import pytest

from ajam.web.bodies import Plan
from ajam.web.exchange import Begin, FileBody, Response
from ajam.web.timing import UNSENT_BYTES, Timing
from tests.certificates import is_tls
from tests.web.secure import SecureSite
from tests.web.site import Clock, Gate, Line, wait_until

PATIENCE = 5.0  # seconds for what happens at once
LARGE = 16 * 1024 * 1024  # bytes; far more than all buffers between two sockets hold
RECORD = 16 * 1024  # bytes, the most that a record holds
SLOWLY = UNSENT_BYTES // 4  # bytes; more would be kept for three slow readers than may be
FORM_LIMIT = 5 * RECORD
GET = b"GET /echo?%d HTTP/1.1\r\nHost: h\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"
VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}


def says_how(request):
    """Tells whether the request came over TLS."""
    return Response(body=b"secure" if request.secure else b"plain")


def in_pieces(request):
    """A stream of two pieces."""
    yield Begin(Response())
    yield b"one"
    yield b"two"


PAGES = {b"/how": says_how, b"/stream": in_pieces}


@pytest.fixture(params=VERSIONS.values(), ids=VERSIONS)
def site(authority, localhost, request):
    with SecureSite(localhost, authority.client(request.param), PAGES,
                    plan=lambda head: Plan(FORM_LIMIT)) as site:
        yield site


@pytest.fixture
def by_hand(site):
    with site.by_hand() as by_hand:
        by_hand.shake_hands()
        yield by_hand


@pytest.mark.parametrize("name", VERSIONS)
def test_a_request_is_answered_by_tls_1_2_and_1_3(authority, localhost, name):
    with SecureSite(localhost, authority.client(VERSIONS[name])) as site, site.browser() as browser:
        assert browser.request("/").body == b"home"
        assert browser.socket.version() == name


def test_the_application_is_told_that_it_was_tls(site):
    with site.browser() as browser:
        assert browser.request("/how").body == b"secure"


def test_a_client_is_told_to_go_on_with_what_is_for_a_file_and_has_a_bodys_time_for_it(authority, localhost):
    pages = {b"/upload": lambda request: Response(body=request.body.read())}
    clock, timing = Clock(), Timing(first_byte=10.0, head=10.0, body=60.0)
    with SecureSite(localhost, authority.client(), pages, timing, clock,
                    plan=lambda head: Plan(10 ** 6, spool=tempfile.TemporaryFile)) as site, site.browser() as browser:
        browser.send(b"POST /upload HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert browser.read_reply().line == b"HTTP/1.1 100 Continue"
        for _ in range(5):
            site.advance(11)
            site.look_up()
        browser.send(b"hi")
        assert browser.read_reply().body == b"hi"


def test_a_connection_is_kept_for_more_requests(site):
    with site.browser() as browser:
        assert [browser.request("/echo?%d" % n).body for n in range(3)] == [b"GET /echo?%d []" % n for n in range(3)]


@pytest.mark.parametrize("cut", [1, 7, RECORD], ids=["a byte a record", "seven bytes a record", "one record"])
def test_pipelined_requests_are_answered_in_order_however_records_cut_them(site, cut):
    with site.browser() as browser:
        said = b"".join(GET % n for n in range(20))
        for place in range(0, len(said), cut):
            browser.send(said[place:place + cut])
        assert [browser.read_reply().body for _ in range(20)] == [b"GET /echo?%d []" % n for n in range(20)]


def test_a_record_that_comes_in_two_segments_is_put_together(site, by_hand):
    ciphertext = by_hand.enciphered(LAST)
    by_hand.socket.sendall(ciphertext[:9])
    site.settle()
    by_hand.socket.sendall(ciphertext[9:])
    assert by_hand.read_to_end()[0].endswith(b"\r\n\r\nhome")


def test_a_request_may_come_in_one_segment_with_the_end_of_the_handshake(site):
    with site.by_hand() as by_hand:
        by_hand.socket.sendall(by_hand.spoken())
        held = b""
        while not by_hand.is_shaken():
            by_hand.socket.sendall(held)
            assert by_hand.listen()
            held = by_hand.spoken()
        by_hand.socket.sendall(held + by_hand.enciphered(LAST))
        assert by_hand.read_to_end()[0].endswith(b"\r\n\r\nhome")


@pytest.mark.parametrize("length", [1, RECORD - 1, RECORD, RECORD + 1, 4 * RECORD])
def test_a_form_of_any_length_is_read_to_its_end(site, length):
    with site.browser() as browser:
        reply = browser.request("/echo", "POST", b"x" * length)
        assert reply.body == b"POST /echo [" + b"x" * length + b"]"


def test_a_form_that_drips_in_is_put_together(site):
    with site.browser() as browser:
        browser.send(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\n")
        for _ in range(50):
            browser.send(b"x")
        assert browser.read_reply().body == b"POST /echo [" + b"x" * 50 + b"]"


def test_a_browser_that_waits_for_100_continue_is_told_to_go_on(site):
    with site.browser() as browser:
        browser.send(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert browser.read_reply().status == 100
        browser.send(b"hi")
        assert browser.read_reply().body == b"POST /echo [hi]"


def test_a_wait_is_left_to_the_lobby_and_goes_on(authority, localhost):
    gate = Gate(endless=True)
    with Line() as line, SecureSite(localhost, authority.client(), {b"/slow": gate, b"/pbx": line}) as site, \
            site.browser() as one, site.browser() as other:
        one.send(SLOW)
        other.send(SLOW.replace(b"/slow", b"/pbx"))
        assert gate.entered.acquire(timeout=PATIENCE) and line.entered.acquire(timeout=PATIENCE)
        site.settle()
        site.open(gate)
        line.says(b"an answer")
        assert (one.read_reply().body, other.read_reply().body) == (b"over", b"an answer")


# Much to send


def from_memory(data, path):
    """A page that is `data`."""
    return lambda request: Response(body=data)


def from_file(data, path):
    """The same, out of a file."""
    path.write_bytes(data)
    return lambda request: Response(body=FileBody(path.open("rb"), len(data)))


@pytest.fixture(params=[from_memory, from_file], ids=["from memory", "from a file"])
def large_page(request, tmp_path):
    """A function: the page that is the bytes it is called with."""
    return lambda data: request.param(data, tmp_path / "large")


@pytest.fixture
def large_site(authority, localhost, large_page):
    pages = {b"/large": large_page(b"a" * LARGE)}
    with SecureSite(localhost, authority.client(), pages, clock=Clock(), threads=2) as site:
        yield site


def test_a_large_reply_arrives_whole_and_the_connection_goes_on(large_site):
    with large_site.browser() as browser:
        for _ in range(2):
            assert browser.request("/large").body == b"a" * LARGE
        assert browser.request("/").body == b"home"


def test_slow_readers_keep_nobody_waiting_and_get_all_of_it_in_order(authority, localhost, large_page):
    """With little room in the socket, so that TLS has to be given the same bytes again and again."""
    data = os.urandom(SLOWLY)
    with SecureSite(localhost, authority.client(), {b"/large": large_page(data)}, threads=2) as site, \
            ExitStack() as stack:
        site.server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
        readers = [stack.enter_context(site.browser()) for _ in range(3)]
        for reader in readers:
            reader.send(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
        with site.browser() as quick:
            assert quick.request("/").body == b"home"
        assert all(reader.read_reply().body == data for reader in readers)


def test_a_reader_without_any_progress_is_dropped_and_told_nothing_in_clear_text(large_site):
    with large_site.by_hand() as reader:
        reader.shake_hands()
        reader.socket.sendall(reader.enciphered(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n"))
        while large_site.lobby.connections:  # once or twice: the buffers in between may still be filling
            large_site.settle()
            large_site.advance(31)
            wait_until(lambda: large_site.lobby.connections < 2)
        while reader.listen():
            pass
        assert is_tls(reader.wire)


def test_a_file_that_shrinks_while_it_is_sent_ends_the_connection(authority, localhost, tmp_path):
    path = tmp_path / "file"
    page = from_file(b"a" * LARGE, path)
    with SecureSite(localhost, authority.client(), {b"/large": page}) as site, site.browser() as browser:
        browser.send(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
        assert browser.socket.recv(1)
        with path.open("r+b") as file:
            file.truncate(1)
        assert len(browser._file.read()) < LARGE


# The end


def test_the_check_for_clear_text_would_find_it():
    record = b"\x17\x03\x03\x00\x03abc"
    assert is_tls(record + record) and is_tls(record + record[:6])
    assert not is_tls(record + b"HTTP/1.1 200 OK\r\n") and not is_tls(b"HTTP/1.1 400 Bad Request")


@pytest.mark.parametrize("said, end", [
    (LAST, b"\r\n\r\nhome"),
    (b"GET /stream HTTP/1.1\r\nHost: h\r\n\r\n", b"\r\n\r\nonetwo"),
    (b"no request at all\r\n\r\n" + b"x" * 100000, b"\r\n\r\nInvalid Request"),
    (b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 99999\r\n\r\n" + b"x" * 99999, b"\r\n\r\nBody too large"),
], ids=["connection: close", "the end of a stream", "what is no request", "a form too large"])
def test_the_end_of_a_connection_is_said_in_tls_too(site, by_hand, said, end):
    by_hand.socket.sendall(by_hand.enciphered(said))
    reply, was_notified = by_hand.read_to_end()
    assert was_notified and reply.endswith(end)


def test_a_form_that_is_refused_while_it_is_still_coming_has_its_reply(site, by_hand):
    by_hand.socket.sendall(by_hand.enciphered(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 999999\r\n\r\n"))
    for _ in range(30):
        by_hand.socket.sendall(by_hand.enciphered(b"x" * RECORD))
    reply, was_notified = by_hand.read_to_end()
    assert reply.startswith(b"HTTP/1.1 413 ") and was_notified


def test_who_was_refused_with_much_unread_is_not_cut_off_by_a_reset(authority, localhost):
    with SecureSite(localhost, authority.client(), clock=Clock()) as site, site.by_hand() as by_hand:
        by_hand.shake_hands()
        by_hand.socket.sendall(by_hand.enciphered(b"no request at all\r\n\r\n" + b"x" * 10 * RECORD))
        assert by_hand.listen()
        site.settle()
        by_hand.socket.sendall(by_hand.enciphered(b"x" * 10 * RECORD))
        site.settle()
        assert site.lobby.connections >= 1
        by_hand.socket.shutdown(socket.SHUT_WR)
        assert by_hand.read_to_end()[0].startswith(b"HTTP/1.1 400 ")
        wait_until(lambda: site.lobby.connections <= 1)


def test_who_says_the_end_first_is_let_go(site):
    with site.browser() as browser:
        browser.request("/")
        browser.socket.unwrap()
    wait_until(lambda: site.lobby.connections == 0)


def test_an_idle_connection_that_ends_is_told_so_in_tls(authority, localhost):
    with SecureSite(localhost, authority.client(), clock=Clock()) as site, site.by_hand() as by_hand:
        by_hand.shake_hands()
        site.settle()
        site.advance(11)
        assert by_hand.read_to_end() == (b"", True)


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
def test_curl_is_answered(authority, localhost):
    with SecureSite(localhost, authority.client()) as site:
        url = "https://localhost:%d/" % site.address[1]
        done = subprocess.run(
            ["curl", "-sS", "--max-time", "20", "--http1.1", "--noproxy", "*", "--cacert", authority.cafile,
             "--write-out", " %{http_code} %{ssl_verify_result} %{num_connects}", url, url],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.stdout == b"home 200 0 1home 200 0 0"
