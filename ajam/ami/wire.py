"""AMI bytes cut into what they mean; no I/O.

An answer has no length and often no recognisable end. So behind each action goes a sentinel,
an action of ours that every PBX answers at once and with our ActionID, a token nobody can
guess: all that comes before the sentinel's answer is the action's output, whatever its shape.

    banner          "Asterisk Call Manager/11.0.0"
    action          Action: Status ...          written together with
    sentinel        Action: Ping  ActionID: T
    output          any bytes at all
    end             Response: ...  ActionID: T  up to the next empty line

Source: reference.md 3.3, 3.4, 3.7; design.md, "Knowing when an answer is complete".
"""

import functools

from ajam.ami.message import LINE_END, is_event
from ajam.errors import PbxError, PbxUnreachable

BLOCK_END = b"\r\n\r\n"
RESPONSE = b"Response: "
TEST_EVENT = b"Event: TestEvent\r\n"
BANNER = b"Asterisk "
MAX_BANNER = 256  # bytes
MAX_ANSWER = 16 * 1024 * 1024  # bytes; 20,000 channels. As JSON it takes 120 MB for a moment, and ajam may have 200
MAX_BLOCK = 1024 * 1024  # bytes; one event

# 1.6.0 and 1.6.1 answer a Ping without its ActionID, an unknown action with it; 1.8 has the same version number.
BANNER_WITHOUT_PING = b"Asterisk Call Manager/1.1"

# The manager interface's version tells the major version at most (reference.md 3.1).
ASTERISK_BY_MANAGER = {"1.0": "1.4.0", "1.1": "1.8.0", "1.2": "10.0.0", "1.3": "11.0.0", "2": "13.0.0",
                       "3": "14.0.0", "4": "15.0.0", "5": "16.0.0"}


@functools.lru_cache(maxsize=16)
def version_of_banner(banner):
    """The lowest Asterisk that announces this banner: "22.0.0" for "Asterisk Call Manager/11.0.0", else "0.0.0"."""
    manager = banner.rpartition("/")[2]
    major = manager.partition(".")[0]
    known = ASTERISK_BY_MANAGER.get(manager) or ASTERISK_BY_MANAGER.get(major)
    if known or not major.isdigit() or int(major) < 6:
        return known or "0.0.0"
    return "%d.0.0" % (int(major) + 11)


def sentinel(token, banner):
    """The action to write behind another one, and whose answer carries `token`."""
    name = b"AjamSentinel" if banner == BANNER_WITHOUT_PING else b"Ping"
    return b"Action: " + name + b"\r\nActionID: " + token + BLOCK_END


class Answer:
    """One action's output, from the bytes that come until its sentinel is answered; `most` bytes of it.

    output   the action's output once feed() has returned True
    rest     what came behind the sentinel's answer
    """

    def __init__(self, token, most=MAX_ANSWER):
        self._most = most
        self._marker = b"\r\nActionID: " + token + LINE_END
        self._buffer = bytearray()
        self._searched = 0
        self.output = self.rest = b""

    def feed(self, data):
        """Takes `data`; True when the answer is complete."""
        buffer = self._buffer
        buffer += data
        at = buffer.find(self._marker, self._searched)
        if at < 0:
            self._searched = max(0, len(buffer) - len(self._marker))
            if len(buffer) > self._most:
                raise PbxError("The answer is longer than %d bytes" % self._most)
            return False
        self._searched = at
        end = buffer.find(BLOCK_END, at + len(self._marker) - len(LINE_END))
        if end < 0:
            return False
        start = max(0, buffer.rfind(RESPONSE, 0, at))  # not the line's start: output may lack its last line end
        self.output = bytes(memoryview(buffer)[:start])  # one copy, for an answer may be large
        self.rest = bytes(memoryview(buffer)[end + len(BLOCK_END):])
        self._buffer = bytearray()
        return True

    def unfinished(self):
        """What has come so far."""
        return bytes(self._buffer)


class Banner:
    """The line a PBX says first."""

    def __init__(self):
        self._buffer = b""
        self.text = None

    def feed(self, data):
        """Takes `data`; True when the line is complete. PbxUnreachable when no manager interface answers."""
        self._buffer += data
        line, end, _ = self._buffer.partition(b"\n")
        if len(line) > MAX_BANNER or not BANNER.startswith((line + end)[: len(BANNER)]):
            raise PbxUnreachable("What answers there is not a manager interface")
        if not end:
            return False
        self.text = line.rstrip(b"\r")
        return True


class Blocks:
    """A stream of blocks, each ended by an empty line; further ones are passed over.

    Asterisks that are built with the test framework, as Debian's are, write two behind each TestEvent.
    """

    def __init__(self):
        self._buffer = b""

    def feed(self, data):
        """The blocks that `data` completes, with their ends, oldest first."""
        *whole, rest = (self._buffer + data).split(BLOCK_END)
        self._buffer = rest.lstrip(LINE_END)
        if len(self._buffer) > MAX_BLOCK:
            raise PbxError("An event is longer than %d bytes" % MAX_BLOCK)
        return [block.lstrip(LINE_END) + BLOCK_END for block in whole if block.strip(LINE_END)]

    def take_rest(self):
        """The beginning of a block that is not complete, which is forgotten here."""
        rest, self._buffer = self._buffer, b""
        return rest


def split_booted(behind):
    """(the FullyBooted block or b"", the rest) of what came behind the response to a login."""
    if not behind.startswith(b"Event: FullyBooted\r\n"):
        return b"", behind
    block, _, rest = behind.partition(BLOCK_END)
    return block + BLOCK_END, rest


def split_events(output):
    """(events before, the action's own output, events behind) of what came on a connection with events.

    On the wire an action's output is in one piece, with events before and behind it only.
    """
    begin, end = 0, len(output)
    before = []
    while True:
        stop = output.find(BLOCK_END, begin) + len(BLOCK_END)
        if stop < len(BLOCK_END) or not is_event(output[begin:stop]):
            break
        before.append(output[begin:stop])
        begin = stop
        if before[-1].startswith(TEST_EVENT) and output.startswith(LINE_END, begin):
            begin += len(LINE_END)  # its second empty line, see Blocks
    behind = []
    while output.endswith(BLOCK_END, begin, end):
        start = _last_event(output, begin, end)
        if start < 0:
            break
        behind.append(output[start:end])
        end = start
    return before, output[begin:end], behind[::-1]


def _last_event(output, begin, end):
    """Where the event begins that ends output[begin:end], -1 when no event does."""
    start = output.rfind(BLOCK_END, begin, end - len(BLOCK_END))
    start = start + len(BLOCK_END) if start >= 0 else begin
    if is_event(output[start:end]):
        return start
    start = output.find(b"\nEvent: ", start, end) + 1  # output before it may have ended without an empty line
    return start if start and is_event(output[start:end]) else -1
