"""ajam behind nginx, Apache and HAProxy: what the proxy has passed on and what ajam has read is the same.

A proxy may refuse a row, mend it or pass it on. Whatever it does: ajam executes as many requests as the
client gets replies from ajam, and whoever comes next over the same connection to ajam gets his own.
"""

import contextlib
import itertools
import re

import pytest

from tests.browser import Browser
from tests.framing.conftest import SERVER, tell
from tests.framing.programs import PROXIES
from tests.framing.table import LAST, NO_ID, ROWS
from tests.framing.wire import PATIENCE_SECONDS, conversation
from tests.web.site import wait_until

FROM_AJAM = re.compile(rb"(?i)\r\nserver: " + SERVER + rb"\r\n")
BODIES = (b"<!DOCTYPE HTML", b"Response: ")  # how ajam's begin
DONE = re.compile(rb"Message: Did (\S+)\r\n")
# (proxy, row) in which what stands behind is a request to the proxy, as RFC 9112 allows or as it was told to read it.
REQUESTS_OF_THEIR_OWN = {
    ("lenient HAProxy", "Content-Length with a blank before its colon"),  # passed on as it came, and refused by ajam
}

numbers = itertools.count(1)


@pytest.fixture(scope="module", params=[
    pytest.param(name, marks=pytest.mark.skipif(bool(proxy.missing()), reason=proxy.missing() or "-"))
    for name, proxy in PROXIES.items()])
def proxy(request, daemon, tmp_path_factory):
    """(name, address) of a running proxy."""
    with PROXIES[request.param].start(tmp_path_factory.mktemp("proxy"), daemon.address) as server:
        yield request.param, server.address


@pytest.fixture
def served(caplog):
    """served() -> the status of each reply that ajam has given in this test."""
    return lambda: [record.msg.status for record in caplog.records if record.name == "ajam.access"]


def said_to(address, sent, leaves):
    """All that comes back; that a proxy ends a connection by force is no more than its end."""
    said = []
    with contextlib.suppress(ConnectionError):
        for piece in conversation(address, sent, leaves):
            said.append(piece)
    return b"".join(said)


def innocent(address, cookie):
    """What somebody else is answered, and what he should be."""
    name = "innocent%d" % next(numbers)
    with Browser(address, PATIENCE_SECONDS) as browser:
        browser.cookie = cookie
        return browser.action(name).body, b"Response: Success\r\nMessage: Did %s\r\n\r\n" % name.encode()


def replies_from_ajam(said):
    """How many there are; to a request of HTTP/0.9 there is one, without a head."""
    return len(FROM_AJAM.findall(said)) or said.startswith(BODIES)


def test_all_clients_share_one_connection_to_ajam(proxy, daemon, browser):
    for _ in range(5):
        answer, expected = innocent(proxy[1], browser.cookie)
        assert answer == expected
    wait_until(lambda: daemon.lobby.connections == len((browser, proxy)))


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_proxy_and_ajam_read_the_same_requests(proxy, peer, browser, session, served, row):
    name, address = proxy
    peer.messages.clear()
    said = said_to(address, (row.sent + LAST).replace(NO_ID, session), leaves=not row.ends)
    executed = [action.split()[0] for action in (tell(lines) for _, lines in peer.messages) if action]
    done = [action.decode() for action in DONE.findall(said)]
    assert ["first"] * (row.bodiless and "first" in executed) + done == executed
    assert "hidden" not in executed or (name, row.name) in REQUESTS_OF_THEIR_OWN
    answer, expected = innocent(address, browser.cookie)
    assert answer == expected
    wait_until(lambda: len(served()) > replies_from_ajam(said))
    assert len(served()) == replies_from_ajam(said) + 1
