"""Deadlines of many things, most of which move away before they come."""

import heapq
import itertools

SLACK = 64  # entries of the heap that may stand for nothing, before it is made anew without them


class Alarms:
    """Rings for whatever has a `deadline`, once that has come; of one thread only.

    A heap holds at most one entry for each thing, never later than its deadline. A deadline
    that has moved away costs nothing until the old one comes; then it is looked at again.
    """

    def __init__(self):
        self._heap = []
        self._set = {}
        self._numbers = itertools.count()

    def __len__(self):
        return len(self._set)

    def set(self, thing):
        """The thing's deadline has changed."""
        set_for = self._set.get(thing)
        if thing.deadline != float("inf") and (set_for is None or set_for > thing.deadline):
            self._set[thing] = thing.deadline
            heapq.heappush(self._heap, (thing.deadline, next(self._numbers), thing))

    def forget(self, thing):
        """The thing is gone, from memory too: a flood of short-lived things leaves no more than some behind."""
        self._set.pop(thing, None)
        if len(self._heap) > 2 * len(self._set) + SLACK:
            self._heap = [entry for entry in self._heap if self._set.get(entry[2]) == entry[0]]
            heapq.heapify(self._heap)

    def nearest(self):
        """When due() has to be called again at the latest."""
        return self._heap[0][0] if self._heap else float("inf")

    def due(self, now, most=float("inf")):
        """The things whose deadline has come, no more than `most` of them; they are forgotten here."""
        things = []
        while self._heap and self._heap[0][0] <= now and len(things) < most:
            set_for, _, thing = heapq.heappop(self._heap)
            if self._set.get(thing) != set_for:
                continue
            del self._set[thing]
            if thing.deadline <= now:
                things.append(thing)
            else:
                self.set(thing)
        return things
