"""The UNIX socket on which a running ajam takes commands; ajam/console.py is its other end.

    who asks    COMMAND\\n                   one line of UTF-8
    ajam        0 LENGTH\\n and then TEXT    done; the text is LENGTH bytes of UTF-8
                1 LENGTH\\n and then TEXT    refused

One command a connection, one connection at a time. Who may connect is said by the socket's mode
(unix(7)): its owner, and the members of a group where one is named. What was asked is logged with
the process and the user that asked.
"""

import contextlib
import errno
import logging
import os
import shutil
import socket as sockets
import stat
import struct
import threading
import time
from typing import Callable, NamedTuple

MAX_PATH = 107  # bytes of a socket's path; sun_path of unix(7) less its NUL
MAX_LINE = 1024  # bytes of a command; the longest one that makes sense has 100
CLIENT_SECONDS = 3.0  # for a command to come, and again for its answer to be taken
RETRY_SECONDS = 0.2  # until accept() is tried again, when there is no descriptor left
BACKLOG = 64

OWNER = 0o600
OWNER_AND_GROUP = 0o660
CREDENTIALS = struct.Struct("iII")  # process, user, group; struct ucred in unix(7)

ANOTHER = "say another socket in [daemon] of ajam.conf"
REMEDIES = {  # by what keeps us from listening
    errno.ENOENT: "make its directory (under systemd RuntimeDirectory=ajam does), or " + ANOTHER,
    errno.EACCES: "let ajam's user write to its directory, or " + ANOTHER,
    errno.EADDRINUSE: "end or remove what has it, or " + ANOTHER,
}
KINDS = ((stat.S_ISDIR, "a directory"), (stat.S_ISREG, "a file"), (stat.S_ISLNK, "a symbolic link"))

log = logging.getLogger(__name__)


def nothing():
    """What is done behind most answers: ajam goes on."""


class Answer(NamedTuple):
    """What became of a command: whether it was done, the text for who asked, what ends ajam when he has that.

    The socket goes before ajam is ended, which may leave no time for it.
    """

    done: bool
    text: str
    afterwards: Callable = nothing


TOO_LONG = Answer(False, "A command has at most %d bytes.\n" % MAX_LINE)


class Listening:
    """A socket that listens at `path`; OSError when it cannot be had.

    Nobody can connect before it listens, and then its mode and its group are right.
    """

    def __init__(self, path, group):
        remove_stale(path)
        self.path = path
        self.socket = bind(path)
        self._identity = identity(path)
        self.admit(group)
        self.socket.listen(BACKLOG)

    def is_at(self, path):
        """True when who connects to `path` comes here."""
        return path == self.path and identity(path) == self._identity

    def admit(self, group):
        """Lets the members of `group` connect, and those of no other; for None its owner alone."""
        try:
            os.chmod(self.path, OWNER)
            if group is not None:
                shutil.chown(self.path, group=int(group) if group.isdigit() else group)
                os.chmod(self.path, OWNER_AND_GROUP)
        except (LookupError, OSError) as error:
            log.warning("%s is its owner's alone: group = %s: %s; name a group in [daemon] of ajam.conf that ajam's "
                        "user is in", self.path, group, error)

    def remove(self):
        """Takes the socket's name away; whoever takes the place next removes what is left."""
        if self.is_at(self.path):  # another ajam may have come in our place
            with contextlib.suppress(OSError):
                os.unlink(self.path)

    def shut(self):
        """Nobody more comes, and an accept() ends; behind that the socket can be closed."""
        self.remove()
        with contextlib.suppress(OSError):  # it was shut before
            self.socket.shutdown(sockets.SHUT_RDWR)


class Control:
    """Answers commands from start() to close(); a context manager.

    path    of the socket
    answer  text of a command -> Answer; called in the thread "control"
    group   name or number of the group that may use it, or None

    The lock guards which client is being attended to.
    """

    def __init__(self, path, answer, group=None, clock=time.monotonic, seconds=CLIENT_SECONDS):
        self._path = path
        self._answer = answer
        self._group = group
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self._client = None
        self._ended = threading.Event()
        self._listening = None
        self._left = []  # where it was Listening before; to be closed by who is not in their accept()
        self._thread = threading.Thread(target=self._serve, name="control")

    def start(self):
        """Listens. A socket that cannot be had is logged with the remedy: ajam serves without it, too."""
        self.follow(self._path, self._group)

    def follow(self, path, group):
        """Takes commands at `path` from now on, and nowhere else; as before, which is logged, when that cannot be had.

        A command that is being done is answered: it may be what has this called.
        """
        before = self._listening
        if before is not None and before.is_at(path):
            before.admit(group)
            return
        try:
            self._listening = Listening(path, group)
        except OSError as error:
            what, remedy = obstacle(path) or (error.strerror or error, REMEDIES.get(error.errno, ANOTHER))
            log.warning("%s: cannot listen on %s: %s; %s",
                        "commands are taken on %s as before" % before.path if before else "no commands are taken",
                        path, what, remedy)
            return
        if before is None:
            self._thread.start()
        else:
            self._left.append(before)
            before.shut()

    def close(self):
        """Ends: the command that is being done is answered, the socket goes."""
        if self._listening is None:
            return
        self._ended.set()
        with self._lock:
            if self._client is not None:
                self._client.shutdown(sockets.SHUT_RD)  # we have heard all that we are going to
        self._listening.shut()
        self._thread.join()
        self._listening.remove()  # the last command may have moved it
        self._left.append(self._listening)
        self._close_left()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    # The thread

    def _serve(self):
        while not self._ended.is_set():
            self._take_one(self._listening)
            self._close_left()

    def _take_one(self, listening):
        """Attends to the next who comes; waits a moment where nobody can come in."""
        try:
            client, _ = listening.socket.accept()
        except OSError:
            if listening is self._listening:
                self._ended.wait(RETRY_SECONDS)
            return
        with client, contextlib.suppress(OSError):  # of a client that went away, or took too long
            self._hold(client)
            try:
                self._attend(client)
            finally:
                self._hold(None)

    def _close_left(self):
        while self._left:
            self._left.pop().socket.close()

    def _hold(self, client):
        with self._lock:
            self._client = client

    def _attend(self, client):
        line = self._read_line(client)
        if line is None:
            return
        answer = self._answered(client, line.decode("utf-8", "backslashreplace")) if len(line) <= MAX_LINE else TOO_LONG
        text = answer.text.encode("utf-8", "surrogateescape")
        client.settimeout(self._seconds)
        try:
            client.sendall(b"%d %d\n%s" % (not answer.done, len(text), text))
        finally:
            if answer.afterwards is not nothing:
                self._listening.remove()
            answer.afterwards()

    def _read_line(self, client):
        """The line without its end, or a beginning of it that is too long already; None when it never ends."""
        deadline = self._clock() + self._seconds
        line = b""
        while b"\n" not in line and len(line) <= MAX_LINE:
            left = deadline - self._clock()
            if left <= 0 or self._ended.is_set():
                return None
            client.settimeout(left)
            data = client.recv(MAX_LINE)
            if not data:
                return None
            line += data
        return line.partition(b"\n")[0]

    def _answered(self, client, command):
        process, user, _ = CREDENTIALS.unpack(
            client.getsockopt(sockets.SOL_SOCKET, sockets.SO_PEERCRED, CREDENTIALS.size))
        log.info("user %d asks by process %d: %s", user, process, command)
        try:
            return self._answer(command)
        except Exception:  # a mistake of ours: neither this thread nor ajam shall end by it
            log.exception("the command failed: %s", command)
            return Answer(False, "ajam made a mistake; its log tells which\n")


def obstacle(path):
    """(what, remedy) for what can be seen to keep a socket from being made at `path`; None when there is nothing."""
    length, directory, kind = len(os.fsencode(path)), os.path.dirname(path), kind_of(path)
    if length > MAX_PATH:
        return "it has %d bytes, and a socket's path %d at most" % (length, MAX_PATH), ANOTHER
    if not os.path.isdir(directory):
        return "there is no directory %s" % directory, REMEDIES[errno.ENOENT]
    if kind is not None:
        return "%s is there, and no socket" % kind, ANOTHER
    return None


def kind_of(path):
    """What is at `path`, in words, when it is no socket, whose place would be taken; None when nothing is."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return None
    return None if stat.S_ISSOCK(mode) else next((name for is_one, name in KINDS if is_one(mode)), "a device")


def bind(path):
    """A socket with the name `path`, its owner's alone whatever the umask; it does not listen yet."""
    socket = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
    try:
        os.fchmod(socket.fileno(), OWNER)  # Linux makes the file with the mode of the socket
        socket.bind(path)
    except OSError:
        socket.close()
        raise
    return socket


def identity(path):
    """What tells the file at `path` from others that had or will have its name; None when there is none."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def remove_stale(path):
    """Removes the socket of an ajam that is no more; an OSError when somebody answers there."""
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as probe:
        probe.settimeout(CLIENT_SECONDS)
        found = probe.connect_ex(path)
    if found in (0, errno.EAGAIN):  # EAGAIN: so many wait that no more may
        raise OSError(errno.EADDRINUSE, "another ajam takes commands there")
    if found == errno.ECONNREFUSED and stat.S_ISSOCK(os.lstat(path).st_mode):
        os.unlink(path)
