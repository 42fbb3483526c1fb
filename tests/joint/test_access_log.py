"""The log of a serving ajam: a line for each request, logins in Asterisk's words, and never a secret."""

import contextlib
import json
import re

import pytest

from ajam.ami.connection import MAX_STRANGERS
from tests.browser import Browser
from tests.joint.digest import authorization
from tests.joint.site import until
from tests.joint.test_manager_digest import nonce_of
from tests.logged import written
from tests.peer import md5_key
from tests.serving import serve

ACCESS = re.compile(r'\S+ INFO: (\S+) "((?:[^"\\]|\\.)*)" (\d{3}) (\d+) (\d+\.\d{6})')
WRONG = "wr0ng"
PING = b"/asterisk/arawman?action=ping"


@pytest.fixture(params=["text", "json"])
def log(request):
    """The log's stream; `format` says in which form."""
    with written(request.param) as stream:
        stream.format = request.param
        yield stream


@pytest.fixture
def text_log():
    with written() as stream:
        yield stream


def requests(log):
    """(request, status) of each access line, in order."""
    return [(match[2], int(match[3])) for match in map(ACCESS.fullmatch, log.lines) if match]


def settle(site, log):
    """Returns once all that was asked for so far is in the log."""
    site.browser().request("/asterisk/the-last")
    until(lambda: "the-last" in log.getvalue())


def messages(log):
    """The lines that are no access lines, without their time and level."""
    return [line.partition(": ")[2] for line in log.lines if not ACCESS.fullmatch(line)]


# Requests


def test_each_request_has_one_line_without_its_query(site, text_log):
    browser = site.logged_in()
    reply = browser.action("ping")
    browser.post("ping", uri="mxml")
    browser.request("/asterisk/nothing?x=y")
    browser.request("/asterisk/static/ajam.css", "HEAD")
    until(lambda: len(requests(text_log)) == 5)
    assert requests(text_log) == [
        ("GET /asterisk/rawman", 200), ("GET /asterisk/rawman", 200), ("POST /asterisk/mxml", 200),
        ("GET /asterisk/nothing", 404), ("HEAD /asterisk/static/ajam.css", 200)]
    lines = [match for match in map(ACCESS.fullmatch, text_log.lines) if match]
    assert (lines[1][1], int(lines[1][4]), int(lines[4][4])) == ("127.0.0.1", len(reply.body), 0)


def test_in_json_a_request_has_its_fields(site):
    with written("json") as log:
        reply = site.browser().request("/asterisk/httpstatus?x=y")
        until(lambda: "httpstatus" in log.getvalue())
    told = next(each for each in map(json.loads, log.lines) if each["logger"] == "ajam.access")
    assert (told["peer"], told["method"], told["path"], told["status"], told["size"]) == (
        "127.0.0.1", "GET", "/asterisk/httpstatus", 200, len(reply.body))


def test_what_is_no_request_has_a_line_too(site, text_log):
    browser = site.browser()
    browser.send(b"GET s3cret\r\n\r\n")
    assert browser.read_reply().status == 400
    until(lambda: requests(text_log))
    assert requests(text_log) == [("-", 400)]


def test_a_stream_has_its_line_at_its_end(site, text_log):
    browser = site.logged_in()
    stream = site.browser(browser.cookie)
    stream.send(b"GET /asterisk/events HTTP/1.1\r\nHost: x\r\nCookie: %s\r\n\r\n" % browser.cookie)
    stream.read_reply()
    browser.action("ping")
    until(lambda: len(requests(text_log)) == 2)
    stream.close()
    until(lambda: len(requests(text_log)) == 3)
    assert requests(text_log)[2] == ("GET /asterisk/events", 200)


def test_the_log_may_be_without_requests(tmp_path, peer, text_log):
    with serve(tmp_path, peer.address, ajam_conf="[log]\naccess=no\n") as daemon, Browser(daemon.address) as browser:
        browser.log_in()
        browser.action("ping")
    assert requests(text_log) == []
    assert "HTTP Manager 'admin' logged on from 127.0.0.1" in messages(text_log)


def test_behind_a_trusted_proxy_the_line_has_the_browsers_address(site, text_log):
    site.browser().request("/asterisk/nothing", headers=(b"X-Forwarded-For: 203.0.113.9",))
    site.browser().request("/asterisk/nothing", headers=(b"X-Forwarded-For: no address",))
    until(lambda: len(requests(text_log)) == 2)
    assert [match[1] for match in map(ACCESS.fullmatch, text_log.lines) if match] == ["203.0.113.9", "127.0.0.1"]


# Logins


def test_logins_and_logoffs_are_told_as_asterisk_tells_them(site, text_log):
    browser = site.logged_in()
    browser.action("logoff")
    browser.action("logoff")
    site.browser().log_in("admin", WRONG)
    site.browser().log_in("nobody", WRONG)
    kept_out = site.begin("login", username="fenced", secret="fenced")
    until(lambda: "fenced" in text_log.getvalue())
    site.pass_time(1)
    assert b"Authentication failed" in kept_out.read_reply().body
    assert messages(text_log) == [
        "HTTP Manager 'admin' logged on from 127.0.0.1",
        "HTTP Manager 'admin' logged off from 127.0.0.1",
        "127.0.0.1 failed to authenticate as 'admin'",
        "127.0.0.1 tried to authenticate with nonexistent user 'nobody'",
        "127.0.0.1 failed to pass IP ACL as 'fenced'",
    ]


def test_a_login_by_digest_is_told_once_for_its_session(site, text_log):
    browser = site.browser()
    nonce = nonce_of(browser.request(PING))
    for count in (1, 2):
        browser.request(PING, headers=(b"Authorization: " + authorization(nonce, PING, count),))
    assert messages(text_log) == ["HTTP Manager 'admin' logged on from 127.0.0.1"]


def test_what_is_too_much_or_cut_off_is_told_with_user_and_address(site, peer, text_log):
    browser = site.logged_in()
    with contextlib.ExitStack() as strangers:
        for _ in range(MAX_STRANGERS - 1):
            strangers.enter_context(site.daemon.pbx.strangers.enter(1))
        late = site.begin("login", username="viewer", secret="viewer pass")
        until(lambda: site.daemon.pbx.strangers._waiting)
        site.pass_time(5)
        assert late.read_reply().status == 503
    peer.script = lambda lines, connection: connection.close()
    assert browser.action("status").status == 503
    assert messages(text_log)[1:3] == [
        "127.0.0.1 as 'viewer': Too many logins at a time",
        "127.0.0.1 as 'admin': The PBX closed the connection without an answer; the outcome of the action is not known"]


def test_that_the_pbx_is_gone_is_told_once_whoever_asks(site, peer, text_log):
    browser = site.logged_in()
    peer.close()
    until(lambda: not site.sessions()[0].account.feed.up)
    for _ in range(3):
        assert browser.action("status").status == 503
        assert site.browser().log_in("viewer", "viewer pass").status == 503
    assert messages(text_log)[1:] == [
        "the PBX at %s port %d: The connection was lost; ajam goes on trying" % peer.address]


def test_a_pbx_that_goes_and_comes_back_is_told_once_each_however_many_users_there_are(site, peer, text_log):
    site.logged_in()
    site.logged_in("viewer", "viewer pass")
    feeds = [session.account.feed for session in site.sessions()]
    host, port = peer.address
    peer.drop_connections()
    until(lambda: all(feed.outages == 1 and feed.up for feed in feeds))
    told = [line for line in messages(text_log) if line.startswith("the PBX")]
    assert told == ["the PBX at %s port %d: The connection was lost; ajam goes on trying" % (host, port),
                    "the PBX at %s port %d answers: Asterisk Call Manager/5.0.4" % (host, port)]


# Secrets


def by_get(browser, secret):
    browser.log_in("admin", secret)


def by_post(browser, secret):
    browser.post("login", username="admin", secret=secret)


def by_a_query_put_together_wrong(browser, secret):
    for joint in "%3F", "&", ";", "%3b":
        browser.request("/asterisk/rawman%saction=login&username=admin&secret=%s" % (joint, secret))


def by_md5(browser, secret):
    challenge = browser.action("challenge", authtype="md5").body.split(b"Challenge: ")[1].split()[0]
    key = md5_key(challenge, secret.encode()).decode()
    browser.action("login", authtype="md5", username="admin", key=key)
    return challenge.decode(), key


def by_digest(browser, secret):
    nonce = nonce_of(browser.request(PING))
    line = authorization(nonce, PING, secret=secret)
    browser.request(PING, headers=(b"Authorization: " + line,))
    return nonce, line.decode().rpartition("response=")[2].strip('"')


def by_a_head_that_is_refused(browser, secret):
    browser.send(b"GET /asterisk/rawman?action=login&username=admin&secret=%s HTTP/1.1\r\n"
                 b"Host: x\r\nAuthorization: Basic %s\r\n bad\r\n\r\n" % (secret.encode(), secret.encode()))
    browser.read_reply()


@pytest.mark.parametrize("secret", ["s3cret", WRONG])
@pytest.mark.parametrize("log_in", [
    by_get, by_post, by_a_query_put_together_wrong, by_md5, by_digest, by_a_head_that_is_refused,
], ids=lambda way: way.__name__)
def test_no_way_to_log_in_leaves_a_secret_in_the_log(site, log, log_in, secret):
    browser = site.browser()
    hidden = [secret, *(log_in(browser, secret) or ())]
    if browser.cookie:
        hidden.append(browser.cookie.decode().partition("=")[2].strip('"'))
    browser.action("ping")
    browser.action("logoff")
    settle(site, log)
    told = log.getvalue()
    assert told.count("INFO") > 1
    assert [each for each in hidden if each and each in told] == []


# Forging

FORGED = "203.0.113.9 failed to authenticate as 'admin'"
HOSTILE = ("\r\n", "\n", "\x1b[2K\r", "\x9b2K", "\x85", "\u2028", "\x00", "%s%n", "' 200 \"", "\\")


@pytest.mark.parametrize("end", HOSTILE, ids=ascii)
def test_no_name_path_or_header_makes_a_line_of_its_own(site, log, end):
    text = "x%s%s" % (end, FORGED)
    browser = site.browser()
    browser.log_in(text, WRONG)
    browser.action("ping", actionid=text)
    raw = text.replace(" ", "\t").encode()
    for request in (
        b"GET /asterisk/" + raw + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /asterisk/nothing HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: " + raw + b"\r\n\r\n",
        b"GET /asterisk/nothing HTTP/1.1\r\nHost: x\r\nUser-Agent: " + raw + b"\r\n\r\n",
        raw + b" / HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        with Browser(site.daemon.address) as other:
            other.send(request)
            other.read_reply()
    percent = "".join("%%%02x" % byte for byte in text.encode())
    browser.request("/asterisk/static/" + percent)
    settle(site, log)
    until(lambda: len(log.lines) >= 8)
    told = [json.loads(line)["message"] for line in log.lines] if log.format == "json" else [
        line.partition(": ")[2] for line in log.lines]
    assert all(line.isprintable() for line in log.lines)
    assert [line for line in told if not re.match(r"127\.0\.0\.1 |SIG|the PBX ", line)] == []
