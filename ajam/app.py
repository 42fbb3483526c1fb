"""The application: what is served at which URI, from one configuration.

    /PREFIX/manager rawman mxml mjson       ajam/manager.py, with a cookie
    /PREFIX/amanager arawman amxml amjson   the same with digest authentication
    /PREFIX/events aevents                  ajam/stream.py, either way
    /PREFIX/static/...                      web/static.py
    /PREFIX/httpstatus                      templates.status_page
    /PREFIX/NAME                            uploads, one for each of [post_mappings]
    /-/healthy ready metrics                ajam/watch.py

An instance is what web/server.py calls an application.
"""

import functools
import logging

from ajam import __version__, templates
from ajam.access import printable
from ajam.errors import RequestError
from ajam.listeners import bound
from ajam.logs import AccessLine, path_shown
from ajam.pause import HEAVY
from ajam.watch import PLACE
from ajam.web import cookies, parameters, uploads
from ajam.web.bodies import Plan
from ajam.web.exchange import Request, Response
from ajam.web.forwarded import as_sent, is_forwarded
from ajam.web.guard import Guard
from ajam.web.lately import remembered
from ajam.web.origins import Origins
from ajam.web.routes import FORM_BYTES, Restriction, Route, Routes, allow, check_method
from ajam.web.timing import Seldom
from ajam.web.tls import reason

GET_HEAD = ("GET", "HEAD")
GET_HEAD_POST = ("GET", "HEAD", "POST")
ANY_TARGET = ("GET", "HEAD", "POST", "OPTIONS")
ADDRESSES = 1024  # of which it is remembered whether they are trusted proxies; every request has two or three
MASKED = b"********"
HTML = b"Content-type: text/html"

# name, description, format, with digest; in the order in which Asterisk registers them
MANAGER_URIS = (
    ("rawman", "Raw HTTP Manager Event Interface", "raw", False),
    ("manager", "HTML Manager Event Interface", "html", False),
    ("mxml", "XML Manager Event Interface", "xml", False),
    ("arawman", "Raw HTTP Manager Event Interface w/Digest authentication", "raw", True),
    ("amanager", "HTML Manager Event Interface w/Digest authentication", "digest html", True),
    ("amxml", "XML Manager Event Interface w/Digest authentication", "xml", True),
    ("mjson", "JSON Manager Event Interface", "json", False),
    ("amjson", "JSON Manager Event Interface w/Digest authentication", "json", True),
)

OWN_URIS = frozenset(name for name, _, _, _ in MANAGER_URIS) | {"events", "aevents", "static", "httpstatus"}

ELSEWHERE = "other"  # in metrics, for the paths where nothing is
NO_HANDSHAKE = "%s: no TLS, for %s; of such failures one a minute is told, ajam_tls_handshakes_failed_total counts all"

shown = remembered(path_shown)

log = logging.getLogger(__name__)
access_log = logging.getLogger("ajam.access")


class Application:
    """Answers requests from one configuration.

    settings   conf.settings.Settings
    manager    ajam.manager.Manager
    pbx        ami.connection.Pbx, for the version in `Server:` and the time
    files      web.static.StaticFiles
    watch      ajam.watch.Watch
    uploading  web.uploads.Uploads: the same one from one configuration to the next
    """

    def __init__(self, settings, manager, pbx, files, watch, uploading):
        self._watch = watch
        self._may_watch = settings.watch.permit.allows
        self._logs_access = settings.log.access
        self._settings = settings.http
        self._upload_bytes = settings.limits.upload_bytes
        self._uploads = uploading
        self._trusts = functools.lru_cache(ADDRESSES)(settings.proxy.trusted.allows)
        self._manager = manager
        self._pbx = pbx
        self._files = files
        self._server_line = ("", b"")
        self._complains = Seldom(pbx.clock)
        self._guard = Guard(Origins(settings.cors.allow_origin, settings.http.allowed_hosts))
        self.routes = Routes(
            self._settings.prefix, list(self._table(settings)), self._settings.redirects,
            [Restriction(each.path, each.acl.allows) for each in self._settings.restrictions])
        self._uris = {("%s/%s" % (self.routes.prefix, route.name)).encode("utf-8", "surrogateescape"): route.name
                      for route in self.routes.routes}

    def _table(self, settings):
        if settings.http.enable_static:
            yield Route("static", "Asterisk HTTP Static Delivery", GET_HEAD, self._static, subtree=True)
        if settings.http.enable_status:
            yield Route("httpstatus", "Asterisk HTTP General Status", GET_HEAD, self._status)
        if settings.manager.enabled and settings.manager.webenabled:
            for name, description, format_name, digest in MANAGER_URIS:
                handler = self._digest_request if digest else self._manager_request
                yield self._guard.over(
                    Route(name, description, GET_HEAD_POST, functools.partial(handler, format_name)))
            yield self._guard.over(Route("events", "Manager Event Stream", GET_HEAD, self._event_stream))
            yield self._guard.over(
                Route("aevents", "Manager Event Stream w/Digest authentication", GET_HEAD, self._digest_stream))
        for name, directory in settings.http.post_mappings:
            yield self._guard.over(
                Route(name, "HTTP POST mapping", ("POST",), heavily(functools.partial(self._upload, directory)),
                      plan=self._guard.over_plan(functools.partial(self._upload_plan, directory))))

    def __call__(self, request):
        """The Response to a request, or the generator that returns it."""
        request = self._as_sent(request)
        if request.path.startswith(PLACE):  # probes ask for an address, not for one of allowed_hosts
            return self._watch.answer(request, self._may_watch)
        self._guard.check_host(request.headers)
        if request.target == b"*":
            return Response(204, headers=(allow(ANY_TARGET),), reason="No Content")
        route, rest = self.routes.find(request.path, request.peer)
        check_method(route, request.method)
        handler = heavily(route.handler) if parameters.are_long(request) else route.handler
        return handler(request, rest)

    def plan(self, head, connection):
        """What is to be done with the body behind `head` (web/bodies.py)."""
        path, _, query = head.target.partition(b"?")
        request = Request(
            head.method, head.target, path, query, head.headers, b"", connection.peer, connection.secure)
        try:
            request = self._as_sent(request)
            route, _ = self.routes.find(path, request.peer)
        except RequestError:
            return Plan(FORM_BYTES)
        return route.plan(request, request.peer)

    def _as_sent(self, request):
        """The request as it was before a proxy passed it on."""
        return as_sent(request, self._trusts, self._settings.prefix) if is_forwarded(request.headers) else request

    def served(self, served):
        """Counts an exchange.Served, and writes its line to the log: all but the query, in which secrets are."""
        path = served.target.partition(b"?")[0]
        uri = served.kind or self._uris.get(path) or self._uri(path)
        self._watch.metrics.served(uri, served.status, served.seconds)
        if self._logs_access:
            peer = self._peer_of(served) if is_forwarded(served.headers) else served.peer
            access_log.info(AccessLine(
                peer, served.method, shown(path), served.status, served.size, served.seconds))

    def handshake_failed(self, peer, error):
        """Counts a TLS handshake that came to nothing, and now and then says why; who just went away is no matter."""
        why = reason(error)
        if why is not None:
            self._watch.metrics.handshake_failed()
            if self._complains():
                log.warning(NO_HANDSHAKE, peer, why)

    def _uri(self, path):
        """What stands for a path in metrics: one of a few words, whatever is asked for."""
        return self._watch.uri(path) or self.routes.name_of(path) or ELSEWHERE

    def _peer_of(self, served):
        request = Request(served.method, served.target, b"", b"", served.headers, b"", served.peer, served.secure)
        try:
            return self._as_sent(request).peer
        except RequestError:
            return served.peer

    def error_page(self, error):
        """The Response for a RequestError, with Asterisk's page."""
        if error.status == 302:
            return Response(302, headers=error.headers, reason=error.reason)
        page = templates.error_page(error.status, error.reason, error.text, self.servername)
        headers = (*error.headers, HTML, *templates.PAGE_LINES)
        return Response(error.status, page, headers, error.reason, error.close)

    @property
    def servername(self):
        """What `Server:` and the error pages name; "" when the administrator wants none."""
        if self._settings.servername is not None:
            return self._settings.servername
        return "Asterisk/%s ajam/%s" % (self._pbx.software, __version__)

    @property
    def server_line(self):
        """The Server header's line, b"" for none; made anew only when the name has changed."""
        name = self.servername
        if name != self._server_line[0]:
            self._server_line = (name, b"Server: " + name.encode("utf-8", "replace"))
        return self._server_line[1]

    # Handlers

    def _manager_request(self, format_name, request, rest, site):
        return self._manager.answer(request, format_name, site)

    def _digest_request(self, format_name, request, rest, site):
        return self._manager.answer_digest(request, format_name)

    def _event_stream(self, request, rest, site):
        return self._manager.stream(request, site)

    def _digest_stream(self, request, rest, site):
        return self._manager.stream_digest(request)

    def _static(self, request, rest):
        if not self._files.has(rest):
            yield HEAVY
        response = self._files.respond(request, rest, self._manager.user_of(request.headers) is not None)
        if self._settings.staticdir is not None:  # other people's pages have scripts of their own in them
            return response
        lines = templates.OWN_PAGE_LINES if HTML in response.headers else (templates.NOSNIFF,)
        return response._replace(headers=(*response.headers, *lines))

    def _status(self, request, rest):
        listed = [(name, MASKED if name.lower() == cookies.SESSION_COOKIE else value)
                  for name, value in cookies.pairs(request.headers.get(b"cookie", b""))]
        http, tls = self._settings, self._settings.tls
        page = templates.status_page(
            self.servername, http.prefix, bound((http.bindaddr, http.bindport)),
            bound((tls.bindaddr, tls.bindport)) if tls.enabled else "", parameters.of_request(request), listed)
        return Response(body=page, headers=(templates.STATUS_TYPE, *templates.PAGE_LINES))

    def _upload(self, directory, request, rest, site):
        self._check_upload(request.headers)
        names = uploads.store(request, directory)
        log.info("%s uploaded %s to %s", request.peer, ", ".join(map(printable, names)), directory)
        page = templates.error_page(200, "OK", uploads.STORED, self.servername)
        return Response(200, page, (HTML, *templates.PAGE_LINES), close=True)

    def _upload_plan(self, directory, request, peer):
        if request.method != "POST":
            return Plan(FORM_BYTES)
        self._check_upload(request.headers)
        return Plan(self._upload_bytes, functools.partial(self._uploads.open, directory))

    def _check_upload(self, headers):
        user = self._manager.user_of(headers)
        if user is None:
            raise uploads.no_session()
        if not self._manager.access.may_upload(user):
            raise uploads.no_permission()


def heavily(handler):
    """A handler that does the same in a worker: disks are slow, and so is reading long texts."""
    def work(*arguments):
        yield HEAVY
        answer = handler(*arguments)
        return answer if isinstance(answer, Response) else (yield from answer)
    return work
