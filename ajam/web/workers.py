"""A bounded number of threads that run jobs, started when they are needed."""

import logging
import queue
import threading
import time

MAX_WORKERS = 16  # with two cores' worth of interpreter; a worker waits for a PBX or a browser for seconds at most
JOIN_SECONDS = 5.0

log = logging.getLogger(__name__)


class Workers:
    """Threads that take jobs off one queue, first come, first served.

    The lock guards the threads and the count of jobs that are not done, those that run included.
    """

    def __init__(self, limit=MAX_WORKERS):
        self._limit = limit
        self._jobs = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = []
        self._undone = 0

    @property
    def busy(self):
        """True when a job waits for a thread."""
        return not self._jobs.empty()

    def submit(self, job, *arguments):
        """Has job(*arguments) run by one of the threads."""
        with self._lock:
            self._undone += 1
            if len(self._threads) < min(self._undone, self._limit):
                self._start()
        self._jobs.put((job, arguments))

    def _start(self):
        thread = threading.Thread(target=self._run, name="worker", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads to be had: those that there are will get to it
            log.warning("no further worker thread can be started; %d are running", len(self._threads))
        else:
            self._threads.append(thread)

    def _run(self):
        while True:
            job, arguments = self._jobs.get()
            if job is None:
                return
            try:
                job(*arguments)
            except Exception:
                log.exception("a worker's job failed")
            with self._lock:
                self._undone -= 1

    def close(self, seconds=JOIN_SECONDS):
        """Lets the threads end, after the jobs that are queued already; waits for that so long at most."""
        for _ in self._threads:
            self._jobs.put((None, ()))
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
