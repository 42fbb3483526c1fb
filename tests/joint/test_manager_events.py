"""Events over HTTP on a scripted PBX: masks, WaitEvent and Filter (reference.md 3.8, 3.9)."""

import threading

import pytest

from ajam.web.connection import State
from tests.joint.site import until
from tests.peer import ANSWER_TO_PING, header

HEAD = b"Response: Success\r\nMessage: Waiting for Event completed.\r\n\r\n"
TAIL = b"Event: WaitEventComplete\r\n\r\n"
HANGUP = b"Event: Hangup\r\nPrivilege: call,all\r\n\r\n"
RELOAD = b"Event: ModuleLoad\r\nPrivilege: system,all\r\n\r\n"
BOTH = b"Event: Both\r\nPrivilege: system,call,all\r\n\r\n"
MISUSED = b"Event: OfNoCategory\r\nPrivilege: <none>\r\n\r\n"
FILTERED = b"Response: Success\r\nMessage: Filter Added Successfully\r\n\r\n"


def body(*events):
    return HEAD + b"".join(events) + TAIL


def send(site, peer, *events):
    """Sends events, and waits until every feed has them."""
    rings = {session.account.feed.ring for session in site.sessions()}
    wanted = [ring.last + len(events) for ring in rings]
    for event in events:
        peer.send_event(event)
    until(lambda: [ring.last for ring in rings] == wanted)


@pytest.fixture
def session(site):
    """A browser that is logged in."""
    return site.logged_in()


@pytest.mark.parametrize("mask, answer", [
    ("on", b"On"), ("all", b"On"), ("1", b"On"), ("call", b"On"), ("s,call", b"On"), ("call,nonsense", b"On"),
    ("off", b"Off"), ("no", b"Off"), ("0", b"Off"), ("none", b"Off"), ("nonsense", b"Off"), ("s,x", b"On"),
])
def test_an_events_action_is_answered_by_ajam(session, peer, mask, answer):
    assert session.action("events", eventmask=mask).body == b"Response: Success\r\nEvents: %s\r\n\r\n" % answer
    assert not peer.actions()


@pytest.mark.parametrize("fields", [{}, {"eventmask": ""}], ids=["none", "empty"])
def test_an_empty_mask_is_invalid(session, fields):
    assert session.action("events", **fields).body == b"Response: Error\r\nMessage: Invalid event mask\r\n\r\n"


@pytest.mark.parametrize("mask, told", [
    ("on", [HANGUP, RELOAD, BOTH, MISUSED]),
    ("call", [HANGUP, MISUSED]),
    ("2", [HANGUP, MISUSED]),
    ("system", [RELOAD, MISUSED]),
    ("system,call", [HANGUP, RELOAD, BOTH, MISUSED]),
    ("s,call", [HANGUP, RELOAD, BOTH, MISUSED]),
    ("user", [MISUSED]),
    ("off", [HANGUP, RELOAD, BOTH, MISUSED]),
], ids=str)
def test_events_are_told_by_category(site, session, peer, mask, told):
    session.action("events", eventmask=mask)
    send(site, peer, HANGUP, RELOAD, BOTH, MISUSED)
    assert session.action("waitevent", timeout=5).body == body(*told)


def test_what_a_mask_has_left_out_is_gone(site, session, peer):
    session.action("events", eventmask="call")
    send(site, peer, RELOAD, HANGUP)
    assert session.action("waitevent", timeout=5).body == body(HANGUP)
    session.action("events", eventmask="on")
    assert session.action("waitevent", timeout=0).body == body()


def test_events_off_leaves_the_feed_on(site, session, peer):
    session.action("events", eventmask="off")
    send(site, peer, HANGUP)
    assert session.action("waitevent", timeout=5).body == body(HANGUP)


def test_the_events_of_a_login_are_its_sessions_mask(site, peer):
    browser = site.logged_in(events="call")
    send(site, peer, RELOAD, HANGUP)
    assert browser.action("waitevent", timeout=5).body == body(HANGUP)


def test_the_first_wait_tells_all_since_the_login(site, session, peer):
    send(site, peer, HANGUP, RELOAD)
    assert session.action("waitevent").body == body(HANGUP, RELOAD)
    assert session.action("waitevent", timeout=0).body == body()


def test_what_came_before_a_login_is_not_told(site, session, peer):
    send(site, peer, HANGUP)
    later = site.logged_in()
    send(site, peer, RELOAD)
    assert later.action("waitevent", timeout=5).body == body(RELOAD)


def test_two_sessions_get_every_event_each(site, peer):
    browsers = [site.logged_in(), site.logged_in()]
    waiting = [site.begin("waitevent", browser.cookie) for browser in browsers]
    peer.send_event(HANGUP)
    assert [each.read_reply().body for each in waiting] == [body(HANGUP)] * 2
    send(site, peer, RELOAD, BOTH)
    assert [browser.action("waitevent").body for browser in browsers] == [body(RELOAD, BOTH)] * 2


@pytest.mark.parametrize("uri, expected", [
    ("rawman", HEAD + HANGUP + TAIL),
    ("mxml", b"<ajax-response>\n"
             b"<response type='object' id='unknown'><generic response='Success' "
             b"message='Waiting for Event completed.' /></response>\n"
             b"<response type='object' id='unknown'><generic event='Hangup' privilege='call,all' /></response>\n"
             b"<response type='object' id='unknown'><generic event='WaitEventComplete' /></response>\n"
             b"</ajax-response>\n"),
])
def test_a_wait_is_told_in_the_format_asked_for(site, session, peer, uri, expected):
    waiting = site.begin("waitevent", session.cookie, uri=uri)
    peer.send_event(HANGUP)
    assert waiting.read_reply().body == expected


def test_a_wait_without_events_ends_at_its_time(site, session):
    waiting = site.begin("waitevent", session.cookie, timeout=20, actionid=7)
    site.pass_time(19.9)
    assert site.waits()
    site.pass_time(0.1)
    assert waiting.read_reply().body == (
        b"Response: Success\r\nActionID: 7\r\nMessage: Waiting for Event completed.\r\n\r\n"
        b"Event: WaitEventComplete\r\nActionID: 7\r\n\r\n")


def test_the_longest_wait_ends_ten_seconds_before_the_session(site, session):
    waiting = site.begin("waitevent", session.cookie)
    site.pass_time(49.9)
    assert site.waits()
    site.pass_time(0.1)
    assert waiting.read_reply().body == body()
    site.pass_time(59.9)
    assert session.action("waitevent", timeout=0).body == body()


def test_a_newer_wait_sends_the_older_home_empty(site, session, peer):
    older = site.begin("waitevent", session.cookie)
    newer = site.begin("waitevent", session.cookie)
    reply = older.read_reply()
    assert (reply.status, reply.body, reply.header(b"Content-Length")) == (200, b"", b"0")
    peer.send_event(HANGUP)
    assert newer.read_reply().body == body(HANGUP)


def test_an_older_wait_goes_home_in_its_own_format(site, session):
    older = site.begin("waitevent", session.cookie, uri="mxml")
    site.begin("waitevent", session.cookie)
    assert older.read_reply().body == b"<ajax-response>\n</ajax-response>\n"


def test_a_logoff_ends_a_wait_with_its_normal_output(site, session):
    waiting = site.begin("waitevent", session.cookie)
    session.action("logoff")
    assert waiting.read_reply().body == body()
    assert session.action("waitevent").body == b"Response: Error\r\nMessage: Permission denied\r\n\r\n"


def test_other_actions_go_on_during_a_wait(site, session, peer):
    peer.script = lambda lines, connection: b"Response: Success\r\n\r\n"
    waiting = site.begin("waitevent", session.cookie)
    for _ in range(5):
        assert session.action("Status").body == b"Response: Success\r\n\r\n"
        site.pass_time(40)
    assert not site.waits()
    assert waiting.read_reply().body == body()


def test_a_browser_that_goes_away_leaves_its_events_to_the_next_wait(site, session, peer):
    site.begin("waitevent", session.cookie).close()
    until(lambda: not site.waits())
    send(site, peer, HANGUP)
    assert session.action("waitevent", timeout=5).body == body(HANGUP)


def test_events_that_overflow_the_ring_are_dropped_and_logged(site, session, peer, caplog):
    ring, = {each.account.feed.ring for each in site.sessions()}
    peer.send_event(HANGUP * 12000)
    until(lambda: ring.last == 12000)
    told = session.action("waitevent", timeout=5).body.count(HANGUP)
    assert 10000 <= told < 12000
    assert "%d events were dropped" % (12000 - told) in caplog.text


def test_stopping_ajam_ends_a_wait(site, session):
    waiting = site.begin("waitevent", session.cookie)
    stopping = threading.Thread(target=site.daemon.lobby.stop, args=(5,))
    stopping.start()
    assert waiting.read_reply().body == body()
    stopping.join()


# What an action has caused


def slow_to_tell(lines, connection):
    """A PBX that tells its events a moment after the answer to the action that has caused them."""
    id = b"ActionID: %s\r\n" % header(lines, b"ActionID")
    known = header(lines, b"Action").lower() == b"ping"
    event = HANGUP if connection.events else b""
    return event + ANSWER_TO_PING["16"] % {b"id": id} if known else b"Response: Success\r\n\r\n"


def test_what_an_action_has_caused_is_told_to_the_wait_behind_it(session, peer):
    peer.scripted, peer.script = ("ping",), slow_to_tell
    session.action("userevent")
    assert session.action("waitevent", timeout=0).body == body(HANGUP)
    assert session.action("waitevent", timeout=0).body == body()  # nothing was done meanwhile


def test_a_pbx_that_does_not_say_what_an_action_has_caused_is_waited_for_no_longer_than_a_second(site, session, peer):
    peer.script = lambda lines, connection: b"" if lines[0].startswith(b"Action: Ping") else b"Response: Success\r\n\r\n"
    session.action("userevent")
    peer.scripted = ("ping",)
    waiting = site.browser(session.cookie)
    waiting.send_action("waitevent", timeout=0)
    until(lambda: [each for each in site.daemon.lobby._seats.here if each.state is State.WAITING])
    site.pass_time(1)
    assert waiting.read_reply().body == body()


# Filter


def test_a_filter_gives_its_session_a_feed_of_its_own(site, session, peer):
    peer.script = lambda lines, connection: FILTERED
    other = site.logged_in()
    assert session.action("filter", operation="add", filter="!Event: X").body == FILTERED
    assert session.action("filter", operation="add", filter="!Event: Y").body == FILTERED
    feeds = peer.live(events=True)
    assert len(feeds) == 2
    assert {number for number, lines in peer.messages if lines[0] == b"action: filter"} == {feeds[1].number}
    feeds[0].send(HANGUP)
    assert other.action("waitevent", timeout=5).body == body(HANGUP)
    feeds[1].send(RELOAD)
    assert session.action("waitevent", timeout=5).body == body(RELOAD)


def test_a_wait_goes_on_at_the_feed_that_a_filter_has_made(site, session, peer):
    peer.script = lambda lines, connection: FILTERED
    send(site, peer, HANGUP, HANGUP)
    session.action("waitevent")
    waiting = site.begin("waitevent", session.cookie)
    session.action("filter", operation="add", filter="!Event: X")
    peer.live(events=True)[1].send(RELOAD)
    assert waiting.read_reply().body == body(RELOAD)


def test_a_filter_that_a_logoff_overtakes_is_denied_and_leaves_no_feed(site, session, peer):
    peer.script = lambda lines, connection: FILTERED
    with peer.frozen():
        filtering = site.begin("filter", session.cookie, operation="add", filter="x")
        until(lambda: len(peer.live()) == 2)
        session.action("logoff")
    assert filtering.read_reply().body == b"Response: Error\r\nMessage: Permission denied\r\n\r\n"
    for _ in range(2):
        site.pass_time(11)
    until(lambda: not peer.live())


def test_two_filters_at_once_end_on_one_feed_that_has_both(site, session, peer):
    peer.script = lambda lines, connection: FILTERED
    with peer.frozen():
        filtering = [site.begin("filter", session.cookie, operation="add", filter=name) for name in "xy"]
        until(lambda: len(peer.live()) == 3)
    assert [each.read_reply().body for each in filtering] == [FILTERED] * 2
    site.pass_time(1)
    until(lambda: len(peer.live(events=True)) == 2)
    own = max(connection.number for connection in peer.live(events=True))
    assert sorted(lines[2] for number, lines in peer.messages
                  if lines[0] == b"action: filter" and number == own) == [b"filter: x", b"filter: y"]
