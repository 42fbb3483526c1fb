"""What drives ajam/ami in a test: a Pbx on a scripted peer, and generators run to their end."""

import threading
import time

from ajam.ami.connection import Pbx
from ajam.ami.message import Action
from ajam.pause import HEAVY, readable, run

PATIENCE_SECONDS = 5.0  # within which what a test waits for has come
LOOK_SECONDS = 0.01

CHALLENGE = Action([b"Action: Challenge", b"AuthType: MD5"])


def login(*lines, username=b"admin", secret=b"s3cret"):
    """A client's Login action."""
    return Action([b"Action: Login", b"Username: " + username, b"Secret: " + secret, *lines])


class Driver:
    """Runs what ajam.ami would have the lobby wait for.

    pbx      the Pbx to connect with
    notify   tells who waits for a subject, as Lobby.wake does
    """

    def __init__(self, address, clock):
        self.clock = clock
        self.pbx = Pbx(address, clock)
        self.woken = []
        self._bell = threading.Condition()

    def notify(self, subject):
        """There is news of `subject`."""
        with self._bell:
            self.woken.append(subject)
            self._bell.notify_all()

    def run(self, work):
        """What the generator `work` returns."""
        return run(work, self.wait)

    def wait_for(self, condition):
        """Waits until condition() is true; it is looked at when somebody is told of something, and now and then."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self._bell:
            while not condition():
                assert time.monotonic() < deadline, "waited in vain"
                self._bell.wait(LOOK_SECONDS)

    def stays(self, condition, seconds):
        """Looks at condition() for some time, in which it must be true."""
        deadline = time.monotonic() + seconds
        with self._bell:
            while time.monotonic() < deadline:
                assert condition()
                self._bell.wait(LOOK_SECONDS)

    def wait(self, pause):
        """True once `pause` is over."""
        if pause.socket is not None:
            return readable(pause.socket, min(PATIENCE_SECONDS, pause.deadline - self.clock()))
        self.wait_for(pause.is_over)
        return True


def begin(work):
    """Runs `work` up to its first Pause, which is returned; the test goes on with it as it likes."""
    return next(step for step in work if step is not HEAVY)


def as_told(news):
    """A ring's News as (blocks, place, how many were dropped)."""
    return [event.block for event in news.events], news.place, news.dropped
