"""What a page of another origin can do to a manager whose user is logged in: a real browser tries all it has."""

import functools
import http.server
import pathlib
import shutil
import threading

import pytest

from tests.certificates import OPENSSL, authority
from tests.chromium.driver import Driver
from tests.joint.site import until
from tests.peer import Peer
from tests.serving import HTTP_CONF, serve

__all__ = ["authority"]

DATA = pathlib.Path(__file__).parent / "data"
USERS = {b"admin": b"s3cret", b"viewer": b"viewer pass"}
LOG_IN = "return fetch(arguments[0] + 'rawman?action=login&username=admin&secret=s3cret', {credentials: 'include'})" \
         ".then((reply) => reply.text())"
DONE = "Response: Success\r\n\r\n"
ACTIONS = {b"loadimage", b"loadscript", b"loadframe", b"submitform", b"fetchget", b"fetchpost", b"fetchblind",
           b"fetchasked", b"beacon"}


class Silent(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing of it; what connects and asks for nothing is soon sent away."""

    timeout = 2.0

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def elsewhere():
    """The port of a web server of somebody else's."""
    handler = functools.partial(Silent, directory=str(DATA))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = False
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def peer():
    with Peer(users=USERS) as peer:
        peer.script = lambda lines, connection: DONE.encode()
        yield peer


@pytest.fixture
def attacked(chromium):
    """A Driver whose console may be full of what the browser says about the attack, at rest when the test is over."""
    chromium.expect_error(".*")
    yield chromium
    chromium.get("about:blank")


def url_of(listener):
    """Where the manager's URIs are at a listener of a Daemon."""
    return "%s://127.0.0.1:%d/asterisk/" % ("https" if listener.secure else "http", listener.address[1])


def visit(chromium, page, url):
    """Has the attack done; returns what came of each way."""
    chromium.get("%s?at=%s" % (page, url))
    chromium.wait_for("window.done")
    return chromium.script("return outcome")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["another port of this host", "another site"])
def test_nothing_that_a_page_of_another_origin_tries_gets_to_the_pbx(attacked, tmp_path, peer, elsewhere, host):
    with serve(tmp_path, peer.address) as daemon:
        url = url_of(daemon.listeners[0])
        attacked.get(url + "static/index.html")
        assert "accepted" in attacked.script(LOG_IN, url)
        outcome = visit(attacked, "http://%s:%d/attack.html" % (host, elsewhere), url)
        assert {name for name, came in outcome.items() if came == "refused"} >= {
            "image", "script", "get", "post", "asked", "stream"}
        attacked.find("#link").click()
        attacked.wait_for(lambda: attacked.find("body").text.startswith("Forbidden"))
        assert peer.actions() == []
        assert {user for user in (connection.user for connection in peer.live()) if user} == {b"admin"}
        attacked.get(url + "static/index.html")
        assert attacked.script("return fetch('../rawman?action=Status').then((reply) => reply.text())") == DONE


def test_of_the_same_page_at_home_all_gets_there(attacked, tmp_path, peer):
    (tmp_path / "pages").mkdir()
    shutil.copy(DATA / "attack.html", tmp_path / "pages")
    with serve(tmp_path, peer.address, ajam_conf="[http]\nstaticdir=%s/pages\n" % tmp_path) as daemon:
        url = url_of(daemon.listeners[0])
        attacked.get(url + "static/attack.html")
        assert "accepted" in attacked.script(LOG_IN, url)
        outcome = visit(attacked, url + "static/attack.html", url)
        attacked.find("#link").click()
        until(lambda: set(peer.actions()) == ACTIONS | {b"followlink"})
        assert (outcome["get"], outcome["stream"], outcome["frame"]) == (DONE, "open", "loaded")


def test_a_page_of_an_allowed_origin_on_this_host_can_do_what_ours_can(attacked, tmp_path, peer, elsewhere):
    conf = "[cors]\nallow_origin = http://127.0.0.1:%d\n" % elsewhere
    with serve(tmp_path, peer.address, ajam_conf=conf) as daemon:
        url = url_of(daemon.listeners[0])
        attacked.get("http://127.0.0.1:%d/" % elsewhere)
        assert "accepted" in attacked.script(LOG_IN, url)
        outcome = visit(attacked, "http://127.0.0.1:%d/attack.html" % elsewhere, url)
        assert [outcome[way] for way in ("get", "post", "asked", "stream")] == [DONE, DONE, DONE, "open"]


@pytest.fixture
def lenient(chromium_process):
    """A Driver whose user lets other sites have cookies, and passes over who has signed a certificate."""
    with Driver({"profile.cookie_controls_mode": 0}) as driver:
        driver.cdp("Security.setIgnoreCertificateErrors", ignore=True)
        yield driver


@pytest.mark.skipif(not OPENSSL, reason="openssl is not installed")
def test_a_page_of_an_allowed_site_elsewhere_can_over_tls(lenient, tmp_path, peer, elsewhere, authority):
    options = authority.issue("cross-site")
    tls = "tlsenable=yes\ntlsbindaddr=127.0.0.1:0\ntlscertfile=%s\ntlsprivatekey=%s\n" % (
        options.certfile, options.privatekey)
    conf = "[cors]\nallow_origin = http://localhost:%d\n" % elsewhere
    with serve(tmp_path, peer.address, http_conf=HTTP_CONF + tls, ajam_conf=conf) as daemon:
        url = url_of(daemon.listeners[1])
        lenient.get("http://localhost:%d/" % elsewhere)
        assert "accepted" in lenient.script(LOG_IN, url)
        outcome = visit(lenient, "http://localhost:%d/attack.html" % elsewhere, url)
        assert [outcome[way] for way in ("get", "post", "asked", "stream")] == [DONE, DONE, DONE, "open"]
        blind = {b"loadimage", b"loadscript", b"loadframe", b"fetchblind"}  # no Origin says whose they are
        until(lambda: set(peer.actions()) == ACTIONS - blind)
        before = peer.actions()
        visit(lenient, "http://127.0.0.1:%d/attack.html" % elsewhere, url)
        assert peer.actions() == before
