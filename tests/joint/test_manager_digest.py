"""The digest URIs' sessions on a scripted PBX (reference.md 2.10)."""

import re

import pytest

from ajam.web.digest import LIFETIME
from tests.joint.digest import authorization
from tests.joint.site import until
from tests.joint.test_manager_events import HANGUP, RELOAD, body

DONE = b"Response: Success\r\n\r\n"


def nonce_of(reply):
    """The nonce of a 401, which must be one."""
    assert reply.status == 401
    return re.search(rb'nonce="([0-9a-f]+)"', reply.header(b"WWW-authenticate"))[1].decode()


def send(browser, nonce, count, query, username="admin", secret="s3cret"):
    target = b"/asterisk/arawman?" + query
    line = authorization(nonce, target, count, username, secret)
    browser.send(b"GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: %s\r\n\r\n" % (target, line))


def ask(browser, nonce, count, query=b"action=status", **user):
    send(browser, nonce, count, query, **user)
    return browser.read_reply()


@pytest.fixture
def nonce(browser, peer):
    peer.script = lambda lines, connection: DONE
    return nonce_of(browser.request("/asterisk/arawman?action=status"))


def test_a_right_answer_to_the_challenge_is_a_session_without_a_cookie(site, browser, nonce):
    reply = ask(browser, nonce, 1)
    assert (reply.status, reply.body, reply.header(b"Set-Cookie")) == (200, DONE, None)
    assert ask(browser, nonce, 2, b"action=login&actionid=7").body == (
        b"Response: Success\r\nActionID: 7\r\nMessage: Already authenticated\r\n\r\n")
    assert len(site.sessions()) == 1


def test_a_captured_request_cannot_be_sent_again(browser, nonce, peer):
    ask(browser, nonce, 1)
    assert nonce_of(ask(browser, nonce, 1)) != nonce
    assert len(peer.lines(b"status")) == 1


def test_a_digest_session_wants_all_events_from_its_beginning(browser, nonce, peer):
    ask(browser, nonce, 1)
    peer.send_event(HANGUP)
    assert ask(browser, nonce, 2, b"action=waitevent&timeout=5").body == body(HANGUP)


def test_a_new_nonce_keeps_the_place_among_the_events(site, browser, nonce, peer):
    ask(browser, nonce, 1)
    peer.send_event(HANGUP)
    assert ask(browser, nonce, 2, b"action=waitevent&timeout=5").body == body(HANGUP)
    site.pass_time(LIFETIME - 10)
    ask(browser, nonce, 3)
    peer.send_event(RELOAD)
    site.pass_time(11)
    stale = ask(browser, nonce, 4, b"action=waitevent&timeout=5")
    assert stale.header(b"WWW-authenticate").endswith(b"stale=true")
    assert ask(browser, nonce_of(stale), 1, b"action=waitevent&timeout=5").body == body(RELOAD)
    assert len(site.sessions()) == 1


def test_two_requests_at_once_on_a_new_nonce_make_one_session(site, browser, nonce, peer):
    browsers = [site.browser() for _ in range(2)]
    with peer.frozen():
        for count, each in enumerate(browsers, 1):
            send(each, nonce, count, b"action=status")
        until(lambda: len(peer.live()) == 2)
    assert [each.read_reply().body for each in browsers] == [DONE] * 2
    session, = site.sessions()
    assert session.in_use == 0
    ask(browser, nonce, 3, b"action=logoff")
    site.pass_time(11)
    until(lambda: not peer.live())


def test_a_nonce_of_another_user_does_not_open_his_session(site, browser, nonce, peer):
    peer.script = lambda lines, connection: b"User: %s\r\n\r\n" % connection.user
    assert ask(browser, nonce, 1).body == b"User: admin\r\n\r\n"
    assert ask(browser, nonce, 2, username="viewer", secret="viewer pass").body == b"User: viewer\r\n\r\n"
    assert len(site.sessions()) == 2


def test_a_user_whom_only_the_file_knows_is_denied_and_has_no_session(site, browser, nonce, peer):
    peer.users = {}
    reply = ask(browser, nonce, 1, b"action=status&actionid=7")
    assert (reply.status, reply.body) == (200, b"Response: Error\r\nActionID: 7\r\nMessage: Permission denied\r\n\r\n")
    assert not site.sessions()


def test_while_the_pbx_is_gone_a_digest_request_is_told_so(site, browser, nonce, peer):
    peer.close()
    reply = ask(browser, nonce, 1, b"action=status&actionid=7")
    assert (reply.status, reply.header(b"Retry-After")) == (503, b"5")
    assert reply.body == b"Response: Error\r\nActionID: 7\r\nMessage: The PBX cannot be reached\r\n\r\n"
    assert not site.sessions()


def test_a_parameter_with_a_line_end_makes_no_session(site, browser, nonce):
    reply = ask(browser, nonce, 1, b"action=status&x=%0d%0aAction:%20Originate")
    assert reply.status == 400
    assert not site.sessions()


def test_a_single_user_has_one_session_and_is_let_in_again_after_it(site, browser, nonce, peer):
    single = {"username": "single", "secret": "s1ngle"}
    assert ask(browser, nonce, 1, **single).body == DONE
    other = nonce_of(browser.request("/asterisk/arawman?action=status"))
    assert ask(browser, other, 1, **single).status == 503
    assert ask(browser, nonce, 2, b"action=logoff", **single).status == 200
    assert ask(browser, other, 2, **single).body == DONE


def test_a_digest_session_is_none_for_a_cookie(site, browser, nonce):
    ask(browser, nonce, 1)
    session, = site.sessions()
    denied = site.browser(b'mansession_id="%s"' % session.id.split()[0][:32].encode()).action("Status")
    assert denied.body == b"Response: Error\r\nMessage: Permission denied\r\n\r\n"
