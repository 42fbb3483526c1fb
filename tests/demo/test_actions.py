"""ajam/demo/actions*.py and console.py: the words of a real 22."""

import pytest

NO_COMMAND = "No such command '%s' (type 'core show help %s' for other possible commands)"


@pytest.mark.parametrize("name, headers, message", [
    ("Challenge", {}, "Must specify AuthType"),
    ("Filter", {}, "Unknown operation"),
    ("Filter", {"Operation": "Add"},
     "Filter was formatted incorrectly.  Check the syntax of the filter given."),
    ("Command", {}, "No command provided"),
    ("Command", {"Command": "module  load x"}, "Command blacklisted"),
    ("MailboxCount", {}, "Mailbox not specified"),
    ("Getvar", {}, "No variable specified"),
    ("Getvar", {"Channel": "x", "Variable": "y"}, "No such channel"),
    ("Setvar", {}, "No variable specified"),
    ("Setvar", {"Channel": "x", "Variable": "y"}, "No such channel"),
    ("DBPut", {}, "No family specified"),
    ("DBGet", {}, "No family specified."),
    ("DBGet", {"Family": "a"}, "No key specified."),
    ("DBGet", {"Family": "a", "Key": "b"}, "Database entry not found"),
    ("DBDel", {"Family": "a", "Key": "b"}, "Database entry could not be deleted"),
    ("Originate", {}, "Channel not specified"),
    ("Originate", {"Channel": "x"}, "Invalid channel"),
    ("Originate", {"Channel": "Foo/x", "Exten": "100", "Context": "default",
    "Priority": "1"}, "Originate failed"),
    ("Originate", {"Channel": "PJSIP/9", "Application": "Wait", "Data": "1"}, "Originate failed"),
    ("Originate", {"Channel": "PJSIP/101", "Exten": "no", "Context": "default", "Priority": "1"},
     "Extension does not exist."),
    ("Originate", {"Channel": "PJSIP/101", "Application": "Wait", "Timeout": "abc"}, "Invalid timeout"),
    ("Hangup", {}, "No channel specified"),
    ("Hangup", {"Channel": "x"}, "No such channel"),
    ("Redirect", {}, "Channel not specified"),
    ("Redirect", {"Channel": "x"}, "Context not specified"),
    ("Redirect", {"Channel": "x", "Context": "d", "Exten": "1",
    "Priority": "1"}, "Channel does not exist: x"),
    ("Park", {}, "Channel not specified"),
    ("Park", {"Channel": "x"}, "Channel does not exist: x"),
    ("Atxfer", {}, "No channel specified"),
    ("Atxfer", {"Channel": "x", "Exten": "1"}, "Channel specified does not exist"),
    ("BlindTransfer", {"Channel": "x", "Exten": "1"}, "Channel specified does not exist"),
    ("Status", {"Channel": "x"}, "No such channel"),
    ("BridgeInfo", {}, "BridgeUniqueid must be provided"),
    ("BridgeInfo", {"BridgeUniqueid": "x"}, "Specified BridgeUniqueid not found"),
    ("ConfbridgeListRooms", {}, "No active conferences."),
    ("ConfbridgeList", {}, "No Conference name provided."),
    ("ConfbridgeList", {"Conference": "x"}, "No active conferences."),
    ("ConfbridgeMute", {}, "No Conference name provided."),
    ("ConfbridgeMute", {"Conference": "x"}, "No channel name provided."),
    ("ConfbridgeKick", {"Conference": "x", "Channel": "y"}, "No active conferences."),
    ("QueueAdd", {}, "'Queue' not specified."),
    ("QueueAdd", {"Queue": "sales"}, "'Interface' not specified."),
    ("QueueAdd", {"Queue": "x", "Interface": "PJSIP/101"}, "Unable to add interface to queue: No such queue"),
    ("QueueAdd", {"Queue": "sales", "Interface": "PJSIP/105"}, "Unable to add interface: Already there"),
    ("QueueRemove", {}, "Need 'Queue' and 'Interface' parameters."),
    ("QueueRemove", {"Queue": "x", "Interface": "y"}, "Unable to remove interface from queue: No such queue"),
    ("QueueRemove", {"Queue": "sales", "Interface": "y"}, "Unable to remove interface: Not there"),
    ("QueuePause", {"Interface": "x"}, "Need 'Interface' and 'Paused' parameters."),
    ("QueuePause", {"Interface": "x", "Paused": "1"}, "Interface not found"),
    ("AttendedTransfer", {},
     "Invalid/unknown command: AttendedTransfer. Use Action: ListCommands to show available commands."),
], ids=lambda value: value if isinstance(value, str) else "+".join(value))
def test_what_is_wrong_is_said_in_the_words_of_a_22(bench, name, headers, message):
    assert bench.manager.answer(name, ("ActionID", "1"), *headers.items()) == [
        ("Response", "Error"), ("ActionID", "1"), ("Message", message)]


@pytest.mark.parametrize("name, headers, answer", [
    ("Ping", {}, [("Ping", "Pong"), ("Timestamp", "1795400000.000000")]),
    ("CoreSettings", {}, [
        ("AMIversion", "11.0.0"), ("AsteriskVersion", "22.10.1"), ("SystemName", ""), ("CoreMaxCalls", "0"),
        ("CoreMaxLoadAvg", "0.000000"), ("CoreRunUser", ""), ("CoreRunGroup", ""),
        ("CoreMaxFilehandles", "0"),
        ("CoreRealTimeEnabled", "No"), ("CoreCDRenabled", "Yes"), ("CoreHTTPenabled", "Yes"),
        ("SoundsSearchCustomDir", "No")]),
    ("Filter", {"Operation": "Add", "Filter": "Event: Hangup"}, [("Message", "Success")]),
    ("Login", {}, [("Message", "Already authenticated")]),
    ("Setvar", {"Variable": "A", "Value": "1"}, [("Message", "Variable Set")]),
    ("Getvar", {"Variable": "DB(a/b)"}, [("Variable", "DB(a/b)"), ("Value", "")]),
    ("DBPut", {"Family": "a", "Key": "b", "Val": "v 1"}, [("Message", "Updated database successfully")]),
    ("MailboxCount", {"Mailbox": "100@default"}, [
        ("Message", "Mailbox Message Count"), ("Mailbox", "100@default"), ("UrgMessages", "0"),
        ("NewMessages", "0"), ("OldMessages", "0")]),
    ("QueueAdd", {"Queue": "sales", "Interface": "PJSIP/101"}, [("Message", "Added interface to queue")]),
    ("QueueRemove", {"Queue": "sales", "Interface": "PJSIP/105"}, [("Message",
    "Removed interface from queue")]),
    ("QueuePause", {"Interface": "PJSIP/105", "Paused": "1"}, [("Message", "Interface paused successfully")]),
    ("QueuePause", {"Interface": "PJSIP/105", "Paused": "0"}, [("Message",
    "Interface unpaused successfully")]),
], ids=lambda value: value if isinstance(value, str) else "")
def test_an_answer_has_the_fields_of_a_22(bench, name, headers, answer):
    assert bench.manager.answer(name, ("ActionID", "1"), *headers.items()) == [
        ("Response", "Success"), ("ActionID", "1")] + answer


@pytest.mark.parametrize("name, message, complete", [
    ("CoreShowChannels", "Channels will follow", ["CoreShowChannelsComplete"]),
    ("Status", "Channel status will follow", ["StatusComplete", "Items: 0"]),
    ("BridgeList", "Bridge listing will follow", ["BridgeListComplete"]),
    ("ParkedCalls", "Parked calls will follow", ["ParkedCallsComplete", "Total: 0"]),
])
def test_an_empty_list_is_begun_and_ended(bench, name, message, complete):
    assert bench.manager.act(name, ("ActionID", "1")) == [
        "Response: Success\r\nActionID: 1\r\nEventList: start\r\nMessage: " + message,
        "\r\n".join(["Event: " + complete[0], "ActionID: 1", "EventList: Complete",
        "ListItems: 0"] + complete[1:]),
    ]


def test_the_core_counts_its_calls(bench):
    bench.call()
    status = bench.act("CoreStatus")
    assert list(status) == ["Response", "CoreStartupDate", "CoreStartupTime", "CoreReloadDate",
    "CoreReloadTime",
                            "CoreCurrentCalls", "CoreProcessedCalls"]
    assert (status["CoreCurrentCalls"], status["CoreProcessedCalls"]) == ("1", "1")


def test_what_is_put_in_the_database_can_be_got_and_deleted(bench):
    key = {"Family": "a", "Key": "b"}
    bench.act("DBPut", Val="v 1", **key)
    bench.act("DBGet", ActionID="1", **key)
    assert bench.answered[1] == "Event: DBGetResponse\r\nFamily: a\r\nKey: b\r\nVal: v 1\r\nActionID: 1"
    assert bench.act("DBDel", **key)["Message"] == "Key deleted successfully"


def test_status_shows_the_variables_that_are_asked_for(bench):
    caller, _ = bench.call()
    bench.act("Setvar", Channel=caller, Variable="NOTE", Value="a<b & \"c\" 'd'")
    bench.act("Status", Channel=caller, Variables="NOTE,EXTEN,CHANNEL(state),NONE")
    assert bench.answered[1].endswith(
        "Variable: NOTE=a<b & \"c\" 'd'\r\nVariable: EXTEN=102\r\nVariable: CHANNEL(state)=Up\r\n"
        "Variable: NONE=(null)")


def test_channels_can_be_hung_up_by_a_pattern(bench):
    caller, called = bench.call()
    bench.act("Hangup", Channel="/^PJSIP.102/")
    assert bench.answered[1:] == [
        "Event: ChannelHungup\r\nChannel: " + called,
        "Event: ChannelsHungupListComplete\r\nEventList: Complete\r\nListItems: 1"]
    assert bench.channels() == []


def test_commands_are_listed_in_the_order_of_the_alphabet_and_only_the_permitted(bench):
    names = [name for name, _ in bench.manager.answer("ListCommands")[1:]]
    assert names == sorted(names, key=str.lower) and {"Originate", "Ping", "PJSIPShowEndpoints"} <= set(names)
    assert ("Ping", "Keepalive command.  (Priv: <none>)") in bench.manager.answer("ListCommands")


# -- the console

def output(bench, command):
    """What a command prints, as lines, and how it went."""
    response, message, *lines = bench.manager.answer("Command", ("Command", command))
    assert message == ("Message", "Command output follows")
    return response[1], [line[1] for line in lines]


@pytest.mark.parametrize("command, lines", [
    ("core show version", [
        "Asterisk 22.10.1 built by demo @ demo on a x86_64 running Linux on 2026-07-20 21:35:32 UTC"]),
    ("core show uptime", ["System uptime: 0 seconds", "Last reload: 0 seconds"]),
    ("core show uptime seconds", ["System uptime: 0", "Last reload: 0"]),
    ("core show calls", ["0 active calls", "0 calls processed"]),
    ("CORE  SHOW calls", ["0 active calls", "0 calls processed"]),
    ("core show channels concise", [""]),
    ("channel request hangup x", ["x is not a known channel"]),
    ("queue show none", ["No such queue: none."]),
    ("manager show users", [
        "", "username", "--------", "demo", "-------------------", "1 manager users configured."]),
    ("manager show command Nope", [""]),
    ("core show help core show version", ["Usage: core show version", "       Display version info"]),
])
def test_a_command_prints_what_a_22_prints(bench, command, lines):
    assert output(bench, command) == ("Success", lines)


@pytest.mark.parametrize("command", ["nonsense", "core show", "core show nonsense", "core show version x"])
def test_an_unknown_command_is_an_error_that_names_it(bench, command):
    assert output(bench, command) == ("Error", [NO_COMMAND % (command, command)])


def test_uptime_is_told_in_words(bench):
    bench.clock.now += 86400 + 2 * 3600 + 62
    bench.pbx.tick()
    assert output(bench, "core show uptime")[1][0] == "System uptime: 1 day, 2 hours, 1 minute, 2 seconds"


def test_core_show_channels_is_a_table(bench):
    bench.call()
    _, lines = output(bench, "core show channels")
    row = "%-65s%-33s%-8s%-30s"
    assert lines == [
        row % ("Channel", "Location", "State", "Application(Data)"),
        row % ("PJSIP/101-00000000", "102@default:1", "Up", "Dial(PJSIP/102,20)"),
        row % ("PJSIP/102-00000001", "(None)", "Up", "AppDial((Outgoing Line))"),
        "2 active channels", "1 active call", "1 call processed"]


def test_every_command_has_a_line_of_help_and_prints_something(bench):
    _, lines = output(bench, "core show help")
    for command in [line.partition(" -- ")[0].rstrip() for line in lines]:
        assert output(bench, command)[0] in ("Success", "Error")


def test_an_action_can_be_looked_up(bench):
    _, lines = output(bench, "manager show command ping")
    assert lines[:5] == ["", "  -= Info about Manager Command 'Ping' =- ", "", "[Synopsis]",
    "Keepalive command. "]
