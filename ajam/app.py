"""The application: what is served at which URI, from one configuration.

    /PREFIX/manager rawman mxml mjson       ajam/manager.py, with a cookie
    /PREFIX/amanager arawman amxml amjson   the same with digest authentication
    /PREFIX/events aevents                  ajam/stream.py, either way
    /PREFIX/static/...                      web/static.py
    /PREFIX/httpstatus                      templates.status_page
    /PREFIX/NAME                            uploads, one for each of [post_mappings]

An instance is what web/server.py calls an application.
"""

import functools
import logging

from ajam import __version__, templates
from ajam.access import printable
from ajam.errors import RequestError
from ajam.web import cookies, parameters, uploads
from ajam.web.bodies import Plan
from ajam.web.exchange import Response
from ajam.web.routes import FORM_BYTES, Restriction, Route, Routes, allow, check_method
from ajam.web.static import StaticFiles

GET_HEAD = ("GET", "HEAD")
GET_HEAD_POST = ("GET", "HEAD", "POST")
ANY_TARGET = ("GET", "HEAD", "POST", "OPTIONS")
UPLOAD_BYTES = 64 * 1024 * 1024  # one upload; voice prompts and backups are smaller
MASKED = b"********"
HTML = b"Content-type: text/html"
OWN_PAGES = b"Content-Security-Policy: default-src 'self'"  # other people's have scripts of their own in them

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

log = logging.getLogger(__name__)


class Application:
    """Answers requests from one configuration.

    settings   conf.settings.Settings
    manager    ajam.manager.Manager
    pbx        ami.connection.Pbx, for the version in `Server:`
    www        the directory of the static pages
    """

    def __init__(self, settings, manager, pbx, www):
        self._settings = settings.http
        self._manager = manager
        self._pbx = pbx
        self._files = StaticFiles(www)
        self._server_line = ("", b"")
        self.routes = Routes(
            self._settings.prefix, list(self._table(settings)), self._settings.redirects,
            [Restriction(each.path, each.acl.allows) for each in self._settings.restrictions])

    def _table(self, settings):
        if settings.http.enable_static:
            yield Route("static", "Asterisk HTTP Static Delivery", GET_HEAD, self._static, subtree=True)
        if settings.http.enable_status:
            yield Route("httpstatus", "Asterisk HTTP General Status", GET_HEAD, self._status)
        if settings.manager.enabled and settings.manager.webenabled:
            for name, description, format_name, digest in MANAGER_URIS:
                handler = self._digest_request if digest else self._manager_request
                yield Route(name, description, GET_HEAD_POST, functools.partial(handler, format_name))
            yield Route("events", "Manager Event Stream", GET_HEAD, self._event_stream)
            yield Route("aevents", "Manager Event Stream w/Digest authentication", GET_HEAD, self._digest_stream)
        for name, directory in settings.http.post_mappings:
            yield Route(name, "HTTP POST mapping", ("POST",), functools.partial(self._upload, directory),
                        plan=self._upload_plan)

    def __call__(self, request):
        """The Response to a request, or the generator that returns it."""
        if request.target == b"*":
            return Response(204, headers=(allow(ANY_TARGET),), reason="No Content")
        route, rest = self.routes.find(request.path, request.peer)
        check_method(route, request.method)
        return route.handler(request, rest)

    def plan(self, head, connection):
        """What is to be done with the body behind `head` (web/bodies.py)."""
        try:
            route, _ = self.routes.find(head.target.partition(b"?")[0], connection.peer)
        except RequestError:
            return Plan(FORM_BYTES)
        return route.plan(head, connection.peer)

    def error_page(self, error):
        """The Response for a RequestError, with Asterisk's page."""
        if error.status == 302:
            return Response(302, headers=error.headers, reason=error.reason)
        page = templates.error_page(error.status, error.reason, error.text, self.servername)
        headers = (*error.headers, HTML)
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

    def _manager_request(self, format_name, request, rest):
        return self._manager.answer(request, format_name)

    def _digest_request(self, format_name, request, rest):
        return self._manager.answer_digest(request, format_name)

    def _event_stream(self, request, rest):
        return self._manager.stream(request)

    def _digest_stream(self, request, rest):
        return self._manager.stream_digest(request)

    def _static(self, request, rest):
        response = self._files.respond(request, rest, self._manager.user_of(request.headers) is not None)
        if self._settings.staticdir is None and HTML in response.headers:
            return response._replace(headers=(*response.headers, OWN_PAGES))
        return response

    def _status(self, request, rest):
        listed = [(name, MASKED if name.lower() == cookies.SESSION_COOKIE else value)
                  for name, value in cookies.pairs(request.headers.get(b"cookie", b""))]
        bind = "%s:%d" % (self._settings.bindaddr, self._settings.bindport)
        page = templates.status_page(
            self.servername, self._settings.prefix, bind, "", parameters.of_request(request), listed)
        return Response(body=page)

    def _upload(self, directory, request, rest):
        self._check_upload(request.headers)
        names = uploads.store(request, directory)
        log.info("%s uploaded %s to %s", request.peer, ", ".join(map(printable, names)), directory)
        page = templates.error_page(200, "OK", uploads.STORED, self.servername)
        return Response(200, page, (HTML,), close=True)

    def _upload_plan(self, head, peer):
        if head.method != "POST":
            return Plan(FORM_BYTES)
        self._check_upload(head.headers)
        return Plan(UPLOAD_BYTES, spool=True)

    def _check_upload(self, headers):
        user = self._manager.user_of(headers)
        if user is None:
            raise uploads.no_session()
        if not self._manager.access.may_upload(user):
            raise uploads.no_permission()
