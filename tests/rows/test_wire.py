"""Rows about what reaches the PBX, and about what comes of its answers."""

import pytest

from ajam.ami.ring import SLACK, Ring
from ajam.privileges import ALL
from tests.browser import Browser
from tests.peer import header
from tests.web.site import wait_until

ACCEPTED = b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
INJECTION = b"Message: A CR, LF or NUL in a parameter cannot be sent to the PBX"
REFUSED = b"Response: Error\r\n" + INJECTION + b"\r\n\r\n"
GOODBYE = b"Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n"
PONG = b"Response: Success\r\nPing: Pong\r\nTimestamp: 1700000000.000000\r\n\r\n"
TOO_LONG = b"Response: Error\r\nMessage: Failed to parse message: line too long\r\n\r\n"
DONE = b"Response: Success\r\nMessage: Done\r\n\r\n"
WAITED = b"Response: Success\r\nMessage: Waiting for Event completed.\r\n\r\n"
COMPLETE = b"Event: WaitEventComplete\r\n\r\n"
HANGUP = b"Event: Hangup\r\nPrivilege: call,all\r\nChannel: SIP/%d\r\n\r\n"
FORM = (b"Content-Type: application/x-www-form-urlencoded",)

ENDS = {"CR": "%0d", "LF": "%0a", "CRLF": "%0d%0a", "NUL": "%00", "LFCR": "%0a%0d"}
PLACES = {
    "a value": "action=redirect&exten=1{}Action:%20Originate",
    "a value's end": "action=redirect&exten=1{}",
    "a value's beginning": "action=redirect&exten={}1",
    "a name": "action=redirect&exten{}Action=Originate",
    "the action": "action=redirect{}Channel:%20x",
    "the ActionID": "action=redirect&actionid=1{}{}Event:%20Fake",
    "ajaxdest": "action=redirect&ajaxdest=1{}x",
    "the last of many": "action=redirect" + "&v=1" * 126 + "&v=1{}",
    "a login": "action=login&username=admin&secret=s3cret{}Action:%20Originate",
    "a mask": "action=events&eventmask=on{}x",
    "a wait": "action=waitevent&timeout=1{}x",
    "a logoff": "action=logoff&x=1{}x",
}


@pytest.fixture
def logged_in(peer, browser):
    """A browser that is logged in, and whose account has asked the PBX all that ajam itself wants to know."""
    peer.script = lambda lines, connection: DONE
    browser.log_in()
    assert browser.action("Warmup").body == DONE
    peer.messages.clear()
    return browser


# 20, 21, 23, 38: one action from one request


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_row_21_a_line_end_in_a_parameter_never_reaches_the_pbx(peer, logged_in, method, place, end):
    query = place.format(end, end)
    if method == "GET":
        reply = logged_in.request("/asterisk/rawman?" + query)
    else:
        reply = logged_in.request("/asterisk/rawman", "POST", query.encode(), FORM)
    assert reply.line == b"HTTP/1.1 400 Bad Request"
    assert reply.body == REFUSED
    assert logged_in.action("Next").body == DONE
    assert peer.actions() == [b"next"]


@pytest.mark.parametrize("uri, kind, said", [
    ("mxml", b"text/xml", b"<generic response='Error' message='A CR, LF or NUL in a parameter cannot be sent"),
    ("manager", b"text/html", b"<td>Error</td></tr>\n<tr><td>Message</td><td>A CR, LF or NUL in a parameter"),
])
def test_row_21_the_refusal_is_in_the_format_asked_for(logged_in, uri, kind, said):
    reply = logged_in.request("/asterisk/%s?action=ping&x=%%0a" % uri)
    assert (reply.status, reply.header(b"Content-type")) == (400, kind)
    assert said in reply.body


@pytest.mark.parametrize("name", ["exten:%20x%20Action", "Action:Originate", ":", "x%3A"])
def test_row_21_a_name_that_would_end_early_is_refused(peer, logged_in, name):
    reply = logged_in.request("/asterisk/rawman?action=redirect&%s=1" % name)
    assert (reply.status, peer.messages) == (400, [])


def test_row_21_a_stranger_is_refused_before_a_connection_is_opened(peer, browser):
    assert browser.request("/asterisk/rawman?action=login&username=admin%0d%0aSecret:%20s3cret").body == REFUSED
    assert peer.messages == []


@pytest.mark.parametrize("value", [
    b"%E2%80%A8", b"%C2%85", b"%E0%80%8A", b"%c0%8a", b"%0b%0c%1c", b"%250a", b"%u000a", b"%ff",
    b"\\r\\n", b"%5cr%5cn",
])
def test_row_21_what_only_looks_like_a_line_end_is_one_value_in_one_line(peer, logged_in, value):
    target = b"/asterisk/rawman?action=Tell&x=1" + value + b"Action:%20Originate&y=2"
    assert logged_in.request(target).body == DONE
    (lines,) = peer.lines(b"tell")
    assert [line.split(b":")[0] for line in lines] == [b"action", b"x", b"y"]
    assert peer.actions() == [b"tell"]


def test_row_20_a_nul_does_not_cut_a_parameter_off(peer, logged_in):
    assert logged_in.request("/asterisk/rawman?action=hangup%00x&channel=SIP/1").body == REFUSED
    assert logged_in.request("/asterisk/rawman?action=logoff%00").body == REFUSED
    assert logged_in.action("Next").body == DONE
    assert peer.actions() == [b"next"]


@pytest.mark.parametrize("path", ["/asterisk/rawman%00", "/asterisk/rawman/%00", "/asterisk/raw%00man",
                                  "/asterisk%00/rawman", "/%00asterisk/rawman"])
def test_row_20_a_nul_in_a_path_is_nothing_that_there_is(logged_in, path):
    assert logged_in.request(path + "?action=ping").status == 404


def test_row_23_an_action_id_cannot_begin_a_block_of_its_own(peer, logged_in):
    fake = "1%0d%0a%0d%0aEvent:%20Hangup%0d%0aPrivilege:%20call,all"
    for action in ("ping", "waitevent&timeout=0", "events&eventmask=on", "logoff", "login", "challenge"):
        body = logged_in.request("/asterisk/rawman?actionid=%s&action=%s" % (fake, action)).body
        assert body == REFUSED
    assert peer.messages == []


@pytest.mark.parametrize("query, taken", [
    ("action=&action=Second", b"second"),
    ("action=First&action=Second", b"first"),
    ("action=%20%20&action=Second", b"second"),
    ("ACTION=&Action=&aCtion=Third", b"third"),
])
def test_row_38_of_two_actions_the_first_that_is_not_empty_counts(peer, logged_in, query, taken):
    assert logged_in.request("/asterisk/rawman?" + query).body == DONE
    (lines,) = [lines for _, lines in peer.messages if lines[0].lower().startswith(b"action:")
                and b"Ping" not in lines[0]]
    names = [line.partition(b":")[2].strip().lower() for line in lines if line.lower().startswith(b"action:")]
    assert next(filter(None, names)) == taken


def test_row_38_ajam_and_the_pbx_see_the_same_action(peer, logged_in):
    assert logged_in.request("/asterisk/rawman?action=&action=logoff&action=Third").body == GOODBYE
    assert peer.messages == []


# 22, 33: lengths


def test_row_22_an_action_id_that_the_pbx_would_cut_is_refused(peer, logged_in):
    longest = "x" * 128
    assert logged_in.action("Fits", ActionID=longest).body == DONE
    body = logged_in.action("TooLong", ActionID=longest + "x").body
    assert body.startswith(b"Response: Error\r\n")
    assert body.endswith(b"\r\nMessage: ActionID longer than 128 bytes\r\n\r\n")
    assert peer.actions() == [b"fits"]


def test_row_22_of_two_action_ids_the_first_counts(logged_in):
    body = logged_in.action("Events", ("ActionID", "one"), ("ActionID", "two"), EventMask="on").body
    assert body == b"Response: Success\r\nActionID: one\r\nEvents: On\r\n\r\n"


@pytest.mark.parametrize("size", [1023, 1024])
def test_row_33_a_line_that_the_pbx_can_take_is_sent_whole(peer, logged_in, size):
    value = "x" * (size - len("data: \r\n"))
    assert logged_in.action("Long", data=value).body == DONE
    assert peer.lines(b"long") == [[b"action: Long", b"data: " + value.encode()]]


@pytest.mark.parametrize("size", [1025, 1026, 2048, 4097])
def test_row_33_a_longer_line_is_one_error_and_nothing_reaches_the_pbx(peer, logged_in, size):
    assert logged_in.action("Long", data="x" * (size - len("data: \r\n"))).body == TOO_LONG
    assert logged_in.action("Next").body == DONE
    assert peer.actions() == [b"next"]


def test_row_33_headers_beyond_the_128th_are_left_out(peer, logged_in):
    assert logged_in.action("Many", *[("v", str(number)) for number in range(200)]).body == DONE
    (lines,) = peer.lines(b"many")
    assert lines == [b"action: Many"] + [b"v: %d" % number for number in range(127)]


# 34, 36, 37, 50, 51: connections


def test_row_34_a_filter_holds_for_the_waits_of_its_session_and_no_other(peer, daemon, logged_in):
    with Browser(daemon.address) as other:
        other.log_in()
        assert logged_in.action("Filter", Operation="Add", Filter="!Event: Hangup").body == DONE
        (filtered,) = [number for number, lines in peer.messages if header(lines, b"action") == b"Filter"]
        for connection in peer.live(events=True):
            if connection.number != filtered:
                connection.send(HANGUP % 1)
        peer.send_event(HANGUP % 2)
        assert logged_in.action("WaitEvent").body == WAITED + HANGUP % 2 + COMPLETE
        events = b""
        while HANGUP % 2 not in events:
            events += other.action("WaitEvent").body
        assert HANGUP % 1 in events


@pytest.mark.parametrize("part", [b"", b"Response: Success\r\nMessage: Do"], ids=["nothing", "a part"])
def test_row_36_an_answer_that_breaks_off_is_no_answer_and_the_action_is_not_repeated(peer, logged_in, part):
    def break_off(lines, connection):
        connection.send(part)
        connection.close()
    peer.script = break_off
    reply = logged_in.action("Originate")
    assert (reply.status, reply.header(b"Retry-After")) == (503, b"5")
    assert reply.body == (b"Response: Error\r\nMessage: The PBX closed the connection without an answer; "
                          b"the outcome of the action is not known\r\n\r\n")
    peer.script = lambda lines, connection: DONE
    assert logged_in.action("Next").body == DONE
    assert peer.actions() == [b"originate", b"next"]


def test_row_37_every_action_is_done_with_the_rights_of_who_asks(peer, daemon, logged_in):
    with Browser(daemon.address) as viewer:
        viewer.log_in("viewer", "viewer pass")
        for _ in range(3):
            viewer.action("ByViewer")
            logged_in.action("ByAdmin")
    users = {connection.number: connection.user for connection in peer.live()}
    asked = {(header(lines, b"action"), users[number]) for number, lines in peer.messages
             if header(lines, b"action").startswith(b"By")}
    assert asked == {(b"ByViewer", b"viewer"), (b"ByAdmin", b"admin")}


def test_row_50_events_that_nobody_fetches_are_bounded_and_counted():
    ring = Ring(max_events=10)
    for number in range(5000):
        ring.append([HANGUP % number])
    events, place, dropped = ring.after(0, ALL)
    assert 10 <= len(events) <= 10 + SLACK
    assert events[-1].block == HANGUP % 4999
    assert (place, len(events) + dropped) == (5000, 5000)


def test_row_50_large_events_count_by_their_size():
    ring = Ring(max_bytes=10000)
    for number in range(100):
        ring.append([HANGUP % number + b"x" * 1000])
    assert 1 <= len(ring.after(0, ALL).events) <= 10


def test_row_51_logins_that_fail_leave_room_for_those_that_follow(browser):
    wrong = "/asterisk/rawman?action=login&username=admin&secret=wrong"
    for number in range(30):  # from as many addresses, lest they are limited
        assert browser.request(wrong, headers=(b"X-Forwarded-For: 192.0.2.%d" % number,)).status == 200
    assert browser.log_in().body == ACCEPTED


def test_row_51_logins_that_hang_are_bounded_and_disturb_no_session(peer, daemon, logged_in, standstill):
    peer.scripted = ("login",)
    hanging = [Browser(daemon.address) for _ in range(16)]
    for number, browser in enumerate(hanging):  # from as many addresses, lest they wait for one another
        browser.send(b"GET /asterisk/rawman?action=login&username=viewer&secret=x HTTP/1.1\r\n"
                     b"Host: x\r\nX-Forwarded-For: 192.0.2.%d\r\n\r\n" % number)
    peer.wait_for(lambda peer: len(peer.lines(b"login")) == 16)
    with Browser(daemon.address) as another:
        another.send(b"GET /asterisk/rawman?action=login&username=admin&secret=s3cret HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: daemon.pbx.strangers._waiting)
        assert len(peer.lines(b"login")) == 16
        assert logged_in.action("Ping").body == PONG
        peer.scripted = ()  # before a slot is free, for who waits takes it at once
        for browser in hanging:
            browser.close()
        assert another.read_reply().body == ACCEPTED
