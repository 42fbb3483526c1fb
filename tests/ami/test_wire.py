"""ajam/ami/wire.py: where an answer, a banner and a block end, however the network cuts them."""

import pytest

from ajam.ami.wire import MAX_ANSWER, MAX_BLOCK, Answer, Banner, Blocks, sentinel, split_events
from ajam.errors import PbxError
from tests.web.cuts import cuts

TOKEN = b"f00d-1"

ENDS = {  # what answers the sentinel, by Asterisk's version: reference.md 3.7
    "1.4": b"Response: Pong\r\nActionID: f00d-1\r\n\r\n",
    "1.6.0": b"Response: Error\r\nActionID: f00d-1\r\nMessage: Invalid/unknown command\r\n\r\n",
    "11": b"Response: Success\r\nActionID: f00d-1\r\nPing: Pong\r\nTimestamp: 1700000000.000000\r\n\r\n",
    "before a login": b"Response: Error\r\nActionID: f00d-1\r\nMessage: Permission denied\r\n\r\n",
}

OUTPUTS = {  # reference.md 3.3 to 3.7
    "one response": b"Response: Success\r\nPing: Pong\r\n\r\n",
    "nothing at all": b"",
    "an empty line": b"\r\n",
    "two empty lines behind": b"Response: Success\r\nRuleList: a\r\nRule: b\r\n\r\n\r\n",
    "a missing empty line": b"Response: Success\r\nEvents: On\r\n",
    "no line end": b"Response: Success",
    "text without a line end": b"only text",
    "a list": (b"Response: Success\r\nActionID: 1\r\nEventList: start\r\nMessage: Channels will follow\r\n\r\n"
               b"Event: CoreShowChannel\r\nActionID: 1\r\n\r\nEvent: CoreShowChannelsComplete\r\nActionID: 1\r\n"
               b"EventList: Complete\r\nListItems: 1\r\n\r\n"),
    "a list that ends in an error": b"Response: Success\r\nEventList: start\r\n\r\nResponse: Error\r\n\r\n",
    "two errors": b"Response: Error\r\nMessage: a\r\n\r\nResponse: Error\r\nMessage: b\r\n\r\n",
    "Follows with empty lines": (b"Response: Follows\r\nPrivilege: Command\r\nfirst\n\nthird: x\n\r\n\r\n\n"
                                 b"--END COMMAND--\r\n\r\n"),
    "raw lines": b"SIP/a 1 2 3\nSIP/b 4 5 6\n\r\n",
    "another's ActionID": b"Response: Success\r\nActionID: f00d-10\r\n\r\n",
    "a response within": b"Response: Success\r\nOutput: Response: Success\r\nOutput: ActionID: f00d-1\r\n\r\n",
    "any bytes": bytes(range(256)) + b"\r\n\r\n",
}


def answered(pieces):
    """The Answer that the pieces complete with the last of them."""
    answer = Answer(TOKEN)
    *early, last = pieces
    assert not any([answer.feed(piece) for piece in early])
    assert answer.feed(last)
    return answer


@pytest.mark.parametrize("output", OUTPUTS.values(), ids=OUTPUTS)
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_the_output_is_all_that_comes_before_the_sentinels_answer(end, output):
    for pieces in cuts(output + end):
        answer = answered(pieces)
        assert (answer.output, answer.rest) == (output, b"")


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_what_comes_behind_the_sentinels_answer_is_not_the_outputs(end):
    answer = answered([b"Any: thing\r\n\r\n" + end + b"Event: X\r\nPriv"])
    assert (answer.output, answer.rest) == (b"Any: thing\r\n\r\n", b"Event: X\r\nPriv")


def test_an_answer_without_an_end_can_be_looked_at():
    answer = Answer(TOKEN)
    assert not answer.feed(b"Response: Good")
    assert not answer.feed(b"bye\r\n\r\n")
    assert answer.unfinished() == b"Response: Goodbye\r\n\r\n"


def test_an_endless_answer_is_refused_not_kept():
    answer = Answer(TOKEN)
    megabyte = b"x" * (1 << 20)
    with pytest.raises(PbxError, match="longer than 16777216 bytes"):
        for _ in range(MAX_ANSWER // len(megabyte) + 1):
            assert not answer.feed(megabyte)


def test_a_long_answer_in_100_000_pieces_is_put_together():
    answer = Answer(TOKEN)
    for _ in range(100_000):
        answer.feed(b"Output: a line of sixty-odd bytes, as Asterisk writes them one by one\r\n")
    assert answer.feed(b"\r\n" + ENDS["11"])
    assert len(answer.output) == 100_000 * 71 + 2


@pytest.mark.parametrize("banner, action", [
    (b"Asterisk Call Manager/1.0", b"Ping"),
    (b"Asterisk Call Manager/1.1", b"AjamSentinel"),
    (b"Asterisk Call Manager/11.0.0", b"Ping"),
])
def test_the_sentinel_is_one_that_echoes_its_action_id_on_that_version(banner, action):
    assert sentinel(TOKEN, banner) == b"Action: %s\r\nActionID: f00d-1\r\n\r\n" % action


@pytest.mark.parametrize("line", [b"Asterisk Call Manager/11.0.0\r\n", b"Asterisk Call Manager/1.0\n"])
def test_a_banner_is_read_however_it_is_cut(line):
    for pieces in cuts(line):
        banner = Banner()
        assert [banner.feed(piece) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
        assert banner.text == line.rstrip()


@pytest.mark.parametrize("data", [
    b"\r\n", b"\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"Asterix\r\n", b"Asterisk\r\n",
    b"asterisk Call Manager/1.0\r\n", b"Asterisk " + b"x" * 300, b"\0",
], ids=["empty line", "bare LF", "SSH", "HTTP", "another name", "name alone", "lower case", "endless", "NUL"])
def test_what_is_no_manager_interface_is_told_at_once(data):
    for pieces in cuts(data):
        banner = Banner()
        with pytest.raises(PbxError, match="not a manager interface"):
            for piece in pieces:
                banner.feed(piece)


STREAM = (b"Event: A\r\nPrivilege: call,all\r\n\r\n", b"Event: B\r\nX: \n\n\r\r\n\r\n", b"Response: Success\r\n\r\n")


def test_blocks_are_the_same_however_they_are_cut():
    for pieces in cuts(b"".join(STREAM)):
        blocks = Blocks()
        assert [block for piece in pieces for block in blocks.feed(piece)] == list(STREAM)
        assert blocks.take_rest() == b""


@pytest.mark.parametrize("superfluous", [b"\r\n", b"\r\n\r\n", b"\r\n" * 3])
def test_superfluous_empty_lines_make_no_blocks_and_hide_none(superfluous):
    for pieces in cuts(STREAM[0] + superfluous + STREAM[1] + superfluous):
        blocks = Blocks()
        assert [block for piece in pieces for block in blocks.feed(piece)] == [STREAM[0], STREAM[1]]
        assert blocks.take_rest() == b""


def test_the_beginning_of_a_block_can_be_taken_away():
    blocks = Blocks()
    assert blocks.feed(STREAM[0] + b"Event: B\r") == [STREAM[0]]
    assert blocks.take_rest() == b"Event: B\r"
    assert blocks.feed(STREAM[2]) == [STREAM[2]]


def test_an_endless_event_is_refused_not_kept():
    blocks = Blocks()
    blocks.feed(b"x" * MAX_BLOCK)
    with pytest.raises(PbxError, match="longer than 1048576 bytes"):
        blocks.feed(b"x")


HANGUP = b"Event: Hangup\r\nPrivilege: call,all\r\n\r\n"
RELOAD = b"Event: Reload\r\nPrivilege: system,all\r\nModule: m\r\n\r\n"
STATUS = (b"Response: Success\r\nEventList: start\r\n\r\nEvent: Status\r\nPrivilege: Call\r\n\r\n"
          b"Event: StatusComplete\r\nItems: 1\r\n\r\n")


@pytest.mark.parametrize("output", [
    b"Response: Success\r\n\r\n", STATUS, OUTPUTS["two errors"], OUTPUTS["two empty lines behind"], b"\r\n", b"",
    b"Event: Status\r\nPrivilege: Call\r\n\r\n", OUTPUTS["a missing empty line"], OUTPUTS["raw lines"],
], ids=["response", "list with Privilege: Call", "two errors", "two empty lines", "empty line", "nothing", "an item",
        "no empty line", "raw lines"])
@pytest.mark.parametrize("before", [[], [HANGUP], [HANGUP, RELOAD]], ids=["", "1 before", "2 before"])
@pytest.mark.parametrize("behind", [[], [RELOAD], [RELOAD, HANGUP]], ids=["", "1 behind", "2 behind"])
def test_events_around_an_output_are_split_off(before, output, behind):
    events_of_nothing = before + behind, b"", []
    expected = (before, output, behind) if output else events_of_nothing
    assert split_events(b"".join(before) + output + b"".join(behind)) == expected


def test_an_event_within_an_output_stays_there():
    output = b"Response: Success\r\n\r\n" + HANGUP + b"Event: XComplete\r\n\r\n"
    assert split_events(output) == ([], output, [])


def test_an_output_without_an_end_stays_whole():
    assert split_events(HANGUP + b"text\r\n" + HANGUP + b"more") == ([HANGUP], b"text\r\n" + HANGUP + b"more", [])


def test_the_second_empty_line_behind_a_test_event_is_no_output():
    event = b"Event: TestEvent\r\nPrivilege: reporting,all\r\n\r\n"
    assert split_events(event + b"\r\n" + HANGUP + STATUS) == ([event, HANGUP], STATUS, [])
