"""A browser's side of digest authentication, written from RFC 7616 and not from ajam's."""

import hashlib

REALM = "asterisk"


def md5(text):
    """In hexadecimal."""
    return hashlib.md5(text.encode()).hexdigest()


def authorization(nonce, target, count=1, username="admin", secret="s3cret", method="GET"):
    """The value of an Authorization header for a request of `target`, bytes."""
    uri, nc, cnonce = target.decode(), "%08x" % count, "0a4f113b"
    secret_part = md5("%s:%s:%s" % (username, REALM, secret))
    response = md5(":".join((secret_part, nonce, nc, cnonce, "auth", md5("%s:%s" % (method, uri)))))
    return ('Digest username="%s", realm="%s", nonce="%s", uri="%s", qop=auth, nc=%s, cnonce="%s", response="%s"' % (
        username, REALM, nonce, uri, nc, cnonce, response)).encode()
