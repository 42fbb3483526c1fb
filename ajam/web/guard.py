"""What stands before every URI that acts for a user: pages of other sites, and hosts that are not ours.

    whose page (web/origins.py)   what becomes of its request
    OWN                           it is served
    FOREIGN                       403 before anything is done, with credentials or without: a login is forged
                                  as easily as a call. A link to the bare URI asks for nothing and is served.
    ALLOWED                       it is served, and the reply may be read by that page (CORS); an OPTIONS
                                  before it is answered with what may be sent

A form is read before it is refused, for it is short and the connection goes on; an upload is refused by
its head: its body is not waited for, nor asked for with 100 Continue.
Handlers of guarded routes are called with the Site as a third argument. Where no origin is allowed
OPTIONS is refused as ever, and replies say nothing of origins.

Source: security.md rows 12 and 22; Fetch 3.2 (CORS), Fetch Metadata 2 (Sec-Fetch-Mode), RFC 9110
15.5.20 (421) and 12.5.5 (Vary).
"""

import functools
import logging

from ajam.errors import RequestError
from ajam.web.exchange import Begin, Response
from ajam.web.origins import Site
from ajam.web.routes import allow

VARY = b"Vary: Origin"
READABLE = (b"Access-Control-Allow-Credentials: true", b"Access-Control-Expose-Headers: Retry-After", VARY)
PREFLIGHT_SECONDS = 600  # for which a browser may keep the answer to OPTIONS; a reload may take an origin away
HEADERS = b"Authorization, Content-Type, Last-Event-ID, X-Prototype-Version, X-Requested-With"  # of our and old pages

log = logging.getLogger(__name__)


class Guard:
    """Lets requests through or not; `origins` are web.origins.Origins."""

    def __init__(self, origins):
        self._origins = origins

    def check_host(self, headers):
        """Refuses with 421 what was asked of a host that is not served here, as after DNS rebinding."""
        if not self._origins.serves(headers):
            raise RequestError(421, "Misdirected Request", "That host is not served here.", close=False)

    def over(self, route):
        """The Route, guarded."""
        if not self._origins.sharing:
            return route._replace(handler=functools.partial(self._guarded, route.handler))
        methods = (*route.methods, "OPTIONS")
        preflight = Response(204, headers=preflight_lines(methods), reason="No Content")
        return route._replace(
            methods=methods, handler=functools.partial(self._shared, route.handler, preflight))

    def over_plan(self, plan):
        """A Route's plan, guarded: it refuses by the head, a Request without its body, what the Route would refuse."""
        return functools.partial(self._planned, plan)

    def _planned(self, plan, request, peer):
        try:
            self.check_host(request.headers)
            self._admitted(request)
            return plan(request, peer)
        except RequestError as error:
            error.headers += self._lines(request)
            raise

    def _guarded(self, handler, request, rest):
        return handler(request, rest, self._admitted(request))

    def _admitted(self, request):
        """The Site that asks; RequestError 403 when it may not."""
        site = self._origins.site(request.headers, request.secure)
        if site is Site.FOREIGN and not is_bare_link(request):
            log.warning(
                "%s: refused what a page of %s asks of %s; if that is no forgery, have the proxy pass Host on, "
                "or name the origin as allow_origin in [cors] of ajam.conf", request.peer,
                shown(request.headers.get(b"origin", b"another site")), shown(request.headers.get(b"host", b"ajam")))
            raise RequestError(403, "Forbidden", "A page of another site may not ask for this.", close=False)
        return site

    def _shared(self, handler, preflight, request, rest):
        lines = self._lines(request)
        if request.method == "OPTIONS":
            return with_lines(preflight, lines)
        try:
            answer = self._guarded(handler, request, rest)
        except RequestError as error:
            error.headers += lines
            raise
        return with_lines(answer, lines) if isinstance(answer, Response) else work_with_lines(answer, lines)

    def _lines(self, request):
        """What the reply has to say of origins."""
        if not self._origins.sharing:
            return ()
        if self._origins.site(request.headers, request.secure) is not Site.ALLOWED:
            return (VARY,)
        return (b"Access-Control-Allow-Origin: " + request.headers[b"origin"], *READABLE)


def is_bare_link(request):
    """True when somebody follows a link to a URI without parameters."""
    return request.method in ("GET", "HEAD") and b"?" not in request.target and (
        request.headers.get(b"sec-fetch-mode") == b"navigate")


def preflight_lines(methods):
    """The header lines that answer an OPTIONS, but for those that depend on the origin."""
    return (
        allow(methods),
        b"Access-Control-Allow-Methods: " + ", ".join(methods).encode("ascii"),
        b"Access-Control-Allow-Headers: " + HEADERS,
        b"Access-Control-Max-Age: %d" % PREFLIGHT_SECONDS,
    )


def with_lines(response, lines):
    """A Response with further header lines."""
    return response._replace(headers=(*response.headers, *lines))


def work_with_lines(work, lines):
    """The generator of a reply (web/server.py), which has further header lines, however it ends."""
    go_on = functools.partial(work.send, None)
    try:
        while True:
            step = go_on()
            if isinstance(step, Begin):
                step = Begin(with_lines(step.response, lines))
            try:
                go_on = functools.partial(work.send, (yield step))
            except RequestError as error:  # for the work, which may have an answer of its own to it
                go_on = functools.partial(work.throw, error)
    except StopIteration as end:
        return end.value and with_lines(end.value, lines)
    except RequestError as error:
        error.headers += lines
        raise
    finally:
        work.close()


def shown(value):
    """A header's value for the log, cut."""
    return value[:80].decode("ascii", "backslashreplace")
