"""Small files that were asked for less than a second ago, as a source for web/static.py before another one.

To look a file up takes some twenty system calls, and a worker, for disks are slow. A page that
many open at once is looked up once a second, and in between it is at hand.
"""

import threading
from typing import NamedTuple

from ajam.web.static import File

FRESH_SECONDS = 1.0
SOON_SECONDS = 0.1  # within which has() is followed by find()
MOST_BYTES = 4 * 1024 * 1024  # of all files kept, their names, and what goes with them
LOOK_BYTES = 600  # what goes with one


class Look(NamedTuple):
    """What a look at the source has found, and until when that counts (clock time)."""

    file: File
    until: float


class Kept:
    """A source, and what it found last; the lock guards the latter.

    source   has `find`, as for StaticFiles, and no `has`
    """

    def __init__(self, source, clock):
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._looks = {}
        self._bytes = 0

    def has(self, rest):
        """True when find() needs neither the disk nor time, if it is called soon."""
        look = self._looks.get(rest)
        return look is not None and self._clock() + SOON_SECONDS < look.until

    def find(self, rest):
        """The File that `rest` names, as it was less than FRESH_SECONDS ago; raises what the source does."""
        look = self._looks.get(rest)
        if look is not None and self._clock() < look.until:
            return look.file
        file = self._source.find(rest)
        if isinstance(file.body, bytes):
            self._keep(rest, Look(file, self._clock() + FRESH_SECONDS))
        return file

    def _keep(self, rest, look):
        with self._lock:
            former = self._looks.pop(rest, None)
            self._bytes += size_of(rest, look) - (size_of(rest, former) if former is not None else 0)
            if self._bytes > MOST_BYTES:
                self._looks.clear()
                self._bytes = size_of(rest, look)
            self._looks[rest] = look


def size_of(rest, look):
    """The bytes that a Look takes under the name `rest`."""
    return len(look.file.body) + len(rest) + LOOK_BYTES
