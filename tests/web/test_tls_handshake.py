"""ajam/web/lobby.py and its TLS handshakes: nobody who shakes hands slowly, or never, is in anybody's way."""

import pathlib
import socket
import ssl
import struct
from contextlib import ExitStack, suppress

import pytest

from ajam.web.timing import LAST_CALL_SECONDS, Timing
from ajam.web.tls import reason
from tests.browser import Browser
from tests.web.secure import SecureSite
from tests.web.site import Clock, wait_until
from tests.web.test_lobby_stop import stopping

LAST = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
FLOOD = 200

# A ClientHello of TLS 1.1 (RFC 4346 7.4.1.2): version 3.2, random, no session, ECDHE-ECDSA-AES128-SHA, no compression
HELLO_1_1 = b"\x03\x02" + bytes(32) + b"\x00" + b"\x00\x02\xc0\x09" + b"\x01\x00"
RECORD_1_1 = b"\x16\x03\x01" + struct.pack(">H", len(HELLO_1_1) + 4) + b"\x01\x00" + struct.pack(
    ">H", len(HELLO_1_1)) + HELLO_1_1
PROTOCOL_VERSION = b"\x15\x03\x02\x00\x02\x02\x46"  # an alert, fatal, 70


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def site(authority, localhost, clock):
    with SecureSite(localhost, authority.client(), timing=Timing(handshakes=FLOOD // 4), clock=clock) as site:
        yield site


def nothing(by_hand):
    """Says nothing."""


def half_a_hello(by_hand):
    """Says half of the first message."""
    spoken = by_hand.spoken()
    by_hand.socket.sendall(spoken[:len(spoken) // 2])


def a_hello(by_hand):
    """Says the first message and nothing to what comes then."""
    by_hand.socket.sendall(by_hand.spoken())


def all_of_it(by_hand):
    """Shakes hands, and says nothing."""
    by_hand.shake_hands()


@pytest.mark.parametrize("begin", [nothing, half_a_hello, a_hello, all_of_it])
def test_ten_seconds_after_it_came_a_connection_is_gone_that_has_asked_for_nothing(site, begin):
    with site.by_hand() as by_hand:
        begin(by_hand)
        site.settle()
        site.advance(9.9)
        site.settle()
        assert site.lobby.connections >= 1
        site.advance(0.2)
        by_hand.read_to_end()
        wait_until(lambda: site.lobby.connections == 0)


def test_a_handshake_that_drips_in_has_no_more_time(site):
    with site.by_hand() as by_hand:
        for byte in by_hand.spoken()[:9]:
            by_hand.socket.sendall(bytes((byte,)))
            site.settle()
            site.advance(1)
        site.settle()
        assert site.lobby.connections >= 1
        site.advance(1.1)
        assert by_hand.read_to_end() == (b"", False)


def test_a_handshake_that_drips_in_in_time_is_as_good_as_any(site):
    def drip(data):
        for byte in data:
            by_hand.socket.sendall(bytes((byte,)))
    with site.by_hand() as by_hand:
        by_hand.shake_hands(drip)
        by_hand.socket.sendall(by_hand.enciphered(LAST))
        assert by_hand.read_to_end()[0].endswith(b"home")


def test_the_first_request_may_follow_the_handshake_late_where_connections_are_not_kept(authority, localhost, clock):
    with SecureSite(localhost, authority.client(), timing=Timing(keep_alive=0), clock=clock) as site, \
            site.by_hand() as by_hand:
        by_hand.shake_hands()
        site.settle()
        site.advance(5)
        site.settle()
        by_hand.socket.sendall(by_hand.enciphered(LAST))
        assert by_hand.read_to_end()[0].endswith(b"home")


@pytest.mark.parametrize("begin", [nothing, half_a_hello, a_hello])
def test_a_flood_of_half_handshakes_is_bounded_and_keeps_nobody_out(site, begin):
    with site.browser() as idle, ExitStack() as stack:
        assert idle.request("/").status == 200
        for _ in range(FLOOD):
            begin(stack.enter_context(site.by_hand()))
        assert idle.request("/").body == b"home"
        with site.browser() as newcomer:
            assert newcomer.request("/").body == b"home"
        wait_until(lambda: site.lobby.connections <= FLOOD // 4 + 2)


def test_of_too_many_handshakes_the_first_goes_even_if_it_has_said_something_last(authority, localhost, clock):
    with SecureSite(localhost, authority.client(), timing=Timing(handshakes=2), clock=clock) as site, \
            ExitStack() as stack:
        first, second = (stack.enter_context(site.by_hand()) for _ in range(2))
        wait_until(lambda: site.lobby.connections == 2)
        half_a_hello(first)
        third = stack.enter_context(site.by_hand())
        assert first.read_to_end() == (b"", False)
        for other in (second, third):
            other.shake_hands()


def test_tls_1_1_is_refused_by_name(site):
    with socket.create_connection(site.address, 10) as client:
        client.sendall(RECORD_1_1)
        assert client.recv(100) == PROTOCOL_VERSION
        assert client.recv(100) == b""


@pytest.mark.parametrize("said", [LAST, b"\x16\x03\x01\x00\x05hello", bytes(100), b"\xff" * 20000],
                         ids=["plain HTTP", "no hello", "zeros", "much"])
def test_what_is_no_tls_is_shown_the_door_and_told_nothing_by_http(site, said):
    with socket.create_connection(site.address, 10) as client:
        heard = b""
        try:
            client.sendall(said)
            for data in iter(lambda: client.recv(100), b""):
                heard += data
        except ConnectionError:
            pass
    assert b"HTTP" not in heard
    wait_until(lambda: site.lobby.connections == 0)


def says(data):
    """What says `data`, whatever is answered."""
    def say(site):
        with socket.create_connection(site.address, 10) as client:
            with suppress(ConnectionResetError):  # for what was not read of it
                client.sendall(data)
                client.recv(100)
    return say


def a_browser(prepare):
    """What shakes hands with a context that prepare(context) has changed."""
    def come(site):
        context = ssl.create_default_context()
        prepare(context)
        with socket.create_connection(site.address, 10) as client, pytest.raises(ssl.SSLError):
            context.wrap_socket(client, server_hostname="localhost")
    return come


def trusts_nobody(context):
    """It knows none of the test's authority."""


def offers_one_cipher(context):
    """It offers none but for certificates of another kind."""
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")


@pytest.mark.parametrize("come, why", [
    (says(LAST), "it speaks plain HTTP to the port of HTTPS"),
    (says(b"SSH-2.0-OpenSSH_9.2\r\n" * 9), "it does not speak TLS"),
    (says(RECORD_1_1), "it speaks no version of TLS that is served here"),
    (a_browser(trusts_nobody), "it does not know who has signed the certificate"),
    (a_browser(offers_one_cipher), "it offers no cipher that is served here; see tlscipher in http.conf"),
], ids=["plain HTTP", "SSH", "TLS 1.1", "an authority unknown", "a cipher unknown"])
def test_the_application_is_told_who_has_failed_and_the_reason_can_be_said_in_words(site, come, why):
    come(site)
    wait_until(lambda: site.pages.failed)
    (peer, error), = site.pages.failed
    assert (peer, reason(error)) == ("127.0.0.1", why)


@pytest.mark.parametrize("begin", [nothing, half_a_hello, a_hello])
@pytest.mark.parametrize("reset", [False, True], ids=["an end", "a reset"])
def test_who_just_goes_away_has_no_reason(site, begin, reset):
    with site.by_hand() as by_hand:
        begin(by_hand)
        site.settle()
        if reset:
            by_hand.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wait_until(lambda: site.pages.failed)
    assert [reason(error) for _, error in site.pages.failed] == [None]


@pytest.mark.parametrize("name, why", [
    ("SSLV3_ALERT_CERTIFICATE_EXPIRED", "to it the certificate has expired"),
    ("TLSV1_ALERT_INTERNAL_ERROR", "tlsv1 alert internal error"), (None, "no reason is known"),
])
def test_what_has_no_words_of_ours_is_said_in_those_of_openssl(name, why):
    error = ssl.SSLError(1, "[SSL: %s] (_ssl.c:1000)" % name)
    error.reason = name
    assert reason(error) == why


@pytest.mark.parametrize("begin", [nothing, half_a_hello, a_hello])
def test_who_leaves_in_the_middle_of_a_handshake_is_forgotten(site, caplog, begin):
    for reset in (False, True):
        with site.by_hand() as by_hand:
            begin(by_hand)
            if reset:
                by_hand.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wait_until(lambda: site.lobby.connections == 0)
    with site.browser() as browser:
        assert browser.request("/").body == b"home"
    assert not caplog.records


def test_a_chain_longer_than_the_sockets_buffers_is_sent_as_the_browser_takes_it(authority, localhost, tmp_path):
    chain = tmp_path / "chain.pem"
    own, other = (pathlib.Path(path).read_text() for path in (localhost.certfile, authority.cafile))
    chain.write_text(own + other * 120)  # 72 KB; OpenSSL's client takes 100 KiB
    options = localhost._replace(certfile=str(chain))
    with SecureSite(options, authority.client()) as site, site.by_hand() as by_hand:
        site.server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        with socket.socket() as small:
            small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            small.connect(site.address)
            by_hand.socket, closed = small, by_hand.socket
            closed.close()
            by_hand.socket.sendall(by_hand.spoken())
            site.settle()
            by_hand.shake_hands()
            by_hand.socket.sendall(by_hand.enciphered(LAST))
            assert by_hand.read_to_end()[0].endswith(b"home")


def test_handshakes_in_progress_end_a_moment_after_the_service_has_been_told_to(site):
    with ExitStack() as stack:
        clients = [stack.enter_context(site.by_hand()) for _ in range(3)]
        for client, begin in zip(clients, (nothing, half_a_hello, a_hello)):
            begin(client)
        site.settle()
        end = stopping(site)
        wait_until(lambda: site.lobby.stopping)
        site.advance(LAST_CALL_SECONDS + 1)
        end.join()
        assert [client.read_to_end() for client in clients] == [(b"", False)] * 3


def test_plain_connections_are_none_of_it(localhost, authority):
    with SecureSite(localhost, authority.client()) as site:
        site.server.certificates = None
        with Browser(site.address) as browser:
            assert browser.request("/").body == b"home"
