"""An ajam whose time stands still until a test moves it, between a browser and a PBX of two users."""

import threading

import pytest

from tests.browser import Browser
from tests.clock import Clock
from tests.peer import Peer
from tests.rows.time_passing import let_pass
from tests.serving import serve


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def peer():
    with Peer(users={b"admin": b"s3cret", b"viewer": b"viewer pass"}) as peer:
        yield peer


@pytest.fixture
def daemon(peer, tmp_path, clock):
    with serve(tmp_path, peer.address, clock) as daemon:
        yield daemon


@pytest.fixture
def browser(daemon):
    with Browser(daemon.address) as browser:
        yield browser


@pytest.fixture
def standstill(peer):
    """Has the PBX begin what it is asked and do nothing more, until the test is over or calls what this gives."""
    over = threading.Event()
    peer.script = lambda lines, connection: over.wait(10) and None
    yield over.set
    over.set()


@pytest.fixture
def pass_time(daemon, clock):
    return lambda seconds: let_pass(daemon, clock, seconds)
