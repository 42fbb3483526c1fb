"""ajam/demo/pbx.py, session.py, requests.py: connections, logins, masks and limits."""

import hashlib

import pytest

from ajam.demo import DemoPbx
from tests.demo.manager import Clock, Manager, names, wall

USERS = {"demo": ("demo", "all", "all"), "viewer": ("look", "call,reporting", "reporting")}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pbx(clock):
    with DemoPbx(calls=False, clock=clock, wall=wall, users=USERS) as pbx:
        yield pbx


def test_it_greets_as_a_22_does(pbx):
    with Manager(pbx, user=None) as manager:
        assert manager.banner == b"Asterisk Call Manager/11.0.0\r\n"


def test_a_login_is_accepted_and_followed_by_fully_booted(pbx):
    with Manager(pbx) as manager:
        assert manager.greeting[:2] == [
            "Response: Success\r\nMessage: Authentication accepted",
            "Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 0\r\nLastReload: 0\r\n"
            "Status: Fully Booted",
        ]


def test_a_login_with_events_off_is_followed_by_nothing(pbx):
    with Manager(pbx, events="off") as manager:
        assert manager.greeting == ["Response: Success\r\nMessage: Authentication accepted"]


def test_who_may_not_read_system_events_gets_no_fully_booted(pbx):
    with Manager(pbx, "viewer", "look") as manager:
        assert manager.greeting == ["Response: Success\r\nMessage: Authentication accepted"]


def test_an_md5_login_needs_the_key_of_its_challenge(pbx):
    with Manager(pbx, user=None) as manager:
        challenge = dict(manager.answer("Challenge", ("AuthType", "MD5")))["Challenge"]
        key = hashlib.md5((challenge + "demo").encode()).hexdigest()
        answer = manager.answer("Login", ("AuthType", "MD5"), ("Username", "demo"), ("Key", key))
        assert answer == [("Response", "Success"), ("Message", "Authentication accepted")]


@pytest.mark.parametrize("headers", [
    (("Username", "demo"), ("Secret", "guess")),
    (("Username", "nobody"), ("Secret", "demo")),
    (("Username", "demo"), ("AuthType", "MD5"), ("Key", "00")),
    (),
], ids=["secret", "user", "key without challenge", "nothing"])
def test_a_refused_login_waits_a_second_is_told_so_and_closed(pbx, clock, headers):
    with Manager(pbx, user=None) as refused, Manager(pbx) as other:
        other.events()
        refused.send_action("Login", ("ActionID", "7"), *headers)
        while not other.events():  # nobody else waits; the security event tells that it was refused
            pass
        clock.now += 1
        pbx.tick()
        assert refused.read_to_end() == (
            b"Response: Error\r\nActionID: 7\r\nMessage: Authentication failed\r\n\r\n")


def test_who_does_not_log_in_is_closed_after_30_seconds(pbx, clock):
    with Manager(pbx, user=None) as silent, Manager(pbx) as user:
        clock.now += 30
        pbx.tick()
        assert silent.read_to_end() == b""
        assert user.answer("Ping")[0] == ("Response", "Success")


@pytest.mark.parametrize("action", ["Ping", "Nonsense", "CoreStatus"])
def test_nothing_is_permitted_before_a_login(pbx, action):
    with Manager(pbx, user=None) as manager:
        assert manager.answer(action) == [("Response", "Error"), ("Message", "Permission denied")]


@pytest.mark.parametrize("action, message", [
    ("Command", "Permission denied"),
    ("Originate", "Permission denied"),
    ("UserEvent", "Permission denied"),
    ("Getvar", "No variable specified"),  # call or reporting
    ("Nonsense", "Invalid/unknown command: Nonsense. Use Action: ListCommands to show available commands."),
])
def test_a_user_may_do_what_his_write_rights_allow(pbx, action, message):
    with Manager(pbx, "viewer", "look") as manager:
        assert manager.answer(action) == [("Response", "Error"), ("Message", message)]


def test_a_user_sees_only_what_his_read_rights_allow(pbx):
    with Manager(pbx, "viewer", "look") as viewer, Manager(pbx) as manager:
        manager.act("UserEvent", ("UserEvent", "Note"))
        manager.act("Setvar", ("Variable", "A"), ("Value", "1"))
        assert viewer.events() == []


@pytest.mark.parametrize("mask, answer, seen", [
    ("on", ("Events", "On"), ["UserEvent"]),
    ("off", ("Events", "Off"), []),
    ("call", ("Events", "On"), []),
    ("call,user", ("Events", "On"), ["UserEvent"]),
    ("64", ("Events", "On"), ["UserEvent"]),
    ("bogus", ("Events", "Off"), []),
    ("u,call", ("Events", "On"), ["UserEvent"]),  # all but the last label may be cut short
])
def test_the_event_mask_is_that_of_the_connection(pbx, mask, answer, seen):
    with Manager(pbx) as watcher, Manager(pbx, events="off") as manager:
        watcher.events()
        assert watcher.answer("Events", ("EventMask", mask)) == [("Response", "Success"), answer]
        manager.act("UserEvent", ("UserEvent", "Note"))
        assert names(watcher.events()) == seen


def test_an_empty_mask_is_an_error(pbx):
    with Manager(pbx) as manager:
        manager.events()
        assert manager.answer("Events") == [("Response", "Error"), ("Message", "Invalid event mask")]


def test_events_that_an_action_causes_stand_behind_its_whole_answer(pbx):
    with Manager(pbx) as manager:
        manager.events()
        manager.send(b"Action: UserEvent\r\nUserEvent: Note\r\nActionID: 5\r\nText: caf\xc3\xa9 <x>\r\n\r\n")
        assert manager.read_until(b"<x>\r\n\r\n") == (
            b"Response: Success\r\nActionID: 5\r\nMessage: Event Sent\r\n\r\n"
            b"Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: Note\r\nActionID: 5\r\n"
            b"Text: caf\xc3\xa9 <x>\r\n\r\n")


def test_bytes_that_are_no_text_come_back_as_they_were(pbx):
    with Manager(pbx) as manager:
        manager.send(b"Action: UserEvent\r\nUserEvent: Note\r\nText: \xff\xe9\r\n\r\n")
        manager.read_until(b"Text: \xff\xe9\r\n\r\n")


@pytest.mark.parametrize("data, answer", [
    (b"action:ping\nActionID:  two \nactionid: three\n\n",
     b"Response: Success\r\nActionID: two \r\nPing: Pong"),
    (b"X: y\r\n\r\n", b"Response: Error\r\nMessage: Missing action in request"),
    (b"\r\n", b"Response: Error\r\nMessage: Missing action in request"),
    (b"no colon\r\nAction: Ping\r\n\r\n", b"Response: Success\r\nPing: Pong"),
    (b"Action: Ping\r\nX: " + b"y" * 1019 + b"\r\n\r\n", b"Response: Success\r\nPing: Pong"),
    (b"Action: Ping\r\nActionID: 1\r\nX: " + b"y" * 1020 + b"\r\n\r\n",
     b"Response: Error\r\nActionID: 1\r\nMessage: Failed to parse message: line too long"),
    (b"Action: Ping\r\n" + b"X: y\r\n" * 127 + b"\r\n", b"Response: Success\r\nPing: Pong"),
    (b"Action: Ping\r\nActionID: 1\r\n" + b"X: y\r\n" * 127 + b"\r\n",
     b"Response: Error\r\nActionID: 1\r\nMessage: Too many lines in message or allocation failure"),
], ids=["bare line feeds", "no action", "empty line", "no colon", "1024 bytes", "1025 bytes", "128 headers",
        "129 headers"])
def test_messages_are_read_as_a_22_reads_them(pbx, data, answer):
    with Manager(pbx, events="off") as manager:
        manager.send(data)
        assert manager.read_until(answer) == answer
    with Manager(pbx, events="off") as manager:
        for start in range(len(data)):
            manager.send(data[start:start + 1])
        assert manager.read_until(answer) == answer


def test_an_endless_line_is_not_kept(pbx):
    with Manager(pbx, events="off") as manager:
        manager.send(b"X: " + b"y" * 200000)
        manager.send(b"\r\n\r\n")
        assert manager.read_until(b"\r\n\r\n") == (
            b"Response: Error\r\nMessage: Failed to parse message: line too long\r\n\r\n")


def test_logoff_says_goodbye_and_closes(pbx):
    with Manager(pbx, events="off") as manager:
        manager.send_action("Logoff", ("ActionID", "9"))
        assert manager.read_to_end() == (
            b"Response: Goodbye\r\nActionID: 9\r\nMessage: Thanks for all the fish.\r\n\r\n")


def test_actions_behind_one_that_waits_are_run_in_order(pbx, clock):
    with Manager(pbx, events="off") as manager, Manager(pbx) as watcher:
        manager.send(b"Action: Originate\r\nChannel: PJSIP/101\r\nContext: default\r\nExten: 100\r\n"
                     b"Priority: 1\r\nActionID: 1\r\n\r\nAction: Ping\r\nActionID: 2\r\n\r\n")
        while "DialBegin" not in names(watcher.events()):
            pass
        clock.now += 2
        pbx.tick()
        assert manager.read_until(b"Ping: Pong") == (
            b"Response: Success\r\nActionID: 1\r\nMessage: Originate successfully queued\r\n\r\n"
            b"Response: Success\r\nActionID: 2\r\nPing: Pong")


def test_a_dropped_connection_ends_and_the_pbx_is_a_new_one(pbx):
    with Manager(pbx, events="off") as manager:
        manager.act("DBPut", ("Family", "a"), ("Key", "b"), ("Val", "c"))
        pbx.drop_connections()
        assert manager.read_to_end() == b""
    with Manager(pbx) as manager:
        manager.events()
        assert manager.answer("DBGet", ("Family", "a"), ("Key", "b")) == [
            ("Response", "Error"), ("Message", "Database entry not found")]


def test_a_frozen_pbx_answers_when_it_thaws(pbx):
    with Manager(pbx, events="off") as manager:
        pbx.freeze()
        manager.send_action("Ping", ("ActionID", "1"))
        pbx.tick()
        pbx.thaw()
        assert manager.read_until(b"ActionID: 1\r\n") == b"Response: Success\r\nActionID: 1\r\n"


def test_the_same_port_can_be_taken_again_at_once(clock):
    with DemoPbx(calls=False) as pbx, Manager(pbx):
        host, port = pbx.address
    with DemoPbx(calls=False, port=port) as pbx, Manager(pbx):
        assert pbx.address == (host, port)


def test_in_real_time_it_needs_nobody_to_drive_it():
    with DemoPbx(calls=False) as pbx, Manager(pbx, user=None) as refused:
        refused.send_action("Login", ("Username", "demo"), ("Secret", "guess"))
        assert refused.read_to_end().endswith(b"Authentication failed\r\n\r\n")
