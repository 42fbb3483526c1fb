"""One thread, one selector, one clock: runs handlers when a socket is ready, a message comes, a deadline is due.

Handlers run one after another in the loop's own thread and must not block. What goes wrong in
one of them is logged, and told to `failed`, so that it ends whatever it was about and no more.
"""

import logging
import selectors
import socket as sockets
import threading
from collections import deque

from ajam.web.alarms import Alarms

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
TICK_SECONDS = 1.0
CALL_SECONDS = 5.0
DUE_BATCH = 32  # deadlines in one go, before others have their turn: what came together ends together

log = logging.getLogger(__name__)


class Watch:
    """What is to be done when a descriptor is ready; `handle` is None once that is nothing any more."""

    __slots__ = ("socket", "descriptor", "event", "handle", "thing")

    def __init__(self, socket, event):
        self.socket = socket
        self.descriptor = socket.fileno()
        self.event = event


class Loop:
    """See above. From other threads only post(), call(), start(), join() and close() may be called.

    To watch a socket for the same event again costs no system call; so it stays watched between requests.

    due(thing)     is called for each thing of `alarms` whose deadline has come
    tick(now)      is called about once a second
    failed(thing)  is called with what a handler was called with when it raised an exception
    """

    def __init__(self, clock, due, tick, failed):
        self.alarms = Alarms()
        self._clock = clock
        self._due = due
        self._tick = tick
        self._failed = failed
        self._selector = selectors.DefaultSelector()
        self._watches = {}  # by socket
        self._inbox = deque()
        self._bell, self._rope = sockets.socketpair()
        self._rung = False
        self._closed = False
        self._next_tick = clock()
        self._thread = threading.Thread(target=self._run, name="lobby", daemon=True)
        self._over = lambda: False
        self.watch(self._bell, READ, self._answer_bell, self._bell)

    def start(self):
        """Begins to run."""
        self._thread.start()

    def stop_when(self, over):
        """Ends once over() is true; it is asked after each round."""
        self._over = over

    def join(self):
        """Returns when the loop has ended."""
        self._thread.join()

    def close(self):
        """Gives back what it ran on; what is posted from then on is lost."""
        self._closed = True
        for resource in (self._selector, self._bell, self._rope):
            resource.close()

    def post(self, handle, thing):
        """Has handle(thing) called once others have had their turn; from any thread."""
        self._inbox.append((handle, thing))
        if not (self._rung or self._closed or threading.get_ident() == self._thread.ident):
            self._rung = True
            self._rope.send(b"!")

    def call(self, handle, thing):
        """As post(), and waits until it is done, but no longer than CALL_SECONDS; before start() it is done at once."""
        if not self._thread.is_alive():
            handle(thing)
            return
        done = threading.Event()
        self.post(self._do_and_tell, (handle, thing, done))
        done.wait(CALL_SECONDS)

    def watch(self, socket, event, handle, thing):
        """Has handle(thing) called whenever `socket` is ready for `event`, READ or WRITE; of one socket the last."""
        watch = self._watches.get(socket)
        if watch is None:
            watch = self._register(socket, event)
        elif watch.event != event:
            watch.event = event
            self._selector.modify(watch.descriptor, event, watch)
        watch.handle, watch.thing = handle, thing

    def _register(self, socket, event):
        watch = Watch(socket, event)
        former = self._selector.get_map().get(watch.descriptor)
        if former is not None:  # closed elsewhere, and its number is another's now
            self.unwatch(former.data.socket)
        self._selector.register(watch.descriptor, event, watch)
        self._watches[socket] = watch
        return watch

    def unwatch(self, socket):
        """No more; also when it was not watched."""
        watch = self._watches.pop(socket, None)
        if watch is not None:
            watch.handle = None
            self._selector.unregister(watch.descriptor)

    def _run(self):
        while not self._over():
            for key, _ in self._selector.select(self._seconds_to_next()):
                watch = key.data
                if watch.handle is not None:  # an earlier one of this round may have ended it
                    self.attempt(watch.handle, watch.thing)
            for _ in range(len(self._inbox)):
                self.attempt(*self._inbox.popleft())
            self._look_at_clock()

    def attempt(self, handle, thing):
        """handle(thing), and what goes wrong in it goes no further; in the loop's own thread."""
        try:
            handle(thing)
        except Exception:
            log.exception("the lobby failed at something")
            self._failed(thing)

    def _do_and_tell(self, errand):
        handle, thing, done = errand
        self.attempt(handle, thing)
        done.set()

    def _answer_bell(self, bell):
        bell.recv(4096)
        self._rung = False  # only now: who rings before is heard in this round, who rings after wakes the next

    def _seconds_to_next(self):
        return 0 if self._inbox else max(0.0, min(self._next_tick, self.alarms.nearest()) - self._clock())

    def _look_at_clock(self):
        now = self._clock()
        for thing in self.alarms.due(now, DUE_BATCH):
            self.attempt(self._due, thing)
        if now >= self._next_tick:
            self._next_tick = now + TICK_SECONDS
            self.attempt(self._tick, now)
