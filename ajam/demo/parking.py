"""The parking lot: calls put aside in numbered spaces until somebody picks them up.

A call that nobody picks up in time goes back to the phone it was parked from.
"""

from ajam.demo.fields import NORMAL_CLEARING, of_channel
from ajam.demo.office import PARKING_SPACES


class Parked:
    """One parked call: channel, space, since when and for how many seconds, and what to dial then."""

    def __init__(self, channel, space, parked, timeout, dial_string):
        self.channel = channel
        self.space = space
        self.parked = parked
        self.timeout = timeout
        self.dial_string = dial_string


class ParkingLot:
    """The lot `default`; `calls` maps a space to what is Parked there."""

    name = "default"

    def __init__(self, dialplan):
        self._dialplan = dialplan
        self._switch = dialplan.switch
        self._bridge = None
        self.calls = {}

    def fields(self, parked):
        """What all parking events and the list of parked calls say of one call."""
        duration = int(self._switch.timeline.now - parked.parked)
        return of_channel(parked.channel, "Parkee") + (
            ("ParkerDialString", parked.dial_string), ("Parkinglot", self.name),
            ("ParkingSpace", parked.space), ("ParkingTimeout", max(0, int(parked.timeout) - duration)),
            ("ParkingDuration", duration),
        )

    def park(self, channel, timeout, dial_string):
        """Put a channel in the first free space for `timeout` seconds; False when all are taken."""
        free = [space for space in PARKING_SPACES if space not in self.calls]
        if not free:
            return False
        switch = self._switch
        self._bridge = self._bridge or switch.create_bridge("parking", "holding_bridge", "Parking", self.name)
        left = switch.part(channel)
        parked = Parked(channel, free[0], switch.timeline.now, timeout, dial_string)
        self.calls[parked.space] = parked
        switch.set_device(self._device(parked), "INUSE")
        switch.join(self._bridge, channel)
        switch.publish("ParkedCall", self.fields(parked))
        channel.timer = switch.timeline.after(timeout, lambda: self._time_out(parked))
        channel.leave = lambda: self._give_up(parked)
        for one in left:
            switch.hang_up(one, NORMAL_CLEARING)
        return True

    def retrieve(self, space, retriever):
        """Connect a channel with the call in a space; False when the space is empty."""
        parked = self.calls.pop(space, None)
        if not parked:
            return False
        switch, parkee = self._switch, parked.channel
        switch.publish("UnParkedCall", of_channel(parkee, "Parkee"), of_channel(retriever, "Retriever"),
                       self.fields(parked)[len(of_channel(parkee)):])
        bridge = switch.create_bridge()
        self._empty(parked)
        switch.join(bridge, parkee)
        switch.join(bridge, retriever)
        switch.connect_line(retriever, parkee.caller)
        return True

    def _time_out(self, parked):
        del self.calls[parked.space]
        self._switch.publish("ParkedCallTimeOut", self.fields(parked))
        self._empty(parked)
        place = ("park-dial", parked.dial_string.replace("/", "_"), 1)
        self._dialplan.start(parked.channel, place)

    def _give_up(self, parked):
        del self.calls[parked.space]
        self._switch.publish("ParkedCallGiveUp", self.fields(parked))
        self._empty(parked)
        return []

    def _empty(self, parked):
        if parked.channel.timer:
            parked.channel.timer.cancel()
        parked.channel.leave = parked.channel.timer = None
        self._switch.set_device(self._device(parked), "NOT_INUSE")
        self._switch.quit(parked.channel)

    def _device(self, parked):
        return "park:%d@parkedcalls" % parked.space
