"""TLS handshakes that fail at a whole ajam: counted all, told now and then."""

import contextlib
import socket

import pytest

from tests.browser import Browser
from tests.certificates import authority, localhost  # fixtures
from tests.exposition import read
from tests.joint.site import until
from tests.peer import Peer
from tests.serving import HTTP_CONF, serve
from tests.web.site import Clock

TLS_CONF = HTTP_CONF + "tlsenable=yes\ntlsbindaddr=127.0.0.1:0\ntlscertfile=%s\ntlsprivatekey=%s\n"
TOLD = ("127.0.0.1: no TLS, for it speaks plain HTTP to the port of HTTPS; of such failures one a minute is told, "
        "ajam_tls_handshakes_failed_total counts all")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def daemon(tmp_path, localhost, clock):
    conf = TLS_CONF % (localhost.certfile, localhost.privatekey)
    with Peer() as peer, serve(tmp_path, peer.address, clock, http_conf=conf) as daemon:
        yield daemon


def fail(daemon):
    """Asks for a page over plain HTTP where there is TLS."""
    place, = (each.address for each in daemon.listeners if each.secure)
    with socket.create_connection(place, 10) as client, contextlib.suppress(ConnectionResetError):
        client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        assert client.recv(100)[:4] != b"HTTP"


def failed(daemon):
    """How many have, as the metrics tell."""
    with Browser(daemon.address) as browser:
        return read(browser.request("/-/metrics").body.decode())["ajam_tls_handshakes_failed_total"][()]


def told(caplog):
    """What the log says of handshakes."""
    return [record.getMessage() for record in caplog.records if "TLS" in record.getMessage()]


def test_a_handshake_that_failed_is_counted_and_told_with_who_and_why_once_a_minute(daemon, clock, caplog):
    assert failed(daemon) == 0
    for _ in range(3):
        fail(daemon)
    until(lambda: failed(daemon) == 3)
    assert told(caplog) == [TOLD]
    clock.now += 61
    fail(daemon)
    until(lambda: failed(daemon) == 4)
    until(lambda: told(caplog) == [TOLD, TOLD])
    assert not [record for record in caplog.records if record.exc_info]


def test_who_connects_and_goes_away_as_a_load_balancer_does_is_neither_counted_nor_told(daemon, caplog):
    place, = (each.address for each in daemon.listeners if each.secure)
    for _ in range(3):
        socket.create_connection(place, 10).close()
    until(lambda: daemon.lobby.connections == 0)
    assert failed(daemon) == 0 and not told(caplog)
