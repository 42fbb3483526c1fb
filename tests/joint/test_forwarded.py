"""Behind a proxy: a browser's address and scheme are what the proxy says, when it is one that is trusted."""

import re

import pytest

from ajam.manager import REFUSED_SECONDS
from ajam.pause import readable
from tests.browser import Browser
from tests.joint.digest import authorization
from tests.joint.site import Site, until
from tests.peer import Peer
from tests.serving import HTTP_CONF, MANAGER_CONF, serve

HTTP_CONF_WITH_RULES = HTTP_CONF + """\
[/asterisk/httpstatus]
type=restriction
deny=0.0.0.0/0
permit=203.0.113.0/24

[post_mappings]
sounds=%s
"""
MANAGER_CONF_WITH_RULES = MANAGER_CONF + """
[here]
secret=here
deny=0.0.0.0/0,::/0
permit=127.0.0.1

[office]
secret=office
deny=0.0.0.0/0
permit=203.0.113.0/24
"""
USERS = {b"admin": b"s3cret", b"here": b"here", b"office": b"office"}
FROM_OFFICE = b"X-Forwarded-For: 203.0.113.9"
ACCEPTED = b"Message: Authentication accepted"
FORM = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.wav"\r\n\r\nRIFF\r\n--b--\r\n'
MULTIPART = b"Content-Type: multipart/form-data; boundary=b"


@pytest.fixture
def begin(clock, tmp_path):
    """begin(ajam.conf) -> a Site of two users whose addresses matter, /httpstatus and uploads."""
    sites = []

    def begin(ajam_conf=""):
        (tmp_path / "sounds").mkdir()
        peer = Peer(users=USERS)
        daemon = serve(tmp_path, peer.address, clock, http_conf=HTTP_CONF_WITH_RULES % (tmp_path / "sounds"),
                       manager_conf=MANAGER_CONF_WITH_RULES, ajam_conf=ajam_conf)
        sites.append((Site(daemon, clock, tmp_path), daemon, peer))
        daemon.start()
        return sites[-1][0]

    yield begin
    for site, daemon, peer in sites:
        site.__exit__()
        daemon.close()
        peer.close()


@pytest.fixture
def site(begin):
    """As begin(), with the proxies that are trusted unless anything else is said: this host."""
    return begin()


def login(site, browser, username, secret, *headers):
    """The reply to a login; a refused one takes its time, which passes here."""
    target = b"/asterisk/rawman?action=login&username=%s&secret=%s" % (username.encode(), secret.encode())
    browser.send(b"\r\n".join((b"GET %s HTTP/1.1" % target, b"Host: localhost", *headers, b"", b"")))
    until(lambda: readable(browser.socket, 0) or site.pass_time(REFUSED_SECONDS / 4))
    return browser.read_reply()


@pytest.mark.parametrize("username, lines, admitted", [
    ("here", (), True),
    ("here", (FROM_OFFICE,), False),
    ("here", (b"X-Forwarded-For: 127.0.0.1, 198.51.100.4",), False),
    ("here", (b"X-Forwarded-For: 127.0.0.1", b"X-Forwarded-For: 198.51.100.4"), False),
    ("here", (b"X-Forwarded-For: ::1",), False),
    ("office", (FROM_OFFICE,), True),
    ("office", (FROM_OFFICE, b"X-Forwarded-For: 127.0.0.1"), True),
    ("office", (b"X-Forwarded-For: 203.0.113.9, 198.51.100.4",), False),
    ("office", (b"X-Forwarded-For: ::ffff:203.0.113.9",), True),
    ("office", (), False),
])
def test_a_users_address_rules_are_held_against_the_browser(site, username, lines, admitted):
    assert (ACCEPTED in login(site, site.browser(), username, username, *lines).body) is admitted


def test_the_browsers_of_one_connection_are_told_apart(site):
    browser = site.browser()
    for lines, admitted in (((FROM_OFFICE,), True), ((), False), ((b"X-Forwarded-For: 192.0.2.1",), False),
                            ((FROM_OFFICE,), True)):
        assert (ACCEPTED in login(site, browser, "office", "office", *lines).body) is admitted


def test_a_restriction_of_a_path_is_held_against_the_browser(site):
    assert site.browser().request("/asterisk/httpstatus").status == 403
    assert site.browser().request("/asterisk/httpstatus", headers=(FROM_OFFICE,)).status == 200


def test_failures_are_logged_with_the_browsers_address(site, caplog):
    login(site, site.browser(), "here", "here", FROM_OFFICE)
    login(site, site.browser(), "admin", "wrong", b"X-Forwarded-For: 2001:db8::7")
    logged = [record.getMessage() for record in caplog.records]
    assert "203.0.113.9 failed to pass IP ACL as 'here'" in logged
    assert "2001:db8::7 failed to authenticate as 'admin'" in logged
    assert not [line for line in logged if line.startswith("127.0.0.1 failed")]


def test_a_request_is_logged_with_the_browsers_address(site, caplog):
    target = "/asterisk/rawman?action=ping"
    for lines in ((), (FROM_OFFICE,), (b"X-Forwarded-For: 203.0.113.9, unknown",)):
        site.browser().request(target, headers=lines)
    until(lambda: len(access_lines(caplog)) == 3)
    assert [line.split()[0] for line in access_lines(caplog)] == ["127.0.0.1", "203.0.113.9", "127.0.0.1"]


def access_lines(caplog):
    """What the log says of requests."""
    return [record.getMessage() for record in caplog.records if record.name == "ajam.access"]


def test_what_is_for_this_host_alone_is_not_for_who_comes_through_a_proxy_on_it(site):
    assert site.browser().request("/-/healthy").status == 200
    assert site.browser().request("/-/healthy", headers=(FROM_OFFICE,)).status == 403


@pytest.mark.parametrize("lines, secure", [
    ((), False),
    ((b"X-Forwarded-Proto: https",), True),
    ((b"X-Forwarded-Proto: http",), False),
    ((b"X-Forwarded-Proto: http", b"X-Forwarded-Proto: https"), True),
])
def test_the_cookie_is_for_tls_alone_when_the_browser_came_over_it(site, lines, secure):
    cookie = login(site, site.browser(), "admin", "s3cret", *lines).header(b"Set-Cookie")
    assert (b"Secure" in re.split(rb";\s*", cookie)) is secure


@pytest.mark.parametrize("trusted", ["", "192.0.2.80, 2001:db8::/32"])
def test_nobody_but_the_trusted_is_believed(begin, trusted, caplog):
    site = begin("[proxy]\ntrusted=%s\n" % trusted)
    forged = (FROM_OFFICE, b"X-Forwarded-Proto: https")
    assert ACCEPTED not in login(site, site.browser(), "office", "office", *forged).body
    here = login(site, site.browser(), "here", "here", *forged)
    assert ACCEPTED in here.body and b"Secure" not in here.header(b"Set-Cookie")
    assert site.browser().request("/asterisk/httpstatus", headers=forged).status == 403
    assert "127.0.0.1 failed to pass IP ACL as 'office'" in [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("method, body", [("GET", b""), ("POST", b"action=login&username=here&secret=here")])
def test_a_request_from_nobody_knows_where_is_refused_and_never_counts_as_the_proxys(site, method, body):
    browser = site.browser()
    reply = browser.request("/asterisk/rawman?action=login&username=here&secret=here", method, body,
                            headers=(b"X-Forwarded-For: unknown",))
    assert (reply.status, reply.header(b"Connection")) == (400, b"close")
    assert b"X-Forwarded-For does not tell where the request is from" in reply.body
    assert not site.sessions()


def test_an_upload_is_from_the_browser(site, caplog):
    browser = site.logged_in()
    stored = browser.request("/asterisk/sounds", "POST", FORM, headers=(MULTIPART, FROM_OFFICE))
    assert stored.status == 200
    assert [record.getMessage() for record in caplog.records if "uploaded" in record.getMessage()] == [
        "203.0.113.9 uploaded a.wav to %s" % (site.directory / "sounds")]


def test_digest_credentials_are_for_the_path_that_the_browser_asked_for(site):
    inside, outside = b"/asterisk/arawman?action=ping", b"/pbx/arawman?action=ping"
    with Browser(site.daemon.address) as browser:
        challenge = browser.request(inside).header(b"WWW-Authenticate")
        nonce = re.search(rb'nonce="([0-9a-f]+)"', challenge).group(1).decode()
        tries = [(outside, b"X-Forwarded-Prefix: /pbx", 200), (outside, b"X-Forwarded-Prefix: /other", 401),
                 (outside, b"X: y", 401), (inside, b"X-Forwarded-Prefix: /pbx", 401), (inside, b"X: y", 200)]
        for count, (uri, line, status) in enumerate(tries, 1):
            credentials = b"Authorization: " + authorization(nonce, uri, count)
            assert browser.request(inside, headers=(credentials, line)).status == status
