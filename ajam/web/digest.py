"""Digest authentication for /amanager, /arawman, /amxml, /amjson and /aevents.

    parse_authorization   what the browser's header says; nothing of it is trusted yet
    check                 whether it was made with the secret, for this very request
    Nonces.spend          whether its nonce is ours, young, and not used in this way before
    challenge             the header line that asks for (better) credentials

A request that passes check() and spend() is authenticated. One that passes check() alone is
challenged with stale=true, on which browsers try again by themselves; any other is challenged
without, on which they ask their user. check() comes first: only what was made with the right
secret may take up memory.

Asterisk remembers no nonces, takes any `uri` and still knows the form without qop (RFC 2069);
all three let a captured request be sent again, so here they are refused.

Source: RFC 7616, reference.md 2.10, security.md rows 34, 35; Asterisk main/utils.c,
ast_parse_digest(), main/manager.c, auth_http_callback().
"""

import collections
import enum
import hashlib
import hmac
import os
import re
import threading
import time

LIFETIME = 60.0  # seconds a nonce may be used
MAX_NONCES = 10_000  # remembered at a time; about 2 MB
MAX_FIELDS = 32  # in one header; RFC 7616 knows 13
MAX_HEADER = 4 * 1024  # bytes, besides the uri: that is as long as the request line, whatever it is

REQUIRED = ("username", "realm", "nonce", "uri", "response", "cnonce", "nc", "qop")

_FIELD = re.compile(
    rb"""[\s,]*([\w*.-]+)[ \t]*=(?:[ \t]*"([^"\\]*(?:\\.[^"\\]*)*)"[ \t]*|([^",]*))(?:,|\Z)""", re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_SHAPES = {  # of the fields of which not any text will do
    "response": re.compile(rb"[0-9A-Fa-f]{32}"),
    "nc": re.compile(rb"[0-9A-Fa-f]{1,8}"),
    "qop": re.compile(rb"auth"),
    "algorithm": re.compile(rb"MD5", re.IGNORECASE),
}


def parse_authorization(value):
    """The fields of a Digest `Authorization` header, checked for shape only.

    value    the header's bytes after its name: b'Digest username="bob", nc=00000001, ...'
    returns  a dict of str to bytes: names in lower case; values with quotes and backslashes
             undone. Either every name of REQUIRED is in it, or the dict is empty: another
             scheme, algorithm or qop, a field twice, missing or misshapen, a quote left
             open, or too much of anything. They are all answered by the same challenge.

    Asterisk takes any value with or without quotes; so do we.
    """
    if value[:7].lower() != b"digest ":
        return {}
    fields = _fields(value[7:].rstrip(b", \t"))
    if any(name not in fields for name in REQUIRED) or len(value) - len(fields["uri"]) > MAX_HEADER:
        return {}
    sound = all(shape.fullmatch(fields[name]) for name, shape in _SHAPES.items() if name in fields)
    return fields if sound else {}


def _fields(text):
    fields = {}
    place = 0
    while place < len(text):
        match = _FIELD.match(text, place)
        name = match and match[1].decode("ascii").lower()
        if not match or name in fields or len(fields) == MAX_FIELDS:
            return {}
        fields[name] = match[3].strip() if match[2] is None else _ESCAPE.sub(rb"\1", match[2])
        place = match.end()
    return fields


def check(fields, method, target, *, realm, username, secret):
    """True when `fields` were made with `secret`, for this request.

    fields     what parse_authorization() gave, not empty
    method     of the request, as in Request: "GET"
    target     of the request, as sent, with its query; the browser must have meant the same
    realm      ours, bytes
    username   as configured, bytes: that is what Asterisk hashes, however the browser spells it
    secret     bytes; empty or None when there is no such user, or he has no secret: False then,
               after the same work, so that the time taken tells nobody which users there are
    """
    first = _md5(username, realm, secret or b"")
    second = _md5(method.encode("ascii"), fields["uri"])
    expected = _md5(first, fields["nonce"], fields["nc"], fields["cnonce"], fields["qop"], second)
    right = hmac.compare_digest(expected, fields["response"].lower())
    return right and bool(secret) and fields["uri"] == target and fields["realm"] == realm


def _md5(*parts):
    return hashlib.md5(b":".join(parts), usedforsecurity=False).hexdigest().encode("ascii")


class Verdict(enum.Enum):
    """What Nonces.spend() finds; all but FRESH are answered with a challenge that says stale=true."""

    FRESH = "the nonce is ours and young, and its count is higher than ever before"
    STALE = "the nonce was ours once"
    REPLAYED = "the count was used before, or a higher one was"
    FOREIGN = "the nonce is not ours: invented, or from before a restart"


class Nonces:
    """Hands out nonces and takes each of their counts once.

    clock    seconds, never going back
    random   n -> n random bytes

    A nonce is 12 hex digits of its birth in milliseconds, 32 of random and 32 that sign both
    with a key of this object's own, so that handing one out costs no memory. Only those that were
    used are remembered, with the highest count seen. When there are too many of them, the one
    not used for longest is forgotten, and lest it could be used anew, every unremembered nonce
    born no later than that one counts as stale from then on.

    The lock guards the counts and the birth of the last forgotten nonce.
    """

    def __init__(self, clock=time.monotonic, random=os.urandom, lifetime=LIFETIME):
        self._clock = clock
        self._random = random
        self._lifetime = round(lifetime * 1000)
        self._key = random(32)
        self._lock = threading.Lock()
        self._counts = collections.OrderedDict()  # highest count by nonce, least recently used first
        self._forgotten = -1

    def issue(self):
        """A new nonce: 76 hex digits, bytes."""
        born = b"%012x" % self._now() + self._random(16).hex().encode("ascii")
        return born + self._signature(born)

    def spend(self, nonce, count):
        """The Verdict on this use of a nonce; FRESH at most once for each count.

        nonce, count   the fields `nonce` and `nc` of a request that check() found right

        Counts must rise; gaps are allowed. Browsers that ask in parallel may be overtaken by
        themselves and hear REPLAYED: the new challenge lets them repeat the request.
        """
        if not hmac.compare_digest(self._signature(nonce[:44]), nonce[44:]):
            return Verdict.FOREIGN
        born = _birth(nonce)
        with self._lock:
            if born + self._lifetime < self._now() or (nonce not in self._counts and born <= self._forgotten):
                return Verdict.STALE
            if int(count, 16) <= self._counts.get(nonce, 0):
                return Verdict.REPLAYED
            self._counts[nonce] = int(count, 16)
            self._counts.move_to_end(nonce)
            self._forget()
        return Verdict.FRESH

    def _forget(self):
        while len(self._counts) > MAX_NONCES:
            nonce, _ = self._counts.popitem(last=False)
            self._forgotten = max(self._forgotten, _birth(nonce))

    def _signature(self, born):
        return hmac.new(self._key, born, hashlib.sha256).hexdigest()[:32].encode("ascii")

    def _now(self):
        return int(self._clock() * 1000)


def _birth(nonce):
    return int(nonce[:12], 16)


def challenge(realm, nonce, stale=False):
    """The `WWW-authenticate` line that asks for credentials, laid out as Asterisk's; realm and nonce in bytes."""
    quoted = realm.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    line = b'WWW-authenticate: Digest algorithm=MD5, realm="%s", nonce="%s", qop="auth", opaque="%s"'
    return line % (quoted, nonce, nonce) + (b", stale=true" if stale else b"")
