"""Loads: many requests by wrk, or by threads of our own where that is not installed; and crowds that wait."""

import re
import selectors
import shutil
import socket as sockets
import subprocess
import threading
import time
from typing import NamedTuple

from tests.browser import Browser

SECONDS = 2
PATIENCE_SECONDS = 30
RECEIVE_BYTES = 8 * 1024  # a client that costs more than the server would measure itself
QUIET_SECONDS = 0.5
COMMENT = b":\n\n"  # what a stream is told now and then, so that nobody ends it


class Rate(NamedTuple):
    """Requests a second, the 99th percentile of their latency in s, and how many there were."""

    per_second: float
    p99: float
    count: int


def hammer(side, target, connections, cookie, close=False, seconds=SECONDS):
    """The Rate at which `connections` ask for `target` again and again."""
    headers = [b"Cookie: " + cookie] + ([b"Connection: close"] if close else [])
    load = with_wrk if shutil.which("wrk") else with_threads
    return load(side, target, connections, headers, close, seconds)


def with_wrk(side, target, connections, headers, close, seconds):
    """A Rate by wrk."""
    options = [part for header in headers for part in ("-H", header.decode())]
    done = subprocess.run(
        ["wrk", "-t1", "-c%d" % connections, "-d%d" % seconds, "--latency", *options,
         "http://%s:%d%s" % (*side.address, target)], capture_output=True, text=True, check=True)
    wrong = re.search(r"Non-2xx.*|Socket errors.*", done.stdout)
    assert not wrong or close, "%s %s: %s" % (side.name, target, wrong.group())
    latency = re.search(r"99%\s+([\d.]+)(us|ms|s)", done.stdout)
    count = int(re.search(r"(\d+) requests in", done.stdout).group(1))
    unit = {"us": 1e-6, "ms": 1e-3, "s": 1.0}[latency.group(2)]
    return Rate(float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1)),
                float(latency.group(1)) * unit, count)


def with_threads(side, target, connections, headers, close, seconds):
    """A Rate by threads of this process: slower than wrk, so only to be compared with its like."""
    times, end = [], time.monotonic() + seconds

    def ask_again_and_again():
        browser = Browser(side.address)
        while (began := time.monotonic()) < end:
            browser.request(target, headers=headers)
            times.append(time.monotonic() - began)
            if close:
                browser.close()
                browser = Browser(side.address)
        browser.close()

    threads = [threading.Thread(target=ask_again_and_again) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Rate(len(times) / seconds, sorted(times)[int(len(times) * 0.99)], len(times))


class Member:
    """One connection of a Crowd: the request that it repeats, b"" for a stream, and what it was told since."""

    def __init__(self, socket, request):
        self.socket = socket
        self.request = request
        self.told = bytearray()

    def ask_again(self):
        """Once an answer has come."""
        if self.told:
            self.told.clear()
            self.socket.sendall(self.request)

    def listen(self):
        """Takes what has come."""
        data = self.socket.recv(RECEIVE_BYTES)
        if not data:
            raise ConnectionError("a connection was ended")
        self.told.extend(data)

    def hears(self, mark):
        """Takes what has come; True when `mark` is in that."""
        before = len(self.told)
        self.listen()
        return self.told.find(mark, max(0, before - len(mark))) >= 0


class Crowd:
    """Connections that wait for something, each with a request under way; a context manager.

    Asked without threads, so that the client costs little.
    """

    def __init__(self, side):
        self._side = side
        self._selector = selectors.DefaultSelector()
        self.sockets = []

    def join(self, request, again=True):
        """One more connection, with `request` sent; `again` to repeat it when an answer comes too early."""
        socket = sockets.create_connection(self._side.address, PATIENCE_SECONDS)
        socket.sendall(request)
        socket.setblocking(False)
        self.sockets.append(socket)
        self._selector.register(socket, selectors.EVENT_READ, Member(socket, request if again else b""))

    def settle(self):
        """Returns once all have asked and nobody has been told anything for a moment, signs of life aside."""
        for key in self._selector.get_map().values():
            key.data.ask_again()
        quiet = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < quiet:
            for member in (key.data for key, _ in self._selector.select(QUIET_SECONDS)):
                member.listen()
                if member.told != COMMENT:
                    quiet = time.monotonic() + QUIET_SECONDS
                member.ask_again()

    def await_all(self, mark, began):
        """(seconds until half of all have been told `mark`, until all), from the time `began`."""
        told, half, total = set(), None, len(self.sockets)
        while len(told) < total:
            assert time.monotonic() < began + PATIENCE_SECONDS, "%s has told %d of %d" % (
                self._side.name, len(told), total)
            for member in (key.data for key, _ in self._selector.select(PATIENCE_SECONDS)):
                if member.hears(mark):
                    told.add(member)
                    half = half or (len(told) * 2 >= total and time.monotonic() - began)
        return half, time.monotonic() - began

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._selector.close()
        for socket in self.sockets:
            socket.close()
