"""How ajam does, for those who watch it: below /-/, whatever the prefix and the restrictions.

    /-/healthy   200 as long as the process serves
    /-/ready     200 when the PBX answers; else 503 and why not
    /-/metrics   Prometheus' text format (ajam/metrics.py)

Only addresses that [watch] of ajam.conf permits are answered, all others with 403. The PBX is
known to answer while a feed stands; without one it is asked for its banner, no more often
than every 5 seconds, whoever asks, and without a thread that waits.
"""

from ajam.errors import PbxError, RequestError
from ajam.metrics import CONTENT_TYPE, Gauge
from ajam.web.exchange import Response
from ajam.web.routes import Route, check_method, not_found

PLACE = b"/-/"
ASK_SECONDS = 5.0  # for which what the PBX said last is good
METHODS = ("GET", "HEAD")
TEXT = b"Content-Type: text/plain; charset=utf-8"


class Watch:
    """Answers requests below PLACE.

    metrics   ajam.metrics.Metrics
    accounts  ami.accounts.Accounts
    pbx       ami.connection.Pbx
    """

    def __init__(self, metrics, accounts, pbx):
        self.metrics = metrics
        self._accounts = accounts
        self._pbx = pbx
        self._next_question = pbx.clock()
        self._routes = {PLACE + route.name.encode(): route for route in (
            Route("healthy", "Liveness", METHODS, self._healthy),
            Route("ready", "Readiness", METHODS, self._ready),
            Route("metrics", "Prometheus metrics", METHODS, self._metrics),
        )}

    def answer(self, request, permits):
        """The Response to a request, or the generator that returns it.

        permits(address)  True for who may know
        raises   RequestError  403, 404, or 501 for another method
        """
        if not permits(request.peer):
            raise RequestError(403, "Forbidden", "Access denied by ACL", close=False)
        route = self._routes.get(request.path)
        if route is None:
            raise not_found()
        check_method(route, request.method)
        return route.handler()

    def uri(self, path):
        """What stands for `path` in metrics; None when nothing is there."""
        return path[1:].decode("ascii") if path in self._routes else None

    def _healthy(self):
        return page(200, "OK", "ajam serves")

    def _metrics(self):
        return Response(body=self.metrics.page(), headers=(b"Content-Type: " + CONTENT_TYPE,))

    def _ready(self):
        link = self._pbx.link
        up, _ = self._accounts.links
        if not up and self._is_due(link):
            yield from self._ask()
        if up or link.up:
            return page(200, "OK", "the PBX answers")
        return page(503, "Service Unavailable", "not ready: " + link.why)

    def _is_due(self, link):
        """True when what is known of the PBX is too old, and nobody else is asking."""
        now = self._pbx.clock()
        return now >= self._next_question and (link.told is None or now - link.told >= ASK_SECONDS)

    def _ask(self):
        """Has the PBX say its banner; what comes of it is known to its Link."""
        self._next_question = self._pbx.clock() + ASK_SECONDS
        try:
            with self._pbx.strangers.enter(1):
                connection = yield from self._pbx.connect()
        except PbxError:
            return
        connection.close()


def page(status, reason, text):
    """A Response of one line."""
    return Response(status, text.encode("utf-8", "replace") + b"\n", (TEXT,), reason)


def gauges_of(daemon):
    """The Gauges of an ajam.daemon.Daemon; it is looked at when they are read."""
    def sessions():
        return daemon.manager.sessions.all | daemon.manager.digest_sessions.all

    def accounts():
        return daemon.manager.accounts

    return (
        Gauge("ajam_sessions", "Sessions of browsers.", lambda: len(sessions())),
        Gauge("ajam_waits", "WaitEvents that go on.", lambda: sum(each.wait is not None for each in sessions())),
        Gauge("ajam_streams", "Event streams that go on, and WaitEvents with since=.",
              lambda: sum(each.streams for each in sessions())),
        Gauge("ajam_connections", "Connections of browsers.", lambda: daemon.lobby.connections),
        Gauge("ajam_ring_events", "Events kept for those who come late.", lambda: accounts().events[0]),
        Gauge("ajam_ring_dropped_total", "Events that fell off to make room for newer ones.",
              lambda: accounts().events[1], "counter"),
        Gauge("ajam_ami_up", "1 when the PBX answered whoever tried last, else 0.",
              lambda: int(bool(daemon.pbx.link.up))),
        Gauge("ajam_ami_reconnects_total", "Feeds that have logged in to the PBX again.",
              lambda: daemon.pbx.link.reconnects, "counter"),
        Gauge("ajam_tls_certificate_expiry_timestamp_seconds", "When the certificate of HTTPS expires.",
              lambda: expiry(daemon.certificates)),
    )


def expiry(certificates):
    """When those of a web.tls.Certificates expire, in s since 1970; None without one."""
    return None if certificates is None or certificates.expires is None else certificates.expires.timestamp()
