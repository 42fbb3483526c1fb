"""What systemd and ajam tell each other: sd_notify(3), and the sockets of socket activation.

Both are plain: a datagram of NAME=value lines to the socket that NOTIFY_SOCKET names, and
descriptors from 3 on, as many as LISTEN_FDS says. Without those variables nothing is told or taken.
"""

import logging
import os
import socket as sockets
import threading
import time
from typing import NamedTuple

FIRST_DESCRIPTOR = 3  # SD_LISTEN_FDS_START

log = logging.getLogger("ajam")


class Notifier:
    """Tells systemd how the service does. Any thread may; what cannot be told is dropped, and logged once.
    The lock is held until a status is told, so that what follows it comes behind it.

    environment  with NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, where systemd has set them
    """

    def __init__(self, environment=os.environ, pid=None, clock=time.monotonic):
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._clock = clock
        mine = environment.get("WATCHDOG_PID", "") in ("", str(pid or os.getpid()))
        microseconds = environment.get("WATCHDOG_USEC", "")
        self._interval = int(microseconds) / 2_000_000 if mine and microseconds.isdigit() else None
        self._fed = clock()
        self._lock = threading.Lock()
        self._status = None
        self._failed = False

    def ready(self):
        """The service is up, or done with reading its configuration anew."""
        self._tell("READY=1")

    def reloading(self):
        """It reads its configuration anew; ready() has to follow."""
        self._tell("RELOADING=1", "MONOTONIC_USEC=%d" % (self._clock() * 1_000_000))

    def stopping(self):
        """It ends."""
        self._tell("STOPPING=1")

    def status(self, text):
        """A line for `systemctl status`; told when it differs from the one before."""
        with self._lock:
            if text != self._status:
                self._status = text
                self._tell("STATUS=" + text)

    def feed_watchdog(self):
        """It lives. To be called often by what would hang if something hung; told when half the time is over."""
        now = self._clock()
        if self._interval is not None and now - self._fed >= self._interval:
            self._fed = now
            self._tell("WATCHDOG=1")

    def _tell(self, *lines):
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with sockets.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM | sockets.SOCK_CLOEXEC) as socket:
                socket.setblocking(False)
                socket.sendto("\n".join(lines).encode(), address)
        except OSError as error:
            if not self._failed:
                log.warning("systemd cannot be told anything by %s: %s", self._address, error.strerror)
            self._failed = True


class Inherited(NamedTuple):
    """A listening socket that systemd has opened; `secure` when its unit says FileDescriptorName=https."""

    socket: sockets.socket
    secure: bool


def inherited_sockets(environment=os.environ, pid=None, first=FIRST_DESCRIPTOR):
    """The Inherited sockets of this process, in order; [] when systemd has opened none for it."""
    count = environment.get("LISTEN_FDS", "")
    if environment.get("LISTEN_PID") != str(pid or os.getpid()) or not count.isdigit():
        return []
    names = environment.get("LISTEN_FDNAMES", "").split(":")
    names += [""] * (int(count) - len(names))
    return [Inherited(adopted(first + place), names[place] == "https") for place in range(int(count))]


def adopted(descriptor):
    """The listening TCP socket behind an inherited descriptor, no longer inheritable."""
    socket = sockets.socket(fileno=descriptor)
    socket.set_inheritable(False)
    return socket
