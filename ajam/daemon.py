"""Everything that runs in a serving process, put together from one configuration.

    Settings -> Pbx, Accounts        towards the PBX       ajam/ami
             -> Access, Sessions     who is who            ajam/access.py, ajam/sessions.py
             -> Manager, Application what is answered      ajam/manager.py, ajam/app.py
             -> Lobby, Workers, HttpServer                 ajam/web
"""

import errno
import logging
import pathlib
import socket as sockets
import time

from ajam.access import Access
from ajam.ami.accounts import Accounts
from ajam.ami.connection import Pbx
from ajam.app import Application
from ajam.challenges import Challenges
from ajam.conf.lines import mtime
from ajam.errors import AjamError, PbxError
from ajam.manager import Manager
from ajam.pause import blocking, run
from ajam.sessions import Sessions
from ajam.web.digest import Nonces
from ajam.web.lobby import Lobby
from ajam.web.server import HttpServer
from ajam.web.timing import Timing
from ajam.web.workers import Workers

CONNECTIONS = 512  # where http.conf names no sessionlimit; with eviction, unlike Asterisk's 100
DRAIN_SECONDS = 5.0
WWW = pathlib.Path(__file__).resolve().parent.parent / "www"

log = logging.getLogger("ajam")


REMEDIES = {  # by what keeps us from listening
    errno.EADDRINUSE: "if Asterisk's own server has it, disable that in http.conf or say another bindport in [http] "
                      "of ajam.conf; for the demo, name another --port",
    errno.EADDRNOTAVAIL: "bindaddr in http.conf is no address of this host: correct it, or say another in [http] "
                         "of ajam.conf",
    errno.EACCES: "ports below 1024 are for root: say a higher bindport in [http] of ajam.conf",
}


class CannotListen(AjamError):
    """No socket can be had at the address that the configuration names."""


class Daemon:
    """A serving ajam, from start() to close(); a context manager.

    address  (host, port) where it listens, once started
    """

    def __init__(self, settings, www=WWW, clock=time.monotonic):
        self._settings = settings
        self.pbx = Pbx((settings.pbx.host, settings.pbx.port), clock, settings.manager.authlimit)
        self._workers = Workers()
        self.lobby = Lobby(timing(settings.http), clock, self._workers, self._tick)
        access = Access(settings.users, Nonces(clock))
        accounts = Accounts(self.pbx, self.lobby.wake, self._generation, access.is_single, access.secret_of)
        lifetime = settings.manager.httptimeout
        self.manager = Manager(
            access, accounts, Sessions(lifetime, clock, self.lobby.wake), Sessions(lifetime, clock, self.lobby.wake),
            Challenges(clock), clock)
        self.application = Application(settings, self.manager, self.pbx, settings.http.staticdir or www)
        self._server = None

    def start(self):
        """Listens and serves; raises CannotListen."""
        http = self._settings.http
        self._server = self._listen(http.bindaddr, http.bindport, http.session_keep_alive > 0)
        self.lobby.listen(self._server)
        self.lobby.start()
        self._workers.submit(self.greet_pbx)
        log.info("serving http://%s%s/", bound(self.address), http.prefix)

    @property
    def address(self):
        """(host, port) of the listening socket."""
        return self._server.server_address[:2]

    def close(self, seconds=DRAIN_SECONDS):
        """Ends: replies in progress get `seconds`, then all connections, to either side, are closed."""
        if self._server is not None:
            self.lobby.stop(seconds)
            self._server.server_close()
        self._workers.close()  # before the accounts, lest a login under way makes one more
        self.manager.close()
        self.lobby.close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    def _listen(self, host, port, keep_alive):
        """An HttpServer on the first of the host's addresses that can be had."""
        failure = None
        try:
            found = sockets.getaddrinfo(host, port, type=sockets.SOCK_STREAM, flags=sockets.AI_PASSIVE)
        except (OSError, UnicodeError) as error:
            raise CannotListen("bindaddr=%s: %s" % (host, error)) from error
        for family, _, _, _, address in found:
            try:
                return HttpServer(address, family, self.application, self.lobby, self._workers, keep_alive)
            except OSError as error:
                failure = error
        remedy = REMEDIES.get(failure.errno, "say another bindaddr or bindport in [http] of ajam.conf")
        raise CannotListen("cannot listen on %s: %s; %s" % (bound((host, port)), failure.strerror, remedy)) from failure

    def greet_pbx(self):
        """Says whether the PBX is there, and learns its banner."""
        where = bound(self.pbx.address)
        try:
            run(self.pbx.connect(), blocking(self.pbx.clock)).close()
        except PbxError as error:
            log.warning("the PBX at %s: %s; ajam goes on trying", where, error)
        else:
            log.info("the PBX at %s says: %s", where, self.pbx.banner.decode("latin-1"))

    def _generation(self):
        return tuple(mtime(path) for path, _ in self._settings.files)

    def _tick(self, now):
        self.manager.tick(now)


def timing(http):
    """The lobby's Timing that http.conf asks for."""
    return Timing(keep_alive=http.session_keep_alive, body=http.session_inactivity,
                  connections=http.sessionlimit or CONNECTIONS)


def bound(address):
    """An address as `host:port`, with brackets around IPv6."""
    host, port = address[:2]
    return "[%s]:%d" % (host, port) if ":" in host else "%s:%d" % (host, port)
