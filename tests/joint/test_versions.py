"""ajam in front of manager interfaces of every age: 1.4, 1.6.0, 1.6.1 and 16 (which 1.8 to 23 are like).

What differs is what a Ping, an Events action and a banner look like on the wire (reference.md 3.7);
what a browser sees must not differ.
"""

import os
import re
from xml.etree import ElementTree

import pytest

from tests.browser import Browser
from tests.peer import LOGIN_ACCEPTED, Peer, header, md5_key
from tests.serving import MANAGER_CONF, serve

ACCEPTED = b"Response: Success\r\n" + LOGIN_ACCEPTED
REFUSED = b"Response: Error\r\nMessage: Authentication failed\r\n\r\n"
DENIED = b"Response: Error\r\nMessage: Permission denied\r\n\r\n"
ONE_AT_A_TIME = MANAGER_CONF.replace("webenabled=yes", "webenabled=yes\nallowmultiplelogin=no")

SENTINELS = {"1.4": b"ping", "1.6.0": b"ajamsentinel", "1.6.1": b"ajamsentinel", "16": b"ping"}
SERVERS = {"1.4": b"Asterisk/1.4.0 ", "1.6.0": b"Asterisk/1.6.0.28 ", "1.6.1": b"Asterisk/1.6.1.25 ",
           "16": b"Asterisk/16.28.0 "}

OUTPUTS = {
    "a response": b"Response: Success\r\nMessage: Channel Hungup\r\n\r\n",
    "an ActionID put last": b"Response: Success\r\nVariable: X\r\nValue: 1\r\nActionID: 7\r\n\r\n",
    "nothing at all": b"",
    "one empty line": b"\r\n",
    "a list of today": b"Response: Success\r\nEventList: start\r\nMessage: Channel status will follow\r\n\r\n"
                       b"Event: Status\r\nPrivilege: Call\r\nChannel: SIP/1\r\n\r\n"
                       b"Event: StatusComplete\r\nEventList: Complete\r\nListItems: 1\r\nItems: 1\r\n\r\n",
    "a list without EventList": b"Response: Success\r\nMessage: Channel status will follow\r\n\r\n"
                                b"Event: Status\r\nPrivilege: Call\r\nChannel: SIP/1\r\n\r\n"
                                b"Event: StatusComplete\r\n\r\n",
    "raw text with empty lines": b"No queues.\r\n\r\n\r\nName: not a field\r\n\r\n\r\n",
    "a command's output": b"Response: Follows\r\nPrivilege: Command\r\n  a\n\n  b: c\n--END COMMAND--\r\n\r\n",
    "no last line end": b"Response: Success\r\nPing: Pong",
    "what looks like a sentinel": b"Response: Pong\r\nActionID: 0123456789abcdef01234567-1\r\n\r\n",
}
ENDED_OUTPUTS = {name: output for name, output in OUTPUTS.items() if not output or output.endswith(b"\r\n\r\n")}
HANGUP = b"Event: Hangup\r\nPrivilege: call,all\r\nChannel: SIP/%d\r\n\r\n"
NEWSTATE = b"Event: Newstate\r\nPrivilege: call,all\r\nState: Up\r\n\r\n"


@pytest.fixture(params=SENTINELS)
def peer(request):
    with Peer(version=request.param) as peer:
        yield peer


@pytest.fixture
def daemon(peer, tmp_path):
    with serve(tmp_path, peer.address) as daemon:
        yield daemon


@pytest.fixture
def browser(daemon):
    with Browser(daemon.address) as browser:
        yield browser


def told(*events):
    """The raw body of a WaitEvent that ends with these events."""
    return b"".join((b"Response: Success\r\nMessage: Waiting for Event completed.\r\n\r\n", *events,
                     b"Event: WaitEventComplete\r\n\r\n"))


def carriers(peer, name):
    """The numbers of the connections on which an action of that name came."""
    return {number for number, lines in peer.messages if header(lines, b"Action").lower() == name}


def test_a_right_login_is_accepted_and_a_wrong_one_refused(browser):
    assert browser.log_in(secret="wrong").body == REFUSED
    assert browser.log_in().body == ACCEPTED
    assert browser.log_in().body == b"Response: Success\r\nMessage: Already authenticated\r\n\r\n"


def test_a_login_by_challenge_is_accepted(browser):
    body = browser.action("Challenge", AuthType="MD5").body
    challenge = re.fullmatch(rb"Response: Success\r\nChallenge: ([0-9]+)\r\n\r\n", body)[1]
    key = md5_key(challenge, b"s3cret")
    assert browser.action("Login", AuthType="MD5", Username="admin", Key=key).body == ACCEPTED
    assert browser.action("Ping").status == 200


def test_fully_booted_is_told_where_the_pbx_tells_it_and_the_browser_asks(peer, browser):
    booted = browser.log_in(Events="system").body[len(ACCEPTED):]
    assert booted == (b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
                      if peer.version == "16" else b"")


@pytest.mark.parametrize("output", OUTPUTS.values(), ids=OUTPUTS)
def test_an_output_of_any_shape_comes_whole_and_nothing_besides(peer, browser, output):
    peer.script = lambda lines, connection: output
    browser.log_in()
    assert [browser.action("Any").body for _ in range(3)] == [output] * 3


def test_an_empty_output_is_an_empty_document(browser):
    browser.log_in()
    assert browser.action("Quiet", uri="mxml").body == b"<ajax-response>\n</ajax-response>\n"
    assert b"<hr>" not in browser.action("Quiet", uri="manager").body


def test_a_list_is_one_object_for_each_event(peer, browser):
    peer.script = lambda lines, connection: OUTPUTS["a list without EventList"]
    browser.log_in()
    objects = ElementTree.fromstring(browser.action("Status", uri="mxml").body).findall("response/generic")
    assert [each.get("event") for each in objects] == [None, "Status", "StatusComplete"]


def test_every_action_gets_its_own_answer_on_one_connection(peer, browser):
    peer.script = lambda lines, connection: b"Number: %b\r\n\r\n" % header(lines, b"Number")
    browser.log_in()
    bodies = [browser.action("Count", Number=number).body for number in range(20)]
    assert bodies == [b"Number: %d\r\n\r\n" % number for number in range(20)]
    assert len(carriers(peer, b"count")) == 1


def test_the_sentinel_is_one_that_this_pbx_answers_with_its_token(peer, browser):
    browser.log_in()
    browser.action("Quiet")
    names = [header(lines, b"Action").lower() for _, lines in peer.messages]
    assert names[names.index(b"quiet") + 1] == SENTINELS[peer.version]


def test_a_ping_of_the_client_is_answered_as_this_pbx_does(peer, browser):
    browser.log_in()
    assert browser.action("Ping").body == {
        "1.4": b"Response: Pong\r\n\r\n",
        "1.6.0": b"Response: Success\r\nPing: Pong\r\n",
        "1.6.1": b"Response: Success\r\nPing: Pong\r\n\r\n",
        "16": b"Response: Success\r\nPing: Pong\r\nTimestamp: 1700000000.000000\r\n\r\n",
    }[peer.version]


def test_the_server_header_names_the_version(peer, browser):
    browser.log_in()
    browser.action("Quiet")
    assert browser.action("Quiet").header(b"Server").startswith(SERVERS[peer.version])


def test_events_are_told_from_the_login_on(peer, browser):
    browser.log_in()
    peer.send_event(HANGUP % 1 + HANGUP % 2 + HANGUP % 3)
    events = b""
    while HANGUP % 3 not in events:
        events += browser.action("WaitEvent").body
    assert events.replace(told(), b"").count(b"Event: Hangup") == 3


def test_the_events_action_turns_them_off_and_on(peer, browser):
    browser.log_in()
    assert browser.action("Events", EventMask="call").body == b"Response: Success\r\nEvents: On\r\n\r\n"
    peer.send_event(b"Event: UserEvent\r\nPrivilege: user,all\r\n\r\n" + HANGUP % 1)
    assert browser.action("WaitEvent").body == told(HANGUP % 1)
    assert browser.action("Events", EventMask="off").body == b"Response: Success\r\nEvents: Off\r\n\r\n"


def test_no_event_stands_in_an_actions_output(peer, browser):
    def script(lines, connection):
        peer.send_event(NEWSTATE)
        return OUTPUTS["a response"]
    peer.script = script
    browser.log_in()
    assert [browser.action("Hangup").body for _ in range(5)] == [OUTPUTS["a response"]] * 5
    events = b""
    while events.count(NEWSTATE) < 5:
        events += browser.action("WaitEvent").body


@pytest.mark.parametrize("output", ENDED_OUTPUTS.values(), ids=ENDED_OUTPUTS)
def test_one_connection_carries_actions_and_events_both(peer, tmp_path, output):
    peer.script = lambda lines, connection: NEWSTATE + output + NEWSTATE
    daemon = serve(tmp_path, peer.address, manager_conf=ONE_AT_A_TIME)
    with daemon, Browser(daemon.address) as browser:
        browser.log_in()
        assert [browser.action("Any").body for _ in range(3)] == [output] * 3
        events = b""
        while events.count(NEWSTATE) < 6:
            events += browser.action("WaitEvent").body
        assert carriers(peer, b"any") == carriers(peer, b"login")


def test_a_login_whose_account_ages_meanwhile_gets_a_feed_that_misses_nothing(peer, daemon, browser, tmp_path):
    def log_in(lines, connection):
        os.utime(tmp_path / "manager.conf", (1, 1))
        connection.logged_in, connection.events = True, header(lines, b"Events") != b"off"
        return ACCEPTED
    browser.log_in()
    peer.script, peer.scripted = log_in, ("login",)
    with Browser(daemon.address) as second:
        assert second.log_in().body == ACCEPTED
        peer.send_event(HANGUP % 1)
        peer.send_event(HANGUP % 2)
        events = b""
        while HANGUP % 2 not in events:
            events += second.action("WaitEvent").body
        assert HANGUP % 1 in events


def test_a_logoff_ends_the_session(browser):
    browser.log_in()
    assert browser.action("Logoff").body == b"Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n"
    assert browser.action("Ping").body == DENIED
