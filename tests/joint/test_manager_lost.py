"""A PBX that goes away, freezes, cuts off and comes back, seen from browsers."""

import time

import pytest

from tests.joint.site import until
from tests.joint.test_manager_events import HANGUP, body
from tests.peer import Peer

DONE = b"Response: Success\r\n\r\n"
DENIED = b"Response: Error\r\nMessage: Permission denied\r\n\r\n"
BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"

GONE = "The PBX cannot be reached"
CUT_OFF = "The PBX closed the connection without an answer; the outcome of the action is not known"
FORMATS = {
    "rawman": "Response: Error\r\nActionID: 7\r\nMessage: %s\r\n\r\n",
    "mxml": "<ajax-response>\n<response type='object' id='unknown'><generic response='Error' actionid='7' "
            "message='%s' /></response>\n</ajax-response>\n",
}


@pytest.fixture
def session(site, peer):
    peer.script = lambda lines, connection: DONE
    return site.logged_in()


def cut_off(lines, connection):
    """The PBX dies while it works on the action."""
    connection.send(b"Response: Success\r\nEventList: start\r\n\r\nEvent: Item\r\n\r\n")
    connection.close()


def down(site):
    """True when the one session's feed is lost."""
    return not site.sessions()[0].account.feed.up


def back(site, peer):
    """True when the one session's feed has logged in a second time."""
    return len([lines for lines in peer.lines(b"login") if b"Events: on" in lines]) == 2 and not down(site)


@pytest.mark.parametrize("uri", FORMATS)
def test_while_the_pbx_is_gone_an_action_is_answered_at_once_in_the_format_asked_for(site, session, peer, uri):
    peer.close()
    until(lambda: down(site))
    start = time.monotonic()
    reply = session.action("Status", uri=uri, actionid=7)
    assert time.monotonic() - start < 1
    assert (reply.line, reply.header(b"Retry-After")) == (b"HTTP/1.1 503 Service Unavailable", b"5")
    assert reply.body.decode() == FORMATS[uri] % GONE


def test_while_the_pbx_is_gone_a_login_is_answered_at_once(site, peer):
    peer.close()
    reply = site.browser().log_in(actionid=7)
    assert (reply.status, reply.header(b"Retry-After")) == (503, b"5")
    assert reply.body.decode() == FORMATS["rawman"] % GONE
    assert not site.sessions()


def test_what_ajam_does_itself_goes_on_while_the_pbx_is_gone(site, session, peer):
    peer.close()
    until(lambda: down(site))
    assert session.action("events", eventmask="on").body == b"Response: Success\r\nEvents: On\r\n\r\n"
    assert session.action("waitevent", timeout=0).status == 200
    assert session.action("logoff").body == b"Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n"


@pytest.mark.parametrize("uri", FORMATS)
def test_an_action_cut_off_midway_is_never_sent_twice_and_says_so(site, session, peer, uri):
    session.action("Status")
    peer.script = cut_off
    reply = session.action("Originate", uri=uri, actionid=7)
    assert (reply.status, reply.header(b"Retry-After")) == (503, b"5")
    assert reply.body.decode() == FORMATS[uri] % CUT_OFF
    peer.script = lambda lines, connection: DONE
    assert session.action("Status").body == DONE
    assert len(peer.lines(b"originate")) == 1


def test_an_action_of_a_single_user_cut_off_midway_is_never_sent_twice_either(site, peer):
    peer.script = cut_off
    session = site.logged_in("single", "s1ngle")
    reply = session.action("Originate", actionid=7)
    assert (reply.status, reply.body.decode()) == (503, FORMATS["rawman"] % CUT_OFF)
    peer.script = lambda lines, connection: DONE
    until(lambda: session.action("Status").body == DONE)
    assert len(peer.lines(b"originate")) == 1


def test_a_restart_between_two_actions_is_not_noticed(site, session, peer):
    session.action("Status")
    peer.drop_connections()
    until(lambda: back(site, peer))
    site.pass_time(1)
    assert session.action("Status").body == DONE


def test_sessions_live_on_and_the_waiting_ones_are_told_fully_booted(site, session, peer):
    waiting = site.begin("waitevent", session.cookie)
    peer.drop_connections()
    assert waiting.read_reply().body == body(BOOTED)
    assert session.action("Status").body == DONE
    peer.send_event(HANGUP)
    assert session.action("waitevent", timeout=5).body == body(HANGUP)


def test_fully_booted_is_only_for_those_who_want_it(site, session, peer):
    session.action("events", eventmask="call")
    waiting = site.begin("waitevent", session.cookie)
    peer.drop_connections()
    until(lambda: back(site, peer))
    assert site.is_quiet(waiting)
    peer.send_event(HANGUP)
    assert waiting.read_reply().body == body(HANGUP)


def test_a_login_finds_the_pbx_back_for_all_others_too(site, session, peer):
    waiting = site.begin("waitevent", session.cookie)
    peer.close()
    until(lambda: session.action("Status").status == 503)
    with Peer(peer.script, users=peer.users, address=peer.address) as restarted:
        start = time.monotonic()
        site.logged_in()
        assert waiting.read_reply().body == body(BOOTED)
        assert time.monotonic() - start < 1  # the feed's own next attempt is further away
        assert session.action("Status").body == DONE
        assert len(restarted.live(events=True)) == 1


def test_a_session_whose_account_is_refused_after_a_restart_is_dead(site, session, peer):
    waiting = site.begin("waitevent", session.cookie)
    peer.users = {b"admin": b"changed"}
    peer.drop_connections()
    assert waiting.read_reply().body == body()
    assert session.action("Status").body == DENIED
    assert session.action("events", eventmask="on").body == DENIED
    assert not site.sessions()
    until(lambda: site.pass_time(1) or not site.daemon.manager.accounts._current)


def test_a_session_whose_account_is_refused_an_action_is_dead(site, session, peer):
    peer.users = {b"admin": b"changed"}
    reply = session.action("Status", actionid=7)
    assert (reply.status, reply.body) == (200, b"Response: Error\r\nActionID: 7\r\nMessage: Permission denied\r\n\r\n")
    assert session.action("events", eventmask="on").body == DENIED
    assert site.browser().log_in("admin", "changed").status == 200


def test_a_pbx_that_is_full_for_the_moment_leaves_the_session_alive(site, session, peer):
    def refuse(lines, connection):
        connection.send(b"Response: Error\r\nMessage: Asterisk is shutting down\r\n\r\n")
        connection.close()

    peer.scripted, peer.script = ("login",), refuse
    reply = session.action("Status")
    assert reply.status == 503
    assert b"not known" not in reply.body
    peer.scripted, peer.script = (), lambda lines, connection: DONE
    assert session.action("Status").body == DONE


def test_ajam_starts_while_the_pbx_is_down_and_finds_it_later(site, peer):
    peer.close()
    assert site.browser().log_in().status == 503
    with Peer(peer.script, address=peer.address):
        site.logged_in()
