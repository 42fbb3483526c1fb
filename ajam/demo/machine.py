"""The PBX without its sockets: state, time and chance in one place, for the sessions to act on."""

import random
from typing import NamedTuple

from ajam import privileges
from ajam.demo.actions import ACTIONS
from ajam.demo.calls import RINGS, Life, quiet_answers
from ajam.demo.dialplan import Dialplan
from ajam.demo.fields import PRIVILEGES, render
from ajam.demo.switch import Switch
from ajam.demo.timeline import Timeline


class User(NamedTuple):
    """A manager user: secret, and what to read and write as manager.conf has it (`call,agent`)."""

    secret: str
    read: str = "all"
    write: str = "all"

    def may_read(self, mask):
        """True when all categories in the mask may be seen."""
        return privileges.mask_from_labels(self.read) & mask == mask

    def may_write(self, labels):
        """True when one of the labels is allowed, or none is needed."""
        needed = privileges.mask_from_labels(labels)
        return not labels or bool(privileges.mask_from_labels(self.write) & needed)


class Machine:
    """One running PBX, from its start.

    seed    of all chance
    users   User by name
    now     the clock, wall the seconds since the epoch, both at the start
    calls   False for a PBX in which nothing happens by itself
    """

    def __init__(self, seed, users, now, wall, calls):
        self.users = users
        self.actions = ACTIONS
        self.sessions = []
        self.timeline = Timeline(now, wall)
        self.random = random.Random(seed)
        self.started = wall
        self.database = {}
        self.variables = {}
        self.switch = Switch(self.timeline, self.random, self.publish)
        self.dialplan = Dialplan(self.switch, self._answers if calls else quiet_answers)
        if calls:
            Life(self.dialplan, self.random).begin()

    @property
    def uptime(self):
        """Whole seconds since the start."""
        return int(self.timeline.wall - self.started)

    def publish(self, pairs):
        """Give an event to every session that may see it; rendered once."""
        block = render(pairs)
        mask = privileges.LABELS[PRIVILEGES[pairs[0][1]]]
        for session in list(self.sessions):
            session.deliver(block, mask)

    def _answers(self, device):
        return self.random.choice(RINGS)
