"""Channels and the bridges they meet in, from Newchannel to Hangup.

    create       Newchannel: a phone is being called, or calls
    enter        Newexten: the channel runs an application
    answer       Newstate (Up), on both halves of a Local channel
    join         BridgeEnter: it hears all who are in the bridge
    part         the way out of whatever the channel is doing: BridgeLeave, BridgeDestroy ...
    hang_up      Hangup, of all who have nobody left to talk to

The switch knows no application. One that is busy with a channel leaves two calls with it:
`channel.leave`, which undoes what was begun and returns the channels that have no purpose any
more, and `channel.done`, which goes on with what comes after the application.

The order of events is that of Asterisk 22.10.1, see tests/data/demo/README.
"""

import uuid

from ajam.demo.fields import (CAUSES, DOWN, NORMAL_CLEARING, RING, RINGING, UNKNOWN, UP, event, of_bridge,
                              of_channel)

BUSY_STATES = {  # (somebody rings it, it is in a call): state of the device
    (False, False): "NOT_INUSE",
    (False, True): "INUSE",
    (True, False): "RINGING",
    (True, True): "RINGINUSE",
}


class Channel:
    """One leg of a call. What it is and shows changes by the Switch alone.

    caller, connected   (number, name): who this is, and whom he talks to
    application, data   what it runs; None before it runs anything
    pbx                 True when it runs the dialplan, False when one application, or none
    bridge              the Bridge it is in, or None
    other               the other half of a Local channel, or None
    leave, done, timer  see the module; `timer` is what the application waits for
    on_answer           called once, when it is answered
    """

    def __init__(self, name, state, caller, place, uniqueid, linkedid, created):
        self.name = name
        self.state = state
        self.caller = caller
        self.connected = (UNKNOWN, UNKNOWN)
        self.context, self.exten, self.priority = place
        self.uniqueid, self.linkedid = uniqueid, linkedid
        self.created = created  # on the timeline's clock
        self.application = self.data = None
        self.variables = {}
        self.pbx = self.ended = False
        self.bridge = self.other = self.timer = None
        self.leave = self.done = self.on_answer = None

    def __repr__(self):
        return "<Channel %s %s@%s>" % (self.name, self.exten, self.context)

    @property
    def place(self):
        """Where it is in the dialplan: (context, exten, priority)."""
        return self.context, self.exten, self.priority

    @property
    def device(self):
        """The phone it belongs to: `PJSIP/101` of `PJSIP/101-0000002a`."""
        return self.name.rpartition("-")[0]


class Bridge:
    """Channels that hear each other; `basic` ones end when the first of two leaves.

    on_leave   called with each channel that leaves, behind its BridgeLeave
    """

    def __init__(self, uniqueid, kind, technology, creator, name):
        self.uniqueid = uniqueid
        self.type, self.technology = kind, technology
        self.creator, self.name = creator, name
        self.channels = []
        self.on_leave = None

    @property
    def basic(self):
        """True for the bridge of an ordinary call."""
        return self.type == "basic"


class Switch:
    """All channels and bridges of the PBX, in the order in which they came.

    timeline      a Timeline
    randomness    a random.Random, for the ids of bridges
    publish       called with the pairs of every event
    on_device     called with a device and its new state, behind DeviceStateChange
    """

    def __init__(self, timeline, randomness, publish):
        self.timeline = timeline
        self.channels = {}
        self.bridges = []
        self.devices = {}
        self.on_device = lambda device, state: None
        self._publish = publish
        self._randomness = randomness
        self._made = 0
        self._names = {}

    def publish(self, name, *groups):
        """Send an event to every manager session that may see it."""
        self._publish(event(name, *groups))

    # -- one channel

    def create(self, device, state, caller, place, linked=None):
        """A new channel of `device` at (context, exten, priority), in the call of `linked`, if any."""
        return self._add(self._name_for(device), state, caller, place, linked)

    def create_local(self, device, place, linked=None):
        """The first half of a new Local channel; the other, which calls `place`, is its `other`."""
        name, caller = self._name_for(device), (UNKNOWN, UNKNOWN)
        one = self._add(name + ";1", DOWN, caller, place, linked)
        one.other = self._add(name + ";2", RING, caller, place, one)
        one.other.other = one
        return one

    def _name_for(self, device):
        technology = device.partition("/")[0]
        number = self._names[technology] = self._names.get(technology, -1) + 1
        return "%s-%08x" % (device, number)

    def _add(self, name, state, caller, place, linked):
        uniqueid = "%d.%d" % (self.timeline.wall, self._made)
        self._made += 1
        linkedid = linked.linkedid if linked else uniqueid
        channel = Channel(name, state, caller, place, uniqueid, linkedid, self.timeline.now)
        self.channels[name] = channel
        self.publish("Newchannel", of_channel(channel))
        self._look_at(channel.device)
        return channel

    def enter(self, channel, application, data, place=None):
        """The channel runs an application, at another place (context, exten, priority) if one is given.

        Newexten tells of places, not of applications: a second one at the same place is not announced.
        """
        moved = place and place != channel.place
        announced = moved or channel.application is None
        if place:
            channel.context, channel.exten, channel.priority = place
        channel.application, channel.data = application, data
        if announced:
            self.announce(channel)

    def announce(self, channel):
        """Newexten: where the channel is and what it runs there."""
        self.publish("Newexten", of_channel(channel), (
            ("Extension", channel.exten), ("Application", channel.application), ("AppData", channel.data)))

    def set_caller(self, channel, caller):
        """Another caller id: (number, name)."""
        channel.caller = caller
        self.publish("NewCallerid", of_channel(channel), (
            ("CID-CallingPres", "0 (Presentation Allowed, Not Screened)"),))

    def connect_line(self, channel, party):
        """The channel is told whom it talks to: (number, name)."""
        channel.connected = party
        self.publish("NewConnectedLine", of_channel(channel))

    def set_state(self, channel, state):
        """Newstate; the state of its device follows, where that changes."""
        channel.state = state
        self.publish("Newstate", of_channel(channel))
        self._look_at(channel.device)

    def answer(self, channel):
        """The channel is up; who waits for that is told. Nothing happens to one that is up already."""
        if channel.state == UP:
            return
        self.set_state(channel, UP)
        answered, channel.on_answer = channel.on_answer, None
        if channel.other:
            self.answer(channel.other)
        if answered:
            answered()

    # -- devices

    def busyness(self, device):
        """The state of a device by its channels: `NOT_INUSE`, `RINGING`, `INUSE` or `RINGINUSE`."""
        states = [c.state for c in self.channels.values() if c.device == device]
        return BUSY_STATES[RINGING in states, RING in states or UP in states]

    def set_device(self, device, state):
        """Announce the state of a device, unless it is known."""
        if self.devices.get(device, "NOT_INUSE") != state:
            self.devices[device] = state
            self.publish("DeviceStateChange", (("Device", device), ("State", state)))
            self.on_device(device, state)

    def _look_at(self, device):
        self.set_device(device, self.busyness(device))

    # -- bridges

    def create_bridge(self, kind="basic", technology="simple_bridge", creator=UNKNOWN, name=UNKNOWN):
        """A new bridge with nobody in it."""
        uniqueid = str(uuid.UUID(int=self._randomness.getrandbits(128), version=4))
        bridge = Bridge(uniqueid, kind, technology, creator, name)
        self.bridges.append(bridge)
        self.publish("BridgeCreate", of_bridge(bridge))
        return bridge

    def join(self, bridge, channel):
        """BridgeEnter."""
        channel.bridge = bridge
        bridge.channels.append(channel)
        self.publish("BridgeEnter", of_bridge(bridge), of_channel(channel))

    def quit(self, channel):
        """BridgeLeave, for a channel that is in a bridge; the bridge stays, even empty."""
        bridge, channel.bridge = channel.bridge, None
        bridge.channels.remove(channel)
        self.publish("BridgeLeave", of_bridge(bridge), of_channel(channel))
        if bridge.on_leave:
            bridge.on_leave(channel)

    def destroy(self, bridge):
        """BridgeDestroy, for a bridge with nobody in it."""
        self.bridges.remove(bridge)
        self.publish("BridgeDestroy", of_bridge(bridge))

    # -- the end

    def part(self, channel):
        """Take a channel out of whatever it is doing; returns the channels that have no purpose left."""
        if channel.timer:
            channel.timer.cancel()
        channel.timer = None
        leave, channel.leave = channel.leave, None
        channel.done = None
        left = list(leave()) if leave else []
        bridge = channel.bridge
        if bridge and bridge.basic:
            left += [c for c in bridge.channels if c is not channel]
            for one in [channel] + left:
                self.quit(one)
            self.destroy(bridge)
        return left

    def hang_up(self, channel, cause=0):
        """End a channel, with it its partner in a basic bridge and the other half of a Local channel.

        cause   one of CAUSES; 0 becomes normal clearing for a channel in a bridge
        """
        if channel.ended:
            return
        channel.ended = True
        cause = cause or (NORMAL_CLEARING if channel.bridge else 0)
        ending = self.part(channel) + [channel]
        for one in [c for c in self.channels.values() if c in ending]:  # the older one first
            if one is channel:
                self._finish(one, cause)
            else:
                self.hang_up(one, NORMAL_CLEARING)

    def request_hangup(self, channel):
        """The phone itself hangs up."""
        self.publish("HangupRequest", of_channel(channel))
        self.hang_up(channel)

    def _finish(self, channel, cause):
        if channel.pbx:
            self.publish("SoftHangupRequest", of_channel(channel), (("Cause", NORMAL_CLEARING),))
        if channel.other and not channel.other.ended:
            self.publish("HangupRequest", of_channel(channel.other), (("Cause", cause),))
        del self.channels[channel.name]
        self.publish("Hangup", of_channel(channel), (
            ("Cause", cause), ("Cause-txt", CAUSES.get(cause, "Unknown"))))
        self._look_at(channel.device)
        if channel.other:
            self.hang_up(channel.other, cause)
