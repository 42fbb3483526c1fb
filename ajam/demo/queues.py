"""Queues: callers who wait, members who take them, and the events of both.

A caller is offered to one free member after the other, the lowest penalty first and among equals
the one who took fewest calls; a member who does not answer in RING_SECONDS is left in peace for
RETRY_SECONDS.
"""

from ajam.demo.dialing import Ringing, call_out, can_call, connect
from ajam.demo.fields import of_channel

RING_SECONDS = 15
RETRY_SECONDS = 5

STATUSES = {"NOT_INUSE": 1, "INUSE": 2, "INVALID": 4, "UNAVAILABLE": 5, "RINGING": 6, "RINGINUSE": 7}


class Member:
    """Somebody who takes the calls of one queue; times are seconds since the epoch, 0 for never."""

    def __init__(self, interface, penalty, name, login, membership="static"):
        self.interface = interface
        self.penalty = penalty
        self.name = name
        self.membership = membership
        self.login = login
        self.calls_taken = self.last_call = self.last_pause = 0
        self.in_call = 0
        self.paused = False
        self.reason = ""


class Entry:
    """A caller in a queue: the channel, and since when it waits."""

    def __init__(self, channel, joined, position):
        self.channel = channel
        self.joined = joined
        self.original_position = position


class Queue:
    """One queue of the PBX: `members` and `entries` in order, and the sums that QueueParams shows."""

    def __init__(self, dialplan, name, strategy, members):
        self.name = name
        self.strategy = strategy
        self._dialplan = dialplan
        self._switch = dialplan.switch
        self.members = [Member(*member, login=self._epoch()) for member in members]
        self.entries = []
        self.completed = self.abandoned = self.hold_time = self.talk_time = 0

    def _epoch(self):
        return int(self._switch.timeline.wall)

    def status(self, member):
        """The number that stands for a member's device state."""
        if not can_call(member.interface):
            return STATUSES["INVALID"]
        return STATUSES[self._switch.busyness(member.interface)]

    def waited(self, entry):
        """Whole seconds since a caller came."""
        return int(self._switch.timeline.now - entry.joined)

    # -- callers

    def enter(self, channel):
        """A caller joins at the end, and is offered to the members."""
        position = len(self.entries) + 1
        entry = Entry(channel, self._switch.timeline.now, position)
        self.entries.append(entry)
        self._tell("QueueCallerJoin", channel, ("Position", position), ("Count", position))
        channel.leave = lambda: self._abandon(entry)
        self._offer(entry)

    def _offer(self, entry):
        free = self.free_members()
        if free:
            self._ring(entry, min(free, key=lambda m: (m.penalty, m.calls_taken)))
        else:
            self._retry(entry)

    def _retry(self, entry):
        if entry not in self.entries:  # he hung up in the same moment as the phone
            return
        entry.channel.leave = lambda: self._abandon(entry)
        entry.channel.timer = self._switch.timeline.after(RETRY_SECONDS, lambda: self._offer(entry))

    def _ring(self, entry, member):
        caller = entry.channel
        called = call_out(self._switch, member.interface, caller, "AppQueue")
        self._tell_agent("AgentCalled", entry, called, member)
        ringing = Ringing(
            self._switch, called, member.interface, caller,
            answered=lambda: self._connect(entry, called, member),
            failed=lambda: self._retry(entry),
            before_timeout=lambda: self._tell_agent(
                "AgentRingNoAnswer", entry, called, member, ("RingTime", RING_SECONDS * 1000)),
        )
        caller.leave = lambda: ringing.cancel() + self._abandon(entry)
        ringing.begin(self._dialplan, RING_SECONDS)

    def _connect(self, entry, called, member):
        switch = self._switch
        entry.channel.leave = None
        held = self.waited(entry)
        self._remove(entry)
        self._tell_agent("AgentConnect", entry, called, member, ("HoldTime", held),
                         ("RingTime", int(switch.timeline.now - called.created)))
        connected = switch.timeline.now
        member.in_call = 1
        bridge = connect(switch, called, entry.channel)
        if not bridge:
            member.in_call = 0
            return

        def complete(leaver):
            bridge.on_leave = None
            talked = int(switch.timeline.now - connected)
            self._count(member, held, talked)
            self._tell_agent("AgentComplete", entry, called, member, ("HoldTime", held), ("TalkTime", talked),
                             ("Reason", "agent" if leaver is called else "caller"))

        bridge.on_leave = complete

    def _count(self, member, held, talked):
        self.completed += 1
        self.hold_time = (self.hold_time * 3 + held) // 4
        self.talk_time += (talked - self.talk_time) // self.completed
        member.in_call = 0
        member.calls_taken += 1
        member.last_call = self._epoch()

    def _abandon(self, entry):
        self.abandoned += 1
        self._tell("QueueCallerAbandon", entry.channel, ("Position", self.entries.index(entry) + 1),
                   ("OriginalPosition", entry.original_position), ("HoldTime", self.waited(entry)))
        self._remove(entry)
        return []

    def _remove(self, entry):
        position = self.entries.index(entry) + 1
        self.entries.remove(entry)
        self._tell("QueueCallerLeave", entry.channel, ("Position", position), ("Count", len(self.entries)))

    # -- members

    def member(self, interface):
        """The member with this interface, or None."""
        return next((m for m in self.members if m.interface == interface), None)

    def free_members(self):
        """The members who would take a call now."""
        return [m for m in self.members if not m.paused and self.status(m) == STATUSES["NOT_INUSE"]]

    def add(self, interface, penalty, name, paused):
        """A new dynamic member."""
        member = Member(interface, penalty, name or interface, self._epoch(), "dynamic")
        member.paused = paused
        self.members.append(member)
        self.tell_member("QueueMemberAdded", member)

    def remove(self, member):
        """A member goes; a call he has goes on."""
        self.members.remove(member)
        self.tell_member("QueueMemberRemoved", member)

    def pause(self, member, paused, reason):
        """A member takes no calls for a while, or takes them again."""
        member.paused, member.reason = paused, reason if paused else ""
        if paused:
            member.last_pause = self._epoch()
        self.tell_member("QueueMemberPause", member)

    def member_fields(self, member):
        """What QueueMember and the member events have in common, from StateInterface to PausedReason."""
        return (
            ("StateInterface", member.interface), ("Membership", member.membership),
            ("Penalty", member.penalty), ("CallsTaken", member.calls_taken), ("LastCall", member.last_call),
            ("LastPause", member.last_pause), ("LoginTime", member.login), ("InCall", member.in_call),
            ("Status", self.status(member)),
            ("Paused", int(member.paused)), ("PausedReason", member.reason),
        )

    def tell_member(self, event, member):
        """One of the QueueMember... events."""
        self._switch.publish(
            event, (("Queue", self.name), ("MemberName", member.name), ("Interface", member.interface)),
            self.member_fields(member), (("Ringinuse", 1), ("Wrapuptime", 0)))

    def _tell(self, event, caller, *fields):
        self._switch.publish(event, of_channel(caller), (("Queue", self.name),) + fields)

    def _tell_agent(self, event, entry, called, member, *fields):
        self._switch.publish(
            event, of_channel(entry.channel), of_channel(called, "Dest"),
            (("Queue", self.name), ("Interface", member.interface), ("MemberName", member.name)) + fields)
