"""Who may log in from where, as the administrator's manager.conf has it.

The PBX decides about secrets and rights, but it sees our address only: a user's permit, deny
and acl lines are held against the browser's address here (design.md, "What the extra hop must
not break"). Users that are not in the file are the PBX's alone: no address rule, digest or
upload for them.
"""

import logging

from ajam.errors import RequestError
from ajam.privileges import LABELS
from ajam.web.digest import Verdict, challenge, check, parse_authorization

REALM = b"asterisk"

log = logging.getLogger(__name__)


class Access:
    """The users of one configuration.

    users   conf.settings.User by lower-case name
    nonces  web.digest.Nonces
    """

    def __init__(self, users, nonces):
        self._users = users
        self._nonces = nonces

    def user(self, name):
        """The User of that name, whatever its case, or None. Name as text or bytes."""
        if isinstance(name, bytes):
            name = name.decode("utf-8", "surrogateescape")
        return self._users.get(name.lower())

    def is_single(self, name):
        """True for a user who may be logged in only once at a time."""
        user = self.user(name)
        return user is not None and not user.allowmultiplelogin

    def secret_of(self, name):
        """The user's secret as bytes, or None when it is not known here."""
        user = self.user(name)
        return secret_bytes(user) if user is not None else None

    def admits(self, name, peer):
        """False when the address rules of the user of that name keep `peer` out."""
        user = self.user(name)
        if user is None or user.acl.allows(peer):
            return True
        log.warning("%s failed to pass IP ACL as '%s'", peer, printable(name))
        return False

    def refused(self, name, peer):
        """A login that the PBX has refused."""
        log.warning("%s failed to authenticate as '%s'", peer, printable(name))

    def may_upload(self, name):
        """True when the user may write configuration."""
        user = self.user(name)
        return user is not None and bool(user.write & LABELS["config"])

    def authenticate(self, request):
        """(User, session_key()) of a request with digest credentials.

        raises   RequestError  401 with a new challenge, 403 when the user's address rules refuse the browser
                 StaleNonce    the secret was right, but the nonce is too old or its count was used
        """
        fields = parse_authorization(request.headers.get(b"authorization", b""))
        user = self.user(fields["username"]) if fields else None
        right = bool(fields) and check(
            fields, request.method, request.target, realm=REALM,
            username=name_bytes(user) if user else fields["username"], secret=secret_bytes(user) if user else None)
        if not right:
            if fields:
                self.refused(fields["username"], request.peer)
            raise unauthorized(challenge(REALM, self._nonces.issue()))
        if not self.admits(user.name, request.peer):
            raise RequestError(403, "Permission denied", "Permission denied")
        key = session_key(user, fields["nonce"])
        if self._nonces.spend(fields["nonce"], fields["nc"]) is not Verdict.FRESH:
            successor = self._nonces.issue()
            raise StaleNonce(challenge(REALM, successor, stale=True), key, session_key(user, successor))
        return user, key


class StaleNonce(RequestError):
    """The 401 that has a browser repeat its request with a new nonce: under `successor`, no longer under `key`."""

    def __init__(self, line, key, successor):
        super().__init__(401, "Unauthorized", "", close=False, headers=(line,))
        self.key = key
        self.successor = successor


def unauthorized(line):
    """The 401 with `line`, a challenge."""
    return RequestError(401, "Unauthorized", "", close=False, headers=(line,))


def session_key(user, nonce):
    """What the session of `user` under `nonce` is found by: a nonce alone says nothing about who uses it."""
    return "%s %s" % (nonce.decode("latin-1"), user.name.lower())


def name_bytes(user):
    """A user's name as it stands in the file, as bytes."""
    return user.name.encode("utf-8", "surrogateescape")


def secret_bytes(user):
    """A user's secret as it stands in the file, as bytes; None without one."""
    return user.secret.encode("utf-8", "surrogateescape") if user.secret else None


def printable(name):
    """A name from outside for the log: one line, no control characters."""
    if isinstance(name, bytes):
        name = name.decode("utf-8", "backslashreplace")
    return "".join(each if each.isprintable() else "\\x%02x" % ord(each) for each in name[:80])
