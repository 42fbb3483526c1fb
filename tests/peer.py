"""A PBX of few words: speaks just enough AMI on a loopback socket, and the rest from a script.

Unlike the demo PBX it shares no code with ajam, so the two cannot be wrong together.
"""

import contextlib
import hashlib
import re
import socket
import threading

LOGIN_ACCEPTED = b"Message: Authentication accepted\r\n\r\n"
ANSWER_TO_PING = {  # reference.md 3.7, by Asterisk's version
    "1.4": b"Response: Pong\r\n%(id)s\r\n",
    "1.6.0": b"Response: Success\r\nPing: Pong\r\n",
    "1.6.1": b"Response: Success\r\nPing: Pong\r\n\r\n",
    "16": b"Response: Success\r\n%(id)sPing: Pong\r\nTimestamp: 1700000000.000000\r\n\r\n",
}
ANSWER_TO_EVENTS = {  # the same; 1.6.0 forgets the empty line here too
    "1.4": b"Response: Events %(state)s\r\n%(id)s\r\n",
    "1.6.0": b"Response: Success\r\nEvents: %(state)s\r\n",
    "1.6.1": b"Response: Success\r\nEvents: %(state)s\r\n\r\n",
    "16": b"Response: Success\r\n%(id)sEvents: %(state)s\r\n\r\n",
}
UNKNOWN = b"Response: Error\r\n%sMessage: Invalid/unknown command\r\n\r\n"
SOFTWARE = {"1.6.0": b"1.6.0.28", "1.6.1": b"1.6.1.25", "16": b"16.28.0"}  # CoreSettings is not in 1.4
VERSIONS_WITH_FULLYBOOTED = ("16",)
BANNERS = {"1.4": b"Asterisk Call Manager/1.0", "1.6.0": b"Asterisk Call Manager/1.1",
           "1.6.1": b"Asterisk Call Manager/1.1", "16": b"Asterisk Call Manager/5.0.4"}


def header(lines, name, default=b""):
    """The value of the first line of that name."""
    for line in lines:
        if line.lower().startswith(name.lower() + b":"):
            return line.split(b":", 1)[1].strip()
    return default


def md5_key(challenge, secret):
    """What a login answers to a challenge, reference.md 3.2."""
    return hashlib.md5(challenge + secret).hexdigest().encode()


class Peer:
    """A scripted PBX, serving from its making to close().

    script(lines, connection)  the bytes that answer an action the peer does not know itself, or None
                               to say nothing; connection.close() ends the connection
    scripted                   names of actions, in lower case, that go to the script although the peer knows them
    single                     names of users who may be logged in only once at a time
    messages                   every message that came, as (connection number, [lines])
    connections                how many connections were ever made
    """

    def __init__(self, script=lambda lines, connection: b"", version="16", users=None, banner=None,
                 scripted=(), single=(), address=("127.0.0.1", 0)):
        self.script = script
        self.scripted = scripted
        self.single = single
        self.version = version
        self.users = users or {b"admin": b"s3cret"}
        self.banner = BANNERS[version] + b"\r\n" if banner is None else banner
        self.messages = []
        self.connections = 0
        self.arrived = threading.Condition()
        self._running = threading.Event()
        self._running.set()
        self._listener = socket.create_server(address)
        self.address = self._listener.getsockname()
        self._live = {}
        self._threads = []
        self._start(self._accept)

    def _start(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            connection = PeerConnection(self, accepted, self.connections)
            self._live[connection.number] = connection
            self._start(connection.serve)

    def send_event(self, block):
        """Sends an event block to every connection that is logged in with events on."""
        for connection in list(self._live.values()):
            if connection.logged_in and connection.events:
                connection.send(block)

    def wait_for(self, condition, seconds=5.0):
        """Waits until condition(self) is true; a message that comes is the occasion to look."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: condition(self), seconds), "waited in vain; came: %r" % self.messages

    def actions(self):
        """The names of all actions that came, but for our logins and sentinels, in lower case."""
        names = [header(lines, b"Action").lower() for _, lines in self.messages]
        return [name for name in names if name not in (b"login", b"ping", b"events", b"coresettings", b"ajamsentinel")]

    def lines(self, action):
        """The lines of every message that asked for `action`, named in lower case."""
        return [lines for _, lines in self.messages if header(lines, b"Action").lower() == action]

    def live(self, events=None):
        """The connections there are: all, or those logged in with events on (True) or off (False)."""
        return [each for each in list(self._live.values())
                if events is None or each.logged_in and each.events is events]

    @contextlib.contextmanager
    def frozen(self):
        """While the block lasts nobody is answered, as by a PBX that is stopped or swaps; connections are taken."""
        self._running.clear()
        try:
            yield
        finally:
            self._running.set()

    def drop_connections(self):
        """Ends all connections, as a PBX does that restarts; new ones are still taken."""
        for connection in list(self._live.values()):
            connection.close()

    def close(self):
        """Ends the peer; any number of times."""
        if self._listener.fileno() < 0:
            return
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join()
        self.drop_connections()
        for thread in self._threads:
            thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class PeerConnection:
    """One connection to the peer.

    number  1 for the first that was ever made
    events  True while it wants events
    """

    def __init__(self, peer, accepted, number):
        self.peer = peer
        self.number = number
        self.socket = accepted
        self.logged_in = False
        self.events = True
        self.user = None
        self.challenge = b""
        self._writing = threading.Lock()

    def send(self, data):
        """Writes `data`; False when the other side has gone."""
        with self._writing:
            try:
                self.socket.sendall(data)
            except OSError:
                return False
        return True

    def close(self):
        """Ends the connection."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def serve(self):
        """Reads messages and answers them until the connection ends."""
        self.peer._running.wait()
        self.send(self.peer.banner)
        buffer = b""
        while True:
            try:
                data = self.socket.recv(65536)
            except OSError:
                break
            if not data:
                break
            self.peer._running.wait()
            *messages, buffer = (buffer + data).split(b"\r\n\r\n")
            for message in messages:
                self._take(message.split(b"\r\n"))
        self.peer._live.pop(self.number, None)
        self.socket.close()

    def _take(self, lines):
        with self.peer.arrived:
            self.peer.messages.append((self.number, lines))
            self.peer.arrived.notify_all()
        name = header(lines, b"Action").lower().decode("latin-1")
        action_id = header(lines, b"ActionID")
        echo = b"ActionID: " + action_id + b"\r\n" if action_id else b""
        known = re.fullmatch("[a-z]+", name) and name not in self.peer.scripted and getattr(self, "_do_" + name, None)
        answer = known(lines, echo) if known else self._do_other(lines, echo)
        if answer:
            self.send(answer)

    def _do_login(self, lines, echo):
        user = header(lines, b"Username").lower()
        if user in self.peer.single and any(each.user == user for each in self.peer.live()):
            return self._refuse(echo, b"Login Already In Use")
        secret = self.peer.users.get(user)
        if header(lines, b"AuthType").lower() == b"md5":
            right = self.challenge and header(lines, b"Key") == md5_key(self.challenge, secret or b"")
        else:
            right = header(lines, b"Secret") == secret
        if secret is None or not right:
            return self._refuse(echo, b"Authentication failed")
        self.logged_in, self.user = True, user
        self.events = header(lines, b"Events", b"on").lower() not in (b"off", b"no", b"0")
        boots = self.events and self.peer.version in VERSIONS_WITH_FULLYBOOTED
        booted = b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n" if boots else b""
        return b"Response: Success\r\n" + echo + LOGIN_ACCEPTED + booted

    def _refuse(self, echo, message):
        self.send(b"Response: Error\r\n" + echo + b"Message: " + message + b"\r\n\r\n")
        self.close()
        return b""

    def _do_challenge(self, lines, echo):
        self.challenge = b"%d" % (100000000 + self.number)
        return b"Response: Success\r\n" + echo + b"Challenge: " + self.challenge + b"\r\n\r\n"

    def _do_events(self, lines, echo):
        self.events = header(lines, b"EventMask").lower() not in (b"off", b"no", b"0")
        return ANSWER_TO_EVENTS[self.peer.version] % {b"id": echo, b"state": b"On" if self.events else b"Off"}

    def _do_ping(self, lines, echo):
        if not self.logged_in:
            return b"Response: Error\r\n" + echo + b"Message: Permission denied\r\n\r\n"
        return ANSWER_TO_PING[self.peer.version] % {b"id": echo}

    def _do_ajamsentinel(self, lines, echo):
        return UNKNOWN % echo

    def _do_logoff(self, lines, echo):
        self.send(b"Response: Goodbye\r\n" + echo + b"Message: Thanks for all the fish.\r\n\r\n")
        self.close()
        return b""

    def _do_coresettings(self, lines, echo):
        software = SOFTWARE.get(self.peer.version)
        return b"Response: Success\r\n%sAsteriskVersion: %s\r\n\r\n" % (echo, software) if software else UNKNOWN % echo

    def _do_other(self, lines, echo):
        return self.peer.script(lines, self)
