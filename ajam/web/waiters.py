"""Who waits for what: connections by the subjects and the sockets of their pauses."""

from ajam.errors import Limited
from ajam.pause import Pause
from ajam.web.exchange import Begin
from ajam.web.loop import READ

RETRY_SECONDS = 5.0


class Waiters:
    """Of the loop's own thread only, but wake(). go_on(connection) is called when what it waits for may have come."""

    def __init__(self, loop, go_on):
        self._loop = loop
        self._go_on = go_on
        self._by_subject = {}
        self._by_socket = {}  # those that are kept under watch, and who waits for each: a connection or None
        self._waiting = set()
        self._woken = set()  # subjects whose waiters will look again soon

    def add(self, connection):
        """The connection waits for the socket and the subjects of its pause; True when that is over already.

        Then it goes on soon and not at once: it may never have to wait, and others have their turn.
        """
        pause = connection.pause
        self._waiting.add(connection)
        if pause.again:
            if pause.socket not in self._by_socket:
                self._loop.watch(pause.socket, READ, self._ready, pause.socket)
            self._by_socket[pause.socket] = connection
        elif pause.socket is not None:
            self._loop.watch(pause.socket, READ, self._go_on, connection)
        for subject in pause.subjects:
            self._by_subject.setdefault(subject, set()).add(connection)
        over = is_over(pause)
        if over:
            self._loop.post(self._look_again, connection)
        return over

    def _ready(self, socket):
        """What nobody waits for is the end of a connection, as a rule: it is its owner's to find."""
        connection = self._by_socket[socket]
        if connection is not None:
            self._loop.attempt(self._go_on, connection)
        else:
            self._forget(socket)

    def _forget(self, socket):
        del self._by_socket[socket]
        self._loop.unwatch(socket)

    def _look_again(self, connection):
        if connection in self._waiting and is_over(connection.pause):
            self._go_on(connection)

    def discard(self, connection):
        """It does so no more."""
        pause = connection.pause
        self._waiting.discard(connection)
        if pause.again:
            self._by_socket[pause.socket] = None
        elif pause.socket is not None:
            self._loop.unwatch(pause.socket)
        for subject in pause.subjects:
            waiting = self._by_subject.get(subject, set())
            waiting.discard(connection)
            if not waiting:
                self._by_subject.pop(subject, None)

    def forget_closed(self):
        """Sockets that were closed while nobody waited for them; once a second."""
        for socket in [socket for socket in self._by_socket if socket.fileno() < 0]:
            self._forget(socket)

    def wake(self, subject):
        """Has those go on who wait for `subject` now; from any thread.

        However often a subject is woken before they do, they do so once: else who is woken faster than all
        can look would never be done.
        """
        if subject not in self._woken:
            self._woken.add(subject)
            self._loop.post(self._wake, subject)

    def _wake(self, subject):
        self._woken.discard(subject)  # first: what is told from now on they may have missed
        for connection in list(self._by_subject.get(subject, ())):
            self._loop.attempt(self._go_on, connection)


def is_over(pause):
    """True when what a Pause waits for has come, as far as it can tell itself."""
    return pause.is_over is not None and pause.is_over()


def is_wait(answer):
    """True for what begins a stream or a wait for as long as somebody else pleases, not for the PBX's answer."""
    return isinstance(answer, Begin) or isinstance(answer, Pause) and answer.endless


def too_many_waits():
    """The refusal of one more (timing.WAITING_SHARE)."""
    return Limited(503, "Too many waits", RETRY_SECONDS)
