"""ajam/web/waiters.py on a real loop: who waits for a subject looks when it is woken, and no more often than that."""

import threading
import time
from typing import NamedTuple

import pytest

from ajam.pause import Pause
from ajam.web.loop import Loop
from ajam.web.waiters import Waiters

FEED = "feed"


class Connection(NamedTuple):
    """One that waits."""

    pause: Pause


@pytest.fixture
def loop():
    loop = Loop(time.monotonic, lambda thing: None, lambda now: None, lambda thing: None)
    over = threading.Event()
    loop.stop_when(over.is_set)
    yield loop
    over.set()
    loop.post(lambda _: None, None)
    loop.join()
    loop.close()


@pytest.fixture
def waiting():
    """A connection that waits for FEED."""
    return Connection(Pause(float("inf"), None, (FEED,), lambda: False))


def done(loop):
    """Returns once the loop has done what was posted before, and what that has posted."""
    for _ in range(2):
        loop.call(lambda _: None, None)


def test_however_often_a_subject_is_woken_at_once_who_waits_looks_once(loop, waiting):
    looked = []
    waiters = Waiters(loop, looked.append)
    waiters.add(waiting)
    for _ in range(100):
        waiters.wake(FEED)
    loop.start()
    done(loop)
    assert looked == [waiting]


def test_what_comes_while_they_look_has_them_look_again(loop, waiting):
    looked = []

    def look(connection):
        looked.append(connection)
        if len(looked) == 1:
            waiters.wake(FEED)
    waiters = Waiters(loop, look)
    waiters.add(waiting)
    waiters.wake(FEED)
    loop.start()
    done(loop)
    assert looked == [waiting] * 2


def test_a_subject_is_woken_again_later(loop, waiting):
    looked = []
    waiters = Waiters(loop, looked.append)
    waiters.add(waiting)
    loop.start()
    for _ in range(3):
        waiters.wake(FEED)
        done(loop)
    assert looked == [waiting] * 3
