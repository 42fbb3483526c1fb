"""Room for the answers that the PBX is in the midst of giving: for each one, and for all of them together."""

import threading

from ajam.ami.wire import MAX_ANSWER
from ajam.errors import PbxError

TOGETHER = 3  # times the longest answer: what a few browsers ask for at once, and two dozen of the longest are not
FREE_BYTES = 64 * 1024  # of each answer, that need no room: short ones come whatever the long ones do


class Room:
    """`each` bytes of one answer, and TOGETHER times as many of all. The lock guards how many are taken."""

    def __init__(self, each=MAX_ANSWER):
        self.each = each
        self._lock = threading.Lock()
        self._taken = 0

    def grow(self, before, after):
        """An answer has grown from `before` bytes to `after`; PbxError when there is no room for that."""
        count = beyond_free(after) - beyond_free(before)
        with self._lock:
            if count and self._taken + count > TOGETHER * self.each:
                raise PbxError("The answer is large, and so are others that the PBX is giving")
            self._taken += count

    def give_back(self, size):
        """What an answer of `size` bytes has taken: it is complete, or nobody waits for it any more."""
        with self._lock:
            self._taken -= beyond_free(size)


def beyond_free(size):
    """The bytes of an answer of `size` that need room."""
    return max(0, size - FREE_BYTES)
