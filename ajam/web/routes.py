"""Which handler answers a path, in Asterisk's order of looking (reference.md 1.4).

    restrictions by address -> redirects -> prefix -> handlers, the longest name first
"""

import re
from typing import Callable, NamedTuple, Tuple
from urllib.parse import quote_from_bytes

from ajam.errors import RequestError
from ajam.web.bodies import Plan
from ajam.web.lately import remembered
from ajam.web.parameters import decode

FORM_BYTES = 40960  # the largest form; Asterisk's bound since 16.3


class Route(NamedTuple):
    """One URI below the prefix.

    name         as in the path: "manager"
    description  as `http show status` prints it
    methods      in upper case, in the order in which Allow lists them
    handler      (request, rest) -> Response or generator; `rest` is the decoded path below the name
    subtree      True when it answers paths below its own
    plan         a Request without its body, peer -> what is to be done with that (web/bodies.py)
    """

    name: str
    description: str
    methods: Tuple[str, ...]
    handler: Callable
    subtree: bool = False
    plan: Callable = lambda request, peer: Plan(FORM_BYTES)


class Restriction(NamedTuple):
    """A path and what tells whether an address may go there."""

    path: str
    allows: Callable[[str], bool]


class Routes:
    """The table of what is served.

    prefix        "" or "/asterisk"
    redirects     (path, destination) pairs, as text
    """

    def __init__(self, prefix, routes, redirects=(), restrictions=()):
        self.prefix = prefix
        self.routes = tuple(sorted(reversed(routes), key=lambda route: -len(route.name)))
        self._prefix = _octets(prefix).lower() + b"/"
        self._by_name = {_octets(route.name).lower(): route for route in self.routes}
        self._redirects = {_octets(target).lower(): _octets(destination) for target, destination in redirects}
        self._look_up = remembered(self._find)
        self._restrictions = [(_octets(each.path).lower(), each.allows) for each in restrictions]

    def find(self, path, peer):
        """(route, rest of the path, decoded) for a path as it came, asked for by the address `peer`.

        raises   RequestError  403, 302 or 404
        """
        self._check_restrictions(path, peer)
        return self._look_up(path)

    def _find(self, path):
        destination = self._redirects.get(path.lower())
        if destination is not None:
            raise redirected(destination)
        if path[: len(self._prefix)].lower() != self._prefix:
            raise not_found()
        name, slash, rest = path[len(self._prefix):].partition(b"/")
        route = self._by_name.get(name.lower())
        if route is None or (rest and not route.subtree):
            raise not_found()
        return route, decode(rest)

    def name_of(self, path):
        """The name of what is served at `path`, for whoever may go there; None when nothing is."""
        if path[: len(self._prefix)].lower() != self._prefix:
            return None
        route = self._by_name.get(path[len(self._prefix):].partition(b"/")[0].lower())
        return route.name if route is not None else None

    def _check_restrictions(self, path, peer):
        """Held against the decoded path in lower case: `/%41sterisk` is `/asterisk` (reference.md 6, row 13)."""
        if self._restrictions:
            plain = re.sub(rb"/+", b"/", decode(path).lower())
            for restricted, allows in self._restrictions:
                if plain.startswith(restricted) and not allows(peer):
                    raise RequestError(403, "Forbidden", "Access denied by ACL")


def _octets(text):
    """The bytes of a text as the configuration has them (conf/lines.py, decode)."""
    return text.encode("utf-8", "surrogateescape")


def check_method(route, method):
    """Refuses what the handler does not take; Asterisk says 501 here, never 405."""
    if method not in route.methods:
        raise RequestError(501, "Not Implemented", "Attempt to use unimplemented / unsupported method",
                           close=False, headers=(allow(route.methods),))


def allow(methods):
    """The Allow line for `methods`."""
    return b"Allow: " + ", ".join(methods).encode("ascii")


def not_found():
    """Nothing is served there."""
    return RequestError(404, "Not Found", "The requested URL was not found on this server.", close=False)


def redirected(destination):
    """Elsewhere; not an error, but as final as one. Nothing in it can begin a header of its own."""
    location = quote_from_bytes(destination, safe="/:?#[]@!$&'()*+,;=%~").encode("ascii")
    return RequestError(302, "Moved Temporarily", "", close=False, headers=(b"Location: " + location,))
