"""Rows about who is who: cookies, digest credentials, waits, and what is logged of them."""

import re

import pytest

from tests.browser import Browser
from tests.rows.credentials import authorization, nonce_of
from tests.serving import MANAGER_CONF, serve
from tests.web.site import wait_until

DENIED = b"Response: Error\r\nMessage: Permission denied\r\n\r\n"
MISSING = b"Response: Error\r\nMessage: Missing action in request\r\n\r\n"
GOODBYE = b"Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n"
PONG = b"Response: Success\r\nPing: Pong\r\nTimestamp: 1700000000.000000\r\n\r\n"
WAITED = b"Response: Success\r\nMessage: Waiting for Event completed.\r\n\r\n"
COMPLETE = b"Event: WaitEventComplete\r\n\r\n"
HANGUP = b"Event: Hangup\r\nPrivilege: call,all\r\n\r\n"
FENCED = MANAGER_CONF + "\n[fenced]\nsecret=wall\ndeny=127.0.0.1\nread=all\nwrite=all\n"
TARGET = "/asterisk/arawman?action=ping"


def session_of(reply):
    """The id in a reply's cookie."""
    return re.match(rb'mansession_id="([^"]*)"', reply.header(b"Set-Cookie"))[1]


def start(browser, query, uri="rawman"):
    """Sends a request and does not wait for its reply."""
    browser.send(b"GET /asterisk/%b?%b HTTP/1.1\r\nHost: x\r\nCookie: %b\r\n\r\n" % (
        uri.encode(), query.encode(), browser.cookie))


def start_waiting(daemon, browser, uri="rawman"):
    """Has the browser's session wait for an event; returns when it does."""
    cookie = browser.cookie.split(b'"')[1].decode()
    session = daemon.manager.sessions.find(cookie)
    before = session.wait
    start(browser, "action=waitevent", uri)
    wait_until(lambda: session.wait not in (None, before))
    daemon.manager.sessions.release(session)


# 9, 19, 26, 43: cookies


def test_row_9_session_ids_are_random_and_long(browser):
    ids = [session_of(browser.action("ping")) for _ in range(50)]
    for _ in range(10):
        ids.append(session_of(browser.log_in()))
        browser.action("Logoff")
    assert len(set(ids)) == 60
    assert all(re.fullmatch(b"[0-9a-f]{32}", each) for each in ids)
    ones = sum(bin(int(each, 16)).count("1") for each in ids) / (60 * 128)
    assert 0.45 < ones < 0.55


def test_row_9_an_id_given_to_a_stranger_is_no_session(daemon, browser):
    browser.action("ping")
    assert browser.action("ping").body == DENIED
    assert len(daemon.manager.sessions) == 0


def test_row_9_a_login_gives_a_new_id_whatever_was_offered(browser):
    browser.cookie = b'mansession_id="0123456789abcdef0123456789abcdef"'
    assert session_of(browser.log_in()) != b"0123456789abcdef0123456789abcdef"
    assert browser.action("ping").body == PONG


@pytest.mark.parametrize("name, fields", [("ping", {}), ("login", {"username": "admin", "secret": "s3cret"})])
def test_row_19_the_cookie_is_out_of_reach_of_other_sites_and_of_scripts(browser, name, fields):
    cookie = browser.action(name, **fields).header(b"Set-Cookie")
    assert cookie.endswith(b"; Version=1; Max-Age=60; HttpOnly; SameSite=Strict")


def test_row_26_all_sessions_that_have_expired_go_at_once(daemon, pass_time):
    for _ in range(5):
        with Browser(daemon.address) as browser:
            browser.log_in()
    assert len(daemon.manager.sessions) == 5
    pass_time(60.5)  # and stands still then: the lobby ticks once
    wait_until(lambda: len(daemon.manager.sessions) < 5)
    assert len(daemon.manager.sessions) == 0


@pytest.mark.parametrize("cookie", [
    b"", b"mansession_id", b'mansession_id=""', b"mansession_id=0", b"mansession_id=\xff\xfe",
    b"mansession_id=" + b"f" * 8000, b"mansession_id=" + b"0" * 32 + b"%b", b"mansession_id=%b0",
    b"mansession_id=%.8b", b"mansession_id=0x%b", b"mansession_id=-%b", b"mansession_id=%bzzz",
    b"mansession_id=%b; mansession_id=0", b"other=%b",
], ids=["nothing", "no value", "empty", "zero", "not ASCII", "overlong", "zeros before", "a digit more",
        "its beginning", "0x", "minus", "letters behind", "another behind it", "another name"])
def test_row_43_a_cookie_that_is_not_the_id_is_no_session(browser, cookie):
    browser.log_in()
    browser.cookie = cookie % browser.cookie.split(b'"')[1] if b"%" in cookie else cookie
    assert browser.action("ping").body == DENIED


@pytest.mark.parametrize("form", [
    b"mansession_id=%b", b'mansession_id="%b"', b"a=b; mansession_id=%b; c=d",
    b'$Version=1; MANSESSION_ID="%b"', b'mansession_id="%b"; Version=1; Max-Age=60; HttpOnly; SameSite=Strict',
    b"mansession_id=0; mansession_id=%b",
], ids=["bare", "quoted", "among others", "RFC 2109", "the whole Set-Cookie", "the last of two"])
def test_row_43_a_cookie_that_is_the_id_is_known_however_it_is_written(browser, form):
    browser.log_in()
    browser.cookie = form % browser.cookie.split(b'"')[1]
    assert browser.action("ping").body == PONG


def test_row_43_an_id_in_the_query_is_no_session(browser):
    browser.log_in()
    id = browser.cookie.split(b'"')[1].decode()
    browser.cookie = b""
    assert browser.action("ping", mansession_id=id).body == DENIED


# 12, 24, 32: digest


def test_row_12_an_unknown_user_is_challenged_and_logged_with_his_address(browser, caplog):
    nonce = nonce_of(browser.request(TARGET))
    for _ in range(3):
        assert browser.request(TARGET, headers=[authorization(nonce, TARGET, "nobody", "x")]).status == 401
    assert caplog.messages.count("127.0.0.1 tried to authenticate with nonexistent user 'nobody'") == 3
    assert browser.request(TARGET, headers=[authorization(nonce, TARGET)]).body == PONG


def test_row_12_a_user_who_may_not_come_from_there_is_refused_and_logged(peer, tmp_path, caplog):
    peer.users[b"fenced"] = b"wall"
    with serve(tmp_path, peer.address, manager_conf=FENCED) as daemon, Browser(daemon.address) as browser:
        nonce = nonce_of(browser.request(TARGET))
        reply = browser.request(TARGET, headers=[authorization(nonce, TARGET, "fenced", "wall")])
        assert reply.line == b"HTTP/1.1 403 Permission denied"
    assert "127.0.0.1 failed to pass IP ACL as 'fenced'" in caplog.messages
    assert peer.lines(b"login") == []


@pytest.mark.parametrize("changes", [
    {"nc": None}, {"cnonce": None}, {"qop": None}, {"nonce": None}, {"uri": None}, {"response": None},
    {"uri": "/asterisk/arawman?action=logoff"}, {"uri": "/asterisk/arawman"}, {"realm": "other"},
    {"method": "POST"}, {"response": "0" * 32}, {"nc": "1x"}, {"qop": "auth-int"},
    {"algorithm": "MD5-sess"}, {"secret": "guess"},
], ids=str)
def test_row_24_credentials_must_be_whole_and_for_this_request(browser, changes):
    nonce = nonce_of(browser.request(TARGET))
    reply = browser.request(TARGET, headers=[authorization(nonce, TARGET, **changes)])
    assert (reply.status, b"stale=true" in reply.header(b"WWW-authenticate")) == (401, False)


@pytest.mark.parametrize("target", ["/asterisk/arawman?action=logoff", "/asterisk/amxml?action=ping"])
def test_row_24_credentials_for_one_uri_are_none_for_another(browser, target):
    line = authorization(nonce_of(browser.request(TARGET)), TARGET)
    assert browser.request(target, headers=[line]).status == 401
    assert browser.request(TARGET, headers=[line]).body == PONG


def test_row_24_a_request_cannot_be_sent_again_not_even_after_its_session(browser):
    line = authorization(nonce_of(browser.request(TARGET)), TARGET)
    assert browser.request(TARGET, headers=[line]).body == PONG
    again = browser.request(TARGET, headers=[line])
    assert again.status == 401
    assert b"stale=true" in again.header(b"WWW-authenticate")
    farewell = "/asterisk/arawman?action=logoff"
    line_of_farewell = authorization(nonce_of(browser.request(TARGET)), farewell)
    assert browser.request(farewell, headers=[line_of_farewell]).body == GOODBYE
    assert [browser.request(TARGET, headers=[each]).status for each in (line, line_of_farewell)] == [401, 401]


def test_row_24_counts_must_rise(browser):
    nonce = nonce_of(browser.request(TARGET))
    statuses = [browser.request(TARGET, headers=[authorization(nonce, TARGET, count=count)]).status
                for count in (2, 1, 2, 3)]
    assert statuses == [200, 401, 401, 200]


@pytest.mark.parametrize("nonce", ["1", "deadbeef", "0" * 76, "f" * 76, "x" * 76, "%00"])
def test_row_24_a_nonce_that_ajam_did_not_give_out_opens_nothing(daemon, browser, nonce):
    assert browser.request(TARGET, headers=[authorization(nonce, TARGET)]).status == 401
    assert len(daemon.manager.digest_sessions) == 0


def test_row_24_a_nonce_grows_old_and_its_session_goes_on_under_the_next(peer, daemon, browser, pass_time):
    nonce = nonce_of(browser.request(TARGET))
    assert browser.request(TARGET, headers=[authorization(nonce, TARGET)]).body == PONG
    pass_time(30)
    with Browser(daemon.address) as later:
        assert later.request(TARGET, headers=[authorization(nonce, TARGET, count=2)]).body == PONG
    peer.send_event(HANGUP)
    pass_time(31)
    wait = TARGET.replace("ping", "waitevent")
    with Browser(daemon.address) as later:
        stale = later.request(wait, headers=[authorization(nonce, wait, count=3)])
        assert (stale.status, b"stale=true" in stale.header(b"WWW-authenticate")) == (401, True)
        reply = later.request(wait, headers=[authorization(nonce_of(stale), wait)])
    assert reply.body == WAITED + HANGUP + COMPLETE


def test_row_32_digest_works_for_a_uri_of_any_length(browser):
    target = TARGET + "&filling=" + "x" * 7000
    nonce = nonce_of(browser.request(target))
    reply = browser.request(target, headers=[authorization(nonce, target)])
    assert reply.body == b"Response: Error\r\nMessage: Failed to parse message: line too long\r\n\r\n"
    many = TARGET + "".join("&filling%d=%s" % (number, "x" * 900) for number in range(4))
    nonce = nonce_of(browser.request(many))
    assert browser.request(many, headers=[authorization(nonce, many)]).body == PONG


# 18: the log


def test_row_18_no_secret_and_no_query_is_logged(browser, caplog):
    browser.log_in(secret="wr0ng")
    browser.log_in()
    browser.action("Login", AuthType="MD5", Username="admin", Key="0123456789abcdef")
    browser.request("/asterisk/static/x?secret=s3cret")
    browser.send(b"GET /asterisk/rawman?action=login&secret=s3cret HTTP/9.9\r\n\r\n")
    browser.read_reply()
    assert caplog.records
    session = browser.cookie.split(b'"')[1].decode()
    for word in ("s3cret", "wr0ng", "0123456789abcdef", "secret=", "action=", session):
        assert word not in caplog.text


# 39 to 41: parameters, waits


def test_row_39_the_query_of_a_post_is_not_looked_at(browser):
    form = (b"Content-Type: application/x-www-form-urlencoded",)
    browser.log_in()
    assert browser.request("/asterisk/rawman?action=logoff", "POST", b"action=ping", form).body == PONG
    assert browser.request("/asterisk/rawman?action=logoff", "POST", b"", form).body == MISSING
    assert browser.request("/asterisk/rawman?action=logoff", "POST", b"action=ping").body == MISSING
    assert browser.action("ping").body == PONG


@pytest.mark.parametrize("uri, nothing", [("rawman", b""), ("mxml", b"<ajax-response>\n</ajax-response>\n")])
def test_row_40_a_second_wait_sends_the_first_one_home_with_nothing(peer, daemon, browser, uri, nothing):
    browser.log_in()
    with Browser(daemon.address) as second:
        second.cookie = browser.cookie
        start_waiting(daemon, browser, uri)
        start_waiting(daemon, second)
        assert browser.read_reply().body == nothing
        peer.send_event(HANGUP)
        assert second.read_reply().body == WAITED + HANGUP + COMPLETE


def test_row_41_a_logoff_ends_a_wait_in_its_usual_form_and_then_the_session(daemon, browser):
    browser.log_in()
    with Browser(daemon.address) as second:
        second.cookie = browser.cookie
        start_waiting(daemon, browser)
        assert second.action("Logoff").body == GOODBYE
        second.cookie = browser.cookie
        assert browser.read_reply().body == WAITED + COMPLETE
        assert second.action("ping").body == DENIED
    assert len(daemon.manager.sessions) == 0
