"""A new ajam in place of the old one behind a socket that stays open: those who come between the two wait."""

import signal
import socket

import pytest

from tests.load.clients import Visitor, script
from tests.load.service import Service, configure, wait_until
from tests.peer import Peer

PASSERS = 20
SUCCESSORS = 4


@pytest.fixture
def peer():
    """A PBX that answers everything."""
    with Peer(script) as peer:
        yield peer


@pytest.fixture
def door():
    """The listening socket that systemd would hold."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as door:
        yield door


class Passer(Visitor):
    """Comes anew for each request, without a session: for the page of the status."""

    def ask(self):
        """One page, whole."""
        self.took(self.browser.request("/asterisk/httpstatus"))


def test_not_one_connection_is_refused_or_left_without_its_reply(door, tmp_path, peer):
    configure(tmp_path, peer)
    passers = [Passer(door.getsockname(), b"", number) for number in range(PASSERS)]
    for number in range(SUCCESSORS):
        with Service(tmp_path, door.fileno()) as service:
            if number == 0:
                for passer in passers:
                    passer.start()
            before = {passer: passer.done for passer in passers}
            wait_until(lambda: all(passer.done > before[passer] + 5 or not passer.is_alive() for passer in passers))
            service.signal(signal.SIGTERM)
            assert service.wait() == 0
            assert "Traceback" not in service.log, service.log
    with Service(tmp_path, door.fileno()):
        for passer in passers:
            passer.finish()
            passer.join()
    assert [(passer.name, passer.home, passer.failure) for passer in passers if passer.home or passer.failure] == []
