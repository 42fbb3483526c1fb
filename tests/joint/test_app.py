"""ajam/app.py over HTTP: what is served beside the manager."""

import pytest

from tests.browser import Browser
from tests.certificates import authority, localhost  # fixtures
from tests.peer import Peer
from tests.serving import HTTP_CONF, serve

CSP = b"Content-Security-Policy"


@pytest.fixture
def pages(tmp_path):
    directory = tmp_path / "pages"
    directory.mkdir()
    (directory / "page.html").write_text("<script>inline()</script>")
    return directory


def test_ajams_own_pages_allow_no_foreign_and_no_inline_script(browser):
    page = browser.request("/asterisk/static/index.html")
    assert (page.status, page.header(CSP)) == (
        200, b"default-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'")
    style = browser.request("/asterisk/static/ajam.css")
    assert (style.header(CSP), style.header(b"X-Content-Type-Options")) == (None, b"nosniff")


def test_other_peoples_pages_are_left_as_they_are(tmp_path, pages):
    with Peer() as peer, serve(tmp_path, peer.address, ajam_conf="[http]\nstaticdir=%s\n" % pages) as daemon:
        with Browser(daemon.address) as browser:
            page = browser.request("/asterisk/static/page.html")
            assert (page.status, page.body, page.header(CSP)) == (200, b"<script>inline()</script>", None)


def test_the_status_page_does_not_show_the_sessions_cookie(site):
    browser = site.logged_in()
    page = browser.request("/asterisk/httpstatus?a=b&=c", headers=(b"X: y",))
    assert b"<td><i>Cookie 'mansession_id'</i></td><td>********</td>" in page.body
    assert b"<td><i>Submitted GET Variable 'a'</i></td><td>b</td>" in page.body
    assert page.header(b"Content-type") == b"text/html; charset=utf-8"


def test_the_status_page_tells_where_https_is(tmp_path, localhost):
    conf = HTTP_CONF + "tlsenable=yes\ntlsbindaddr=127.0.0.1:0\ntlscertfile=%s\ntlsprivatekey=%s\n" % (
        localhost.certfile, localhost.privatekey)
    with Peer() as peer, serve(tmp_path, peer.address, http_conf=conf) as daemon:
        with Browser(daemon.listeners[0].address) as browser:
            page = browser.request("/asterisk/httpstatus").body
    assert b"<td><i>TLS Bind Address</i></td><td><b>127.0.0.1:0</b></td>" in page


@pytest.mark.parametrize("path, status", [
    ("/asterisk/nothing", 404), ("/asterisk", 404), ("/asterisk/manager/x", 404), ("/", 404),
])
def test_what_is_not_there_is_not_found_and_the_connection_goes_on(browser, path, status):
    reply = browser.request(path)
    assert (reply.status, reply.header(b"Connection")) == (status, None)
    assert browser.request("/asterisk/rawman?action=ping").status == 200


def test_redirects_go_where_they_are_told(tmp_path):
    conf = HTTP_CONF + "redirect = / /asterisk/static/index.html\nredirect = /old /new path\n"
    with Peer() as peer, serve(tmp_path, peer.address, http_conf=conf) as daemon, Browser(daemon.address) as browser:
        home = browser.request("/")
        assert (home.line, home.header(b"Location"), home.body) == (
            b"HTTP/1.1 302 Moved Temporarily", b"/asterisk/static/index.html", b"")
        assert browser.request("/OLD").header(b"Location") == b"/new%20path"


def test_options_for_the_server_as_a_whole(browser):
    browser.send(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
    reply = browser.read_reply(bodiless=True)
    assert (reply.status, reply.header(b"Allow")) == (204, b"GET, HEAD, POST, OPTIONS")


def test_json_has_an_object_for_each_block_and_keeps_what_repeats(site, peer):
    browser = site.logged_in()
    peer.script = lambda lines, connection: (
        b"Response: Success\r\nOutput: a\r\nOutput: \xff\r\nOutput: \r\n\r\nEvent: E\r\nno colon\r\nx: y\r\n\r\n")
    reply = browser.action("command", uri="mjson", command="x")
    assert reply.header(b"Content-type") == b"application/json"
    assert reply.body == ('[{"Response": "Success", "Output": ["a", "ÿ", ""]}, '
                          '{"Event": "E", "Opaque-data": "no colon\\nx: y"}]\n').encode()
