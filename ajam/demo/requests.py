"""What arrives on a manager connection: lines to messages, and one action with its answer."""

from typing import Callable, NamedTuple, Tuple

from ajam.demo.fields import render

MAX_LINE = 1024  # bytes, line end included (reference.md 3.3)
MAX_HEADERS = 128  # reference.md 3.3

TOO_LONG = "Failed to parse message: line too long"
TOO_MANY = "Too many lines in message or allocation failure"


class Message(NamedTuple):
    """The headers of a message as (name, value) pairs, and what is wrong with it, or ""."""

    headers: Tuple[Tuple[str, str], ...]
    fault: str = ""


class Reader:
    """Cuts the bytes of a connection into messages; does no I/O itself."""

    def __init__(self):
        self._buffer = bytearray()
        self._lines = []
        self._fault = ""

    def feed(self, data):
        """Add bytes that arrived."""
        self._buffer += data

    def next(self):
        """The next complete Message, or None while there is none."""
        while True:
            end = self._buffer.find(b"\n")
            if end < 0:
                return self._wait_for_more()
            line = self._buffer[:end]
            del self._buffer[:end + 1]
            if line in (b"", b"\r"):
                return self._complete()
            self._take(line)

    def _wait_for_more(self):
        if len(self._buffer) > MAX_LINE:
            self._fault = TOO_LONG
            del self._buffer[:-2]  # enough to know that this is not an empty line
        return None

    def _take(self, line):
        if len(line) + 1 > MAX_LINE:
            self._fault = TOO_LONG
        elif len(self._lines) == MAX_HEADERS:
            self._fault = self._fault or TOO_MANY
        else:
            self._lines.append(bytes(line).rstrip(b"\r").decode("utf-8", "surrogateescape"))

    def _complete(self):
        lines, fault = self._lines, self._fault
        self._lines, self._fault = [], ""
        pairs = (line.partition(":") for line in lines)
        return Message(tuple((name, value.lstrip()) for name, colon, value in pairs if colon), fault)


class Request:
    """One action of a session, until it is answered: by exactly one call of succeed, fail, list or finish."""

    def __init__(self, machine, session, message):
        self.machine = machine
        self.session = session
        self.headers = message.headers
        self.action = self.get("Action")
        self._id = (("ActionID", self.get("ActionID")),) if self.get("ActionID") else ()

    def get(self, name):
        """The value of the first header of this name, in any case, or ""."""
        return next(iter(self.all(name)), "")

    def all(self, name):
        """The values of all headers of this name, in order."""
        return [value for header, value in self.headers if header.lower() == name.lower()]

    def succeed(self, message=None, *pairs):
        """Answer with Success."""
        self.finish(self.response("Success", message, pairs))

    def fail(self, message):
        """Answer with Error."""
        self.finish(self.response("Error", message))

    def list(self, message, items, complete, *extra, id_last=False):
        """Answer with a list.

        items     (event name, pairs) of each
        complete  the name of the event that ends the list, extra its further fields
        id_last   True where Asterisk puts the ActionID behind the fields of an item
        """
        blocks = [self.response("Success", message, (), (("EventList", "start"),))]
        for name, pairs in items:
            first, last = ((), self._id) if id_last else (self._id, ())
            blocks.append(render((("Event", name),) + first + pairs + last))
        blocks.append(render((("Event", complete),) + self._id + (
            ("EventList", "Complete"), ("ListItems", len(blocks) - 1)) + extra))
        self.finish(b"".join(blocks))

    def respond(self, status, message, *pairs):
        """Answer with another status."""
        self.finish(self.response(status, message, pairs))

    def finish(self, output, close=False):
        """Answer with these bytes; `close` ends the connection behind them."""
        self.session.finish(output, close)

    def announce(self, name, *groups):
        """An event that carries the action's ActionID."""
        self.machine.switch.publish(name, self._id, *groups)

    def response(self, status, message, pairs=(), flags=()):
        """The bytes of an answer, for finish(); message None leaves that line out."""
        text = (("Message", message),) if message is not None else ()
        return render((("Response", status),) + self._id + flags + text + pairs)


class Action(NamedTuple):
    """One action of the manager: name, labels of which a user needs one (or ""), synopsis and code."""

    name: str
    labels: str
    synopsis: str
    run: Callable[[Request], None]

    @property
    def privileges(self):
        """The labels as a `Privilege:` line has them."""
        return self.labels + ",all" if self.labels else "<none>"
