"""ajam/ami/message.py: actions looked up and refused as Asterisk does, and blocks told apart."""

import pytest

from ajam.ami.message import Action, error, field, is_event, labels, response
from ajam.errors import ActionRefused, InjectionRefused

PING = Action([b"Action: Ping", b"ActionID: 7"])


def action(*pairs):
    return Action.of_pairs(pairs)


def test_each_parameter_becomes_one_line_in_its_order():
    made = action((b"action", b"Originate"), (b"Variable", b"a=1"), (b"Variable", b"b=2"), (b"", b""))
    assert made.encode() == b"action: Originate\r\nVariable: a=1\r\nVariable: b=2\r\n: \r\n\r\n"


def test_bytes_stay_bytes():
    assert action((b"Caf\xc3\xa9", b"\xff\x01\x7f")).encode() == b"Caf\xc3\xa9: \xff\x01\x7f\r\n\r\n"


@pytest.mark.parametrize("lines, name", [
    ([], b""),
    ([b"Action: Ping"], b"ping"),
    ([b"ACTION:Ping"], b"ping"),
    ([b"action: \t\x01Ping"], b"ping"),
    ([b"Action: ", b"Action: \x01 ", b"Action: Ping", b"Action: Logoff"], b"ping"),
    ([b" Action: Ping"], b""),
    ([b"Action : Ping"], b""),
    ([b"Actions: Ping"], b""),
    ([b"Action: Ping "], b"ping "),
], ids=["none", "usual", "any case, no blank", "blanks skipped", "the first that is not empty", "blank before",
        "blank before the colon", "longer name", "blanks behind belong to it"])
def test_the_name_is_found_as_asterisk_finds_it(lines, name):
    assert Action(lines).name == name


@pytest.mark.parametrize("lines, value", [
    ([b"Action: Login"], b""),
    ([b"USERNAME: admin"], b"admin"),
    ([b"Username:  \tadmin "], b"admin "),
    ([b"Username: ", b"Username: admin"], b""),
    ([b"Username2: bob", b"Username: admin"], b"admin"),
], ids=["none", "any case", "blanks before it skipped", "the first, even empty", "a whole name only"])
def test_a_value_is_found_as_asterisk_finds_it(lines, value):
    assert Action(lines).get(b"username") == value


@pytest.mark.parametrize("byte", [b"\r", b"\n", b"\0", b"\r\n", b"\r\nAction: Originate", b"\n\n"])
@pytest.mark.parametrize("name, value", [(b"X%s", b"y"), (b"X", b"y%s"), (b"X", b"%sy"), (b"%s", b"")])
def test_what_would_begin_a_line_of_its_own_is_refused(name, value, byte):
    with pytest.raises(InjectionRefused):
        action((b"Action", b"Ping"), (name.replace(b"%s", byte), value.replace(b"%s", byte)))


def test_a_colon_in_a_name_is_refused_for_old_and_new_asterisks_read_it_differently():
    with pytest.raises(InjectionRefused):
        action((b"Action:Foo", b""), (b"Action", b"Logoff"))
    assert action((b"Action", b"Ping"), (b"X", b"a:b")).lines[1] == b"X: a:b"


@pytest.mark.parametrize("value", ["\u2028".encode(), b"\xc0\x8d\xc0\x8a", b"\x85", b"\x0b\x0c\x1b\x7f"],
                         ids=["U+2028", "overlong CR LF", "NEL", "other controls"])
def test_what_is_no_line_end_to_asterisk_passes(value):
    assert action((b"X", value)).lines == (b"X: " + value,)


@pytest.mark.parametrize("length", [1023, 1024])
def test_a_line_of_1024_bytes_with_its_end_passes(length):
    assert Action([b"Action: Ping", b"X: " + b"y" * (length - 5)]).encode().count(b"y") == length - 5


@pytest.mark.parametrize("length", [1025, 1026, 40000])
def test_a_longer_line_is_refused_in_asterisks_words(length):
    with pytest.raises(ActionRefused, match="^Failed to parse message: line too long$"):
        Action([b"Action: Ping", b"X: " + b"y" * (length - 5)]).encode()


def test_an_action_id_that_asterisk_would_cut_in_two_is_refused():
    assert Action([b"ActionID: " + b"x" * 128]).encode()
    with pytest.raises(ActionRefused, match="128 bytes"):
        Action([b"ActionID: " + b"x" * 129]).encode()


def test_lines_behind_the_128th_are_dropped_without_a_word_as_over_http():
    numbered = [(b"X%d" % number, b"y") for number in range(130)]
    assert action(*numbered).lines == tuple(b"X%d: y" % number for number in range(128))


def test_a_replaced_line_stands_once_and_last():
    login = Action([b"Action: Login", b"Events: on", b"EVENTS: call", b"Secret: x"])
    assert login.replacing(b"events", b"off").lines == (b"Action: Login", b"Secret: x", b"Events: off")


def test_a_replaced_line_has_room_in_a_full_action():
    full = action(*[(b"X%d" % number, b"y") for number in range(128)]).replacing(b"events", b"off")
    assert len(full.lines) == 128
    assert full.lines[-1] == b"Events: off"


@pytest.mark.parametrize("made, expected", [
    (response(b"Success", PING, b"Ping: Pong"), b"Response: Success\r\nActionID: 7\r\nPing: Pong\r\n\r\n"),
    (response(b"Goodbye", Action([])), b"Response: Goodbye\r\n\r\n"),
    (response(b"Success", Action([b"ActionID: "])), b"Response: Success\r\n\r\n"),
    (error(PING, "No caf\u00e9 \udcff"), b"Response: Error\r\nActionID: 7\r\nMessage: No caf\xc3\xa9 \xff\r\n\r\n"),
    (error(PING, b"\xff"), b"Response: Error\r\nActionID: 7\r\nMessage: \xff\r\n\r\n"),
], ids=["with ActionID", "without", "empty ActionID", "text", "bytes"])
def test_a_response_has_the_action_id_behind_its_first_line(made, expected):
    assert made == expected


@pytest.mark.parametrize("block, value", [
    (b"Response: Error\r\nMessage: No: such\r\n\r\n", b"No: such"),
    (b"Message: one\r\nMessage: two\r\n\r\n", b"one"),
    (b"XMessage: one\r\n\r\n", b""),
    (b"", b""),
])
def test_a_field_is_the_first_line_of_its_name(block, value):
    assert field(block, b"Message") == value


@pytest.mark.parametrize("block, expected", [
    (b"Event: Hangup\r\nPrivilege: call,all\r\nX: y\r\n\r\n", True),
    (b"Event: X\r\nPrivilege: all\r\n\r\n", True),
    (b"Event: X\r\nPrivilege: <none>\r\n\r\n", True),
    (b"Event: Status\r\nPrivilege: Call\r\nChannel: x\r\n\r\n", False),
    (b"Event: PeerStatus\r\nPrivilege: System\r\n\r\n", False),
    (b"Event: StatusComplete\r\nItems: 0\r\n\r\n", False),
    (b"Event: X\r\nChannel: x\r\nPrivilege: call,all\r\n\r\n", False),
    (b"Response: Success\r\nPrivilege: call,all\r\n\r\n", False),
    (b"XEvent: X\r\nPrivilege: call,all\r\n\r\n", False),
    (b"Event: X", False),
    (b"", False),
], ids=["of a category", "of all", "of none", "item of a Status list", "item of SIPpeerstatus", "end of a list",
        "Privilege too late", "a response", "another name", "one line", "nothing"])
def test_an_event_that_came_by_itself_is_told_from_an_item_of_a_list(block, expected):
    assert is_event(block) is expected


def test_the_labels_of_an_event_are_those_of_its_second_line():
    assert labels(b"Event: X\r\nPrivilege: call,user,all\r\n\r\n") == "call,user,all"
