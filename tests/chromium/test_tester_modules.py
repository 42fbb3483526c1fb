"""www/tester/: the modules that need no page, run in a real Chromium."""

import pathlib

import pytest

from .tester import Page

DATA = pathlib.Path(__file__).parent / "data"


@pytest.fixture
def modules(chromium, demo):
    """A Page for its modules only: nobody is logged in."""
    return Page(chromium, demo)


@pytest.mark.parametrize("file, count, last, required", [
    ("help-16-status.txt", 4, {"name": "AllVariables", "required": False, "choices": ["true", "false"]}, []),
    ("help-22-originate.txt", 17, {"name": "PreDialGoSub", "required": False, "choices": []}, ["Channel"]),
])
def test_the_help_of_real_asterisks_is_read(modules, file, count, last, required):
    help = modules.of_module("help.js", "it.readHelp(args[0])", (DATA / file).read_text().splitlines())
    found = help["parameters"]
    assert len(found) == count
    assert {key: found[-1][key] for key in last} == last
    assert [each["name"] for each in found if each["required"]] == required
    assert found[0] == {"name": "ActionID", "required": False, "choices": [],
                        "help": "ActionID for this transaction. Will be returned."}


def test_the_help_of_asterisk_1_4_is_read(modules):
    lines = ["Action: MailboxCount", "Synopsis: Check Mailbox Message Count", "Privilege: call,all",
             "Description: Checks a voicemail account for new messages.",
             "Variables: (Names marked with * are required)",
             "\t*Mailbox: Full mailbox ID <mailbox>@<vm-context>", "\tActionID: Optional ActionID for message matching."]
    help = modules.of_module("help.js", "it.readHelp(args[0])", lines)
    assert help["synopsis"] == "Check Mailbox Message Count"
    assert [(each["name"], each["required"], each["help"]) for each in help["parameters"]] == [
        ("Mailbox", True, "Full mailbox ID <mailbox>@<vm-context>"),
        ("ActionID", False, "Optional ActionID for message matching.")]


@pytest.mark.parametrize("data, shown", [
    (b"plain\r\n", [("plain\r\n", "")]),
    (b"a\nb", [("a", ""), ("\\n", "U+000A"), ("\n", ""), ("b", "")]),
    (b"a\rb", [("a", ""), ("\\r", "U+000D"), ("b", "")]),
    (b"\x1b[31m\x00", [("\\x1B", "U+001B"), ("[31m", ""), ("\\x00", "U+0000")]),
    ("é".encode(), [("é", "")]),
    (b"caf\xe9\r\n", [("caf", ""), ("\\xE9", "byte E9, not UTF-8"), ("\r\n", "")]),
    ("\u202egpj".encode(), [("\\u202E", "U+202E"), ("gpj", "")]),
], ids=["text", "line feed alone", "return alone", "escape and nul", "UTF-8", "not UTF-8", "right to left"])
def test_nothing_hides_in_the_bytes_of_an_answer(modules, data, shown):
    pieces = modules.of_module("bytes.js", r"it.showBytes(new Uint8Array(args[0]), /^\r\n$/)", list(data))
    assert [(piece["text"], piece["mark"]) for piece in pieces] == shown


@pytest.mark.parametrize("text, pairs", [
    ("", []),
    ("Hangup Newchannel", [["event", "Hangup"], ["event", "Newchannel"]]),
    ("event=Hangup & Channel=SIP/a b-1", [["event", "Hangup"], ["Channel", "SIP/a b-1"]]),
    ("Hangup&AppData=a=b", [["event", "Hangup"], ["AppData", "a=b"]]),
])
def test_a_filter_is_names_and_headers(modules, text, pairs):
    assert modules.of_module("filters.js", "it.readFilters(args[0])", text) == pairs


@pytest.mark.parametrize("call, tidied", [
    (("tidyJson", '[{"a": "[{,}]", "b": ["\\"", "x"]}]'),
     '[\n  {\n    "a": "[{,}]",\n    "b": [\n      "\\"",\n      "x"\n    ]\n  }\n]'),
    (("tidyXml", "<ajax-response>\n<response type='object'><generic a='b c=d' /></response>\n"),
     "<ajax-response>\n<response\n    type='object'>\n  <generic\n    a='b c=d' /></response>\n"),
])
def test_tidying_adds_white_space_and_nothing_else(modules, call, tidied):
    assert modules.of_module("tidy.js", "it[args[0]](args[1])", *call) == tidied


@pytest.mark.parametrize("pairs, reads", [
    ([["Action", "status"]], True), ([["Action", "PJSIPShowEndpoints"]], True), ([["Action", "QueueStatus"]], True),
    ([["Action", "Hangup"]], False), ([["Action", "QueuePause"]], False), ([["Action", "Nonesuch"]], False),
    ([["Action", "WaitEvent"]], False), ([["Action", "QueueReset"]], False), ([["Action", "DBDel"]], False),
    ([["Action", "Command"], ["Command", "core show channels"]], True),
    ([["Action", "Command"], ["Command", "channel request hangup all"]], False),
    ([["Action", "Command"], ["Command", "core stop now"]], False),
])
def test_what_changes_something_is_not_sent_four_times(modules, pairs, reads):
    assert modules.of_module("known.js", "it.isReading(args[0])", pairs) is reads
