"""The blocks that a real Asterisk 22 sent (tests/data/demo/README), to hold the demo's against."""

import pathlib

from tests.demo.manager import pairs

DATA = pathlib.Path(__file__).parent.parent / "data"


def blocks_of(name):
    """The blocks of a recorded file, each as its pairs."""
    text = (DATA / name).read_bytes().decode("utf-8", "surrogateescape")
    lines = "\r\n".join(text.splitlines())
    return [pairs(block) for block in lines.strip("\r\n").split("\r\n\r\n")]


def shape(block):
    """What an event is called and the names of its fields, in order."""
    return (block[0][1],) + tuple(name for name, value in block)


SHAPES = {shape(block) for name in ("demo/events.ami", "demo/lists.ami") for block in blocks_of(name)}
SHAPES.add(("ExtensionStatus", "Event", "Privilege", "Exten", "Context", "Hint", "Status", "StatusText"))
