"""One request to the manager on its way, from its parameters to its reply."""

import functools

from ajam import templates
from ajam.render import FORMATS
from ajam.web import parameters
from ajam.web.exchange import Response

REASONS = {200: "OK", 400: "Bad Request", 429: "Too Many Requests", 503: "Service Unavailable"}
TOLD_TO_MANY = frozenset((  # by panels that ask again and again; an answer with a secret in it is none of these
    b"waitevent", b"status", b"coreshowchannels", b"queuestatus", b"queuesummary", b"parkedcalls", b"devicestatelist"))
LINES = {  # by content type
    content_type: (b"Content-type: " + content_type,
                   *(templates.PAGE_LINES if content_type == b"text/html" else (templates.NOSNIFF,)))
    for content_type in {each.content_type for each in FORMATS.values()}
}


class Call:
    """One request on its way: lives as long as that, unlike the session.

    action    what is asked for
    session   who asks; a Login puts one in, a Logoff takes it out
    peer      the browser's address
    cookie_id what the browser's cookie names, text, or None
    reply_id  what the reply's cookie names; "" takes the cookie away
    shared    True when a page of an allowed origin asks, over TLS
    status    the reply's HTTP status
    retry     seconds for Retry-After, or None
    """

    def __init__(self, request, session, cookie_id=None):
        self.parameters = parameters.of_request(request)
        self.action = None
        self.session = session
        self.peer = request.peer
        self.cookie_id = cookie_id
        self.reply_id = session.id if session is not None else None
        self.shared = False
        self.status = 200
        self.retry = None

    @property
    def user(self):
        """The name of the user whom it is about, as bytes; b"" for nobody."""
        return self.session.account.name if self.session is not None else self.last(b"username")

    @functools.cached_property
    def names(self):
        """What the elements of an answer as XML are to be named: ajaxdest and ajaxobjtype."""
        return self.last(b"ajaxdest"), self.last(b"ajaxobjtype")

    def has(self, name):
        """True when there is a parameter of that lower-case name."""
        return any(key.lower() == name for key, _ in self.parameters)

    def last(self, name):
        """The value of the last parameter of that lower-case name, b"" without one."""
        return last_value(self.parameters, name)


def last_value(pairs, name):
    """The value of the last of (name, value) pairs with that lower-case name, b"" without one."""
    for key, value in reversed(pairs):
        if key.lower() == name:
            return value
    return b""


def reply(call, format, output, headers):
    """The Response that carries `output` in a format of render.FORMATS."""
    name = call.action.name if call.action is not None else b""
    kind = "waitevent" if name == b"waitevent" else ""
    render = format.tell if name in TOLD_TO_MANY else format.render
    body = render(output, *call.names)
    lines = LINES[format.content_type] + headers
    if call.retry is not None:
        lines += (b"Retry-After: %d" % call.retry,)
    return Response(call.status, body, lines, REASONS[call.status], kind=kind)
