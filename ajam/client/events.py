"""An event stream's lines cut into messages; no I/O. Source: WHATWG HTML 9.2.6; ajam/stream.py has what is in them."""

import json
from typing import NamedTuple

from ajam.logs import one_line


class Message(NamedTuple):
    """What an empty line ends.

    kind   b"message" for an event of the manager, b"gap", b"down", b"up", b"end"
    data   bytes; b"" when there is nothing to tell but the place, or that the stream lives
    place  what to come back with; b"" when none was said yet
    """

    kind: bytes
    data: bytes
    place: bytes


def messages(lines):
    """The Messages of an iterable of lines, each as soon as it is complete."""
    kind, data, place = b"message", [], b""
    for line in lines:
        name, _, value = line.rstrip(b"\r\n").partition(b":")
        value = value[1:] if value.startswith(b" ") else value
        if line.strip(b"\r\n"):
            kind = value if name == b"event" else kind
            place = value if name == b"id" else place
            data += [value] if name == b"data" else []
        else:
            yield Message(kind, b"\n".join(data), place)
            kind, data = b"message", []


def as_block(data):
    """An event's JSON as lines like those on the wire, ended by LF, and an empty one; bytes.

    Control characters are escaped: a caller's name must not reach into the terminal. JSON has all as it came.
    """
    lines = []
    for name, values in json.loads(data).items():
        for value in values if isinstance(values, list) else [values]:
            lines += value.split("\n") if name == "Opaque-data" else ["%s: %s" % (name, value)]
    return "\n".join([*map(one_line, lines), "", ""]).encode()
