"""The listening sockets of a daemon: opened, closed and kept as the configuration has it.

    follow(wanted)   opens what is new, closes what is gone, and leaves alone what stays, so
                     that a reload refuses nobody; when one cannot be had, what was comes back

Sockets that systemd has opened stay whatever the configuration says: their addresses are its unit's.
"""

import errno
import socket as sockets
from typing import NamedTuple, Tuple

from ajam.errors import AjamError

REMEDIES = {  # by what keeps us from listening
    errno.EADDRINUSE: "if Asterisk's own server has it, disable that in http.conf or say another bindport in [http] "
                      "of ajam.conf; for the demo, name another --port",
    errno.EADDRNOTAVAIL: "bindaddr in http.conf is no address of this host: correct it, or say another in [http] "
                         "of ajam.conf",
    errno.EACCES: "ports below 1024 are for root: say a higher bindport in [http] of ajam.conf",
}


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
    """The HttpServers of one process; from one thread at a time.

    lobby      takes in who comes
    open_server(address, family, secure, inherited) -> HttpServer
    inherited  systemd.Inherited sockets; for what they serve (HTTP or HTTPS) no other is opened
    """

    def __init__(self, lobby, open_server, inherited=()):
        self._lobby = lobby
        self._open_server = open_server
        self._handed = [(each.secure, self._take_over(each)) for each in inherited]
        self._servers = {}  # by Place

    @property
    def all(self):
        """The Listeners there are, as a tuple: plain ones first."""
        pairs = [*self._handed, *((place.secure, server) for place, server in self._servers.items())]
        return tuple(sorted((Listener(server.server_address[:2], secure) for secure, server in pairs),
                            key=lambda each: each.secure))

    @property
    def servers(self):
        """The HttpServers, as (secure, server) pairs."""
        return [*self._handed, *((place.secure, server) for place, server in self._servers.items())]

    def follow(self, wanted):
        """Listens at the Places of `wanted` and nowhere else; raises CannotListen, and then all is as it was."""
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
                self._open(place)
                opened.append(place)
        except CannotListen:
            for place in opened:
                self._shut(place)
            for place in in_the_way:
                self._open(place)
            raise
        for place in gone.keys() - set(in_the_way):
            self._shut(place)

    def _open(self, place):
        server = self._first_to_be_had(place)
        self._servers[place] = server
        self._lobby.listen(server)

    def _shut(self, place):
        self._lobby.close_door(self._servers.pop(place))

    def _first_to_be_had(self, place):
        """An HttpServer on the first of the host's addresses that can be had."""
        failure = None
        try:
            found = sockets.getaddrinfo(
                place.host, place.port, type=sockets.SOCK_STREAM, flags=sockets.AI_PASSIVE)
        except (OSError, UnicodeError) as error:
            raise CannotListen("bindaddr=%s: %s" % (place.host, error)) from error
        for family, _, _, _, address in found:
            try:
                return self._open_server(address, family, place.secure, None)
            except OSError as error:
                failure = error
        remedy = REMEDIES.get(failure.errno, "say another bindaddr or bindport in [http] of ajam.conf")
        raise CannotListen(
            "cannot listen on %s: %s; %s" % (bound(place), failure.strerror, remedy)) from failure

    def _take_over(self, inherited):
        socket = inherited.socket
        if socket.family not in (sockets.AF_INET, sockets.AF_INET6) or socket.type != sockets.SOCK_STREAM:
            raise CannotListen("systemd has opened a socket for ajam that is not TCP; "
                               "write ListenStream=ADDRESS:PORT in ajam.socket")
        server = self._open_server(socket.getsockname(), socket.family, inherited.secure, socket)
        self._lobby.listen(server)
        return server


def bound(address):
    """An address as `host:port`, with brackets around IPv6."""
    host, port = address[:2]
    return "[%s]:%d" % (host, port) if ":" in host else "%s:%d" % (host, port)
