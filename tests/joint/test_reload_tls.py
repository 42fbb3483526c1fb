"""HTTPS of a daemon: begun and ended by a reload, and its certificate taken up when the file changes."""

import contextlib
import shutil
import socket
import ssl

import pytest

from ajam.errors import AjamError
from tests.browser import Browser
from tests.certificates import authority  # a fixture
from tests.joint.site import until
from tests.load.service import https
from tests.peer import Peer
from tests.real.asterisk import free_port
from tests.serving import HTTP_CONF, serve, write_configuration

NOT_OURS = "192.0.2.1"
TLS_CONF = HTTP_CONF + "tlsenable=yes\ntlsbindaddr=127.0.0.1:0\ntlscertfile=server.pem\ntlsprivatekey=server.key\n"


@pytest.fixture
def peer():
    """A PBX."""
    with Peer() as peer:
        yield peer


@pytest.fixture
def install(tmp_path, authority):
    """Puts a new certificate, good for so many days, where http.conf says."""
    def put(days):
        issued = authority.issue("of %d days" % days, days=days)
        shutil.copy(issued.privatekey, tmp_path / "server.key")
        shutil.copy(issued.certfile, tmp_path / "server.pem")
    put(3)
    return put


def expiry_seen(daemon, authority):
    """When the certificate expires that a newcomer is shown."""
    pem = ssl.get_server_certificate(secure(daemon), ca_certs=authority.cafile)
    with open(authority.cafile + ".seen", "w") as file:
        file.write(pem)
    return ssl._ssl._test_decode_cert(file.name)["notAfter"]


def secure(daemon):
    """The address of HTTPS."""
    return next(each.address for each in daemon.listeners if each.secure)


def speaks_plain_http(address):
    """True when a request that is not over TLS has a reply."""
    with Browser(address) as browser, contextlib.suppress(ConnectionError):
        browser.send(b"GET /asterisk/httpstatus HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return browser.socket.recv(100).startswith(b"HTTP")


def test_https_begins_and_ends_with_a_reload_and_http_goes_on(tmp_path, peer, install, authority):
    with serve(tmp_path, peer.address) as daemon, Browser(daemon.address) as browser:
        assert [each.secure for each in daemon.listeners] == [False]
        write_configuration(tmp_path, peer.address, http_conf=TLS_CONF)
        daemon.reload()
        assert [each.secure for each in daemon.listeners] == [False, True]
        assert expiry_seen(daemon, authority)
        assert daemon.status.startswith("Serving http://127.0.0.1:") and ", https://127.0.0.1:" in daemon.status
        write_configuration(tmp_path, peer.address)
        daemon.reload()
        assert [each.secure for each in daemon.listeners] == [False]
        assert browser.request("/asterisk/httpstatus").status == 200


def test_a_renewed_certificate_is_taken_up_without_being_asked_to(tmp_path, peer, install, authority, caplog):
    with serve(tmp_path, peer.address, http_conf=TLS_CONF) as daemon:
        before = expiry_seen(daemon, authority)
        install(30)
        until(lambda: "the certificate is read anew; it expires on" in caplog.text)
        assert expiry_seen(daemon, authority) != before


def test_a_bad_certificate_is_named_and_the_old_one_stays(tmp_path, peer, install, authority, caplog):
    with serve(tmp_path, peer.address, http_conf=TLS_CONF) as daemon:
        before = expiry_seen(daemon, authority)
        (tmp_path / "server.pem").write_text("no certificate\n")
        until(lambda: "the old certificate stays" in caplog.text)
        assert "%s/server.pem: " % tmp_path in caplog.text
        assert expiry_seen(daemon, authority) == before


def test_a_reload_with_a_bad_certificate_changes_nothing(tmp_path, peer, install, authority):
    with serve(tmp_path, peer.address, http_conf=TLS_CONF) as daemon:
        settings, before = daemon.settings, expiry_seen(daemon, authority)
        (tmp_path / "server.key").unlink()
        with pytest.raises(AjamError, match="server.key: tlsprivatekey names it, but there is no such file"):
            daemon.reload()
        assert (daemon.settings, expiry_seen(daemon, authority)) == (settings, before)


@pytest.mark.parametrize("secure_then", [False, True], ids=["without TLS", "with another certificate"])
def test_after_a_reload_that_cannot_listen_https_is_what_it_was(tmp_path, peer, install, authority, secure_then):
    port = free_port()
    texts = {False: HTTP_CONF.replace("127.0.0.1", NOT_OURS).replace("bindport=0", "bindport=%d" % port),
             True: HTTP_CONF + https(authority.issue("another", days=30), port).replace("127.0.0.1", NOT_OURS)}
    with serve(tmp_path, peer.address, http_conf=TLS_CONF.replace(":0", ":%d" % port)) as daemon:
        before = expiry_seen(daemon, authority), daemon.certificates
        write_configuration(tmp_path, peer.address, http_conf=texts[secure_then])
        with pytest.raises(AjamError, match="cannot listen on %s:%d" % (NOT_OURS, port)):
            daemon.reload()
        assert secure(daemon) == ("127.0.0.1", port) and not speaks_plain_http(secure(daemon))
        assert (expiry_seen(daemon, authority), daemon.certificates) == before


def test_a_server_of_https_is_not_made_without_certificates(tmp_path, peer):
    with serve(tmp_path, peer.address) as daemon, pytest.raises(ValueError, match="HTTPS at 127.0.0.1:0 has no cert"):
        daemon._opening(None)(("127.0.0.1", 0), socket.AF_INET, True, None)
