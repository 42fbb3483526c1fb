"""Two answers to the same question, Asterisk's own and ajam's, compared by the tables of differences.py."""

import re

from tests.real.differences import HEADERS, REPAIRED, VOLATILE

SAME = "same"
AS_LISTED = "as listed in differences.py"

BEHIND_A_NAME = r"(?i)((?<![\w(-])(?:%s)(?:-\d+)?(?:: |='|</td><td>))"  # raw, XML, HTML

SUBSTITUTES = tuple(
    (re.compile((BEHIND_A_NAME % row.field + row.value if row.field else "()" + row.value).encode()), rb"\1*")
    for row in VOLATILE)

COMMON_HEADERS = (  # what changes from one reply to the next; ids and nonces are longer in ajam's
    (re.compile(rb"^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$"), b"Date: *"),
    (re.compile(rb'^(Set-Cookie: mansession_id=")[0-9a-f]+(")'), rb"\1*\2"),
    (re.compile(rb'^(WWW-authenticate: .* nonce=")([0-9a-f]+)(", qop="auth", opaque=")\2"'), rb'\1*\3*"'),
    (re.compile(rb"^(Content-Length: )\d+$"), rb"\1*"),  # the reply was read by it
)
OUR_HEADERS = tuple((re.compile(row.ours.encode()), row.theirs.encode()) for row in HEADERS)


def steady_body(body):
    """A body with what changes by itself taken out."""
    for pattern, replacement in SUBSTITUTES:
        body = pattern.sub(replacement, body)
    return body


def steady_header(line, more=()):
    """A header line with what changes by itself taken out, and `more` substitutions made."""
    for pattern, replacement in (*COMMON_HEADERS, *more):
        line = pattern.sub(replacement, line)
    return line


def steady(reply, more=()):
    """A reply's status line, headers and body, ready to be compared."""
    headers = [steady_header(line, more) for line in reply.headers]
    return reply.line, [line for line in headers if line], steady_body(reply.body)


def compare(theirs, ours):
    """SAME, AS_LISTED, or what differs between Asterisk's reply and ajam's, in words for a person."""
    expected, found = steady(theirs), steady(ours, OUR_HEADERS)
    if found == expected:
        return SAME
    expected = (*expected[:2], repaired(expected[2]))
    if found == expected:
        return AS_LISTED
    pairs = zip(expected, found)
    return "\n".join("Asterisk: %r\najam:     %r" % (one, other) for one, other in pairs if one != other)


def repaired(body):
    """Asterisk's body as ajam means to write it."""
    for row in REPAIRED:
        body = re.sub(row.theirs, row.ours, body)
    return body
