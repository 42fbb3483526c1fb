"""Every event of the demo has the fields of a recorded one, in their order, and a call its events."""

import pytest

from ajam.demo import DemoPbx
from tests.demo.manager import Clock, Manager, wall
from tests.demo.recorded import SHAPES, blocks_of, shape

LISTS = (
    ("BridgeList",), ("ConfbridgeListRooms",), ("ConfbridgeList", ("Conference", "room")),
    ("CoreShowChannels",),
    ("DBGet", ("Family", "a"), ("Key", "b")), ("DeviceStateList",), ("ExtensionStateList",), ("ParkedCalls",),
    ("PJSIPShowContacts",), ("PJSIPShowEndpoints",), ("QueueStatus",), ("QueueSummary",), ("Status",),
    ("Hangup", ("Channel", "/nothing/")), ("BridgeInfo", ("BridgeUniqueid", "%(bridge)s")),
)


@pytest.fixture(scope="module")
def busy():
    """The events of three minutes, and the lists at their end with something in each."""
    clock = Clock()
    with DemoPbx(seed=4, clock=clock, wall=wall) as pbx, \
            Manager(pbx) as watcher, Manager(pbx, events="off") as manager:
        events = []
        for _ in range(180):
            clock.now += 1
            pbx.tick()
            events += watcher.events()
        manager.act("DBPut", ("Family", "a"), ("Key", "b"), ("Val", "c"))
        channels = [dict(item)["Channel"] for item in _list(manager, "CoreShowChannels")]
        manager.act("Park", ("Channel", channels[-1]))
        bridge = dict(_list(manager, "BridgeList")[0])["BridgeUniqueid"]
        lists = []
        for name, *headers in LISTS:
            filled = [(key, value % {"bridge": bridge}) for key, value in headers]
            lists += _list(manager, name, *filled, whole=True)
        yield events, lists


def _list(manager, name, *headers, whole=False):
    blocks = [[tuple(line.split(": ", 1)) for line in block.split("\r\n")]
              for block in manager.act(name, ("ActionID", "x1"), *headers)]
    return blocks[1:] if whole else blocks[1:-1]


def test_every_event_of_a_busy_pbx_has_the_fields_of_a_real_one(busy):
    events, _ = busy
    assert {shape(block) for block in events} - SHAPES == set()
    assert {"AgentConnect", "BridgeDestroy", "DialEnd", "ExtensionStatus", "Hangup",
    "QueueCallerAbandon"} <= {
        block[0][1] for block in events}


def test_every_item_of_a_list_has_the_fields_of_a_real_one(busy):
    _, lists = busy
    assert {shape(block) for block in lists} - SHAPES == set()
    assert {"BridgeInfoChannel", "ContactList", "ParkedCall", "QueueMember", "Status"} <= {
        block[0][1] for block in lists}


def told(events):
    """What a recorded and a demo's Local call must share, by thread of the real one.

    Each half of a real Local channel has a thread of its own, and so have device states: what
    stands between events of different threads is chance.
    """
    halves = {";1": [], ";2": []}
    for block in events:
        fields = dict(block)
        name = fields.get("Channel", fields.get("DestChannel", fields.get("LocalOneChannel", "")))[-2:]
        if name in halves and fields["Event"] != "OriginateResponse":
            halves[name].append(shape(block) + tuple(
                fields.get(key) for key in ("ChannelStateDesc", "Exten", "Priority", "Application",
                "AppData")))
    return halves


def until_hangup(events):
    """The events up to HangupRequest."""
    return events[:[event[0] for event in events].index("HangupRequest") + 1]


def test_a_local_call_is_the_recorded_one_from_originate_to_hangup(bench):
    bench.originate("Local/100@default/n", Context="default", Exten="100", Priority="1",
                    CallerID='"Ann <b>" <101>')
    one, two = bench.channels()
    bench.act("Redirect", Channel=two, Context="default", Exten="200", Priority="1")
    bench.pass_time(1)
    bench.act("UserEvent", UserEvent="Note", Text="café <x>")
    bench.act("Hangup", Channel=one)
    recorded = told(blocks_of("golden/events-22.txt"))
    mine = told(bench.watcher.events())
    assert mine[";1"] == recorded[";1"]
    assert until_hangup(mine[";2"]) == until_hangup(recorded[";2"])  # then the real one's Wait had just ended
