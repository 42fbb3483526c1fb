"""The session's cookie: which one a browser names in its Cookie header, and the line that sets it.

The standard library's http.cookies is not used: up to CPython 3.11.9 it takes seconds over one
header full of backslashes (CVE-2024-7592). This splitter knows no escapes, like Asterisk's, and
its time grows with the header's length alone.

Source: reference.md 2.3, clients.md 1.3; Asterisk main/http.c, parse_cookies().
"""

import re

from ajam.web.lately import remembered

SESSION_COOKIE = b"mansession_id"

_BLANKS = bytes(range(33))  # what Asterisk trims: the space and all control characters
_SESSION_ID = re.compile(rb"[0-9a-f]{8,64}")


def session_id(headers):
    """The session id that the request's headers name, as bytes; None when they name none.

    headers   value by lower-case name, as in Request

    Of several the last counts. An empty value, or one that cannot be an id of ours, is none:
    clients send `mansession_id=""` after a logoff and mean it.
    """
    return _session_id(headers.get(b"cookie", b""))


@remembered
def _session_id(header):
    found = b""
    for name, value in pairs(header):
        if name.lower() == SESSION_COOKIE:
            found = value
    return found if _SESSION_ID.fullmatch(found) else None


def line(id, age, secure, shared):
    """The Set-Cookie line for a session's id, bytes, that a browser keeps for `age` seconds.

    secure   True when it goes over TLS, and never over anything else then
    shared   True when it goes along with what pages of other sites ask for; browsers want it secure then

    `Version` and the quotes are Asterisk's, as old clients expect them (RFC 2109 4.2.2).
    """
    return b'Set-Cookie: %s="%s"; Version=1; Max-Age=%d; HttpOnly; SameSite=%s%s' % (
        SESSION_COOKIE, id, age, b"None" if shared else b"Strict", b"; Secure" if secure else b"")


def pairs(header):
    """The cookies in the value of a Cookie header: a list of (name, value), bytes, as ordered there.

    Both are trimmed, and one pair of quotes around the value is taken off; a cookie without
    a name or a value is left out. Attributes of a Set-Cookie line sent back count as cookies.
    """
    split = (part.partition(b"=") for part in header.split(b";"))
    trimmed = ((name.strip(_BLANKS), _unquoted(value.strip(_BLANKS))) for name, _, value in split if value)
    return [(name, value) for name, value in trimmed if name and value]


def _unquoted(value):
    return value[1:-1] if value[:1] == value[-1:] == b'"' else value
