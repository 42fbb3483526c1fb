"""What a browser makes of a digest challenge, written here anew: tests of ajam's own reader must not use it."""

import hashlib
import re


def md5(*parts):
    """The hexadecimal MD5 of texts joined by colons."""
    return hashlib.md5(":".join(parts).encode()).hexdigest()


def nonce_of(reply):
    """The nonce of a 401."""
    return re.search(rb'nonce="([0-9a-f]+)"', reply.header(b"WWW-authenticate"))[1].decode()


def authorization(issued, target, username="admin", secret="s3cret", count=1, method="GET", **changes):
    """The Authorization line; `changes` are fields of a wrong value, None for one that is left out.

    issued  the nonce
    count   how many times it has been used with this
    """
    nc = "%08x" % count
    response = md5(md5(username, "asterisk", secret), issued, nc, "c0ffee", "auth", md5(method, target))
    fields = dict(username=username, realm="asterisk", nonce=issued, uri=target, response=response,
                  cnonce="c0ffee", nc=nc, qop="auth")
    fields.update(changes)
    written = ('%s="%s"' % field for field in fields.items() if field[1] is not None)
    return b"Authorization: Digest " + ", ".join(written).encode()
