"""Conference rooms: they begin with the first participant and end with the last."""

from ajam.demo.fields import of_bridge, of_channel


class Room:
    """One conference: its bridge, and of each participant whether he is muted and since when he is in."""

    def __init__(self, switch, name):
        self._switch = switch
        self.name = name
        self.bridge = switch.create_bridge("base", "softmix", "ConfBridge", name)
        self.muted = {}
        self.joined = {}

    @property
    def channels(self):
        """The participants, in the order in which they came."""
        return self.bridge.channels

    def tell(self, event, channel=None, *fields):
        """An event of this room, about one channel or none."""
        about = of_channel(channel) if channel else ()
        self._switch.publish(event, (("Conference", self.name),), of_bridge(self.bridge), about, fields)


class Conferences:
    """All rooms with somebody in them, by name."""

    def __init__(self, switch):
        self._switch = switch
        self.rooms = {}

    def enter(self, channel, name):
        """A channel joins a room, which comes into being for the first one."""
        room = self.rooms.get(name)
        if not room:
            room = self.rooms[name] = Room(self._switch, name)
            room.tell("ConfbridgeStart")
            self._switch.set_device("confbridge:" + name, "INUSE")
        room.muted[channel] = False
        room.joined[channel] = self._switch.timeline.now
        self._switch.join(room.bridge, channel)
        room.tell("ConfbridgeJoin", channel, ("Admin", "No"), ("Muted", "No"))
        channel.leave = lambda: self._quit(channel, room)

    def mute(self, channel, room, muted):
        """Silence a participant, or let him speak again."""
        room.muted[channel] = muted
        room.tell("ConfbridgeMute" if muted else "ConfbridgeUnmute", channel, ("Admin", "No"))

    def _quit(self, channel, room):
        room.tell("ConfbridgeLeave", channel, ("Admin", "No"))
        self._switch.quit(channel)
        del room.muted[channel], room.joined[channel]
        if not room.channels:
            del self.rooms[room.name]
            room.tell("ConfbridgeEnd")
            self._switch.set_device("confbridge:" + room.name, "NOT_INUSE")
            self._switch.destroy(room.bridge)
        return []
