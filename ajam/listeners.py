"""The listening sockets of a daemon: opened, closed and kept as the configuration has it.

    follow(wanted)   opens what is new, closes what is gone, and leaves alone what stays, so
                     that a reload refuses nobody; when one cannot be had, what was comes back

Sockets that systemd has opened stay whatever the configuration says: their addresses are its unit's.
"""

import errno
import logging
import socket as sockets
import weakref
from typing import NamedTuple, Tuple

from ajam.errors import AjamError

OPTIONS = {False: ("bindaddr", "bindport"), True: ("tlsbindaddr", "tlsbindaddr")}  # by whether it is HTTPS
REMEDIES = {  # by what keeps us from listening; with the options that name address and port
    errno.EADDRINUSE: "if Asterisk's own server has it, disable that in http.conf or say another {port} in [http] "
                      "of ajam.conf; for the demo, name another --port",
    errno.EADDRNOTAVAIL: "{host} in http.conf is no address of this host: correct it, or say another in [http] "
                         "of ajam.conf",
    errno.EACCES: "ports below 1024 are for root: say a higher one with {port} in [http] of ajam.conf",
}
OTHERWISE = "say another {host} or {port} in [http] of ajam.conf"

log = logging.getLogger("ajam")


class CannotListen(AjamError):
    """No socket can be had at the address that the configuration names."""


class Place(NamedTuple):
    """Where the configuration wants to listen; `secure` is True for HTTPS."""

    host: str
    port: int
    secure: bool


class Listener(NamedTuple):
    """Where something listens: its (host, port), as bound."""

    address: Tuple[str, int]
    secure: bool


class Listeners:
    """The HttpServers of one process. follow() is for one thread at a time; any may look at what there is.

    lobby      takes in who comes
    open_server(address, family, secure, inherited) -> HttpServer
    inherited  systemd.Inherited sockets; for what they serve (HTTP or HTTPS) no other is opened
    """

    def __init__(self, lobby, open_server, inherited=()):
        self._lobby = lobby
        self._open_server = open_server
        self._handed = [(each.secure, self._take_over(each)) for each in inherited]
        self._servers = {}  # by Place
        self._left = weakref.WeakKeyDictionary()  # by HttpServer that is shut, for as long as a connection has it

    @property
    def all(self):
        """The Listeners there are, as a tuple: plain ones first."""
        return tuple(sorted((Listener(server.server_address[:2], secure) for secure, server in self._open_ones()),
                            key=lambda each: each.secure))

    @property
    def servers(self):
        """The HttpServers, as (secure, server) pairs; also those that are shut, while any of their connections live."""
        return [*self._open_ones(), *((secure, server) for server, secure in self._left.items())]

    def _open_ones(self):
        return [*self._handed, *((place.secure, server) for place, server in self._servers.items())]

    def follow(self, wanted, open_server=None):
        """Listens at the Places of `wanted` and nowhere else.

        open_server  opens what is new, and from then on whatever is opened; None for the one that there is

        raises  CannotListen  and then all is as it was, but for what somebody else has taken meanwhile, which is logged
        """
        open_server = open_server or self._open_server
        handed = {secure for secure, _ in self._handed}
        wanted = [place for place in wanted if place.secure not in handed]
        gone = {place: server for place, server in self._servers.items() if place not in wanted}
        new = [place for place in wanted if place not in self._servers]
        ports = {place.port for place in new} - {0}
        in_the_way = [place for place in gone if place.port in ports]
        for place in in_the_way:  # one port, another address: both cannot be had at a time
            self._shut(place)
        opened = []
        try:
            for place in new:
                self._open(place, open_server)
                opened.append(place)
        except CannotListen:
            for place in opened:
                self._shut(place)
            for place in in_the_way:
                self._open_again(place)
            raise
        self._open_server = open_server
        for place in gone.keys() - set(in_the_way):
            self._shut(place)

    def _open(self, place, open_server):
        server = first_to_be_had(place, open_server)
        self._servers = {**self._servers, place: server}  # others may be looking at the one before
        self._lobby.listen(server)

    def _open_again(self, place):
        try:
            self._open(place, self._open_server)
        except CannotListen as error:
            log.error("what was listened at cannot be had again: %s", error)

    def _shut(self, place):
        server = self._servers[place]
        self._servers = {each: self._servers[each] for each in self._servers if each != place}
        self._left[server] = place.secure
        self._lobby.close_door(server)

    def _take_over(self, inherited):
        socket = inherited.socket
        if socket.family not in (sockets.AF_INET, sockets.AF_INET6) or socket.type != sockets.SOCK_STREAM:
            raise CannotListen("systemd has opened a socket for ajam that is not TCP; "
                               "write ListenStream=ADDRESS:PORT in ajam.socket")
        server = self._open_server(socket.getsockname(), socket.family, inherited.secure, socket)
        self._lobby.listen(server)
        return server


def first_to_be_had(place, open_server):
    """An HttpServer on the first of the addresses of a Place's host that can be had; CannotListen when none can."""
    failure = None
    try:
        found = sockets.getaddrinfo(
            place.host, place.port, type=sockets.SOCK_STREAM, flags=sockets.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise CannotListen("%s=%s: %s" % (OPTIONS[place.secure][0], place.host, error)) from error
    for family, _, _, _, address in found:
        try:
            return open_server(address, family, place.secure, None)
        except OSError as error:
            failure = error
    raise CannotListen("cannot listen on %s: %s; %s" % (
        bound(place), failure.strerror, remedy_for(failure, place.secure))) from failure


def remedy_for(failure, secure):
    """What to do about an OSError that keeps us from listening for HTTPS (`secure`) or HTTP."""
    host, port = OPTIONS[secure]
    return REMEDIES.get(failure.errno, OTHERWISE).format(host=host, port=port)


def bound(address):
    """An address as `host:port`, with brackets around IPv6."""
    host, port = address[:2]
    return "[%s]:%d" % (host, port) if ":" in host else "%s:%d" % (host, port)


def url_of(listener):
    """`http://127.0.0.1:8088`."""
    return "%s://%s" % ("https" if listener.secure else "http", bound(listener.address))
