"""What the PBX sends, cut in any way; and what it is sent, which is one message and no other."""

import re
from typing import NamedTuple, Tuple

from ajam.ami import message
from ajam.ami.message import Action, is_event
from ajam.ami.wire import Answer, Banner, Blocks, sentinel, split_events
from ajam.errors import ActionRefused, PbxUnreachable
from ajam.web import parameters
from ajam.web.exchange import Request
from tests.fuzz.browsers import FORM_SCRAPS, encoded
from tests.fuzz.cases import Property
from tests.fuzz.chance import mutated, noise, scraps
from tests.web.cuts import cuts

TOKEN = b"0123456789abcdef01234567-1"
PINGS = (  # how the sentinel's answer looks, reference.md 3.7: of 1.4, 1.6, 1.8 to 22
    b"Response: Pong\r\nActionID: %b\r\n\r\n",
    b"Response: Error\r\nActionID: %b\r\nMessage: Invalid/unknown command\r\n\r\n",
    b"Response: Success\r\nActionID: %b\r\nPing: Pong\r\nTimestamp: 1700000000.000000\r\n\r\n",
)
SCRAPS = (
    b"Response: ", b"Response: Success\r\n", b"ActionID: ", b"\r\nActionID: ", b"ActionID: " + TOKEN[:-1],
    b"\r\nActionID: " + TOKEN[:-2] + b"\r\n", b"Ping: Pong\r\n", b"\r\n", b"\r\n\r\n", b"\n", b"\r", b"Event: ",
    b"Event: Hangup\r\n", b"Privilege: call,all\r\n", b"--END COMMAND--\r\n", b"a: b\r\n", b"\0", b"\xff",
    b"Response: Success\r\nActionID: " + TOKEN[::-1] + b"\r\n\r\n",
)
EVENTS = (
    b"Event: Hangup\r\nPrivilege: call,all\r\nCause: 16\r\n\r\n",
    b"Event: FullyBooted\r\nPrivilege: system,all\r\n\r\n",
    b"Event: X\r\nPrivilege: <none>\r\n\r\n",
    b"Event: TestEvent\r\nPrivilege: reporting,all\r\nType: StateChange\r\n\r\n\r\n",
)
OUTPUTS = (  # an action's own
    b"Response: Success\r\nPing: Pong\r\n\r\n", b"",
    b"Response: Follows\r\nPrivilege: Command\r\nno line end--END COMMAND--\r\n\r\n",
    b"Response: Success\r\nEventList: start\r\n\r\nEvent: PeerEntry\r\nStatus: OK\r\n\r\n"
    b"Event: PeerlistComplete\r\nEventList: Complete\r\n\r\n",
    b"\r\nResponse: Follows\r\n\r\n", b"Response: Success\r\nPing: Pong\r\n",
    b"Event: Hangup\r\nActionID: 7\r\nPrivilege: call,all\r\n\r\n", b"Response: Success\r\n\r\n\r\n",
)
BANNERS = (
    b"Asterisk Call Manager/5.0.4\r\n", b"Asterisk Call Manager/1.0\n", b"Asterisk Bad\r\r\n", b"HTTP/1.0 400 Bad\r\n",
    b"Asterisk", b"", b"\n", b"Asterisk " + b"x" * 300, b"SSH-2.0-x\r\n",
)


class Stream(NamedTuple):
    """What an action brought, the answer to the sentinel behind it, and what came later."""

    output: bytes
    pong: bytes
    rest: bytes


def generate_answer(random):
    """Anything, and a sentinel's answer behind it."""
    return Stream(scraps(random, SCRAPS, 8), random.choice(PINGS) % TOKEN, scraps(random, SCRAPS + EVENTS, 4))


def check_answer(case):
    """However it is cut, the output is what stood before the sentinel's answer, and nothing behind that is lost."""
    data = b"".join(case)
    for pieces in cuts(data):
        answer = Answer(TOKEN)
        for number, piece in enumerate(pieces, 1):
            if answer.feed(piece):
                break
        else:
            raise AssertionError("no answer was found in %r" % data)
        assert answer.output == case.output and answer.rest + b"".join(pieces[number:]) == case.rest, pieces


def generate_blocks(random):
    """Events, and more line ends than there should be."""
    return random.choice((scraps(random, EVENTS + SCRAPS, 8), noise(random, 12, b"\r\na")))


def check_blocks(data):
    """However it is cut, it is the same blocks, and what is not complete is kept."""
    for pieces in cuts(data):
        blocks = Blocks()
        found = [block for piece in pieces for block in blocks.feed(piece)]
        assert (found, blocks.take_rest()) == blocks_of(data), pieces


def blocks_of(data):
    """(the blocks, what is left): a block begins with the first byte of a line and ends with the first empty line."""
    found, block = [], b""
    for byte in data:
        if block or byte not in b"\r\n":
            block += bytes((byte,))
        if block.endswith(b"\r\n\r\n"):
            found.append(block)
            block = b""
    return found, block


def generate_banner(random):
    """A banner, or what is none."""
    return random.choice((random.choice(BANNERS), mutated(random, random.choice(BANNERS))))


def check_banner(data):
    """However it is cut, it is the same line, or no manager interface."""
    outcomes = {banner_of(pieces) for pieces in ([data], *cuts(data))}
    line, end, _ = data.partition(b"\n")
    good = len(line) <= 256 and b"Asterisk ".startswith((line + end)[:9])
    assert outcomes == {(line.rstrip(b"\r") if end else b"unfinished") if good else b"refused"}, outcomes


def banner_of(pieces):
    """What becomes of a banner that comes in pieces."""
    banner = Banner()
    try:
        done = any([banner.feed(piece) for piece in pieces if banner.text is None])
    except PbxUnreachable:
        return b"refused"
    return banner.text if done else b"unfinished"


class Mixed(NamedTuple):
    """An action's output with events before it and behind it."""

    before: Tuple[bytes, ...]
    output: bytes
    behind: Tuple[bytes, ...]


def generate_mixed(random):
    """Output as actions have it, rarely anything."""
    before, behind = (tuple(random.choices(EVENTS, k=random.choice((0, 0, 1, 2)))) for _ in "12")
    output = random.choice(OUTPUTS) if random.random() < 0.7 else scraps(random, SCRAPS + EVENTS, 6)
    return Mixed(before, output, behind)


def check_mixed(case):
    """Nothing is lost, only events are taken for events, and output of a known shape is found as it was."""
    data = b"".join((*case.before, case.output, *case.behind))
    before, output, behind = split_events(data)
    assert all(map(is_event, before + behind))
    assert squeezed(b"".join((*before, output, *behind))) == squeezed(data)
    if case.output in OUTPUTS and not is_ambiguous(case):
        assert output == case.output and before == [event[:event.index(b"\r\n\r\n") + 4] for event in case.before]
        assert behind == list(case.behind)


def is_ambiguous(case):
    """True when nobody can tell what is before from what is behind, or whose a second empty line is."""
    before, behind = (any(event.endswith(b"\r\n\r\n\r\n") for event in events)
                      for events in (case.before[-1:], case.behind))
    return case.output == b"" or behind or before and case.output.startswith(b"\r\n")


def squeezed(data):
    """With one empty line where there are several: a TestEvent has two behind it, of which one is not kept."""
    return re.sub(rb"(?:\r\n){2,}", b"\r\n\r\n", data)


# What the PBX is sent

NAMES = (
    b"action", b"Action", b"ActionID", b"Channel", b"secret", b"Events", b"events", b"", b" ", b"Variable", b"a\xff",
    b"Action ", b"x-y",
)
VALUES = (
    b"ping", b"Originate", b"", b" ", b"a,b: c", b"7" * 128, b"7" * 129,
    *(b"x" * length for length in range(1011, 1024)), b"\xc4\x8d\xc4\x8a", b"\xe5\x98\x8d\xe5\x98\x8a",
    b"\xc0\x8d\xc0\x8a", b"\xe2\x80\xa8", b"\x85", b"\x0b\x0c\x1c", b"%0d%0a", b"\\r\\n", b"\xef\xbc\x9a",
)
BREAKS = (b"\r\nAction: Originate", b"\n", b"\r", b"\0", b"\r\n\r\n", b"\n\nAction: x", b"a: b")


class Parameters(NamedTuple):
    """A query: its bytes, and what it is made of, or None."""

    query: bytes
    meant: object = None


def generate_action(random):
    """Parameters, few of them with something in it that could be a line of its own."""
    if random.random() < 0.3:
        return Parameters(scraps(random, FORM_SCRAPS + NAMES + VALUES, 20))
    count = random.choice((1, 2, 3, 4, 5, random.randint(120, 180)))
    pairs = tuple((text(random, NAMES, 1 / count), text(random, VALUES, 1 / count)) for _ in range(count))
    return Parameters(b"&".join(encoded(random, name) + b"=" + encoded(random, value) for name, value in pairs), pairs)


def text(random, good, share):
    """The beginning of one of them; with a probability all of it, and seldom with a break in it."""
    chosen = random.choice(good) if random.random() < share else random.choice(good)[:9]
    if random.random() < 0.1 * share:
        place = random.randint(0, len(chosen))
        return chosen[:place] + random.choice(BREAKS) + chosen[place:]
    return chosen


def check_action(case):
    """It is refused before anything is written, or one message whose lines are the parameters."""
    pairs = parameters.of_request(Request("GET", b"/?" + case.query, b"/", case.query, {}))
    assert case.meant in (None, pairs)
    hostile = any(set(name + value) & set(b"\r\n\0") or b":" in name for name, value in pairs[:message.MAX_HEADERS])
    beyond = any(set(name + value) & set(b"\r\n\0") or b":" in name for name, value in pairs[message.MAX_HEADERS:])
    lines = [name + b": " + value for name, value in pairs[:message.MAX_HEADERS]]
    try:
        action = Action.of_pairs(pairs)
        written = action.encode()
    except ActionRefused:
        assert hostile or beyond or any(len(line) > 1022 for line in lines) or len(value_of(lines, b"actionid")) > 128
    else:
        assert not hostile
        assert_one_message(written, lines)
        assert_login(action, lines)


def assert_login(action, lines):
    """As a login it is one message, too: the same lines, but for one Events in place of all."""
    others = [line for line in lines if line[:7].lower() != b"events:"]
    assert_one_message(action.replacing(b"events", b"off").encode(), others[:127] + [b"Events: off"])
    assert_one_message(sentinel(TOKEN, b"Asterisk Call Manager/5.0.4"), [b"Action: Ping", b"ActionID: " + TOKEN])


def assert_one_message(written, lines):
    """A plain reader of the manager's protocol finds these lines and then an empty one, and nothing behind it."""
    found, rest = [], written
    while True:
        line, end, rest = rest.partition(b"\n")
        assert end and line.endswith(b"\r"), "a line without its end"
        line = line[:-1]
        if not line:
            break
        assert b"\r" not in line and b"\0" not in line and b":" in line and len(line) <= 1022, line
        found.append(line)
    assert rest == b"" and found == lines and len(found) <= 128, (found, rest)


def value_of(lines, name):
    """The value of the first line of that lower-case name."""
    return next((line[len(name) + 1:].lstrip(bytes(range(1, 33))) for line in lines
                 if line[:len(name) + 1].lower() == name + b":"), b"")


PROPERTIES = (
    Property("answers", generate_answer, check_answer, 60),
    Property("blocks", generate_blocks, check_blocks, 100),
    Property("banners", generate_banner, check_banner, 150),
    Property("mixed", generate_mixed, check_mixed, 1000),
    Property("actions", generate_action, check_action, 150),
)
