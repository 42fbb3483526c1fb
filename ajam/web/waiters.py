"""Who waits for what: connections by the subjects of their pauses."""


class Waiters:
    """Of one thread only."""

    def __init__(self):
        self._by_subject = {}

    def add(self, connection):
        """The connection waits for the subjects of its pause."""
        for subject in connection.pause.subjects:
            self._by_subject.setdefault(subject, set()).add(connection)

    def discard(self, connection):
        """It does so no more."""
        for subject in connection.pause.subjects:
            waiting = self._by_subject.get(subject, set())
            waiting.discard(connection)
            if not waiting:
                self._by_subject.pop(subject, None)

    def of(self, subject):
        """Those who wait for `subject` now, as a list of its own."""
        return list(self._by_subject.get(subject, ()))
