"""What pages of other sites may ask of ajam, and what its replies have browsers not do (security.md rows 10-12, 22)."""

import pytest

from ajam.errors import ConfigError
from tests.browser import Browser
from tests.joint.digest import authorization
from tests.joint.test_limits_logins import nonce_of
from tests.joint.test_manager_logins import ACCEPTED
from tests.peer import Peer
from tests.serving import HTTP_CONF, serve

DONE = b"Response: Success\r\n\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded"
TLS = b"X-Forwarded-Proto: https"  # from a proxy that is trusted, for it is on this host
CRM = b"Origin: https://crm.example.org"

FOREIGN = {
    "another site, over plain HTTP": (b"Origin: http://evil.example",),
    "another site, without an Origin": (b"Sec-Fetch-Site: cross-site", b"Sec-Fetch-Mode: no-cors"),
    "another site, with both": (b"Origin: http://evil.example", b"Sec-Fetch-Site: cross-site"),
    "another port of this host": (b"Origin: http://localhost:8000",),
    "another port of this host, without an Origin": (b"Sec-Fetch-Site: same-site",),
    "the same host over TLS": (b"Origin: https://localhost",),
    "a sandboxed frame or a file": (b"Origin: null",),
    "a link with something to do": (b"Sec-Fetch-Site: cross-site", b"Sec-Fetch-Mode: navigate"),
}
OWN = {
    "a script": (),
    "our page": (b"Origin: http://localhost",),
    "our page, as new browsers say": (b"Origin: http://localhost", b"Sec-Fetch-Site: same-origin"),
    "our page behind a proxy that hides its name": (b"Origin: https://pbx.example.org", b"Sec-Fetch-Site: same-origin"),
    "the user's own doing": (b"Sec-Fetch-Site: none", b"Sec-Fetch-Mode: navigate"),
    "our page behind a proxy": (b"Origin: https://pbx.example.org", b"X-Forwarded-Host: pbx.example.org", TLS),
}


def by(table):
    """The rows of a table of pages as parameters of a test."""
    return pytest.mark.parametrize("lines", table.values(), ids=table)


@pytest.fixture
def caller(site, peer):
    """A browser that is logged in, on a PBX that does what it is asked."""
    peer.script = lambda lines, connection: DONE
    return site.logged_in()


@by(FOREIGN)
@pytest.mark.parametrize("uri", ["rawman", "manager", "mxml", "mjson"])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_a_page_of_another_site_gets_403_and_nothing_is_done(caller, peer, method, uri, lines):
    target, body = ("/asterisk/" + uri, b"action=Originate") if method == "POST" else (
        "/asterisk/%s?action=Originate" % uri, b"")
    reply = caller.request(target, method, body, (FORM, *lines))
    assert (reply.status, reply.header(b"Set-Cookie")) == (403, None)
    assert method == "HEAD" or b"<p>A page of another site may not ask for this.</p>" in reply.body
    assert not peer.actions()
    assert caller.action("Status").body == DONE


@by(OWN)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_our_pages_and_scripts_are_served(caller, peer, method, lines):
    target, body = ("/asterisk/rawman", b"action=Originate") if method == "POST" else (
        "/asterisk/rawman?action=Originate", b"")
    assert caller.request(target, method, body, (FORM, *lines)).body == DONE
    assert peer.actions() == [b"originate"]


@by(FOREIGN)
def test_no_other_site_logs_a_browser_in_or_off(site, browser, peer, lines):
    query = "/asterisk/rawman?action=login&username=admin&secret=s3cret"
    assert browser.request(query, headers=lines).status == 403
    assert browser.request("/asterisk/rawman", "POST", query.partition("?")[2].encode(), (FORM, *lines)).status == 403
    assert not site.sessions() and not peer.messages
    working = site.logged_in()
    assert working.request("/asterisk/rawman?action=logoff", headers=lines).status == 403
    assert len(site.sessions()) == 1


@by(FOREIGN)
def test_wrong_logins_made_by_another_sites_page_do_not_count_against_its_visitor(browser, lines):
    for _ in range(10):
        assert browser.request("/asterisk/rawman?action=login&username=admin", headers=lines).status == 403
    assert browser.log_in().body == ACCEPTED


@by(FOREIGN)
def test_digest_credentials_are_of_no_use_to_another_site(browser, peer, lines):
    target = b"/asterisk/arawman?action=Originate"
    nonce = nonce_of(browser.request(target))
    line = b"Authorization: " + authorization(nonce, target)
    assert browser.request(target, headers=(line, *lines)).status == 403
    assert not peer.messages


@by(FOREIGN)
@pytest.mark.parametrize("target", ["/asterisk/events", "/asterisk/events?event=Newchannel", "/asterisk/aevents?x"])
def test_no_stream_begins_for_another_site(caller, target, lines):
    lines = tuple(line for line in lines if not line.endswith(b"navigate")) or (b"Sec-Fetch-Site: cross-site",)
    assert caller.request(target, headers=(b"Accept: text/event-stream", *lines)).status == 403


@by(FOREIGN)
def test_nothing_is_uploaded_by_another_site(tmp_path, lines):
    (tmp_path / "sounds").mkdir()
    conf = HTTP_CONF + "[post_mappings]\nuploads = %s/sounds\n" % tmp_path
    body = (b'--b\r\nContent-Disposition: form-data; name="file"; filename="hello.wav"\r\n\r\nRIFF\r\n--b--\r\n')
    with Peer() as peer, serve(tmp_path, peer.address, http_conf=conf) as daemon:
        for headers, status in ((lines, 403), ((), 200)):
            with Browser(daemon.address) as browser:
                browser.log_in()
                kind = b"Content-Type: multipart/form-data; boundary=b"
                assert browser.request("/asterisk/uploads", "POST", body, (kind, *headers)).status == status
            assert bool(list((tmp_path / "sounds").iterdir())) is (status == 200)


@by(FOREIGN)
def test_another_sites_upload_is_refused_while_its_body_is_still_to_come_and_not_asked_for(tmp_path, lines):
    (tmp_path / "sounds").mkdir()
    conf = HTTP_CONF + "[post_mappings]\nuploads = %s/sounds\n" % tmp_path
    with Peer() as peer, serve(tmp_path, peer.address, http_conf=conf) as daemon, Browser(daemon.address) as browser:
        browser.log_in()
        head = (b"POST /asterisk/uploads HTTP/1.1", b"Host: localhost", b"Cookie: " + browser.cookie,
                b"Content-Type: multipart/form-data; boundary=b", b"Content-Length: 1000",
                b"Expect: 100-continue", *lines)
        browser.send(b"\r\n".join(head) + b"\r\n\r\n")
        reply = browser.read_reply()
        assert (reply.status, reply.header(b"Connection")) == (403, b"close")
        assert b"<p>A page of another site may not ask for this.</p>" in reply.body


@pytest.mark.parametrize("uri, status", [("manager", 200), ("rawman", 200), ("amanager", 401)])
@pytest.mark.parametrize("site_named", [b"cross-site", b"same-site"])
def test_a_link_to_the_bare_page_may_be_anywhere_and_costs_nobody_his_session(caller, uri, status, site_named):
    cookie = caller.cookie
    caller.cookie = b""  # which a browser keeps back then
    reply = caller.request("/asterisk/" + uri, headers=(b"Sec-Fetch-Site: " + site_named, b"Sec-Fetch-Mode: navigate"))
    assert (reply.status, reply.header(b"Set-Cookie")) == (status, None)
    caller.cookie = cookie
    assert caller.action("Status").body == DONE


@by(FOREIGN)
@pytest.mark.parametrize("target", ["/asterisk/static/index.html", "/asterisk/httpstatus", "/-/healthy"])
def test_pages_that_do_nothing_may_be_linked_to(browser, target, lines):
    assert browser.request(target, headers=lines).status == 200


def test_the_log_names_the_page_and_the_remedy_without_its_markup(caller, caplog):
    caller.action("Status")
    caller.request("/asterisk/rawman?action=Status", headers=(b"Origin: http://evil.example/\x9b\xff%s",))
    assert "127.0.0.1: refused what a page of http://evil.example/\\x9b\\xff%s asks of localhost" in caplog.text
    assert "allow_origin in [cors] of ajam.conf" in caplog.text


def test_a_host_that_a_stranger_says_was_forwarded_is_not_believed(tmp_path):
    with Peer() as peer, serve(tmp_path, peer.address, ajam_conf="[proxy]\ntrusted=\n") as daemon:
        with Browser(daemon.address) as browser:
            lines = (b"Origin: http://evil.example", b"X-Forwarded-Host: evil.example")
            assert browser.request("/asterisk/rawman?action=Ping", headers=lines).status == 403


# Origins that are allowed


@pytest.fixture
def shared(tmp_path, peer):
    """A browser of an ajam that allows two origins."""
    peer.script = lambda lines, connection: DONE
    conf = "[cors]\nallow_origin = https://crm.example.org\nallow_origin = http://localhost:8080\n"
    with serve(tmp_path, peer.address, ajam_conf=conf) as daemon, Browser(daemon.address) as browser:
        yield browser


ACROSS = [b"Access-Control-Allow-Origin: https://crm.example.org", b"Access-Control-Allow-Credentials: true",
          b"Access-Control-Expose-Headers: Retry-After", b"Vary: Origin"]
LOGIN = "/asterisk/rawman?action=login&username=admin&secret=s3cret"


def of_origins(reply):
    """The lines of a reply that have to do with origins."""
    return [line for line in reply.headers if line.startswith((b"Access-Control-", b"Vary:"))]


def test_a_page_of_an_allowed_origin_logs_in_and_works_over_tls(shared):
    lines = (CRM, TLS, b"Sec-Fetch-Site: cross-site")
    reply = shared.request(LOGIN, headers=lines)
    assert (reply.body, of_origins(reply)) == (ACCEPTED, ACROSS)
    assert reply.header(b"Set-Cookie").endswith(b"; HttpOnly; SameSite=None; Secure")
    reply = shared.request("/asterisk/rawman", "POST", b"action=Status", (FORM, *lines))
    assert (reply.body, of_origins(reply)) == (DONE, ACROSS)


def test_its_cookie_stays_what_it_is_when_our_own_page_uses_the_session(shared):
    shared.request(LOGIN, headers=(CRM, TLS))
    reply = shared.request("/asterisk/rawman?action=Status", headers=(b"Origin: https://localhost", TLS))
    assert reply.header(b"Set-Cookie").endswith(b"; HttpOnly; SameSite=None; Secure")


def test_the_cookie_of_our_own_pages_stays_strict(shared):
    reply = shared.request(LOGIN, headers=(b"Origin: https://localhost", TLS))
    assert reply.header(b"Set-Cookie").endswith(b"; HttpOnly; SameSite=Strict; Secure")


def test_without_tls_the_cookie_stays_strict_which_is_enough_for_another_port(shared):
    reply = shared.request(LOGIN, headers=(b"Origin: http://localhost:8080", b"Sec-Fetch-Site: same-site"))
    assert reply.header(b"Set-Cookie").endswith(b"; HttpOnly; SameSite=Strict")
    assert b"Access-Control-Allow-Origin: http://localhost:8080" in reply.headers


@by(FOREIGN)
def test_an_origin_that_is_not_named_is_refused_as_ever(shared, lines):
    reply = shared.request("/asterisk/rawman?action=Status", headers=lines)
    assert (reply.status, of_origins(reply)) == (403, [b"Vary: Origin"])


def test_replies_to_our_own_pages_vary_too(shared):
    assert of_origins(shared.request("/asterisk/rawman?action=Status")) == [b"Vary: Origin"]


@pytest.mark.parametrize("target, status", [
    ("/asterisk/events", 403), ("/asterisk/arawman?action=Ping", 401), ("/asterisk/aevents", 401),
    ("/asterisk/mxml?action=Ping&x=%0d", 400),
])
def test_a_refusal_can_be_read_as_well(shared, target, status):
    reply = shared.request(target, headers=(CRM,))
    assert (reply.status, of_origins(reply)) == (status, ACROSS)


def test_a_stream_can_be_read_and_ends_when_its_reader_goes(shared):
    shared.request(LOGIN, headers=(CRM, TLS))
    reader = Browser(shared.address)
    reader.cookie = shared.cookie
    head = reader.request("/asterisk/events", headers=(CRM, TLS))
    assert (head.status, of_origins(head)) == (200, ACROSS)
    assert reader._file.readline().startswith(b"id: ")
    reader.close()


def preflight(browser, origin, target="/asterisk/rawman"):
    """The reply to what a browser asks before it sends a request that a form could not."""
    lines = (b"Origin: " + origin, b"Access-Control-Request-Method: POST",
             b"Access-Control-Request-Headers: content-type, last-event-id")
    browser.send(b"\r\n".join((b"OPTIONS %s HTTP/1.1" % target.encode(), b"Host: localhost", *lines)) + b"\r\n\r\n")
    return browser.read_reply(bodiless=True)


def test_a_browser_that_asks_beforehand_is_told_what_it_may_send(shared, peer):
    reply = preflight(shared, b"https://crm.example.org")
    assert reply.line == b"HTTP/1.1 204 No Content"
    assert of_origins(reply) == [
        b"Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS",
        b"Access-Control-Allow-Headers: "
        b"Authorization, Content-Type, Last-Event-ID, X-Prototype-Version, X-Requested-With",
        b"Access-Control-Max-Age: 600", *ACROSS]
    assert not peer.messages


@pytest.mark.parametrize("origin", [b"https://evil.example", b"null", b"http://crm.example.org"])
def test_for_another_origin_it_is_told_nothing_of_that_one(shared, origin):
    reply = preflight(shared, origin)
    assert not [line for line in reply.headers if b"Allow-Origin" in line or b"Credentials" in line]


@pytest.mark.parametrize("target", ["/asterisk/manager", "/asterisk/events", "/asterisk/amjson"])
def test_where_no_origin_is_allowed_options_is_refused_as_ever(browser, target):
    reply = preflight(browser, b"https://crm.example.org", target)
    assert (reply.status, of_origins(reply)) == (501, [])


def test_static_pages_are_shared_with_nobody(shared):
    assert of_origins(shared.request("/asterisk/static/index.html", headers=(CRM,))) == []
    assert preflight(shared, b"https://crm.example.org", "/asterisk/static/index.html").status == 501


@pytest.mark.parametrize("value", [
    "*", "null", "https://*.example.org", "crm.example.org", "https://crm.example.org/", "https://crm.example.org/x",
    "",
    "https://a.example https://b.example", "https://a.example, https://b.example", "https://user@a.example", "https://",
])
def test_an_origin_that_could_be_several_or_none_is_a_mistake(tmp_path, value):
    with pytest.raises(ConfigError, match="ajam.conf:2: .* is not an origin like"):
        serve(tmp_path, ("127.0.0.1", 1), ajam_conf="[cors]\nallow_origin = %s\n" % value)


def test_a_page_of_an_allowed_origin_may_read_why_its_upload_is_refused_by_the_head(tmp_path):
    (tmp_path / "sounds").mkdir()
    conf = HTTP_CONF + "[post_mappings]\nuploads = %s/sounds\n" % tmp_path
    with Peer() as peer, serve(tmp_path, peer.address, http_conf=conf, ajam_conf=(
            "[cors]\nallow_origin = https://crm.example.org\n")) as daemon, Browser(daemon.address) as browser:
        browser.send(b"POST /asterisk/uploads HTTP/1.1\r\nHost: localhost\r\n" + CRM
                     + b"\r\nContent-Length: 1000\r\n\r\n")
        reply = browser.read_reply()
        assert (reply.status, of_origins(reply)) == (403, ACROSS)


# Hosts


@pytest.fixture
def named(tmp_path):
    """A browser of an ajam that is served under two names only."""
    conf = "[http]\nallowed_hosts = pbx.example.org, .example.net\n"
    with Peer() as peer, serve(tmp_path, peer.address, ajam_conf=conf) as daemon, Browser(daemon.address) as browser:
        yield browser


def status_for(browser, target, host, *lines):
    """The status of a GET at a host."""
    browser.send(b"\r\n".join((b"GET %s HTTP/1.1" % target, b"Host: " + host, *lines)) + b"\r\n\r\n")
    return browser.read_reply().status


@pytest.mark.parametrize("target", [
    b"/asterisk/rawman?action=Ping", b"/asterisk/static/index.html", b"/asterisk/httpstatus", b"/nothing",
])
def test_a_host_that_is_not_named_is_served_nothing(named, target):
    assert status_for(named, target, b"evil.example") == 421
    assert status_for(named, target, b"127.0.0.1") == 421
    assert status_for(named, target, b"pbx.example.org:8088") != 421
    assert status_for(named, target, b"www.example.net") != 421


def test_an_upload_to_a_host_that_is_not_named_is_refused_by_its_head(tmp_path):
    (tmp_path / "sounds").mkdir()
    conf = HTTP_CONF + "[post_mappings]\nuploads = %s/sounds\n" % tmp_path
    with Peer() as peer, serve(tmp_path, peer.address, http_conf=conf, ajam_conf=(
            "[http]\nallowed_hosts = pbx.example.org\n")) as daemon, Browser(daemon.address) as browser:
        browser.send(b"POST /asterisk/uploads HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 1000\r\n\r\n")
        assert browser.read_reply().status == 421


def test_probes_are_answered_under_any_name_to_those_who_may_watch(named):
    assert status_for(named, b"/-/healthy", b"127.0.0.1:8088") == 200


def test_behind_a_proxy_the_host_is_that_which_the_browser_named(named):
    target = b"/asterisk/httpstatus"
    assert status_for(named, target, b"localhost:8088", b"X-Forwarded-Host: pbx.example.org") == 200
    assert status_for(named, target, b"pbx.example.org", b"X-Forwarded-Host: evil.example") == 421


def test_the_connection_goes_on_behind_a_host_that_is_not_served(named):
    assert status_for(named, b"/asterisk/rawman", b"evil.example") == 421
    named.send(b"GET /asterisk/httpstatus HTTP/1.0\r\n\r\n")  # names none, as no browser does
    assert named.read_reply().status == 200


@pytest.mark.parametrize("value", [
    "pbx.example.org:8088", "*", "*.example.org", "pbx example", "a,,b", "http://a", ".", ",",
])
def test_what_is_no_list_of_names_is_a_mistake(tmp_path, value):
    with pytest.raises(ConfigError, match="ajam.conf:2: .* is not a list of host names"):
        serve(tmp_path, ("127.0.0.1", 1), ajam_conf="[http]\nallowed_hosts = %s\n" % value)


# What replies have a browser not do

POLICY = (b"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'")


@pytest.mark.parametrize("target, status", [
    ("/asterisk/manager", 200), ("/asterisk/amanager", 401), ("/asterisk/httpstatus", 200), ("/nothing", 404),
    ("/asterisk/static/nothing.html", 404), ("/asterisk/events", 403), ("/asterisk/rawman?" + "x" * 9000, 414),
])
def test_every_page_says_what_a_browser_is_not_to_do_with_it(browser, target, status):
    reply = browser.request(target)
    assert (reply.status, reply.header(b"Content-type").partition(b";")[0]) == (status, b"text/html")
    assert reply.header(b"Content-Security-Policy") == POLICY
    assert reply.header(b"X-Content-Type-Options") == b"nosniff"
    assert reply.header(b"Referrer-Policy") == b"same-origin"


@pytest.mark.parametrize("uri", ["rawman", "mxml", "mjson"])
def test_what_is_no_page_is_not_to_be_taken_for_one(browser, uri):
    reply = browser.action("Ping", uri=uri)
    assert reply.header(b"X-Content-Type-Options") == b"nosniff"
    assert reply.header(b"Content-Security-Policy") is None
