"""What holds behind every proxy: the tests, for classes that say which proxy it is.

Browsers come from an address of this host that is no trusted proxy's.
"""

import re
import ssl

import pytest

from tests.browser import Browser
from tests.joint.digest import authorization
from tests.joint.site import until
from tests.joint.test_stream import CALL, EventSource
from tests.proxies.conftest import BROWSER
from tests.proxies.programs import PROGRAMS, Place

FORGED = "203.0.113.9"
ACCEPTED = b"Message: Authentication accepted"
PATHS = ("/asterisk", "/pbx")
NOT_AJAMS = ("/", "/asterisk", "/asterisk/", "/asterisk/managers", "/asterisk/manager/x", "/asterisk/xmanager",
             "/asterisk/staticx", "/asterisk/events/", "/manager", "/static/index.html", "/-/healthy", "/-/metrics")
HANDSHAKE = (b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13",
             b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")


def log_in(browser, path="/asterisk", username="admin", secret="s3cret", headers=()):
    """The reply to a login."""
    target = "%s/rawman?action=login&username=%s&secret=%s" % (path, username, secret)
    return browser.request(target, headers=headers)


class BehindAProxy:
    """See above. `program` names one of PROGRAMS."""

    program = ""

    @pytest.fixture(scope="class")
    def started(self, directory, daemon, asterisk, certificate):
        """(the running server, its address for TLS)."""
        place = Place(directory, daemon.address, asterisk.server_address, certificate)
        server, secure = PROGRAMS[self.program].start(place)
        with server:
            yield server, secure

    @pytest.fixture
    def proxy(self, started):
        return started[0]

    @pytest.fixture
    def secure(self, started):
        return started[1]

    @pytest.fixture
    def browser(self, proxy):
        with Browser(proxy.address, source=BROWSER) as browser:
            yield browser

    @pytest.mark.parametrize("path", PATHS)
    def test_a_login_and_every_view_pass(self, browser, peer, path):
        assert ACCEPTED in log_in(browser, path).body
        peer.script = lambda lines, connection: b"Response: Success\r\nMessage: Channel status will follow\r\n\r\n"
        for view, sign in (("rawman", b"Response: Success\r\n"), ("manager", b"<td>Response</td><td>Success</td>"),
                           ("mxml", b"<generic response='Success' "), ("mjson", b'[{"Response": "Success", ')):
            reply = browser.request("%s/%s?action=status" % (path, view))
            assert (reply.status, sign in reply.body) == (200, True)
        page = browser.request("%s/static/index.html" % path)
        assert (page.status, page.header(b"Content-type")) == (200, b"text/html")
        assert browser.request("%s/httpstatus" % path).status == 200
        form = browser.request("%s/rawman" % path, "POST", b"action=ping",
                               (b"Content-Type: application/x-www-form-urlencoded",))
        assert b"Ping: Pong" in form.body
        assert browser.request("%s/rawman?action=logoff" % path).body.startswith(b"Response: Goodbye")

    def test_every_uri_that_ajam_serves_reaches_it(self, proxy, daemon):
        for route in daemon.application.routes.routes:
            with Browser(proxy.address, source=BROWSER) as browser:  # Apache ends the connection with a 501
                reply = browser.request("/asterisk/" + route.name)
            assert reply.status != 404 or b"ajam" in reply.body, route.name

    @pytest.mark.parametrize("path", PATHS)
    def test_a_redirect_leads_to_where_the_browser_finds_it(self, browser, path):
        location = browser.request(path + "/static/").header(b"Location")
        assert re.fullmatch(rb"(http://[^/]+)?" + path.encode() + rb"/static/index\.html", location)

    def test_the_names_are_taken_in_any_case_as_asterisk_takes_them(self, browser):
        assert browser.request("/Asterisk/RawMan?action=ping").body.startswith(b"Response: Error")

    @pytest.mark.parametrize("path", PATHS)
    def test_events_arrive_as_they_happen_and_are_not_compressed(self, browser, peer, path):
        log_in(browser, path)
        source = EventSource(browser, protocol=b"HTTP/1.0", path=path.encode() + b"/events",
                             headers=(b"Accept-Encoding: gzip",))
        assert source.head[0].split()[1] == b"200"
        assert not [line for line in source.head if line.lower().startswith(b"content-encoding")]
        assert list(source.message()) == ["id"]
        for number in range(3):
            peer.send_event(CALL % number)
            assert source.event()[0]["Channel"] == "SIP/%d" % number

    def test_a_browser_that_leaves_a_stream_is_noticed_when_there_is_something_to_say(self, proxy, daemon, peer):
        with Browser(proxy.address, source=BROWSER) as browser:
            log_in(browser)
            session = next(session for session in daemon.manager.sessions._sessions.values()
                           if session.id.encode() in browser.cookie)
            EventSource(browser, protocol=b"HTTP/1.0").message()
            assert session.in_use
        until(lambda: not session.in_use or peer.send_event(CALL % 1))

    @pytest.mark.parametrize("path", PATHS)
    def test_an_upload_is_stored(self, browser, directory, path):
        log_in(browser, path)
        content = b"RIFF" * 100_000
        form = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.wav"\r\n\r\n%s\r\n--b--\r\n' % content
        reply = browser.request("%s/sounds" % path, "POST", form, (b"Content-Type: multipart/form-data; boundary=b",))
        assert reply.status == 200
        stored = directory / "sounds" / "a.wav"
        assert stored.read_bytes() == content
        stored.unlink()

    @pytest.mark.parametrize("path", PATHS)
    def test_digest_authentication_passes(self, browser, path):
        target = path.encode() + b"/arawman?action=ping"
        challenge = browser.request(target)
        assert challenge.status == 401
        nonce = re.search(rb'nonce="([0-9a-f]+)"', challenge.header(b"WWW-Authenticate")).group(1).decode()
        reply = browser.request(target, headers=(b"Authorization: " + authorization(nonce, target),))
        assert (reply.status, b"Ping: Pong" in reply.body) == (200, True)

    @pytest.mark.parametrize("path", PATHS)
    def test_connections_to_ajam_are_kept_and_used_again(self, proxy, daemon, path):
        for _ in range(30):
            with Browser(proxy.address, source=BROWSER) as browser:
                assert browser.request(path + "/rawman?action=ping").status == 200
        with Browser(daemon.address) as browser:  # when this one is answered, those that are not kept have gone
            assert browser.request("/asterisk/rawman?action=ping").status == 200
            assert 1 < daemon.lobby.connections < 20

    # Who it is

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("lines", [
        (), (b"X-Forwarded-For: %s",), (b"X-Forwarded-For: %s, 127.0.0.1",), (b"X-Forwarded-For: 127.0.0.1, %s",),
        (b"X-Forwarded-For: 127.0.0.1", b"X-Forwarded-For: %s"), (b"x-forwarded-for: unknown, %s",),
        (b"X-Forwarded-For: <%s>",), (b"Forwarded: for=%s", b"X-Real-IP: %s"),
    ], ids=repr)
    def test_a_request_is_from_the_browser_whatever_the_browser_says(self, browser, path, lines):
        forged = tuple(line.replace(b"%s", FORGED.encode()) for line in lines)
        assert browser.request(path + "/httpstatus", headers=forged).status == 200  # which is for BROWSER alone

    def test_the_log_says_where_requests_are_from(self, browser, caplog):
        browser.request("/asterisk/rawman?action=ping", headers=(b"X-Forwarded-For: " + FORGED.encode(),))
        logged = until(lambda: [record.getMessage() for record in caplog.records if record.name == "ajam.access"])
        assert [line.split()[0] for line in logged] == [BROWSER]

    def test_a_request_from_elsewhere_is_from_there(self, proxy):
        with Browser(proxy.address, source="127.0.0.10") as browser:
            assert browser.request("/asterisk/httpstatus", headers=(b"X-Forwarded-For: " + BROWSER.encode(),)
                                   ).status == 403

    def test_a_user_of_this_host_alone_is_closed_to_the_world_and_the_log_says_who_it_was(self, browser, caplog):
        reply = log_in(browser, "/asterisk", "here", "here", (b"X-Forwarded-For: 127.0.0.1",))
        assert b"Message: Authentication failed" in reply.body
        logged = [record.getMessage() for record in caplog.records if " failed to " in record.getMessage()]
        assert logged == ["%s failed to pass IP ACL as 'here'" % BROWSER]

    def test_the_cookie_is_for_tls_alone_when_the_browser_came_over_it(self, proxy, secure):
        for line in (b"X-Forwarded-Proto: https", b"X-Forwarded-Proto: http", b"X: y"):
            assert self.cookie_is_secure(proxy.address, line, lambda plain: plain) is False
            assert self.cookie_is_secure(secure, line, over_tls) is True

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("origin, lines, status", [
        (b"http://localhost", (), 200),
        (b"https://localhost", (b"X-Forwarded-Proto: https",), 403),
        (b"http://evil.example", (), 403),
        (b"http://evil.example", (b"X-Forwarded-Host: evil.example",), 403),
        (b"http://evil.example", (b"X-Forwarded-Host: localhost", b"X-Forwarded-Host: evil.example"), 403),
    ], ids=repr)
    def test_a_page_of_another_site_is_one_whatever_it_says(self, browser, path, origin, lines, status):
        headers = (b"Origin: " + origin, *lines)
        assert browser.request(path + "/rawman?action=ping", headers=headers).status == status

    @staticmethod
    def cookie_is_secure(address, line, wrap):
        """Whether the cookie of a login has `Secure`."""
        with Browser(address, source=BROWSER) as browser:
            browser.socket = wrap(browser.socket)
            browser._file = browser.socket.makefile("rb")
            return b"; secure" in log_in(browser, headers=(line,)).header(b"Set-Cookie").lower()

    # What is not ajam's

    @pytest.mark.parametrize("target", NOT_AJAMS)
    def test_nothing_else_is_sent_to_ajam(self, browser, asterisk, target):
        assert b"ajam" in browser.request("/asterisk/static/nothing").body
        reply = browser.request(target)
        assert (reply.status < 500, b"ajam" in reply.body, reply.body == b"Asterisk") == (True, False, False)

    @pytest.mark.parametrize("target", ["/asterisk/ari/channels?api_key=x", "/asterisk/ari/asterisk/info"])
    def test_ari_is_asked_of_asterisks_own_server(self, browser, asterisk, target):
        assert browser.request(target).body == b"Asterisk"
        assert asterisk.asked[-1].split()[1] == target

    @pytest.mark.parametrize("target", ["/asterisk/ws", "/asterisk/ari/events?app=x"])
    def test_websockets_reach_asterisks_own_server(self, browser, target):
        browser.send(b"\r\n".join((b"GET %s HTTP/1.1" % target.encode(), b"Host: localhost", *HANDSHAKE, b"", b"")))
        assert browser.read_reply(bodiless=True).status == 101
        browser.send(b"ping")
        assert browser._file.read(4) == b"ping"


def over_tls(plain):
    """`plain`, a connected socket, with TLS on it; the certificate may be anybody's."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain)
