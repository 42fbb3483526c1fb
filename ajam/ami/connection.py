"""One AMI connection, for one action at a time, without a thread that waits for the answer.

    pbx = Pbx(address, clock)                 where it is, what is known of it
    connection = yield from pbx.connect()     the banner has been read
    output = yield from connection.ask(action)

These are generators in the sense of ajam/pause.py. Whoever has the connection has it alone.
"""

import re
import secrets
import select
import socket as sockets
from contextlib import suppress

from ajam.ami.link import Link
from ajam.ami.message import Action, field
from ajam.ami.places import Places
from ajam.ami.resolver import Resolver
from ajam.ami.ring import Bounds
from ajam.ami.room import Room
from ajam.ami.tls import Route, secured
from ajam.ami.wire import BLOCK_END, Answer, Banner, sentinel, version_of_banner
from ajam.errors import PbxError, PbxUnreachable
from ajam.pause import HEAVY, Pause, writable

BANNER_SECONDS = 5.0  # for the connection and the banner; a real PBX says it at once, over a slow line in a second
ANSWER_SECONDS = 3600.0  # a synchronous Originate lasts as long as its Timeout says
ASK_SECONDS = 5.0  # for a login, and for what ajam asks on its own account
PLACE_SECONDS = 5.0  # for others to be done, where there may be no more actions or logins at a time
WRITE_SECONDS = 1.0  # for an action of at most 128 KiB that the PBX's socket does not take at once
RECEIVE_BYTES = 16 * 1024  # above malloc's threshold each recv() would map and unmap memory: half the throughput
MAX_STRANGERS = 20  # connections not logged in at a time; Asterisk's authlimit is 50
KEPT_FROM_LOGINS = 4  # of these, so that a flood of wrong logins hinders nobody who is logged in

LOGOFF = b"Action: Logoff\r\n\r\n"
LIST_BEGIN = b"\r\nEventList: start\r\n"
LIST_END = b"\r\nEventList: Complete\r\n"


class Connection:
    """A connected socket on which the banner has been read; its answers take their bytes from `room`, a Room.

    route          the Route by which it leads, as Pbx.route said when it was begun; when that is another one now,
                   it may end what it does, and no more
    closed_by_pbx  True once the PBX has ended the connection behind a whole answer
    rest           bytes that came behind the last answer
    broken_off     why break_off() was called, or None
    """

    def __init__(self, socket, banner, clock, room=None, route=None):
        self.socket = socket
        self.route = route
        self.banner = banner
        self.closed_by_pbx = False
        self.rest = b""
        self.broken_off = None
        self._clock = clock
        self._room = room or Room()
        self._poller = select.poll()  # not select.select(): that one cannot take descriptors above 1023
        self._poller.register(socket, select.POLLIN)
        self._token = secrets.token_hex(12).encode()
        self._asked = 0

    def ask(self, action, seconds=ANSWER_SECONDS):
        """Writes `action` and returns its output: every byte, but no more.

        raises   ActionRefused  before anything was written
                 PbxError       no answer within `seconds`, or none at all; the action may have been done
        """
        self._asked += 1
        token = b"%s-%d" % (self._token, self._asked)
        data = action.encode() + sentinel(token, self.banner)
        sent = self._send_some(data)
        if sent < len(data):
            yield HEAVY
            self.write(data[sent:])
        answer = Answer(token, self._room.each)
        deadline = self._clock() + seconds
        collected = 0
        try:
            while data := (yield from self._receive(deadline)):
                if answer.feed(data):
                    self.rest = answer.rest
                    return answer.output
                self._room.grow(collected, collected + len(data))
                collected += len(data)
            return self._ended(answer.unfinished())
        finally:
            if collected:
                self._room.give_back(collected)

    def write(self, data):
        """Writes all of `data`, in one piece when the socket has room; PbxError when it has none for a second."""
        data = data[self._send_some(data):]
        while data:
            if not writable(self.socket, WRITE_SECONDS):
                raise PbxError("The PBX does not read what it is sent")
            data = data[self._send_some(data):]

    def _send_some(self, data):
        """How many bytes the socket has had room for."""
        try:
            return self.socket.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise PbxError("The PBX closed the connection (%s)" % error.strerror) from error

    def _receive(self, deadline):
        while (yield Pause(deadline, self.socket, again=True)):
            data = receive(self.socket)
            if data is not None:
                return data
        raise PbxError("The PBX did not answer in time")

    def break_off(self, why):
        """Has an ask() in progress, in another thread or nobody's, raise a PbxError that says `why`."""
        self.broken_off = why
        with suppress(OSError):  # it has ended by itself
            self.socket.shutdown(sockets.SHUT_RDWR)

    def _ended(self, output):
        if self.broken_off:
            raise PbxError(self.broken_off)
        if not output.endswith(BLOCK_END) or (LIST_BEGIN in output and LIST_END not in output):
            raise PbxError("The PBX closed the connection without an answer")
        self.closed_by_pbx = True
        return output

    @property
    def disturbed(self):
        """True when something came without being asked for: the connection's end, as a rule."""
        return bool(self._poller.poll(0))

    def fileno(self):
        """The socket's descriptor."""
        return self.socket.fileno()

    def say_goodbye(self):
        """Logs off, if the PBX's socket takes that at once; nothing may be sent behind it."""
        with suppress(OSError):
            self.socket.send(LOGOFF)

    def close(self):
        """Ends the connection; any number of times."""
        self.socket.close()


def receive(socket):
    """What has come on a readable socket; b"" when the PBX has ended the connection, politely or not.

    None when there is nothing yet: of TLS a part of a record may have come, or one that is none of ours.
    """
    try:
        return socket.recv(RECEIVE_BYTES)
    except BlockingIOError:
        return None
    except OSError:
        return b""


class Pbx:
    """Where the PBX is, and what is known of it.

    authlimit  how many connections that are not logged in the PBX bears; at most two in five are ours
    link       whether it answers
    route      the Route there; connections by another one are outdated
    tls        ssl.SSLContext to speak TLS with (ami/tls.py), or None; the route's, or what its file says by now
    bounds     how much is kept of what it sends
    room       the Room of all answers that are being given

    notify     as for Feed
    strangers  the Places of connections that are not logged in yet: feeds that reconnect leave none of them free,
               further connections of who is logged in 1, and logins KEPT_FROM_LOGINS
    """

    def __init__(self, address, clock, authlimit=50, link=None, tls=None, bounds=Bounds(),
                 notify=lambda subject: None, resolver=None):
        self.route = Route(address, tls)
        self.tls = tls
        self.clock = clock
        self.link = link or Link(address, clock)
        self.bounds = bounds
        self.room = Room(bounds.answer)
        self._resolver = resolver or Resolver(clock)
        self.banner = self.version = None
        self._version_is_sure = False
        self.notify = notify
        self.strangers = Places(most_strangers(authlimit), "Too many logins at a time", clock, notify)

    @property
    def address(self):
        """Its (host, port)."""
        return self.route.address

    def adopt(self, address, authlimit, tls=None, bounds=Bounds(), moved=True):
        """Connections from now on go there; those that stand, stay. Of a PBX that has moved nothing is known.

        moved  False when it is come to as before, and of `tls` no more is new than what its file says
        """
        self.tls = tls  # before the route: whoever connects looks at that first
        if address != self.address:
            self.link.move(address)
            self.route = Route(address, tls)
            self.banner, self.version, self._version_is_sure = None, None, False
        elif moved:
            self.route = Route(address, tls)
        self.bounds = bounds
        self.room.each = bounds.answer
        self.strangers.adopt(most_strangers(authlimit))

    def connect(self):
        """A new Connection whose banner has been read; the host's addresses are tried one after the other."""
        route = self.route
        try:
            connection = yield from self._connect(route)
        except PbxUnreachable as failure:
            self.link.missed(route.address, str(failure))
            raise
        if route != self.route:  # adopt() came meanwhile
            connection.close()
            return (yield from self.connect())
        self.banner = connection.banner
        self.link.found(route.address, connection.banner)
        return connection

    def _connect(self, route):
        failure, tls = None, self.tls
        for family, place in (yield from self._resolver.places(route.address)):
            try:
                return (yield from self._connect_to(family, place, route, tls))
            except PbxUnreachable as error:
                failure = error
        raise failure

    def _connect_to(self, family, place, route, tls):
        socket = begin_connecting(family, place)
        deadline = self.clock() + BANNER_SECONDS
        try:
            if tls is not None:
                socket = yield from secured(socket, tls, route.address[0], deadline)
            banner = yield from self._read_banner(socket, deadline)
        except BaseException:
            socket.close()
            raise
        return Connection(socket, banner, self.clock, self.room, route)

    def _read_banner(self, socket, deadline):
        """The PBX speaks first, so a connection under way is readable when it stands or has failed."""
        banner = Banner()
        while (yield Pause(deadline, socket, again=True)):
            if socket.getsockopt(sockets.SOL_SOCKET, sockets.SO_ERROR):
                raise PbxUnreachable("The PBX cannot be reached")
            data = receive(socket)
            if data == b"":
                raise PbxUnreachable("The PBX ends every connection at once")
            if data and banner.feed(data):
                return banner.text
        raise PbxUnreachable("The PBX does not answer")

    def learn_version(self, connection):
        """Asks which Asterisk it is, unless that is known, with the rights of whoever is logged in on `connection`."""
        if not self._version_is_sure:
            output = yield from connection.ask(Action([b"Action: CoreSettings"]), ASK_SECONDS)
            version = field(output, b"AsteriskVersion").decode("latin-1")
            if re.match(r"\d+(\.\d+)+", version) and connection.route == self.route:
                self.version = version
                self._version_is_sure = True

    def may_have_changed(self):
        """It was away and may be another Asterisk now: its version stands until somebody has asked again."""
        self._version_is_sure = False

    @property
    def software(self):
        """Asterisk's version for `Server:`: the exact one where it is known, else what the banner tells."""
        if self.version is not None:
            return self.version
        return version_of_banner((self.banner or b"").decode("latin-1"))


def most_strangers(authlimit):
    """How many connections that are not logged in we allow ourselves, of those that the PBX bears."""
    return min(MAX_STRANGERS, max(2, authlimit * 2 // 5))


def begin_connecting(family, address):
    """A socket that is being connected; PbxUnreachable when there is none to be had. Waits for nothing.

    That the PBX refuses, even at once, is what the socket says when it is read from.
    """
    try:
        socket = sockets.socket(family, sockets.SOCK_STREAM | sockets.SOCK_NONBLOCK)
        socket.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
    except OSError as error:
        raise PbxUnreachable("The PBX cannot be reached: %s" % error.strerror) from error
    socket.connect_ex(address)
    return socket
