"""So many of something at a time; who comes when there is none left waits for his turn, without a thread."""

import threading
from collections import deque

from ajam.errors import PbxBusy
from ajam.pause import Pause

MOST_WAITING = 256  # of each kind, those for whom as many places are kept free; half of all browsers' connections


class Place:
    """One that somebody has, or waits for; `taken` says which. To be closed once nobody needs it; a context manager."""

    def __init__(self, places, kept_free):
        self._places = places
        self.kept_free = kept_free
        self.taken = False

    def is_taken(self):
        """True once it is somebody's."""
        return self.taken

    def close(self):
        """Gives it back, or gives up the wait for it."""
        self._places.give_back(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Places:
    """`most` at a time, first come, first served; the lock guards who has one and who waits.

    refusal         what is said to who gets none
    notify(place)   has who waits for it look again (Lobby.wake)
    """

    def __init__(self, most, refusal, clock, notify=lambda place: None):
        self.most = most
        self._refusal = refusal
        self._clock = clock
        self._notify = notify
        self._lock = threading.Lock()
        self._used = 0
        self._waiting = deque()

    def adopt(self, most):
        """Another number of places; who waits for one that there is now has it."""
        with self._lock:
            self.most = most
            followers = self._hand_on()
        for follower in followers:
            self._notify(follower)

    @property
    def used(self):
        """How many are taken."""
        return self._used

    def enter(self, kept_free=0):
        """A Place, now; PbxBusy when only `kept_free` are left, which are for others."""
        place = Place(self, kept_free)
        with self._lock:
            if not self._is_free(place):
                raise PbxBusy(self._refusal)
            self._give(place)
        return place

    def take(self, seconds, kept_free=0):
        """A generator (ajam/pause.py): the same, but waits so long for one to be given back."""
        place = Place(self, kept_free)
        with self._lock:
            if self._is_free(place):
                self._give(place)
            elif sum(each.kept_free == kept_free for each in self._waiting) < MOST_WAITING:
                self._waiting.append(place)
            else:
                raise PbxBusy(self._refusal)
        try:
            if not place.taken:
                yield Pause(self._clock() + seconds, None, (place,), place.is_taken)
            if not place.taken:
                raise PbxBusy(self._refusal)
        except BaseException:
            place.close()
            raise
        return place

    def give_back(self, place):
        """A place is free again, and somebody's who waits for one; or he does so no more."""
        with self._lock:
            if place.taken:
                place.taken = False
                self._used -= 1
            elif place in self._waiting:
                self._waiting.remove(place)
            followers = self._hand_on()
        for follower in followers:
            self._notify(follower)

    def _hand_on(self):
        """Gives places that are free to who waits; those who have one now."""
        followers = []
        while (follower := next(filter(self._is_free, self._waiting), None)) is not None:
            self._waiting.remove(follower)
            self._give(follower)
            followers.append(follower)
        return followers

    def _is_free(self, place):
        return self._used < max(1, self.most - place.kept_free)

    def _give(self, place):
        place.taken = True
        self._used += 1
