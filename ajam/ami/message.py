"""Messages of the manager interface as bytes: actions to write, responses to make, blocks to read.

A message is lines `Name: value`, each ended by CR LF, and an empty line. Bytes stay bytes:
the protocol has no charset. Source: reference.md 2.1, 3.3, 3.4.
"""

from ajam.errors import ActionRefused, InjectionRefused

MAX_HEADERS = 128  # lines of an action; Asterisk's own server drops the rest silently
MAX_LINE = 1024  # bytes with the line end, on the wire; Asterisk refuses a longer one
MAX_ACTION_ID = 128  # bytes; Asterisk cuts longer ones in the middle of a line (reference.md 6, row 22)
BLANKS = bytes(range(1, 33))  # what Asterisk's own look-up skips before a value

LINE_END = b"\r\n"


class Action:
    """One action as its lines; looked up as Asterisk looks them up.

    lines   whole lines without their ends: b"Action: Ping"
    name    the action's in lower case, b"" when there is none: the first that is not empty counts
    """

    def __init__(self, lines):
        self.lines = tuple(lines[:MAX_HEADERS])
        self.name = self._name()
        self._text = LINE_END.join(self.lines)
        breaks = max(0, len(self.lines) - 1)
        if self._text.count(b"\n") != breaks or self._text.count(b"\r") != breaks or b"\0" in self._text:
            raise InjectionRefused("A CR, LF or NUL in a parameter cannot be sent to the PBX")

    @classmethod
    def of_pairs(cls, pairs):
        """The action that parameters make, one line each, in their order."""
        lines = []
        for name, value in pairs:
            if b":" in name:
                # Asterisk 1.4 takes such a line for another header than 1.8 does: for one that nobody has checked.
                raise InjectionRefused("A colon in a parameter's name cannot be sent to the PBX")
            lines.append(name + b": " + value)
        return cls(lines)

    def _name(self):
        for line in self.lines:
            if line[:7].lower() == b"action:":
                value = line[7:].lstrip(BLANKS)
                if value:
                    return value.lower()
        return b""

    @property
    def action_id(self):
        """The client's ActionID, b"" when there is none."""
        return self.get(b"actionid")

    def get(self, name):
        """The value of the first line of that lower-case name, even an empty one; b"" without one."""
        prefix = name + b":"
        for line in self.lines:
            if line[: len(prefix)].lower() == prefix:
                return line[len(prefix):].lstrip(BLANKS)
        return b""

    def replacing(self, name, value):
        """This action with all lines of the lower-case `name` left out and one of `value` put last."""
        kept = [line for line in self.lines if line[: len(name) + 1].lower() != name + b":"]
        return Action([*kept[: MAX_HEADERS - 1], name.title() + b": " + value])

    def encode(self):
        """The bytes to write.

        raises   ActionRefused  a line or the ActionID is longer than the PBX takes
        """
        if len(self._text) > MAX_ACTION_ID:
            self._check_lengths()
        return self._text + b"\r\n\r\n"

    def _check_lengths(self):
        if any(len(line) > MAX_LINE - len(LINE_END) for line in self.lines):
            raise ActionRefused("Failed to parse message: line too long")
        if len(self.action_id) > MAX_ACTION_ID:
            raise ActionRefused("ActionID longer than %d bytes" % MAX_ACTION_ID)

    def __repr__(self):
        return "Action(%r, %d lines)" % (self.name, len(self.lines))


def response(kind, action, *lines):
    """A response block to `action`: b"Success", b"Error" or b"Goodbye", its ActionID, and whole lines behind."""
    action_id = action.action_id
    head = [b"Response: " + kind] + ([b"ActionID: " + action_id] if action_id else [])
    return LINE_END.join([*head, *lines, b"", b""])


def error(action, message):
    """An error response with `message`, text or bytes."""
    text = message if isinstance(message, bytes) else message.encode("utf-8", "surrogateescape")
    return response(b"Error", action, b"Message: " + text)


def field(block, name):
    """The value of the first line `name: value` of a block, b"" when there is none; the name as it is written."""
    prefix = name + b": "
    for line in block.split(LINE_END):
        if line.startswith(prefix):
            return line[len(prefix):]
    return b""


def is_event(block):
    """True for an event that came by itself, False for what an action wrote (reference.md 3.4)."""
    if not block.startswith(b"Event: "):
        return False
    line = block.split(LINE_END, 2)[1:2]
    return bool(line) and line[0].startswith(b"Privilege: ") and line[0].endswith((b",all", b" all", b" <none>"))


def labels(block):
    """The privilege labels of an event as its second line has them: "call,all"."""
    line = block.split(LINE_END, 2)[1]
    return line[len(b"Privilege: "):].decode("latin-1")
