"""Which site's page has made the browser ask: one of ours, one that is allowed, or somebody else's.

    Origin                  Sec-Fetch-Site             asked by
    -                       -                          OWN       a script, or a browser of before 2020
    any, null, none         same-origin, none          OWN       `none`: its user, by the address bar
    one of `allowed`        any other, or -            ALLOWED
    any other, null, none   any other                  FOREIGN   another port of this host is same-site
    that of Host            -                          OWN
    any other, null         -                          FOREIGN

A page cannot choose what its browser says in either header. Sec-Fetch-Site comes first since it
was made from what the browser sees, while Host may be what a proxy has made of it; browsers leave
it out over plain HTTP to another host, so the other one is needed. Nobody's page can be told
apart by a null Origin alone (sandboxed frames and files have it), so that is not ours; our own
form's POST has a real one, for our pages say `Referrer-Policy: same-origin`.

Source: Fetch 3.1 (Origin), Fetch Metadata 2 (Sec-Fetch-Site), RFC 6454 4 and 6.1 (when two origins
are the same); security.md rows 12, 22, 36.
"""

import enum
import re

ORIGIN = re.compile(rb"([a-z][a-z0-9+.-]*)://([^/:\[\]]+|\[[0-9a-f:.]+\])(?::([0-9]+))?")
HOST = re.compile(rb"([^/:\[\]]+|\[[0-9a-f:.]+\])(?::[0-9]*)?")
DEFAULT_PORTS = {b"http": b"80", b"https": b"443"}
NOT_ELSEWHERE = frozenset((b"same-origin", b"none"))


class Site(enum.Enum):
    """Whose page it is that asks."""

    OWN = "a page that we serve, the browser's user himself, or a program that is no browser"
    ALLOWED = "a page of an origin that the administrator has named"
    FOREIGN = "any other page"


class Origins:
    """Tells whose page asks, and whether for a host that we serve.

    allowed   origins as text: "https://crm.example.org"
    hosts     names as text: "pbx.example.org", or ".example.org" for that and all below it; none: every host is served
    """

    def __init__(self, allowed=(), hosts=()):
        self._allowed = frozenset(parts(origin.encode("ascii")) for origin in allowed)
        names = [host.lower().encode("ascii") for host in hosts]
        self._hosts = frozenset(name for name in names if not name.startswith(b"."))
        self._domains = tuple(name for name in names if name.startswith(b"."))
        self.sharing = bool(allowed)

    def site(self, headers, secure):
        """The Site that made a request with these headers; `secure` tells that its browser came over TLS."""
        origin, fetched = headers.get(b"origin"), headers.get(b"sec-fetch-site")
        if origin is None and fetched is None:
            return Site.OWN
        if fetched in NOT_ELSEWHERE:
            return Site.OWN
        asking = parts(origin or b"")
        if asking in self._allowed:
            return Site.ALLOWED
        own = parts((b"https://" if secure else b"http://") + headers.get(b"host", b""))
        return Site.OWN if fetched is None and asking is not None and asking == own else Site.FOREIGN

    def serves(self, headers):
        """True when the request names a host that is served here, or none: a browser always names one."""
        host = headers.get(b"host")
        if host is None or not (self._hosts or self._domains):
            return True
        match = HOST.fullmatch(host.lower())
        name = match[1].rstrip(b".") if match else b""
        return name in self._hosts or (b"." + name).endswith(self._domains)


def parts(origin):
    """(scheme, host, port) of an origin, in lower case; None for `null` and whatever else is no origin."""
    match = ORIGIN.fullmatch(origin.lower())
    if match is None:
        return None
    scheme, host, port = match.groups()
    return scheme, host, port or DEFAULT_PORTS.get(scheme, b"")
