"""Browsers in threads of their own, each doing the same again and again, that look closely at every reply.

    Asker      an action, on one connection             its answer, to the byte
    Visitor    an action, on a new connection each time the same
    Waiter     WaitEvent, with since= or without        every event once and in order
    Listener   an event stream                          the same

A reply that is not as it must be is kept as the client's `failure`. A connection that ends before
the first byte of a reply has the client go `home`: only a service that stops may cause that, or one
that has shut the door the client came by. Who was told the address of another one comes back by that.
"""

import json
import re
import ssl
import threading

from tests.browser import Browser
from tests.load.service import wait_until
from tests.peer import header

QUIET_SECONDS = 40.0  # longer than a stream is ever silent
PAUSE_SECONDS = 0.005  # between two requests of a client; all of them share a core with the PBX
WAIT_SECONDS = 4  # of a WaitEvent
EVENT = b"Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: Load\r\nNumber: %d\r\n\r\n"
NUMBER = re.compile(rb"\r\nNumber: (\d+)")
SINCE = re.compile(rb"\r\nSince: (\S+)")
WAITED = b"Response: Success\r\nMessage: Waiting for Event completed.\r\n\r\n"
BLOCK_END = b"\r\n\r\n"


def answer_to(action_id):
    """What the PBX answers an Echo of that ActionID: of a length of its own."""
    return b"Response: Success\r\nActionID: %s\r\nMessage: %s\r\n\r\n" % (
        action_id, b"=" * (sum(action_id) * 7919 % 3000))


def script(lines, connection):
    """The Peer's script: answers every action."""
    return answer_to(header(lines, b"ActionID"))


class StrictBrowser(Browser):
    """A Browser that tells half a reply from none.

    context  ssl.SSLContext to speak TLS by, or None
    """

    def __init__(self, address, cookie=b"", context=None):
        super().__init__(address, QUIET_SECONDS)
        self.cookie = cookie
        if context is not None:
            self._file.close()
            self.socket = context.wrap_socket(
                self.socket, server_hostname=address[0], suppress_ragged_eofs=False)
            self._file = self.socket.makefile("rb")

    def send(self, data):
        """As above; that the other side has gone is noticed when the reply is read."""
        try:
            self.socket.sendall(data)
        except (ConnectionError, ssl.SSLError):
            pass

    def read_reply(self, bodiless=False):
        """The next reply, whole; None when the connection has ended before its first byte."""
        try:
            if not self._file.peek(1):
                return None
        except (ConnectionError, ssl.SSLError):
            return None
        reply = super().read_reply(bodiless)
        assert len(reply.body) == int(reply.header(b"Content-Length")), "half a reply: %r" % (reply,)
        return reply

    def read_line(self):
        """The next line of a stream, b"" at its end."""
        return self._file.readline()


class Client(threading.Thread):
    """One of them, from start() to finish().

    done     how many replies came whole
    seen     the numbers of the events it was told, in order
    begun    set once it is in the midst of it
    home     True when its connection ended between two replies
    elsewhere  address to come back to when a reply is its connection's last; None to go home then
    failure  what went wrong, or None
    """

    def __init__(self, address, cookie, number, context=None):
        super().__init__(name="%s %d" % (type(self).__name__, number), daemon=True)
        self._connect = lambda: StrictBrowser(self.elsewhere or address, cookie, context)
        self.elsewhere = None
        self.number = number
        self.done = 0
        self.seen = []
        self.begun = threading.Event()
        self.home = False
        self.failure = None
        self._last = None
        self._back = None
        self._ending = threading.Event()

    def run(self):
        """Until it is told to end, or the service does."""
        try:
            with self._connect() as self.browser:
                self.prepare()
                while not self.home and not self.is_over():
                    self.step()
                    self.begun.set()
        except Exception as failure:
            self.failure = failure
        if self._back is not None:
            self._back.close()
        self.begun.set()

    def prepare(self):
        """What is done once."""

    def is_over(self):
        """True when it is to end; looks after a pause."""
        return self._ending.wait(PAUSE_SECONDS)

    def finish(self, last=0):
        """Tells it to end: one that is told of events, when it has seen number `last`."""
        self._last = last
        self._ending.set()

    def ask(self):
        """Asks the PBX for something nobody else asks for, and looks at the answer."""
        action_id = "%d-%d" % (self.number, self.done)
        reply = self.browser.action("Echo", ActionID=action_id)
        if self.took(reply):
            assert reply.body == answer_to(action_id.encode()), reply

    def took(self, reply):
        """True for a reply, which is a good one; False when it was the end."""
        self.home = reply is None
        if self.home:
            return False
        assert reply.line == b"HTTP/1.1 200 OK", reply
        self.done += 1
        if reply.header(b"Connection") == b"close" and self.elsewhere is not None:
            self.browser.close()
            self.browser = self._back = wait_until(self._come_back)
        return True

    def _come_back(self):
        """A connection to where it was told to come, or None: that may have moved on."""
        try:
            return self._connect()
        except ConnectionError:
            return None


class Asker(Client):
    """See above."""

    def step(self):
        """One request."""
        self.ask()


class Visitor(Client):
    """See above."""

    def step(self):
        """One connection; home when nobody lets it in."""
        try:
            self.browser = self._connect()
        except (ConnectionError, ssl.SSLError):
            self.home = True
            return
        with self.browser:
            self.ask()


class Waiter(Client):
    """See above; by `since=` in a way that any number of them may be of one session, else with one of its own."""

    def __init__(self, *arguments, counts=True):
        super().__init__(*arguments)
        self._since = {"since": ""} if counts else {}

    def prepare(self):
        """Learns where it is."""
        self._wait(0)

    def is_over(self):
        """True once it has seen the last event."""
        return self._ending.is_set() and bool(self.seen) and self.seen[-1] >= self._last

    def step(self):
        """One WaitEvent."""
        self.begun.set()
        self._wait(WAIT_SECONDS)

    def _wait(self, seconds):
        reply = self.browser.action("WaitEvent", timeout=seconds, **self._since)
        if self.took(reply):
            self._read(reply.body)

    def _read(self, body):
        assert body.startswith(WAITED) and body.endswith(BLOCK_END), body
        *events, complete = body[len(WAITED):-len(BLOCK_END)].split(BLOCK_END)
        assert complete.startswith(b"Event: WaitEventComplete") and b"Dropped" not in complete, body
        self.seen += [int(NUMBER.search(event)[1]) for event in events if NUMBER.search(event)]
        if self._since:
            self._since = {"since": SINCE.search(complete)[1].decode()}


class Listener(Client):
    """See above.

    kinds  those of the messages that were no events: "down", "up", "gap", "end"
    """

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.kinds = []
        self._place = None

    def prepare(self):
        """Asks for the stream."""
        self.browser.send(b"GET /asterisk/events HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n"
                          % self.browser.cookie)
        line = self.browser.read_line()
        assert line == b"HTTP/1.1 200 OK\r\n", line
        while line != b"\r\n":
            line = self.browser.read_line()
            assert line.endswith(b"\r\n"), line

    def is_over(self):
        """True once it has seen the last event."""
        return self._ending.is_set() and bool(self.seen) and self.seen[-1] >= self._last

    def step(self):
        """One message; the end may come between two, never within one."""
        lines = []
        while True:
            line = self.browser.read_line()
            if not line and not lines:
                self.home = True
                return
            assert line.endswith(b"\n"), "half a message: %r" % (lines + [line],)
            if line == b"\n":
                break
            lines.append(line[:-1].decode())
        self.done += 1
        self._read(dict(line.partition(": ")[::2] for line in lines))

    def _read(self, fields):
        if "event" in fields:
            self.kinds.append(fields["event"])
        if "id" in fields:
            place = int(fields["id"].rpartition("-")[2])
            assert self._place is None or place == self._place + 1, (place, self._place)
            self._place = place
        if "id" in fields and "data" in fields:
            event = json.loads(fields["data"])
            if "Number" in event:
                self.seen.append(int(event["Number"]))


def log_in(address):
    """The cookie of a new session."""
    with StrictBrowser(address) as browser:
        reply = browser.log_in()
        assert b"Authentication accepted" in reply.body, reply
        return browser.cookie


class Events(threading.Thread):
    """The PBX's events, numbered from 1; a context manager.

    last  number of the last one
    """

    def __init__(self, peer, seconds=0.01):
        super().__init__(name="events", daemon=True)
        self.last = 0
        self._peer = peer
        self._seconds = seconds
        self._ending = threading.Event()

    def run(self):
        """Until it is told to end."""
        while not self._ending.wait(self._seconds):
            self.send()

    def send(self):
        """Sends the next one."""
        self._peer.send_event(EVENT % (self.last + 1))
        self.last += 1

    def stop(self):
        """No more come by themselves."""
        self._ending.set()
        if self.is_alive():
            self.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Crowd:
    """Many clients at once, from a `with` on; when its block begins all of them are in the midst of it.

    address   (host, port) to come to; `context` an ssl.SSLContext where that is HTTPS
    plain     (host, port) to log in at, when that is another one
    counting  how many Waiters with since=, `waiters` how many without; and so on for each kind
    sessions  the cookies in use: the first is of those who can share one, each Waiter without since= has his own
    """

    def __init__(self, address, askers=0, visitors=0, counting=0, waiters=0, listeners=0, context=None, plain=None):
        self.sessions = [log_in(plain or address) for _ in range(1 + waiters)]
        shared, *own = self.sessions
        kinds = [Asker] * askers + [Visitor] * visitors + [Waiter] * counting + [Listener] * listeners
        self.clients = [kind(address, shared, number, context) for number, kind in enumerate(kinds)]
        self.clients += [Waiter(address, cookie, number, context, counts=False)
                         for number, cookie in enumerate(own, len(kinds))]

    def of(self, kind):
        """The clients of one kind."""
        return [client for client in self.clients if isinstance(client, kind)]

    def move(self, address):
        """Tells all where to come back to when the door is shut that they came by."""
        for client in self.clients:
            client.elsewhere = address

    def check(self):
        """Fails when a client has."""
        failed = {client.name: client.failure for client in self.clients if client.failure}
        assert not failed, failed

    def finish(self, events):
        """Has all come to their end, those who are told of events when they have seen the last one, sent now."""
        events.stop()
        for client in self.clients:
            client.finish(events.last + 1)
        events.send()
        self.join()

    def join(self):
        """Waits until all have ended, and fails when one has failed."""
        for client in self.clients:
            client.join(QUIET_SECONDS)
        self.check()
        lasting = [client.name for client in self.clients if client.is_alive()]
        assert not lasting, lasting

    def __enter__(self):
        for client in self.clients:
            client.start()
        wait_until(lambda: all(client.begun.is_set() for client in self.clients))
        self.check()
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.finish()
