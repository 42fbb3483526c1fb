"""ajam/manager.py over HTTP, on a scripted PBX: what one request becomes, and what ajam answers itself."""

import re

import pytest

from tests.joint.site import until

GOODBYE = b"Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n"
DENIED = b"Response: Error\r\nMessage: Permission denied\r\n\r\n"
MISSING = b"Response: Error\r\nMessage: Missing action in request\r\n\r\n"
TOO_LONG = b"Response: Error\r\nActionID: 7\r\nMessage: Failed to parse message: line too long\r\n\r\n"
DONE = b"Response: Success\r\n\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded"


@pytest.fixture
def session(site, peer):
    """A browser that is logged in, at a PBX that says yes to everything."""
    peer.script = lambda lines, connection: DONE
    return site.logged_in()


def test_a_login_answers_as_asterisk_does_and_sets_the_cookie(browser):
    reply = browser.log_in()
    assert reply.line == b"HTTP/1.1 200 OK"
    assert reply.body == b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
    names = [header.split(b":")[0] for header in reply.headers]
    assert names == [b"Server", b"Date", b"Cache-Control", b"Content-type", b"X-Content-Type-Options", b"Set-Cookie",
                     b"Pragma", b"Content-Length"]
    assert re.fullmatch(rb'mansession_id="[0-9a-f]{32}"; Version=1; Max-Age=60; HttpOnly; SameSite=Strict',
                        reply.header(b"Set-Cookie"))


@pytest.mark.parametrize("action", ["Status", "waitevent", "events", "filter", "Ping", "listcommands"])
def test_without_a_session_every_action_is_denied(browser, peer, action):
    assert browser.action(action).body == DENIED
    assert not peer.messages


def test_an_action_goes_to_the_pbx_and_its_output_comes_back_untouched(peer, browser):
    peer.script = lambda lines, connection: b"Any bytes\n at all \xff\r\n\r\n\r\nand more\r\n\r\n"
    browser.log_in()
    assert browser.action("Status").body == b"Any bytes\n at all \xff\r\n\r\n\r\nand more\r\n\r\n"
    assert peer.actions() == [b"status"]


def test_every_parameter_becomes_a_line_in_its_order(session, peer):
    session.request("/asterisk/rawman?Action=Originate&Variable=a%3d1&Variable=b%20+%e9&&x&ajaxdest=d")
    assert peer.lines(b"originate") == [
        [b"Action: Originate", b"Variable: a=1", b"Variable: b  \xe9", b": ", b"x: ", b"ajaxdest: d"]]


def test_the_first_action_that_is_not_empty_counts(session, peer):
    session.request("/asterisk/rawman?action=&action=Status&action=Logoff")
    assert peer.actions() == [b""]
    assert session.action("x").body == DONE


@pytest.mark.parametrize("target", ["rawman", "rawman?", "rawman?action=", "rawman?x=y", "rawman/"])
def test_a_request_without_an_action_misses_one_logged_in_or_not(site, session, target):
    assert session.request("/asterisk/" + target).body == MISSING
    assert site.browser().request("/asterisk/" + target).body == MISSING


def test_a_form_counts_and_not_the_query_beside_it(session, peer):
    reply = session.request("/asterisk/rawman?action=Logoff", "POST", b"action=Status&x=1", (FORM,))
    assert reply.body == DONE
    assert peer.lines(b"status") == [[b"action: Status", b"x: 1"]]


def test_a_head_request_is_done_and_has_no_body(session, peer):
    reply = session.request("/asterisk/rawman?action=Status", "HEAD")
    assert (reply.status, reply.header(b"Content-Length")) == (200, b"%d" % len(DONE))
    assert peer.actions() == [b"status"]


def test_a_logoff_takes_the_cookie_away(browser):
    browser.log_in()
    reply = browser.action("Logoff")
    assert reply.body == GOODBYE
    assert reply.header(b"Set-Cookie") == b'mansession_id=""; Version=1; Max-Age=0; HttpOnly; SameSite=Strict'
    assert browser.action("Status").body == DENIED


def test_a_logoff_without_a_session_is_polite_too(browser, peer):
    assert browser.action("Logoff").body == GOODBYE
    assert not peer.messages


def test_a_logoff_ends_one_session_and_no_other(site, session, peer):
    other = site.logged_in()
    session.action("Logoff")
    assert other.action("Status").body == DONE
    assert not peer.lines(b"logoff")


def test_an_event_ends_a_wait(peer, browser):
    browser.log_in()
    browser.send_action("waitevent")
    peer.send_event(b"Event: Hangup\r\nPrivilege: call,all\r\n\r\n")
    assert browser.read_reply().body == (
        b"Response: Success\r\nMessage: Waiting for Event completed.\r\n\r\n"
        b"Event: Hangup\r\nPrivilege: call,all\r\n\r\nEvent: WaitEventComplete\r\n\r\n")


@pytest.mark.parametrize("action, fields", [
    ("", {}), ("login", {}), ("events", {"eventmask": "on"}), ("events", {"eventmask": "off"}), ("events", {}),
    ("waitevent", {"timeout": 0}), ("x" * 1100, {}), ("x", {"y": "z" * 1100}), ("logoff", {}),
], ids=["missing action", "already authenticated", "events on", "events off", "invalid mask", "waitevent",
        "long name", "long value", "logoff"])
def test_what_ajam_answers_itself_carries_the_action_id(session, action, fields):
    assert session.action(action, ActionID="me-7", **fields).body.split(b"\r\n")[1] == b"ActionID: me-7"


@pytest.mark.parametrize("action", ["Status", "", "logoff"])
def test_what_ajam_answers_a_stranger_carries_the_action_id(browser, action):
    assert browser.action(action, actionid="me-7").body.split(b"\r\n")[1] == b"ActionID: me-7"


# What may not be sent


@pytest.mark.parametrize("length, body", [(1023, DONE), (1024, DONE), (1025, TOO_LONG), (1026, TOO_LONG)])
def test_a_line_may_have_1024_bytes_with_its_end(session, peer, length, body):
    reply = session.action("Status", actionid=7, x="y" * (length - len("x: \r\n")))
    assert (reply.status, reply.body) == (200, body)
    assert len(peer.lines(b"status")) == (body == DONE)


@pytest.mark.parametrize("count", [127, 128, 129, 200])
def test_lines_behind_the_128th_are_dropped_silently(session, peer, count):
    pairs = [("x%d" % number, "y") for number in range(count - 1)]
    assert session.action("Status", *pairs).body == DONE
    assert len(peer.lines(b"status")[0]) == min(count, 128)


def test_an_action_behind_the_128th_line_is_none(session):
    query = "&".join(["x=y"] * 128 + ["action=Logoff"])
    assert session.request("/asterisk/rawman?" + query).body == MISSING


@pytest.mark.parametrize("query", [
    "action=Ping&x=%0d%0aAction:%20Originate", "action=Ping&actionid=1%0d%0aAction:%20Originate", "action=Ping%0a",
    "action=Ping&x%0d=y", "action=Ping&x=%00", "action=Ping&x=%0a", "action=Ping&x=%0d", "action=Ping&x%00=y",
    "action=login&username=admin&secret=s3cret%0d%0a%0d%0aAction:%20Originate",
    "action=Ping&Action:Originate=", "action:Ping=&action=logoff",
])
def test_what_would_become_another_action_is_refused(site, session, peer, query):
    sent = len(peer.messages)
    for browser in (session, site.browser()):
        reply = browser.request("/asterisk/rawman?" + query)
        assert reply.line == b"HTTP/1.1 400 Bad Request"
        assert reply.body.startswith(b"Response: Error\r\nMessage: A ")
    assert len(peer.messages) == sent
    assert session.action("x").body == DONE


@pytest.mark.parametrize("action, fields", [
    ("Logoff", {}), ("Events", {"eventmask": "on"}), ("Login", {"username": "viewer", "secret": "viewer pass"}),
    ("WaitEvent", {"timeout": 0}),
])
@pytest.mark.parametrize("spelling", ["%s", "\t%s", "  %s", "\x01%s"])
def test_what_changes_a_connections_state_reaches_no_shared_one(session, peer, action, fields, spelling):
    sent = len(peer.messages)
    assert session.action(spelling % action, **fields).status == 200
    assert [lines for _, lines in peer.messages[sent:]] == []


def test_an_answer_of_16_mib_is_the_most(site, session, peer):
    def flood(lines, connection):
        while connection.send(b"Output: %s\r\n" % (b"x" * (1 << 20))):
            pass

    peer.script = flood
    reply = session.action("Status")
    assert reply.status == 503
    assert b"The answer is longer than 16777216 bytes" in reply.body
    until(lambda: len(peer.live()) == 1)
