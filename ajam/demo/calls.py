"""The seeded life of the office: who calls whom, who answers, and when he has had enough.

All chance comes from one random.Random, all time from the Timeline, so a seed always tells the
same story.
"""

from ajam.demo.fields import RING
from ajam.demo.office import PHONES, TRUNK

FIRST_CALL = 2  # seconds after the start
PAUSES = (3, 9)  # seconds between calls, shortest and longest
TALKS = (15, 75)  # seconds until the caller hangs up
RINGS = (2, 3, 4, 5, None)  # seconds until a phone is answered; None is nobody at the desk
QUIET_RING = 2  # seconds, without chance
MANY_CALLS = 12  # channels; no new call while there are more

OUTSIDERS = (
    ("5550142", "Zoë Kask"),
    ("5550178", "O'Neill & Sons"),
    ("5550111", "<unknown>"),
    ("5550165", "Håkan Ödegård"),
)
MEETING = ("101", "106")  # phones that sit in the conference from the start
QUEUE_EXTENSIONS = ("500", "500", "501")


def quiet_answers(device):
    """Every phone is answered after the same time: a PBX in which nothing is left to chance."""
    return QUIET_RING


class Life:
    """Makes calls for as long as the timeline runs."""

    def __init__(self, dialplan, randomness):
        self._dialplan = dialplan
        self._switch = dialplan.switch
        self._timeline = dialplan.switch.timeline
        self._random = randomness

    def begin(self):
        """Seat the meeting and plan the first call."""
        for phone in MEETING:
            self._call("PJSIP/" + phone, (phone, PHONES[phone]), "400")
        self._timeline.after(FIRST_CALL, self._next)

    def _next(self):
        if len(self._switch.channels) <= MANY_CALLS:
            channel = self._random.choice((self._inside, self._outside, self._to_queue))()
            talk = self._random.uniform(*TALKS)
            self._timeline.after(talk, lambda: self._enough(channel))
        self._timeline.after(self._random.uniform(*PAUSES), self._next)

    def _inside(self):
        caller, called = self._random.choice(self._idle()), self._random.choice(sorted(PHONES))
        return self._call("PJSIP/" + caller, (caller, PHONES[caller]), called)

    def _outside(self):
        return self._from_outside(self._random.choice(sorted(PHONES)))

    def _to_queue(self):
        return self._from_outside(self._random.choice(QUEUE_EXTENSIONS))

    def _idle(self):
        idle = [phone for phone in PHONES if self._switch.busyness("PJSIP/" + phone) == "NOT_INUSE"]
        return idle or sorted(PHONES)

    def _from_outside(self, exten):
        return self._call("PJSIP/" + TRUNK, self._random.choice(OUTSIDERS), exten)

    def _call(self, device, caller, exten):
        place = ("default", exten, 1)
        channel = self._switch.create(device, RING, caller, place)
        self._dialplan.start(channel, place)
        return channel

    def _enough(self, channel):
        if not channel.ended:
            self._switch.request_hangup(channel)
