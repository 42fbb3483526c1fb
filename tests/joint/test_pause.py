"""ajam/pause.py: work that waits without a thread, here with one."""

import socket
import time

import pytest

from ajam.pause import Pause, blocking, readable, run, writable


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_work_is_sent_what_came_of_its_waits_and_returns_its_result():
    def work():
        first = yield Pause(1.0)
        second = yield Pause(2.0)
        return first, second

    deadlines = []
    assert run(work(), lambda pause: deadlines.append(pause.deadline) or pause.deadline < 2) == (True, False)
    assert deadlines == [1.0, 2.0]


def test_work_without_a_wait_is_done_at_once():
    def work():
        return 7
        yield

    assert run(work(), None) == 7


def test_an_error_in_work_comes_out_of_it():
    def work():
        yield Pause(1.0)
        raise KeyError

    with pytest.raises(KeyError):
        run(work(), lambda pause: True)


def test_a_socket_is_readable_when_something_or_the_end_has_come(pair):
    ours, theirs = pair
    assert not readable(ours, 0)
    theirs.send(b"x")
    assert readable(ours, 0)
    ours.recv(1)
    theirs.shutdown(socket.SHUT_WR)
    assert readable(ours, 0)


def test_a_socket_is_writable_while_it_has_room(pair):
    ours, _ = pair
    ours.setblocking(False)
    assert writable(ours, 0)
    with pytest.raises(BlockingIOError):
        while True:
            ours.send(b"x" * 65536)
    assert not writable(ours, 0)


def test_a_wait_ends_with_its_socket_or_its_deadline(pair):
    ours, theirs = pair
    wait = blocking(time.monotonic)
    assert not wait(Pause(time.monotonic() - 1, ours))
    theirs.send(b"x")
    assert wait(Pause(time.monotonic() + 5, ours))
