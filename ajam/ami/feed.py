"""An account's feed: the AMI connection on which its events come, and their ring.

A reader thread cuts blocks and appends them to the ring, tells `notify` that there is news,
and does nothing else. When the connection is lost it logs in again, ever more patiently, until
the feed is closed or the PBX says that the account is no longer good; places in the ring live on.

Where an account may have one connection only, actions go through the feed as well: ask().
"""

import logging
import random
import secrets
import socket as sockets
import threading
from collections import deque
from contextlib import suppress
from typing import NamedTuple

from ajam.ami.connection import LOGOFF, receive
from ajam.ami.message import is_event
from ajam.ami.ring import Bounds, Ring
from ajam.ami.wire import Answer, Blocks, sentinel, split_events
from ajam.errors import LoginRefused, PbxError, PbxUnreachable
from ajam.pause import HEAVY, Pause, blocking, readable, run

CLOSE_SECONDS = 2.0
CATCH_UP_SECONDS = 1.0  # for what a PBX that is well does within a millisecond
SILENT = "The PBX is silent"

log = logging.getLogger(__name__)


class Timing(NamedTuple):
    """What a feed waits for, in seconds: events before it asks whether the PBX lives, that answer, retries."""

    silence: float = 15.0
    answer: float = 5.0
    first_retry: float = 1.0
    last_retry: float = 30.0


class Asked:
    """An action on its way through a feed: its answer, or the error that took its place.

    works  True while the PBX may take its time, and be silent meanwhile
    """

    def __init__(self, token, most, works):
        self.answer = Answer(token, most)
        self.works = works
        self.output = None
        self.error = None

    def is_over(self):
        """True when the answer or the error is there."""
        return self.output is not None or self.error is not None


class Feed:
    """Events of one manager user, for as long as somebody wants them.

    instance  random text; an event's number means something only together with it
    ring      the events
    up        True while the connection stands
    outages   how often it has been lost
    silent    True from when the PBX did not answer, as one that is frozen or cut off, until it does
    refused   True once the PBX has refused to log us in again: the feed is dead
    reloaded  True once the PBX has told of a reload: rights may have changed

    log_in()  a generator as in ajam/pause.py: a new Connection, logged in, with all events on
    lost()  is called when the connection has ended and nobody wanted that: neither close() nor reconnect()
    notify(subject)  is told the feed when there is news, and an Asked when it is over

    The lock guards what is added to the list of what was asked, and is held while an action is
    written, so that actions stand on the wire in the order in which their answers are awaited;
    only the reader takes away.
    """

    def __init__(self, connection, log_in, notify, clock, early=b"", timing=Timing(), lost=lambda: None,
                 bounds=Bounds()):
        self.instance = secrets.token_hex(4)
        self.ring = Ring(bounds.events, bounds.event_bytes)
        self.up = True
        self.outages = 0
        self.silent = False
        self.refused = False
        self.reloaded = False
        self._connection = connection
        self._log_in = log_in
        self._notify = notify
        self._clock = clock
        self._timing = timing
        self._bounds = bounds
        self._lost = lost
        self._blocks = Blocks()
        self._lock = threading.Lock()
        self._asked = deque()
        self._closing = threading.Event()
        self._hurry = threading.Event()
        self._leaving = False  # True from reconnect() until the next login begins
        connection.rest = b""  # which is in `early`
        self._take(early)
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    @property
    def ended(self):
        """True once nothing more will come of it, not even a `notify`."""
        return not self._thread.is_alive()

    def start(self):
        """Begins to read; PbxUnreachable, and the connection has ended, when there is no thread for it."""
        try:
            self._thread.start()
        except RuntimeError as error:  # what threading raises then
            self._connection.close()
            raise PbxUnreachable("No thread can be had for the PBX's events") from error

    def adopt(self, bounds):
        """Other Bounds from now on."""
        self._bounds = bounds
        self.ring.adopt(bounds.events, bounds.event_bytes)

    def hurry(self):
        """The PBX was seen alive: an attempt to reconnect is due now, if one is due at all."""
        if not self.up:
            self._hurry.set()

    def ask(self, action, seconds):
        """As Connection.ask(), for the output of an action sent through this feed."""
        data = action.encode()
        yield HEAVY  # for the lock, which is held while the PBX takes what others write
        asked = self._write(data)
        if not asked.is_over():
            yield Pause(self._clock() + seconds, None, (asked,), asked.is_over)
        if asked.error is not None:
            raise asked.error
        if asked.output is None:
            raise PbxError("The PBX did not answer in time")
        return asked.output

    def catch_up(self):
        """Returns when all is in the ring that the PBX had to tell when this began; it may be that it never comes."""
        yield HEAVY  # for the lock, as above
        with suppress(PbxError):
            asked = self._write(b"")
            yield Pause(self._clock() + CATCH_UP_SECONDS, None, (asked,), asked.is_over)

    def _write(self, data):
        token = secrets.token_hex(12).encode()
        asked = Asked(token, self._bounds.answer, bool(data))
        with self._lock:
            if not self.up:
                raise PbxUnreachable("The PBX cannot be reached")
            self._asked.append(asked)
            try:
                self._connection.write(data + sentinel(token, self._connection.banner))
            except PbxError:
                self._hang_up()  # half an action may stand on the wire: nothing must follow it
                raise
        return asked

    def log_off(self):
        """Logs off and waits until the PBX has ended the connection, so that the next login is let in."""
        self._closing.set()
        self._hurry.set()
        yield HEAVY  # for the lock, as above
        with suppress(PbxError):
            with self._lock:
                self._connection.write(LOGOFF)
            yield Pause(self._clock() + CLOSE_SECONDS, None, (self,), lambda: not self.up)

    def reconnect(self):
        """Ends the connection, gives up a login under way, and logs in anew."""
        self._leaving = True
        self._hurry.set()
        self._hang_up()

    def close(self):
        """Logs off and ends the connection, without waiting for anything; the reader thread follows."""
        self._closing.set()
        self._hurry.set()
        if self.up and self._lock.acquire(blocking=False):  # behind half an action nothing may be said
            try:
                self._connection.say_goodbye()
            finally:
                self._lock.release()
        self._hang_up()

    def join(self, seconds=CLOSE_SECONDS):
        """Waits for the reader thread of a closed feed, so long at most."""
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _hang_up(self):
        with suppress(OSError):  # it has gone already
            self._connection.socket.shutdown(sockets.SHUT_RDWR)

    def _run(self):
        while not self._closing.is_set():
            try:
                self._read()
            except PbxError:
                pass  # whatever broke it: it is down, and _reconnect() has the next word
            except Exception:
                log.exception("a feed failed; it begins anew")
            self._go_down()
            self._reconnect()
        self._connection.close()
        self._log_in = self._lost = None  # they lead back here: the ring would wait for a garbage collector

    def _read(self):
        """Reads until the connection ends; PbxError when the PBX breaks the protocol or keeps silent."""
        socket = self._connection.socket
        early, self._connection.rest = self._connection.rest, b""
        self._take(early)
        self._notify(self)
        while True:
            while not readable(socket, self._timing.silence):
                if any(asked.works for asked in list(self._asked)):
                    continue  # while the PBX works on an action it is silent
                self._write(b"")
                if not readable(socket, self._timing.answer):
                    self.silent = True
                    raise PbxError(SILENT)
            data = receive(socket)
            if data == b"":
                return
            if data is not None:
                self._take(data)

    def _take(self, data):
        while data:
            asked = self._asked[0] if self._asked else None
            if asked is None:
                self._append(self._blocks.feed(data))
                return
            if not asked.answer.feed(self._blocks.take_rest() + data):
                return
            before, asked.output, behind = split_events(asked.answer.output)
            self._asked.popleft()
            self._append(before + behind)
            self._notify(asked)
            data = asked.answer.rest

    def _append(self, blocks):
        events = [block for block in blocks if is_event(block)]
        if events:
            self.ring.append(events)
            if any(event.startswith(b"Event: Reload\r\n") for event in events):
                self.reloaded = True
            self._notify(self)

    def _go_down(self):
        if not (self._closing.is_set() or self._leaving):
            self._lost()
        with self._lock:
            self.up = False
            self.outages += 1
            lost, self._asked = self._asked, deque()
        self._blocks = Blocks()
        for asked in lost:
            asked.error = PbxError("The PBX closed the connection without an answer")
            self._notify(asked)
        self._connection.close()
        self._notify(self)

    def _reconnect(self):
        delay = self._timing.first_retry
        while not self._closing.is_set():
            self._hurry.wait(delay * random.uniform(0.75, 1.25))
            self._hurry.clear()
            delay = min(delay * 2, self._timing.last_retry)
            if self._closing.is_set() or self._logged_in_again():
                return

    def _logged_in_again(self):
        """True when there is nothing more to try: the feed stands again, or never will."""
        self._leaving = False
        try:
            connection = run(self._log_in(), blocking(self._clock))
        except LoginRefused:
            self.refused = True
            self._closing.set()
            self._notify(self)
            return True
        except PbxError:
            return False
        except Exception:
            log.exception("a feed could not log in again; it goes on trying")
            return False
        self._connection = connection
        if self._leaving:  # it may lead to where the PBX was before
            connection.close()
            return False
        if not self._closing.is_set():  # else nobody is there any more to be told
            self.silent = False
            self.up = True
        return True
