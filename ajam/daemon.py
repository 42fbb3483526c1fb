"""Everything that runs in a serving process, put together from one configuration.

    Settings -> Pbx, Accounts        towards the PBX       ajam/ami
             -> Access, Sessions     who is who            ajam/access.py, ajam/sessions.py
             -> Manager, Application what is answered      ajam/manager.py, ajam/app.py
             -> Lobby, Workers       who waits, who works  ajam/web
             -> Listeners            where one can come    ajam/listeners.py

reload() has the same parts follow another configuration: sessions, waits and streams live on.
"""

import contextlib
import functools
import itertools
import logging
import threading
import time

from ajam import pages
from ajam.access import Access
from ajam.ami.accounts import Accounts
from ajam.ami.connection import Pbx
from ajam.ami.link import Link
from ajam.app import Application
from ajam.challenges import Challenges
from ajam.conf import settings as configuration
from ajam.conf.lines import mtime
from ajam.errors import AjamError, ConfigError, PbxError
from ajam.limiter import Limiter, network_of
from ajam.listeners import CannotListen, Listeners, bound, url_of
from ajam.manager import Manager
from ajam.metrics import Metrics
from ajam.pause import blocking, run
from ajam.sessions import Sessions
from ajam.systemd import Notifier
from ajam.turns import Turns
from ajam.wanted import NOTHING_TO_SERVE, bounds, place_of_pbx, places, timing, tls_of_pbx
from ajam.watch import Watch, gauges_of
from ajam.web.digest import Nonces
from ajam.web.lobby import Lobby
from ajam.web.server import HttpServer
from ajam.web.tls import Certificates
from ajam.web.uploads import Uploads
from ajam.web.workers import Workers

END_SECONDS = 5.0  # behind the drain time, for all threads together: they may wait for a PBX that does not answer

log = logging.getLogger("ajam")


class Daemon:
    """A serving ajam, from start() to close(); a context manager.

    settings   the configuration that counts now
    started    clock time of start()
    reloaded   clock time of the last reload that went well, or None
    certificates  web.tls.Certificates of HTTPS, or None
    metrics    ajam.metrics.Metrics of the process
    notifier   systemd.Notifier; nobody is told without one
    inherited  systemd.Inherited sockets, in place of those that the configuration names
    follow_log(settings) has the log go where conf.sections.LogSettings say
    followers  what else is called with the Settings of a reload, as soon as nothing of it can fail any more

    The lock is held while the configuration is exchanged: one reload at a time.
    """

    def __init__(self, settings, clock=time.monotonic, notifier=None, inherited=(), follow_log=lambda settings: None):
        self.settings = settings
        self.clock = clock
        self.started = self.reloaded = self.certificates = None
        self._generation = 0
        self._lock = threading.Lock()
        self._notifier = notifier or Notifier({})
        self._inherited = inherited
        self._follow_log = follow_log
        self.followers = []
        self._workers = Workers()
        self.metrics = Metrics(gauges_of(self))
        self.pbx = Pbx(place_of_pbx(settings), clock, settings.manager.authlimit,
                       Link(place_of_pbx(settings), clock, self.metrics.round_trip), tls_of_pbx(settings),
                       bounds(settings.limits), lambda subject: self.lobby.wake(subject))
        self.lobby = Lobby(timing(settings), clock, self._workers, self._tick, self._network_of)
        limiter = Limiter(settings.limits.failed_logins, clock, self.lobby.wake)
        self._access = Access(settings.users, Nonces(clock), limiter, self.metrics.login_failed)
        accounts = Accounts(
            self.pbx, self.lobby.wake, self._account_generation, self._access.is_single, self._access.secret_of)
        kept = settings.manager.httptimeout, clock, self.lobby.wake, itertools.count(1), settings.limits
        self.manager = Manager(self._access, accounts, Sessions(*kept), Sessions(*kept), Challenges(clock),
                               Turns(self.lobby.wake, clock), clock)
        self._watch = Watch(self.metrics, accounts, self.pbx)
        self._uploads = Uploads(settings.limits.uploads)
        self.application = self._application()
        self._listeners = None

    def start(self):
        """Listens and serves; raises CannotListen."""
        wanted = self._places(self.settings)
        self.certificates = self._certificates(self.settings)
        self._listeners = Listeners(self.lobby, self._opening(self.certificates), self._inherited)
        self._listeners.follow(wanted)
        self.lobby.start()
        self.started = self.clock()
        self._workers.submit(self.greet_pbx)
        for listener in self.listeners:
            log.info("serving %s%s/", url_of(listener), self.settings.http.prefix)
        self._notifier.status(self.status)
        self._notifier.ready()

    @property
    def listeners(self):
        """The Listeners that there are, as a tuple, plain ones first."""
        return self._listeners.all if self._listeners is not None else ()

    @property
    def address(self):
        """(host, port) of the first listening socket."""
        return self.listeners[0].address

    @property
    def status(self):
        """How it does, in a line."""
        up, feeds = self.manager.accounts.links
        link = "%d of %d event connections to the PBX stand" % (up, feeds) if feeds else "nobody logged in"
        sessions = len(self.manager.sessions) + len(self.manager.digest_sessions)
        return "Serving %s; %d session%s; %s" % (
            ", ".join(map(url_of, self.listeners)), sessions, "" if sessions == 1 else "s", link)

    def reload(self):
        """Reads the configuration anew and follows it.

        raises  AjamError  a mistake in it, or an address that cannot be had; all is as before then
        """
        with self._lock:
            self._notifier.reloading()
            try:
                self._follow(configuration.load(self.settings.directory))
            except AjamError as error:
                log.error("%s; the old configuration stays", "; ".join(error.sentences))
                raise
            finally:
                self._notifier.ready()

    def close(self):
        """Ends: replies in progress get the configuration's time, then all connections, to either side, are closed.

        Who has not ended END_SECONDS later is left behind.
        """
        self._notifier.stopping()
        if self._listeners is not None:
            self.lobby.stop(self.settings.daemon.drain)
        deadline = time.monotonic() + END_SECONDS  # threads end by no other clock
        self._workers.close(END_SECONDS)  # before the accounts, lest a login under way makes one more
        self.manager.close()
        self.manager.accounts.await_end(deadline - time.monotonic())
        self.lobby.close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    def greet_pbx(self):
        """Learns whether the PBX is there, which its link tells the log, and its banner."""
        with contextlib.suppress(PbxError):
            run(self.pbx.connect(), blocking(self.clock)).close()

    # The configuration

    def _application(self):
        return Application(self.settings, self.manager, self.pbx, pages.served(self.settings.http.staticdir),
                           self._watch, self._uploads)

    def _opening(self, certificates):
        """What Listeners opens servers by: those of HTTPS with `certificates`, and never without."""
        return functools.partial(self._open_server, certificates)

    def _open_server(self, certificates, address, family, secure, inherited):
        if secure and certificates is None:
            raise ValueError("HTTPS at %s has no certificates" % bound(address))
        keep_alive = self.settings.http.session_keep_alive > 0
        return HttpServer(address, family, self.application, self.lobby, self._workers, keep_alive, inherited,
                          self.clock, certificates if secure else None)

    def _places(self, settings):
        """Where to listen; ConfigError when nowhere."""
        wanted = places(settings)
        if not (wanted or self._inherited):
            raise ConfigError("%s/http.conf" % settings.directory, 0, *NOTHING_TO_SERVE)
        return wanted

    def _certificates(self, settings):
        """The Certificates of HTTPS, None when that is not served."""
        wanted = settings.http.tls.enabled or any(each.secure for each in self._inherited)
        return Certificates(settings.http.tls) if wanted else None

    def _prepare(self, settings):
        """All of following a configuration that may fail, when all is as before; returns the Pbx's new TLS."""
        wanted, certificates, tls = self._places(settings), self._certificates(settings), tls_of_pbx(settings)
        self._follow_log(settings.log)
        try:
            self._listeners.follow(wanted, self._opening(certificates))
        except CannotListen:
            self._follow_log(self.settings.log)
            raise
        self.certificates = certificates
        return tls

    def _follow(self, settings):
        tls = self._prepare(settings)
        for warning in settings.warnings:
            log.warning("%s", warning)
        changed, moved = settings != self.settings, settings.pbx != self.settings.pbx
        self.settings = settings
        self._generation += changed
        self._access.adopt(settings.users)
        self.manager.adopt(settings.manager, settings.limits)
        self.pbx.adopt(place_of_pbx(settings), settings.manager.authlimit, tls, bounds(settings.limits), moved)
        self.manager.accounts.adopt()
        self.lobby.adopt(timing(settings))
        self._uploads.adopt(settings.limits.uploads)
        self.application = self._application()
        for secure, server in self._listeners.servers:
            server.application = self.application
            if secure and self.certificates is not None:  # without any, all of HTTPS is shut
                server.certificates = self.certificates
            server.keep_alive = settings.http.session_keep_alive > 0
        if moved:
            self.manager.accounts.reconnect()
            self._workers.submit(self.greet_pbx)
        for follow in self.followers:
            follow(settings)
        self.reloaded = self.clock()
        log.info("the configuration is read anew: %s", self.status)

    def _network_of(self, peer):
        """What of an address its connections are counted by; None for a proxy, whose browsers are many."""
        return None if self.settings.proxy.trusted.allows(peer) else network_of(peer)

    def _account_generation(self):
        return self._generation, tuple(mtime(path) for path, _ in self.settings.files)

    def _tick(self, now):
        self.manager.tick(now)
        self._notifier.feed_watchdog()
        self._notifier.status(self.status)
        if self.pbx.link.is_due(now):
            self._workers.submit(self.greet_pbx)
        certificates = self.certificates
        if certificates is not None and certificates.changed() and not self._lock.locked():
            self._workers.submit(self._renew)

    def _renew(self):
        """Takes up a certificate whose file has changed; the old one stays when the new one is bad."""
        with self._lock:
            certificates = self.certificates
            if certificates is None or not certificates.changed():
                return
            try:
                certificates.refresh()
            except ConfigError as error:
                log.error("%s; the old certificate stays", error)
            else:
                log.info("the certificate is read anew; it expires on %s", certificates.expires.date())
