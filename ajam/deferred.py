"""Logging that holds nobody up: records are written by a thread of its own, many at a time.

A sink that does not take what is written, such as a pipe that nobody reads, a stuck journal or a
dead network disk, stops that thread and nobody else. Of what waits for it there is a bound; what
comes beyond is dropped, and how much that was is told when the sink takes something again.
"""

import logging
import signal
import threading
import time
from collections import deque

MOST_RECORDS = 10_000  # that wait; 4 MB
GATHER_SECONDS = 0.05  # for which the thread lets records come together: a write for each would cost others more
FLUSH_SECONDS = 1.0

log = logging.getLogger("ajam")


class Deferred(logging.Handler):
    """Hands records on to `sink`, which has `write_all(records)` besides what a logging.Handler has.

    Records wait in a deque, whose ends any thread may work on. The condition's lock guards `_written`.
    """

    def __init__(self, sink, most=MOST_RECORDS):
        super().__init__()
        self.sink = sink
        self._most = most
        self._waiting = deque()
        self._dropped = 0
        self._former = deque()  # sinks that are to be closed
        self._bell = threading.Event()
        self._ending = threading.Event()
        self._idle = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def emit(self, record):
        """Has the record written soon."""
        if len(self._waiting) >= self._most:
            self._dropped += 1
            return
        self._waiting.append(record)
        if not self._bell.is_set():
            self._bell.set()

    def flush(self):
        """Returns when all is written that was emitted before, but waits no longer than FLUSH_SECONDS."""
        deadline = time.monotonic() + FLUSH_SECONDS
        with self._idle:
            while self._waiting and self._thread.is_alive():
                self._bell.set()
                if not self._idle.wait(deadline - time.monotonic()):
                    return

    def adopt(self, sink):
        """Writes to another sink from now on; the one before is closed when it has taken what was for it."""
        self.flush()
        self._former.append(self.sink)
        self.sink = sink
        self._bell.set()

    def close(self):
        """Writes what waits, and ends the thread and the sink; a thread that is stuck in a write is left behind."""
        self._ending.set()
        self._bell.set()
        self._thread.join(FLUSH_SECONDS)
        if not self._thread.is_alive():
            self.sink.close()
        super().close()

    def _run(self):
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # they are for the main thread
        while not (self._ending.is_set() and not self._waiting):
            self._bell.wait()
            self._bell.clear()
            self._write()
            self._ending.wait(GATHER_SECONDS)

    def _write(self):
        records = list(self._waiting)  # they go only when they are written, so that flush() sees them
        dropped, self._dropped = self._dropped, 0
        if dropped:
            records.append(log.makeRecord(
                log.name, logging.WARNING, "", 0, "%d lines are missing here: nobody took them", (dropped,), None))
        if records:
            self._write_all(records)
        while self._former:
            self._former.popleft().close()
        with self._idle:
            for _ in range(len(records) - bool(dropped)):
                self._waiting.popleft()
            self._idle.notify_all()

    def _write_all(self, records):
        """Has the sink write them; one of which no line can be made is a mistake of ours, and the rest goes on."""
        try:
            self.sink.write_all(records)
        except Exception:
            for record in records:
                try:
                    self.sink.write_all([record])
                except Exception:
                    self.handleError(record)
