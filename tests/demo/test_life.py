"""ajam/demo/calls.py: the seeded life of the office, and what stays true however it goes."""

import re

import pytest

from ajam.demo import DemoPbx
from ajam.demo.machine import Machine, User
from tests.demo.manager import Clock, Manager, wall


class Witness:
    """Takes the place of a session in a Machine, and keeps all events."""

    def __init__(self):
        self.events = []

    def deliver(self, block, mask):
        self.events.append(block.decode())


def live(seed, seconds, step=1.0):
    """A Machine that lived for some seconds, its clock read every `step`, and its events since the start."""
    machine = Machine(seed, {"demo": User("demo")}, now=0.0, wall=wall(), calls=True)
    witness = Witness()
    machine.sessions.append(witness)
    now = 0.0
    while now < seconds:
        now += step
        machine.timeline.run(now)
    return machine, witness.events


def test_one_seed_always_tells_the_same_story():
    assert live(7, 600)[1] == live(7, 600)[1]


def test_another_seed_tells_another():
    assert live(7, 60)[1] != live(8, 60)[1]


def test_the_story_does_not_depend_on_how_often_the_clock_is_read():
    assert live(7, 600, step=0.25)[1] == live(7, 600, step=60.0)[1]


def test_over_the_wire_the_story_is_the_same_too():
    heard = []
    for _ in range(2):
        clock = Clock()
        with DemoPbx(seed=3, clock=clock, wall=wall) as pbx, Manager(pbx, events="call,agent") as manager:
            clock.now += 120
            pbx.tick()
            heard.append(manager.blocks())
    assert heard[0] == heard[1] and len(heard[0]) > 100


@pytest.fixture(scope="module", params=[1, 2, 3])
def lived(request):
    return live(request.param, 3600)


def test_every_channel_that_came_has_gone_or_is_there(lived):
    machine, events = lived
    began = re.findall(r"Event: Newchannel\r\n.*\r\nChannel: (.*)\r", "\n".join(events))
    ended = re.findall(r"Event: Hangup\r\n.*\r\nChannel: (.*)\r", "\n".join(events))
    seated = [name for name in machine.switch.channels if name not in began]
    assert sorted(seated + began) == sorted(list(machine.switch.channels) + ended)
    assert len(began) == len(set(began)) > 500 and len(seated) == 2


def test_every_bridge_and_every_queue_holds_only_channels_that_are_there(lived):
    machine, _ = lived
    channels = list(machine.switch.channels.values())
    for bridge in machine.switch.bridges:
        assert bridge.channels and all(one in channels and one.bridge is bridge for one in bridge.channels)
    for queue in machine.dialplan.queues.values():
        assert all(entry.channel in channels for entry in queue.entries)
    bridged = [one for bridge in machine.switch.bridges for one in bridge.channels]
    assert {one for one in channels if one.bridge} == set(bridged) and len(bridged) == len(set(bridged))


def test_every_lamp_shows_what_its_phone_does(lived):
    machine, events = lived
    switch = machine.switch
    assert {device: state for device, state in switch.devices.items() if device.startswith("PJSIP/")} == {
        device: switch.busyness(device) for device in switch.devices if device.startswith("PJSIP/")}


def test_an_hour_of_life_does_not_grow_without_end(lived):
    machine, _ = lived
    assert len(machine.switch.channels) < 40 and len(machine.switch.bridges) < 20


def test_every_kind_of_end_occurs_in_an_hour(lived):
    story = "\n".join(lived[1])
    for sign in ("DialStatus: ANSWER", "DialStatus: NOANSWER", "DialStatus: CANCEL",
    "Event: QueueCallerAbandon",
                 "Event: AgentComplete", "Event: AgentRingNoAnswer"):
        assert sign in story
