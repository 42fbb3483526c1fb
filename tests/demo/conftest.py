"""A quiet demo PBX on a driven clock, and somebody who watches it."""

import pytest

from ajam.demo import DemoPbx
from tests.demo.manager import Clock, Manager, wall


class Bench:
    """A quiet PBX; `watcher` sees its events, `manager` acts and sees none."""

    def __init__(self, pbx, clock):
        self.pbx, self.clock = pbx, clock
        self.watcher = Manager(pbx)
        self.manager = Manager(pbx, events="off")
        self.watcher.events()

    def pass_time(self, seconds):
        """Let time pass, and what is due in it happen."""
        self.clock.now += seconds
        self.pbx.tick()

    def act(self, name, **headers):
        """The first block of the answer to an action, as a dict; its blocks are in `answered`."""
        self.answered = self.manager.act(name, *headers.items())
        return dict(line.split(": ", 1) for line in self.answered[0].split("\r\n"))

    def channels(self):
        """The names of all channels, oldest first."""
        blocks = self.manager.act("CoreShowChannels")
        return [line[9:] for block in blocks for line in block.split("\r\n") if line.startswith("Channel: ")]

    def originate(self, channel="PJSIP/101", **target):
        """Originate a call, without waiting for it."""
        return self.act("Originate", Channel=channel, Async="true", **(target or {
            "Context": "default", "Exten": "100", "Priority": "1"}))

    def call(self):
        """A call from 101 to 102 that is up: the names of its channels. Its events are gone by."""
        self.originate(Context="default", Exten="102", Priority="1", CallerID='"Ann" <101>')
        self.pass_time(2)
        self.pass_time(2)
        self.watcher.events()
        return self.channels()


@pytest.fixture
def bench():
    clock = Clock()
    with DemoPbx(calls=False, clock=clock, wall=wall) as pbx:
        bench = Bench(pbx, clock)
        with bench.watcher, bench.manager:
            yield bench
