"""ajam/web/tls.py: what HTTPS is served with, every mistake in it, and its renewal while it is served."""

import datetime
import os
import pathlib
import shutil
import ssl

import pytest

from ajam.errors import ConfigError
from ajam.web.tls import Certificates
from tests.certificates import EC_KEY, Options, openssl
from tests.web.secure import SecureBrowser, SecureSite

NO_PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
NO_KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
RSA_1024 = ("-newkey", "rsa:1024")
RSA_2048 = ("-newkey", "rsa:2048")


@pytest.fixture
def own(authority, tmp_path):
    """Options with a certificate of the test's own, which it may change."""
    return in_directory(authority.issue("own"), tmp_path)


def in_directory(options, directory):
    """The same, in copies."""
    paths = (shutil.copy(path, directory) for path in (options.certfile, options.privatekey))
    return Options(*map(str, paths))


def text(path):
    """What is in a file."""
    return pathlib.Path(path).read_text()


def renew(options, others):
    """Puts other certificates in the place of those of `options`."""
    for old, new in zip(options[:2], others[:2]):
        os.replace(shutil.copy(new, old + ".new"), old)


def mistake(options):
    """What is said of options that cannot be served with."""
    with pytest.raises(ConfigError) as raised:
        Certificates(options)
    return raised.value


# Mistakes


def test_a_certificate_that_is_not_there_is_named(own):
    error = mistake(own._replace(certfile="/nowhere/server.pem"))
    assert str(error) == ("/nowhere/server.pem: tlscertfile names it, but there is no such file; "
                          "make it or name another")


def test_a_key_that_is_not_there_is_named(own):
    assert str(mistake(own._replace(privatekey="/nowhere/server.key"))).startswith(
        "/nowhere/server.key: tlsprivatekey names it, but there is no such file; ")


@pytest.mark.parametrize("option, names", [("certfile", "tlscertfile"), ("privatekey", "tlsprivatekey")])
def test_a_file_that_cannot_be_read_is_named_with_the_reason(own, tmp_path, option, names):
    error = mistake(own._replace(**{option: str(tmp_path)}))
    assert str(error).startswith("%s: %s names it, but it cannot be read: Is a directory; " % (tmp_path, names))


@pytest.mark.parametrize("content", ["", "no PEM\n", NO_PEM, "\0\1\2"], ids=["nothing", "text", "damaged", "binary"])
def test_a_file_without_a_certificate_is_named(own, content):
    pathlib.Path(own.certfile).write_text(content)
    error = mistake(own)
    assert (error.path, error.message) == (
        own.certfile, "tlscertfile names it, but it has no certificate in PEM form")


def test_a_file_with_the_certificate_alone_needs_another_with_the_key(own):
    error = mistake(own._replace(privatekey=None))
    assert (error.path, error.message) == (own.certfile, "it has no key in PEM form")
    assert "tlsprivatekey" in error.remedy


def test_a_damaged_key_is_named(own):
    pathlib.Path(own.privatekey).write_text(NO_KEY)
    error = mistake(own)
    assert (error.path, error.remedy) == (own.privatekey, "have them made anew")


def test_a_damaged_chain_behind_a_good_certificate_is_noticed(own):
    with open(own.certfile, "a") as file:
        file.write(NO_PEM)
    assert "one of the certificates in tlscertfile, is damaged" in mistake(own).message


def test_the_key_of_another_certificate_is_noticed(own, localhost):
    error = mistake(own._replace(privatekey=localhost.privatekey))
    assert (error.path, error.message) == (
        localhost.privatekey, "the key is not that of the certificate in tlscertfile")


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked(own):
    locked = own.privatekey + ".locked"
    openssl("pkey", "-in", own.privatekey, "-aes128", "-passout", "pass:a secret", "-out", locked)
    error = mistake(own._replace(privatekey=locked))
    assert (error.path, error.message) == (locked, "the key has a passphrase, and nobody is there to type it")


def test_a_key_that_openssl_finds_too_short_is_refused_in_words(authority):
    options = authority.issue("short", key=RSA_1024)
    error = mistake(options)
    assert (error.path, error.message) == (options.certfile, "its key is too short for this host's OpenSSL")


def test_a_cipher_that_nobody_knows_is_a_mistake_in_tlscipher(own):
    assert str(mistake(own._replace(cipher="ROT13"))) == (
        "tlscipher = ROT13: this host's OpenSSL knows no such cipher; "
        "remove tlscipher for ajam's own choice, or take names from `openssl ciphers`")


# What is good


def test_one_file_may_have_certificate_chain_and_key(own, authority):
    both = pathlib.Path(own.certfile + ".both")
    both.write_text(text(own.certfile) + text(authority.cafile) + text(own.privatekey))
    with SecureSite(Options(str(both)), authority.client()) as site, site.browser() as browser:
        assert browser.request("/").body == b"home"


def test_when_the_certificate_expires_is_known_in_utc(authority):
    expires = Certificates(authority.issue("short-lived", days=2)).expires
    assert expires.tzinfo is datetime.timezone.utc
    left = expires - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(days=1, hours=23) < left <= datetime.timedelta(days=2)


def test_an_expired_certificate_is_served_with_for_browsers_may_be_told_to_go_on(authority):
    certificates = Certificates(authority.issue("expired", days=-1))
    assert certificates.expires < datetime.datetime.now(datetime.timezone.utc)


@pytest.mark.parametrize("disabled, versions", [(False, {"TLSv1.2", "TLSv1.3"}), (True, {"TLSv1.3"})])
def test_tlsdisablev12_leaves_1_3_alone(localhost, authority, disabled, versions):
    heard = set()
    with SecureSite(localhost._replace(disablev12=disabled), None) as site:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            try:
                with SecureBrowser(site.address, authority.client(version)) as browser:
                    heard.add(browser.socket.version())
            except ssl.SSLError as error:
                assert error.reason == "TLSV1_ALERT_PROTOCOL_VERSION"
    assert heard == versions


@pytest.mark.parametrize("ours_decides", [True, False])
def test_tlsservercipherorder_says_whose_order_of_tlscipher_decides(localhost, authority, ours_decides):
    ours, theirs = "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256"
    options = localhost._replace(cipher="%s:%s" % (ours, theirs), servercipherorder=ours_decides)
    client = authority.client(ssl.TLSVersion.TLSv1_2)
    client.set_ciphers("%s:%s" % (theirs, ours))
    with SecureSite(options, client) as site, site.browser() as browser:
        assert browser.socket.cipher()[0] == (ours if ours_decides else theirs)


def test_without_tlscipher_no_cipher_lets_the_key_read_what_was_recorded(own):
    offered = {each["name"] for each in Certificates(own).context.get_ciphers()}
    assert {"TLS_AES_256_GCM_SHA384", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"} <= offered
    assert [name for name in offered if not name.startswith(("TLS_", "ECDHE-", "DHE-")) or name.endswith("-SHA")] == []


def test_a_browser_that_knows_no_other_cipher_is_turned_away_unless_tlscipher_names_it(authority):
    options, client = authority.issue("old", key=RSA_2048), authority.client(ssl.TLSVersion.TLSv1_2)
    client.set_ciphers("AES128-GCM-SHA256")
    with SecureSite(options, client) as site, pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        site.browser()
    with SecureSite(options._replace(cipher="AES128-GCM-SHA256"), client) as site, site.browser() as browser:
        assert browser.socket.cipher()[0] == "AES128-GCM-SHA256"


def test_of_what_a_browser_offers_http_1_1_is_taken(localhost, authority):
    client = authority.client()
    client.set_alpn_protocols(["h2", "http/1.1"])
    with SecureSite(localhost, client) as site, site.browser() as browser:
        assert browser.socket.selected_alpn_protocol() == "http/1.1"


def test_nothing_is_compressed(localhost, authority):
    with SecureSite(localhost, authority.client()) as site, site.browser() as browser:
        assert browser.socket.compression() is None


def test_nobody_can_have_hands_shaken_anew(localhost):
    assert Certificates(localhost).context.options & ssl.OP_NO_RENEGOTIATION


# Renewal


@pytest.fixture
def site(own, authority):
    with SecureSite(own, authority.client()) as site:
        yield site


def seen(browser):
    """The certificate that a browser was shown, DER."""
    return browser.socket.getpeercert(binary_form=True)


def test_a_renewed_certificate_is_shown_to_who_comes_then_while_old_connections_go_on(site, own, authority):
    with site.browser() as old:
        old.request("/")
        renew(own, authority.issue("renewed", days=3))
        assert site.certificates.changed()
        before = site.certificates.expires
        site.certificates.refresh()
        assert not site.certificates.changed() and site.certificates.expires > before
        with site.browser() as new:
            assert [browser.request("/").body for browser in (old, new)] == [b"home"] * 2
            assert seen(new) == ssl.PEM_cert_to_DER_cert(text(own.certfile)) != seen(old)


def test_a_bad_certificate_leaves_the_old_one_and_is_complained_of_once(site, own):
    before, expires = ssl.PEM_cert_to_DER_cert(text(own.certfile)), site.certificates.expires
    pathlib.Path(own.certfile).write_text("half a file")
    assert site.certificates.changed()
    with pytest.raises(ConfigError):
        site.certificates.refresh()
    assert not site.certificates.changed() and site.certificates.expires == expires
    with site.browser() as new:
        assert seen(new) == before


def test_a_certificate_that_is_there_before_its_key_is_taken_up_with_it(site, own, authority):
    renewed, expires = authority.issue("renewed", days=3, key=RSA_2048), site.certificates.expires
    shutil.copy(renewed.certfile, own.certfile)
    with pytest.raises(ConfigError, match="not that of the certificate"):
        site.certificates.refresh()
    assert site.certificates.expires == expires
    shutil.copy(renewed.privatekey, own.privatekey)
    assert site.certificates.changed()
    site.certificates.refresh()
    with site.browser() as new:
        assert seen(new) == ssl.PEM_cert_to_DER_cert(text(renewed.certfile))


def test_a_certificate_that_is_gone_has_changed_and_so_has_one_that_is_back(site, own):
    aside = own.certfile + ".aside"
    os.rename(own.certfile, aside)
    assert site.certificates.changed()
    with pytest.raises(ConfigError):
        site.certificates.refresh()
    assert not site.certificates.changed()
    os.rename(aside, own.certfile)
    assert site.certificates.changed()


def test_a_browser_that_resumes_an_old_session_sees_the_new_certificate(site, own, authority):
    client = authority.client(ssl.TLSVersion.TLSv1_2)
    site.context = client
    with site.browser() as old:
        old.request("/")
        session = old.socket.session
    renew(own, authority.issue("renewed", key=EC_KEY))
    site.certificates.refresh()
    with SecureBrowser(site.address, Resuming(client, session)) as new:
        assert not new.socket.session_reused
        assert seen(new) == ssl.PEM_cert_to_DER_cert(text(own.certfile))


class Resuming:
    """A client's context that goes on with a session."""

    def __init__(self, context, session):
        self._context = context
        self._session = session

    def wrap_socket(self, socket, server_hostname):
        """As SSLContext's."""
        return self._context.wrap_socket(socket, server_hostname=server_hostname, session=self._session)
