"""A manager client for the tests of the demo: plain sockets, and none of ajam's own wire code."""

import itertools
import socket

TIMEOUT = 5.0  # seconds; nothing takes as long unless it hangs


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def wall():
    """The moment at which the demo starts in the tests: Mon 23 Nov 2026, 02:13:20 UTC."""
    return 1795400000.0


def pairs(block):
    """The (name, value) pairs of a block of text."""
    return [tuple(line.split(": ", 1)) for line in block.split("\r\n")]


class Manager:
    """One connection to a DemoPbx; logs in as demo unless told otherwise."""

    def __init__(self, pbx, user="demo", secret="demo", events="on"):
        self._socket = socket.create_connection(pbx.address, timeout=TIMEOUT)
        self._received = b""
        self._tokens = itertools.count(1)
        self.banner = self.read_until(b"\r\n")
        if user:
            self.greeting = self.act("Login", ("Username", user), ("Secret", secret), ("Events", events))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        """End the connection."""
        self._socket.close()

    def send(self, data):
        """Write bytes."""
        self._socket.sendall(data)

    def send_action(self, name, *headers):
        """Write an action."""
        lines = ["%s: %s\r\n" % pair for pair in (("Action", name),) + headers]
        self.send("".join(lines).encode() + b"\r\n")

    def read_until(self, end):
        """The bytes that come, up to and with `end`."""
        while end not in self._received:
            data = self._socket.recv(65536)
            assert data, "the connection ended behind %r" % self._received
            self._received += data
        before, found, self._received = self._received.partition(end)
        return before + found

    def read_to_end(self):
        """The bytes that come until the PBX closes the connection."""
        while True:
            data = self._socket.recv(65536)
            if not data:
                return self._received
            self._received += data

    def act(self, name, *headers):
        """Run an action; the text of each block that came by the time it was over."""
        self.send_action(name, *headers)
        return self.blocks()

    def blocks(self):
        """The text of each block that has come until now."""
        token = "token-%d" % next(self._tokens)
        self.send_action("Ping", ("ActionID", token))
        head = self.read_until(b"ActionID: %s\r\n" % token.encode())
        self.read_until(b"\r\n\r\n")
        return head.decode().split("\r\n\r\n")[:-1]

    def answer(self, name, *headers):
        """Run an action; the pairs of its first block."""
        return pairs(self.act(name, *headers)[0])

    def events(self):
        """The events that have come until now, each as its pairs."""
        return [pairs(block) for block in self.blocks()]


def names(events):
    """The names of events."""
    return [event[0][1] for event in events]
