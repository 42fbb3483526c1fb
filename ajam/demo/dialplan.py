"""The dialplan and its applications: what a channel does, step by step.

An application returns True when it is over at once; else it has arranged for `channel.done` to
be called, or the channel stays in it until somebody takes it out (Switch.part).
"""

from ajam.demo.conference import Conferences
from ajam.demo.dialing import Ringing, call_out, can_call, connect
from ajam.demo.fields import NORMAL_CLEARING, of_channel, whole_number
from ajam.demo.office import DIALPLAN, HINTS, PARKING_SECONDS, QUEUES
from ajam.demo.parking import ParkingLot
from ajam.demo.queues import Queue

DIAL_SECONDS = 136000  # Dial without a timeout

EXTENSION_STATUSES = {  # of a device state: the number and the word that a lamp shows
    "NOT_INUSE": (0, "Idle"),
    "INUSE": (1, "InUse"),
    "RINGING": (8, "Ringing"),
    "RINGINUSE": (9, "InUse&Ringing"),
}


class Dialplan:
    """Runs channels through office.DIALPLAN, and owns what its applications need.

    switch    the Switch
    answers   answers(device): seconds until that phone answers a ring, or None for never
    """

    def __init__(self, switch, answers):
        self.switch = switch
        self.answers = answers
        self.calls_processed = 0
        self.queues = {name: Queue(self, name, strategy, members) for name, strategy, members in QUEUES}
        self.parking = ParkingLot(self)
        self.conferences = Conferences(switch)
        switch.on_device = self._on_device

    def has(self, context, exten, priority=1):
        """True when there is a step at this place."""
        return 1 <= priority <= len(DIALPLAN.get((context, exten), ()))

    def start(self, channel, place):
        """Run the dialplan on a channel from a place: (context, exten, priority)."""
        self._count(channel)
        channel.pbx = True
        self._run(channel, *place)

    def execute(self, channel, application, data):
        """Run one application on a channel, and hang up when it is over."""
        self._count(channel)
        self.switch.enter(channel, application, data)
        channel.done = lambda: self.switch.hang_up(channel, NORMAL_CLEARING)
        run = APPLICATIONS.get(application)
        if run is None or run(self, channel, data):
            channel.done()

    def move(self, channels, place):
        """Take channels out of what they do and run them from `place`; who only talked to them is hung up."""
        left = [one for channel in channels for one in self.switch.part(channel)]
        for one in left:
            if one not in channels:
                self.switch.hang_up(one, NORMAL_CLEARING)
        for channel in channels:
            if not channel.ended:  # as the other half of one that was hung up
                self.start(channel, place)

    def originate(self, string, timeout, party, variables, answered, failed):
        """Ring what can_call() said yes to for `timeout` seconds.

        party       the caller id to show, (number, name), or None
        variables   of the new channel, a dict
        answered    called with the channel when it answers; failed, without, when it does not
        """
        called = call_out(self.switch, string, application="AppDial2")
        called.variables.update(variables)
        for half in (called, called.other) if party else ():
            if half:
                self.switch.set_caller(half, party)
                self.switch.connect_line(half, party)
        ringing = Ringing(self.switch, called, string, None, lambda: answered(called), failed)
        ringing.begin(self, timeout)

    def _count(self, channel):
        if channel.application is None or not channel.pbx:
            self.calls_processed += 1

    def _run(self, channel, context, exten, priority):
        while self.has(context, exten, priority) and not channel.ended:
            application, data = DIALPLAN[context, exten][priority - 1]
            self.switch.enter(channel, application, data, (context, exten, priority))
            priority += 1
            channel.done = lambda following=priority: self._run(channel, context, exten, following)
            if not APPLICATIONS[application](self, channel, data):
                return
        self.switch.hang_up(channel, NORMAL_CLEARING)

    def _on_device(self, device, state):
        for exten in (exten for exten, hint in HINTS.items() if hint == device):
            self.switch.publish("ExtensionStatus", extension_status(exten, state))
        for queue in self.queues.values():
            member = queue.member(device)
            if member:
                queue.tell_member("QueueMemberStatus", member)


def extension_status(exten, state):
    """The fields of ExtensionStatus for a lamp whose device has this state."""
    status, text = EXTENSION_STATUSES[state]
    return (("Exten", exten), ("Context", "default"), ("Hint", HINTS[exten]),
            ("Status", status), ("StatusText", text))


def set_variable(switch, channel, name, value):
    """Set a variable of a channel; VarSet tells of it."""
    channel.variables[name] = value
    switch.publish("VarSet", of_channel(channel), (("Variable", name), ("Value", value)))


def _answer(plan, channel, data):
    plan.switch.answer(channel)
    return True


def _wait(plan, channel, data):
    channel.timer = plan.switch.timeline.after(whole_number(data, 0), channel.done)


def _hangup(plan, channel, data):
    plan.switch.hang_up(channel, NORMAL_CLEARING)


def _dial(plan, channel, data):
    string, _, options = data.partition(",")
    if not can_call(string):
        return True
    called = call_out(plan.switch, string, channel)

    def answered():
        channel.leave = None
        connect(plan.switch, called, channel)

    def failed():
        channel.leave = None
        if not channel.ended:
            channel.done()

    ringing = Ringing(plan.switch, called, string, channel, answered, failed)
    channel.leave = ringing.cancel
    ringing.begin(plan, whole_number(options.partition(",")[0], DIAL_SECONDS))


def _queue(plan, channel, data):
    queue = plan.queues.get(data.partition(",")[0])
    if queue is None:
        return True
    queue.enter(channel)


def _confbridge(plan, channel, data):
    plan.switch.answer(channel)
    if not channel.ended:  # by whoever waited for the other half of a Local channel
        plan.conferences.enter(channel, data.partition(",")[0])


def _park(plan, channel, data):
    return not plan.parking.park(channel, PARKING_SECONDS, channel.device)


def _parked_call(plan, channel, data):
    plan.switch.answer(channel)
    return not channel.ended and not plan.parking.retrieve(whole_number(data.rpartition(",")[2]), channel)


def _user_event(plan, channel, data):
    name, *fields = data.split(",")
    plan.switch.publish("UserEvent", of_channel(channel), (("UserEvent", name),),
                        tuple(tuple(field.split(": ", 1)) for field in fields if ": " in field))
    return True


def _set(plan, channel, data):
    set_variable(plan.switch, channel, *data.partition("=")[::2])
    return True


def _stay(plan, channel, data):
    plan.switch.answer(channel)


APPLICATIONS = {
    "Answer": _answer,
    "ConfBridge": _confbridge,
    "Dial": _dial,
    "Echo": _stay,
    "Hangup": _hangup,
    "MusicOnHold": _stay,
    "Park": _park,
    "ParkedCall": _parked_call,
    "Queue": _queue,
    "Set": _set,
    "UserEvent": _user_event,
    "Wait": _wait,
}
