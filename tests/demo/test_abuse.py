"""The demo PBX under any actions with any values: it answers each, and its state stays true."""

import random

import pytest

from ajam.demo.machine import Machine, User
from ajam.demo.session import Session
from tests.demo.manager import wall

ADDRESSES = (("127.0.0.1", 5038), ("127.0.0.1", 40000))
ODD = ("", "x", "-1", "0", "1", "²", "9" * 900, "1e5", "nan", "/", "//", "/(/", "Local/", "PJSIP/101",
       "Local/500@default", "Local/101@default/n", "café <&>", "a,b=c", "%s%d", "all", "true", "default",
       "100", "500")
HEADERS = ("ActionID", "Application", "Async", "AuthType", "BridgeUniqueid", "CallerID", "Cause", "Channel",
           "Command", "Conference", "Context", "Data", "EventMask", "Exten", "ExtraChannel", "Family",
           "Interface", "Key", "Mailbox", "Member", "Operation", "Paused", "Penalty", "Priority", "Queue",
           "Timeout", "TimeoutChannel", "UserEvent", "Val", "Variable", "Variables")
APPLICATIONS = (("Dial", "PJSIP/102,x"), ("Queue", "support"), ("Queue", "nothing"),
                ("ParkedCall", "default,701"), ("ParkedCall", "x"), ("Park", ""),
                ("ConfBridge", "room"), ("Wait", "x"), ("Nothing", ""), ("UserEvent", ""),
                ("Set", "A"), ("Hangup", ""))


@pytest.fixture
def machine():
    return Machine(5, {"demo": User("demo")}, now=0.0, wall=wall(), calls=True)


@pytest.fixture
def session(machine):
    session = Session(machine, ADDRESSES, on_output=lambda session: None)
    send(session, "Login", ("Username", "demo"), ("Secret", "demo"))
    return session


def send(session, action, *headers):
    """Gives a session an action; returns what it says."""
    session.out.clear()
    lines = ["%s: %s\r\n" % pair for pair in (("Action", action),) + headers]
    session.receive("".join(lines).encode() + b"\r\n")
    return session.out.decode()


def assert_consistent(machine):
    """Every bridge, queue, room and parking space holds living channels that know it."""
    channels = set(machine.switch.channels.values())
    bridged = [one for bridge in machine.switch.bridges for one in bridge.channels]
    assert len(bridged) == len(set(bridged)) and set(bridged) == {one for one in channels if one.bridge}
    assert all(len(bridge.channels) == 2 for bridge in machine.switch.bridges if bridge.basic)
    plan = machine.dialplan
    assert {parked.channel for parked in plan.parking.calls.values()} <= channels
    assert {entry.channel for queue in plan.queues.values() for entry in queue.entries} <= channels
    assert all(set(room.muted) == set(room.channels) != set() for room in plan.conferences.rooms.values())


def test_every_action_takes_every_odd_value(machine, session):
    for action in sorted(set(machine.actions) - {"logoff"}):
        for odd in ODD:
            said = send(session, action, *((name, odd) for name in HEADERS))
            machine.timeline.run(machine.timeline.now + 31)  # a synchronous Originate has its answer by then
            assert "Response: " in said + session.out.decode()
    assert_consistent(machine)


@pytest.mark.parametrize("seed", range(4))
def test_actions_in_any_order_leave_everything_true(machine, session, seed):
    chance = random.Random(seed)
    for _ in range(400):
        channels = list(machine.switch.channels) or ["none"]
        application, data = chance.choice(APPLICATIONS)
        exten = chance.choice(("100", "101", "200", "400", "500", "700", "701"))
        place = (("Context", "default"), ("Exten", exten), ("Priority", "1"))
        one, other = (("Channel", chance.choice(channels)), ("ExtraChannel", chance.choice(channels)))
        send(session, *chance.choice((
            ("Hangup", one), ("Redirect", one) + place, ("Redirect", one, other) + place, ("Park", one),
            ("BlindTransfer", one) + place, ("ConfbridgeKick", ("Conference", "room"), ("Channel", "all")),
            ("Originate", ("Channel", chance.choice(("PJSIP/104", "Local/500@default", "Local/101@default"))),
             ("Application", application), ("Data", data), ("Async", "1")),
            ("QueueRemove", ("Queue", "support"), ("Interface", "Local/102@default")),
            ("QueueAdd", ("Queue", "support"), ("Interface", "Local/102@default")),
        )))
        assert_consistent(machine)
        machine.timeline.run(machine.timeline.now + chance.choice((0, 0, 1, 5, 20)))
        assert_consistent(machine)
