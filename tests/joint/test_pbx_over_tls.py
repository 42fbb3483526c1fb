"""A daemon whose ajam.conf has it speak TLS to the PBX."""

import pytest

from ajam.conf import settings as configuration
from ajam.daemon import Daemon
from tests.ami.test_tls import TlsFront
from tests.browser import Browser
from tests.certificates import authority, localhost  # fixtures
from tests.joint.site import until
from tests.peer import Peer
from tests.serving import serve, write_configuration


@pytest.fixture
def peer():
    """A PBX."""
    with Peer() as peer:
        yield peer


@pytest.fixture
def turn_to_tls(tmp_path, peer, authority, localhost):
    """Has ajam.conf name a port of that PBX that speaks TLS; yields the function, which returns the address."""
    with TlsFront(peer.address, localhost) as front:
        def write():
            write_configuration(tmp_path, front.address)
            with open(tmp_path / "ajam.conf", "a") as file:
                file.write("[pbx](+)\ntls=yes\ncafile=%s\n" % authority.cafile)
            return front.address
        yield write


def test_logins_and_actions_go_over_tls_from_the_start(tmp_path, turn_to_tls):
    turn_to_tls()
    with Daemon(configuration.load(tmp_path)) as daemon, Browser(daemon.address) as browser:
        assert b"Authentication accepted" in browser.log_in().body
        assert b"Pong" in browser.action("ping").body


def test_a_reload_turns_to_tls_and_keeps_the_session(tmp_path, peer, turn_to_tls):
    with serve(tmp_path, peer.address) as daemon, Browser(daemon.address) as browser:
        browser.log_in()
        before = peer.connections
        address = turn_to_tls()
        daemon.reload()
        assert b"Pong" in until(lambda: (reply := browser.action("ping")).status == 200 and reply).body
        assert peer.connections > before and daemon.pbx.address == tuple(address)


def test_a_reload_that_changes_nothing_leaves_the_connections_over_tls(tmp_path, peer, turn_to_tls):
    turn_to_tls()
    with Daemon(configuration.load(tmp_path)) as daemon, Browser(daemon.address) as browser:
        browser.log_in()
        browser.action("ping")
        before = peer.live(), peer.connections
        for _ in range(2):
            daemon.reload()
            assert b"Pong" in browser.action("ping").body
            assert (peer.live(), peer.connections) == before
