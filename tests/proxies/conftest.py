"""An ajam that proxies are put in front of, an Asterisk's own HTTP server beside it, and a certificate."""

import pytest

from tests.certificates import authority  # noqa: F401
from tests.conftest import no_leaks
from tests.peer import Peer
from tests.proxies.stand_in import AsterisksOwn
from tests.serving import HTTP_CONF, MANAGER_CONF, serve

BROWSER = "127.0.0.9"
HTTP_CONF_OF_HOST = HTTP_CONF + """\
redirect = /asterisk/static/ /asterisk/static/index.html

[/asterisk/httpstatus]
type=restriction
deny=0.0.0.0/0,::/0
permit=%s

[post_mappings]
sounds=%s
"""
MANAGER_CONF_OF_HOST = MANAGER_CONF.replace("webenabled=yes", "webenabled=yes\nhttptimeout=300") + """
[here]
secret=here
deny=0.0.0.0/0
permit=127.0.0.1
"""
USERS = {b"admin": b"s3cret", b"here": b"here"}
# Browsers come from other addresses of this host, so loopback as a whole must not be trusted.
AJAM_CONF = "[proxy]\ntrusted=127.0.0.1\n"


@pytest.fixture(autouse=True, scope="module")
def nothing_leaks():
    """For all tests of a module at once: proxies keep their connections to ajam."""
    with no_leaks():
        yield


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("proxy")


@pytest.fixture(scope="module")
def peer(nothing_leaks):
    with Peer(users=USERS) as peer:
        yield peer


@pytest.fixture(scope="module")
def daemon(peer, directory):
    """ajam, with a user for this host alone, a page for BROWSER alone, and an upload, /sounds."""
    (directory / "sounds").mkdir()
    with serve(directory, peer.address, http_conf=HTTP_CONF_OF_HOST % (BROWSER, directory / "sounds"),
               manager_conf=MANAGER_CONF_OF_HOST, ajam_conf=AJAM_CONF) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def asterisk(nothing_leaks):
    with AsterisksOwn() as asterisk:
        yield asterisk


@pytest.fixture(scope="module")
def certificate(authority):
    """(file of a certificate, file of its key), in PEM."""
    issued = authority.issue("proxy")
    return issued.certfile, issued.privatekey
