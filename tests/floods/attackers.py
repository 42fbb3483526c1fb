"""Many connections to one address that all do the same, in a process of its own so that nobody else is slowed by it.

    echo '{"address": ["127.0.0.1", 8088], "count": 400, ...}' | python -m tests.floods.attackers

It reads a line that says what the attack is, a Flood as JSON; prints `stands` once every connection
was made, attacks until its standard input ends, and then prints a Report as JSON.
"""

import collections
import itertools
import json
import select
import socket
import struct
import sys
import time
from typing import NamedTuple, Optional, Tuple

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: a close() says so by a reset, and leaves no port behind
RECEIVE_BYTES = 64 * 1024
BATCH = 200  # connections begun in one go, before those that there are have their turn
LOOK_SECONDS = 0.02
ENDS = select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP


class Flood(NamedTuple):
    """One attack.

    count     connections at a time; one that ends is followed by another like it when `again`
    openings  what they say when they are connected, as latin-1 text, in turn
    drib      what each says behind it every `interval` seconds
    reads     False when they never read what they are sent
    leaves    True when they go as soon as they have said their opening
    buffer    bytes of their receive buffers, None for the usual ones
    """

    address: Tuple[str, int]
    count: int
    openings: Tuple[str, ...] = ("",)
    drib: str = ""
    interval: float = 0.2
    again: bool = True
    reads: bool = True
    leaves: bool = False
    buffer: Optional[int] = None


class Report(NamedTuple):
    """What came of it.

    begun     connections that were made
    longest   s that the longest one lasted which ajam has ended; 0.0 when it has ended none
    ended     connections that ajam has ended
    statuses  replies by their status code, as text
    """

    begun: int
    longest: float
    ended: int
    statuses: dict


class Connection:
    """One of them; `since` is the clock time at which it was made."""

    def __init__(self, flood, opening):
        self.opening = opening
        self.socket = socket.socket()
        self.socket.setblocking(False)
        if flood.buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, flood.buffer)
        self.unsent = opening.encode("latin-1")
        self.since = None
        self.socket.connect_ex(tuple(flood.address))

    def send(self):
        """Sends what there is to be sent, as far as there is room."""
        if self.unsent:
            self.unsent = self.unsent[self.socket.send(self.unsent):]

    def close(self):
        """Ends it."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.socket.close()


class Attackers:
    """All of them, in one thread."""

    def __init__(self, flood, clock=time.monotonic):
        self._flood = flood
        self._clock = clock
        self._poll = select.epoll()
        self._by_descriptor = {}
        self._due = collections.deque(itertools.islice(itertools.cycle(flood.openings), flood.count))
        self._made = self._ended = 0
        self._longest = 0.0
        self._statuses = collections.Counter()
        self._next_drib = clock() + flood.interval

    def run(self, told_to_stop, say):
        """Attacks until told_to_stop(); say("stands") once every connection was made for the first time."""
        stood = False
        while not told_to_stop():
            self._fill_up()
            for descriptor, events in self._poll.poll(LOOK_SECONDS):
                self._look_at(descriptor, events)
            self._drib()
            if not stood and self._made >= self._flood.count:
                stood = True
                say("stands")
        return Report(self._made, round(self._longest, 3), self._ended, dict(self._statuses))

    def _fill_up(self):
        for _ in range(min(BATCH, len(self._due))):
            connection = Connection(self._flood, self._due.popleft())
            self._by_descriptor[connection.socket.fileno()] = connection
            self._poll.register(connection.socket, select.EPOLLOUT | ENDS)

    def _look_at(self, descriptor, events):
        connection = self._by_descriptor[descriptor]
        try:
            if connection.since is None and events & select.EPOLLOUT and not events & select.EPOLLERR:
                connection.since = self._clock()
                self._made += 1
            if events & select.EPOLLOUT:
                self._send(connection)
            if events & select.EPOLLIN and not self._read(connection) or events & (select.EPOLLERR | select.EPOLLHUP):
                self._lose(connection)
            elif events & select.EPOLLRDHUP and not self._flood.reads:
                self._lose(connection)
        except OSError:
            self._lose(connection)

    def _send(self, connection):
        connection.send()
        if connection.unsent:
            return
        if self._flood.leaves:
            self._forget(connection)
        else:
            self._poll.modify(connection.socket, ENDS | (select.EPOLLIN if self._flood.reads else 0))

    def _read(self, connection):
        """False at the end."""
        data = connection.socket.recv(RECEIVE_BYTES)
        if data.startswith(b"HTTP/1.1 "):
            self._statuses[data[9:12].decode("ascii")] += 1
        return bool(data)

    def _lose(self, connection):
        if connection.since is not None:
            self._ended += 1
            self._longest = max(self._longest, self._clock() - connection.since)
        self._forget(connection)

    def _forget(self, connection):
        if self._by_descriptor.pop(connection.socket.fileno(), None) is not None:
            connection.close()
            if self._flood.again:
                self._due.append(connection.opening)

    def _drib(self):
        if not self._flood.drib or self._clock() < self._next_drib:
            return
        self._next_drib = self._clock() + self._flood.interval
        for connection in list(self._by_descriptor.values()):
            if connection.since is not None and not connection.unsent:
                try:
                    connection.socket.send(self._flood.drib.encode("latin-1"))
                except OSError:
                    self._lose(connection)


def main():
    """Attacks as the first line of the standard input says."""
    flood = Flood(**json.loads(sys.stdin.readline()))
    watcher = select.poll()
    watcher.register(sys.stdin, select.POLLIN)
    report = Attackers(flood).run(lambda: watcher.poll(0), lambda word: print(word, flush=True))
    print(json.dumps(report._asdict()), flush=True)


if __name__ == "__main__":
    main()
