"""Ringing a phone until it answers, refuses, or nobody waits any more: DialBegin to DialEnd."""

from ajam.demo.fields import DOWN, RINGING, of_channel
from ajam.demo.office import DIALPLAN, PHONES


def can_call(string):
    """True when `PJSIP/101` or `Local/100@default/n` names something that can be rung."""
    technology, _, target = string.partition("/")
    if technology == "Local":
        return _place_of(target)[:2] in DIALPLAN
    return technology == "PJSIP" and target in PHONES


def call_out(switch, string, caller=None, application="AppDial"):
    """A channel, not ringing yet, to what can_call() said yes to; for the channel `caller`, if any."""
    technology, _, target = string.partition("/")
    if technology == "Local":
        called = switch.create_local("Local/" + target.partition("/")[0], _place_of(target), caller)
    else:
        called = switch.create(string, DOWN, (target, PHONES[target]), ("default", "s", 1), caller)
    place = ("default", caller.exten, 1) if caller else None
    if caller:
        called.connected = caller.caller
    switch.enter(called, application, "(Outgoing Line)", place)
    if caller:
        switch.connect_line(called, caller.caller)
    return called


def connect(switch, called, caller):
    """Put a channel that answered in a bridge with the one that called it; returns the bridge.

    Answering the caller may end him, when he is half of a Local channel that somebody waits for:
    then there is nobody to talk to, and None is returned.
    """
    switch.answer(caller)
    if caller.ended:
        switch.hang_up(called)
        return None
    bridge = switch.create_bridge()
    switch.announce(called)
    switch.join(bridge, called)
    switch.join(bridge, caller)
    return bridge


def _place_of(target):
    exten, _, context = target.partition("/")[0].partition("@")
    return context or "default", exten, 1


class Ringing:
    """One phone that rings. Exactly one of three things ends it.

    switch, called, string  the channel to ring and the dial string it was made from
    caller                  the channel that waits, or None (Originate)
    answered                called when the phone answers, behind DialEnd
    failed                  called when it does not: refused or timed out, behind its Hangup
    before_timeout          called when time is up, before DialEnd says so
    """

    def __init__(self, switch, called, string, caller, answered, failed, before_timeout=lambda: None):
        self._switch = switch
        self._called = called
        self._string = string
        self._caller = caller
        self._answered = answered
        self._failed = failed
        self._before_timeout = before_timeout
        self._over = False
        self._timer = None

    def begin(self, dialplan, timeout):
        """Ring, `timeout` seconds at most; a Local channel's other half starts in the dialplan."""
        called, switch = self._called, self._switch
        if called.other:
            self._bridge_halves()
        switch.publish("DialBegin", self._parties(), (("DialString", self._string.partition("/")[2]),))
        called.on_answer = self._answer
        called.leave = self._refuse
        self._timer = switch.timeline.after(timeout, self._give_up)
        if called.other:
            dialplan.start(called.other, called.other.place)
        else:
            self._ring(dialplan.answers(called.device))

    def cancel(self):
        """The caller is gone; returns the phone's channel, to be hung up with him, if it still rings."""
        if self._over:
            self._timer.cancel()
            return []
        self._end("CANCEL")
        return [self._called]

    def _ring(self, seconds):
        called, switch = self._called, self._switch
        switch.set_state(called, RINGING)
        if self._caller:
            switch.connect_line(self._caller, called.caller)
        switch.publish("DialState", self._parties(), (("DialStatus", "RINGING"),))
        if seconds is not None:
            called.timer = switch.timeline.after(seconds, lambda: switch.answer(called))

    def _bridge_halves(self):
        one, two = self._called, self._called.other
        self._switch.publish("LocalBridge", of_channel(one, "LocalOne"), of_channel(two, "LocalTwo"), (
            ("Context", two.context), ("Exten", two.exten),
            ("LocalOptimization", "No" if self._string.endswith("/n") else "Yes")))

    def _answer(self):
        if self._caller:
            self._called.exten = ""  # as on a real one: the channel came from no extension
        self._end("ANSWER")
        self._answered()

    def _refuse(self):
        self._end("NOANSWER")
        self._timer = self._switch.timeline.after(0, self._failed)  # behind the phone's own Hangup
        return []

    def _give_up(self):
        self._before_timeout()
        self._end("NOANSWER")
        self._switch.hang_up(self._called)
        self._failed()

    def _end(self, status):
        self._over = True
        self._timer.cancel()
        self._called.leave = self._called.on_answer = None
        self._switch.publish("DialEnd", self._parties(), (("DialStatus", status),))

    def _parties(self):
        return (of_channel(self._caller) if self._caller else ()) + of_channel(self._called, "Dest")
