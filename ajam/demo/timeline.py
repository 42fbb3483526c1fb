"""What the demo PBX does later: calls in order of the time at which they are due.

Time comes from outside, through run(). A call that is due sees its own due time as `now`, so
what it plans in turn does not depend on how often, or how late, run() is called: with a clock
that a test drives, the same seed gives the same events.
"""

import heapq
import itertools


class Timer:
    """One call that is still to come; cancel() makes that it does not."""

    def __init__(self, call):
        self._call = call

    def cancel(self):
        """Forget the call. Doing so twice, or after it was made, does nothing."""
        self._call = None

    def ring(self):
        """Make the call, unless it was cancelled."""
        call, self._call = self._call, None
        if call:
            call()


class Timeline:
    """Calls to be made, and what time it is: `now` on the given clock, `wall` as seconds since the epoch."""

    def __init__(self, now, wall):
        self.now = now
        self._epoch = wall - now
        self._planned = []
        self._order = itertools.count()  # two calls due at one time are made in the order they were planned

    @property
    def wall(self):
        """Seconds since the epoch, a float."""
        return self._epoch + self.now

    @property
    def due(self):
        """The clock time of the next call, or None when nothing is planned."""
        return self._planned[0][0] if self._planned else None

    def after(self, seconds, call):
        """Plan `call` for `seconds` from now; returns its Timer."""
        timer = Timer(call)
        heapq.heappush(self._planned, (self.now + seconds, next(self._order), timer))
        return timer

    def run(self, until):
        """Make all calls due at clock time `until`, those included that they plan on their way."""
        while self._planned and self._planned[0][0] <= until:
            self.now, _, timer = heapq.heappop(self._planned)
            timer.ring()
        self.now = max(self.now, until)
