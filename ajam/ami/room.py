"""Room for the answers that the PBX is in the midst of giving: for each one, and for all of them together."""

import threading

from ajam.ami.wire import MAX_ANSWER
from ajam.errors import PbxError

TOGETHER = 3  # times the longest answer: what a few browsers ask for at once, and two dozen of the longest are not


class Room:
    """`each` bytes of one answer, and TOGETHER times as many of all. The lock guards how many are taken."""

    def __init__(self, each=MAX_ANSWER):
        self.each = each
        self._lock = threading.Lock()
        self._taken = 0

    @property
    def taken(self):
        """How many bytes are taken now."""
        return self._taken

    def take(self, count):
        """So many more bytes of an answer that is not complete; PbxError when there is no room for them."""
        with self._lock:
            if self._taken + count > TOGETHER * self.each:
                raise PbxError("The answer is large, and so are others that the PBX is giving")
            self._taken += count

    def give_back(self, count):
        """So many bytes, of an answer that is complete, or that nobody waits for any more."""
        with self._lock:
            self._taken -= count
