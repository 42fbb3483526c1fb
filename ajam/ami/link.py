"""Whether the PBX answers, and how fast: told by all who speak to it, logged once when it changes."""

import logging
import threading

UNASKED = "nobody has asked it yet"
AGAIN_SECONDS = 10.0  # after which a PBX that has not answered is asked again, if nobody else has

log = logging.getLogger(__name__)


class Link:
    """The lock guards `up` and what goes with it.

    up          True when the PBX answered whoever tried last, False when it did not, None while nobody has tried
    why         the reason when it did not, a sentence without its period
    told        clock time of the last such word; None before the first
    reconnects  how many feeds have logged in again

    address              (host, port) of the PBX; a word about another one comes late, and does not count
    round_trip(seconds)  is called with the time that each action took; must not fail
    """

    def __init__(self, address, clock, round_trip=lambda seconds: None):
        self.up = None
        self.why = UNASKED
        self.told = None
        self.reconnects = 0
        self.round_trip = round_trip
        self._address = address
        self._clock = clock
        self._asked = clock()  # when is_due() was last true
        self._lock = threading.Lock()

    def found(self, address, banner):
        """It has answered at `address`, a (host, port), with these bytes."""
        if self._turn(address, True, ""):
            log.info("the PBX at %s port %d answers: %s", *address[:2], banner.decode("latin-1"))

    def missed(self, address, why):
        """It has not."""
        if self._turn(address, False, why):
            log.warning("the PBX at %s port %d: %s; ajam goes on trying", *address[:2], why)

    def lost_feed(self, address):
        """A feed's connection has ended: news, unless it is known already that the PBX does not answer."""
        if self.up:
            self.missed(address, "The connection was lost")

    def regained_feed(self):
        """A feed stands again."""
        with self._lock:
            self.reconnects += 1

    def is_due(self, now):
        """True, and then not for AGAIN_SECONDS, when it did not answer whoever tried last, and that is long ago.

        A PBX that is there again may have nobody else to notice: connections live through a network's cut.
        """
        due = self.up is False and now >= max(self.told, self._asked) + AGAIN_SECONDS
        if due:
            self._asked = now
        return due

    def move(self, address):
        """The PBX is at `address` from now on, and nobody has asked it yet."""
        with self._lock:
            self._address = address
            self.up, self.why, self.told = None, UNASKED, None

    def _turn(self, address, up, why):
        """True when that is news."""
        with self._lock:
            if address != self._address:
                return False
            news = self.up is not up
            self.up, self.why, self.told = up, why, self._clock()
        return news
