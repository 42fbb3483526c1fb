"""Who may log in from where, as the administrator's manager.conf has it.

The PBX decides about secrets and rights, but it sees our address only: a user's permit, deny
and acl lines are held against the browser's address here (design.md, "What the extra hop must
not break"). Users that are not in the file are the PBX's alone: no address rule, digest or
upload for them.
"""

import logging

from ajam.errors import Limited, RequestError
from ajam.logs import one_line
from ajam.privileges import LABELS
from ajam.web.digest import Verdict, challenge, check, parse_authorization

REALM = b"asterisk"
WRONG_SECRET = "%s failed to authenticate as '%s'"
NO_SUCH_USER = "%s tried to authenticate with nonexistent user '%s'"
PUT_OFF = {429: "has failed too often", 503: "logs in too often at a time"}

log = logging.getLogger("ajam.logins")  # "ajam.access" is that of the requests


class Access:
    """The users of one configuration.

    users    conf.settings.User by lower-case name
    nonces   web.digest.Nonces
    limiter  limiter.Limiter
    failed() is called for each login that is refused

    The log has Asterisk's own words, with the browser's address (main/manager.c, authenticate(), process_message()).
    """

    def __init__(self, users, nonces, limiter, failed=lambda: None):
        self._failed = failed
        self.limiter = limiter
        self._users = users
        self._nonces = nonces

    def adopt(self, users):
        """Other users from now on; who is logged in stays."""
        self._users = users

    def user(self, name):
        """The User of that name, whatever its case, or None. Name as text or bytes."""
        return self._users.get(as_text(name).lower())

    def is_single(self, name):
        """True for a user who may be logged in only once at a time."""
        user = self.user(name)
        return user is not None and not user.allowmultiplelogin

    def secret_of(self, name):
        """The user's secret as bytes, or None when it is not known here."""
        user = self.user(name)
        return secret_bytes(user) if user is not None else None

    def attempt(self, name, peer):
        """As Limiter.attempt(), a generator; it logs whom that puts off."""
        try:
            return (yield from self.limiter.attempt(peer, as_text(name)))
        except Limited as limited:
            log.info("%s %s and may log in as '%s' in %d s",
                     peer, PUT_OFF[limited.status], printable(name), limited.retry)
            raise

    def admits(self, name, peer):
        """False when the address rules of the user of that name keep `peer` out."""
        user = self.user(name)
        if user is None or user.acl.allows(peer):
            return True
        self._failed()
        log.warning("%s failed to pass IP ACL as '%s'", peer, printable(name))
        return False

    def refused(self, name, peer):
        """A login that the PBX has refused, or whose digest is wrong."""
        self._failed()
        log.warning(WRONG_SECRET if self.user(name) else NO_SUCH_USER, peer, printable(name))

    def logged_on(self, name, peer):
        """A session has begun."""
        log.info("HTTP Manager '%s' logged on from %s", printable(name), peer)

    def logged_off(self, name, peer):
        """A session was ended by its user."""
        log.info("HTTP Manager '%s' logged off from %s", printable(name), peer)

    def may_upload(self, name):
        """True when the user may write configuration."""
        user = self.user(name)
        return user is not None and bool(user.write & LABELS["config"])

    def authenticate(self, request, sessions=()):
        """(User, session_key()) of a request with digest credentials; a generator, for it may have to wait its turn.

        sessions  tells by `in` which session_key() has a session: that one is not logging in, so however often
                  others have failed from the same address it goes on
        raises   RequestError  401 with a new challenge, 403 when the user's address rules refuse the browser
                 StaleNonce    the secret was right, but the nonce is too old or its count was used
                 Limited       as Limiter.attempt()
        """
        fields = parse_authorization(request.headers.get(b"authorization", b""))
        if not fields:
            raise self._unauthorized()
        user = self.user(fields["username"])
        right = check(
            fields, request.method, request.target, realm=REALM,
            username=name_bytes(user) if user else fields["username"], secret=secret_bytes(user) if user else None)
        if right and session_key(user, fields["nonce"]) in sessions:
            return self._admit(user, fields, request.peer)
        with (yield from self.attempt(fields["username"], request.peer)) as attempt:
            if not right:
                attempt.failed()
                self.refused(fields["username"], request.peer)
                raise self._unauthorized()
            admitted = self._admit(user, fields, request.peer)
            attempt.succeeded()
        return admitted

    def _admit(self, user, fields, peer):
        """What authenticate() returns or raises for one who has the secret, or has heard somebody use it."""
        if not self.admits(user.name, peer):
            raise RequestError(403, "Permission denied", "Permission denied")
        key = session_key(user, fields["nonce"])
        if self._nonces.spend(fields["nonce"], fields["nc"]) is not Verdict.FRESH:
            successor = self._nonces.issue()
            raise StaleNonce(challenge(REALM, successor, stale=True), key, session_key(user, successor))
        return user, key

    def _unauthorized(self):
        """The 401 with a new challenge."""
        line = challenge(REALM, self._nonces.issue())
        return RequestError(401, "Unauthorized", "", close=False, headers=(line,))


class StaleNonce(RequestError):
    """The 401 that has a browser repeat its request with a new nonce: under `successor`, no longer under `key`."""

    def __init__(self, line, key, successor):
        super().__init__(401, "Unauthorized", "", close=False, headers=(line,))
        self.key = key
        self.successor = successor


def session_key(user, nonce):
    """What the session of `user` under `nonce` is found by: a nonce alone says nothing about who uses it."""
    return "%s %s" % (nonce.decode("latin-1"), user.name.lower())


def name_bytes(user):
    """A user's name as it stands in the file, as bytes."""
    return user.name.encode("utf-8", "surrogateescape")


def secret_bytes(user):
    """A user's secret as it stands in the file, as bytes; None without one."""
    return user.secret.encode("utf-8", "surrogateescape") if user.secret else None


def as_text(name):
    """A user's name, text or bytes, as text; it may hold bytes that are no UTF-8."""
    return name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name


def printable(name):
    """A name from outside for the log: one line, no control characters."""
    if isinstance(name, bytes):
        name = name.decode("utf-8", "backslashreplace")
    return one_line(name[:80])
