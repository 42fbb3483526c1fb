"""Rows about TLS: which is spoken, and with which certificate."""

import shutil
import socket
import ssl

import pytest

from tests.certificates import authority, localhost  # noqa: F401, fixtures
from tests.serving import HTTP_CONF, serve

TLS_CONF = HTTP_CONF + "tlsenable=yes\ntlsbindaddr=127.0.0.1:0\ntlscertfile=server.pem\ntlsprivatekey=server.key\n"
PATIENCE_SECONDS = 5.0
SSL_3, TLS_1_0, TLS_1_1, TLS_1_2 = b"\x03\x00", b"\x03\x01", b"\x03\x02", b"\x03\x03"
HANDSHAKE = b"\x16"
SERVER_HELLO = (HANDSHAKE, b"\x02")
ALERT = b"\x15"
PROTOCOL_VERSION = (ALERT, b"\x02\x46")  # a fatal one (RFC 5246 7.2)

MODERN = b"\xc0\x2b"  # ECDHE-ECDSA-AES128-GCM-SHA256
BLOCKS = b"\xc0\x09\xc0\x0a\x00\x2f\x00\x35\x00\x0a"  # AES and 3DES in blocks, which BEAST and POODLE read
EXTENSIONS = (b"\x00\x0a\x00\x04\x00\x02\x00\x17"  # the curve P-256
              b"\x00\x0d\x00\x06\x00\x04\x04\x03\x02\x03")  # ECDSA with SHA-256 or SHA-1


def client_hello(version, ciphers):
    """What a browser begins with that knows this version and no later one (RFC 5246 7.4.1.2)."""
    body = version + bytes(32) + b"\x00" + sized(ciphers, 2) + b"\x01\x00"
    if version != SSL_3:
        body += sized(EXTENSIONS, 2)
    return HANDSHAKE + version + sized(b"\x01" + sized(body, 3), 2)


def sized(data, octets):
    """`data` behind its length."""
    return len(data).to_bytes(octets, "big") + data


@pytest.fixture
def install(tmp_path):
    """Puts a certificate where http.conf says."""
    def put(issued):
        shutil.copy(issued.privatekey, tmp_path / "server.key")
        shutil.copy(issued.certfile, tmp_path / "server.pem")
    return put


@pytest.fixture
def secured(tmp_path, peer, clock, install, localhost):  # noqa: F811
    """An ajam that serves HTTPS."""
    install(localhost)
    with serve(tmp_path, peer.address, clock, http_conf=TLS_CONF) as daemon:
        yield daemon


def address_of(daemon):
    """That of HTTPS."""
    return next(each.address for each in daemon.listeners if each.secure)


def answer_to(address, hello):
    """(kind of record, what is in it) of the first thing that is said: of an alert all, else the kind of message."""
    with socket.create_connection(address, PATIENCE_SECONDS) as connection, connection.makefile("rb") as file:
        connection.sendall(hello)
        kind, _, length = file.read(1), file.read(2), int.from_bytes(file.read(2), "big")
        return kind, file.read(1 if kind == HANDSHAKE else length)


def test_row_5_a_browser_of_today_is_answered_by_hand_too(secured):
    """So what those below are refused for is their version."""
    assert answer_to(address_of(secured), client_hello(TLS_1_2, MODERN)) == SERVER_HELLO


@pytest.mark.parametrize("version", [TLS_1_0, TLS_1_1], ids=["1.0", "1.1"])
@pytest.mark.parametrize("ciphers", [BLOCKS, MODERN + BLOCKS], ids=["old", "all"])
def test_row_5_no_tls_before_1_2_is_spoken(secured, version, ciphers):
    assert answer_to(address_of(secured), client_hello(version, ciphers)) == PROTOCOL_VERSION


@pytest.mark.parametrize("ciphers", [BLOCKS, MODERN + BLOCKS], ids=["old", "all"])
def test_row_6_no_ssl_is_spoken(secured, ciphers):
    assert answer_to(address_of(secured), client_hello(SSL_3, ciphers))[0] == ALERT


def test_row_52_a_reload_has_the_certificate_read_anew(secured, install, authority):  # noqa: F811
    before = ssl.get_server_certificate(address_of(secured), ca_certs=authority.cafile)
    install(authority.issue("another"))
    secured.reload()
    after = ssl.get_server_certificate(address_of(secured), ca_certs=authority.cafile)
    assert after != before
