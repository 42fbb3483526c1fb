"""ajam in front of a scripted PBX, and a browser."""

import pytest

from tests.browser import Browser
from tests.clock import Clock
from tests.joint.site import Site, until
from tests.peer import Peer
from tests.serving import HTTP_CONF, MANAGER_CONF, serve

USERS = {b"admin": b"s3cret", b"viewer": b"viewer pass", b"single": b"s1ngle", b"fenced": b"fenced"}
MANAGER_CONF_OF_MANY = MANAGER_CONF + """
[single]
secret=s1ngle
read=all
write=all
allowmultiplelogin=no

[fenced]
secret=fenced
read=all
write=all
deny=127.0.0.0/255.0.0.0
"""
PATIENT_HTTP_CONF = HTTP_CONF + "session_keep_alive=36000000\n"


@pytest.fixture
def peer():
    with Peer(users=USERS, single=(b"single",)) as peer:
        yield peer


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def woken():
    """What was woken, in order: `woken.append` is a `wake`."""
    return []


@pytest.fixture
def site(peer, clock, tmp_path):
    """ajam on a clock that only the test moves; idle browsers are not sent away by it."""
    with serve(tmp_path, peer.address, clock, http_conf=PATIENT_HTTP_CONF,
               manager_conf=MANAGER_CONF_OF_MANY) as daemon, Site(daemon, clock, tmp_path) as site:
        until(lambda: daemon.pbx.banner and not peer.live())  # it has greeted the PBX
        peer.connections = 0
        yield site


@pytest.fixture
def daemon(site):
    return site.daemon


@pytest.fixture
def browser(daemon):
    with Browser(daemon.address) as browser:
        yield browser
