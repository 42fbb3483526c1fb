"""What a request waits for while nobody works on it.

Work that may have to wait is written as a generator: it yields a Pause where it would block,
and is sent True when what it waited for may have come, False when the deadline has passed.
It yields HEAVY before what cannot be written so, or what takes long. Whoever drives it (web/lobby.py,
web/server.py) needs a thread for that alone; and when the browser goes away the generator is
closed, so `finally` lets go of what was held.
"""

import enum
import select
from typing import Any, Callable, NamedTuple, Optional, Tuple


class Heavy(enum.Enum):
    """A thing of one kind alone."""

    HEAVY = "what follows blocks, or takes more than a millisecond: it is for a thread of its own"


HEAVY = Heavy.HEAVY


class Pause(NamedTuple):
    """One wait.

    deadline  clock time at which it is over at the latest
    socket    it is over when this is readable; or None
    subjects  it may be over when one of these objects is woken (Lobby.wake)
    is_over   tells whether a subject has had news; asked once more when the lobby takes the
              wait in, so that nothing falls between the last look and the waiting
    endless   True when it lasts as long as somebody else pleases, and nothing is lost by ending it before
              its deadline, as a stopping lobby does
    again     True when the socket will be waited for many times more, so that it is kept under watch meanwhile
    """

    deadline: float
    socket: Any = None
    subjects: Tuple[Any, ...] = ()
    is_over: Optional[Callable[[], bool]] = None
    endless: bool = False
    again: bool = False


def run(work, wait):
    """Drives `work` to its end in this thread and returns what it returns.

    wait(pause)  blocks until the pause is over; True when it was over before its deadline
    """
    try:
        pause = next(work)
        while True:
            pause = work.send(None if pause is HEAVY else wait(pause))
    except StopIteration as end:
        return end.value


def readable(socket, seconds):
    """True once `socket` has something to read, or its end; False when `seconds` have passed before."""
    return _polled(socket, select.POLLIN, seconds)


def writable(socket, seconds):
    """True once `socket` has room to write; False when `seconds` have passed before."""
    return _polled(socket, select.POLLOUT, seconds)


def _polled(socket, event, seconds):
    poller = select.poll()  # not select.select(): that one cannot take descriptors above 1023
    poller.register(socket, event)
    return bool(poller.poll(max(0.0, seconds) * 1000))


def blocking(clock):
    """A `wait` for run(): waits in this thread for the pause's socket."""
    def wait(pause):
        return readable(pause.socket, pause.deadline - clock())
    return wait
