"""A running ajam, spoken to over HTTP with digest authentication by urllib.

    Remote.ask     an action's answer
    Remote.lines   the lines of an event stream, as they come

Certificates are verified, proxies of the environment are not used. urllib would offer a wrong secret
six times, and begin a new session with each request; Digest does neither.
"""

import contextlib
import hashlib
import http.client
import socket
import ssl
from typing import NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import (
    HTTPDigestAuthHandler, HTTPPasswordMgrWithDefaultRealm, HTTPSHandler, ProxyHandler, Request, build_opener,
    parse_http_list, parse_keqv_list,
)

from ajam.errors import AjamError

SILENT_SECONDS = 45.0  # a stream has a sign of life every 15
LEAVE_SECONDS = 2.0  # for the logoff at the end, which nobody should wait for long
IN_AMI_FORM = ("text/plain", "application/json")  # an answer, whatever the HTTP status; others are error pages

NO_TLS = "no TLS is spoken there; write http:// in place of https://, or name the port of HTTPS"
PERHAPS_TLS = "it has ended the connection; where HTTPS is served write https:// in place of http://"
NOT_IN_TLS = frozenset(("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"))  # OpenSSL's reasons
UNKNOWN_OUTCOME = "no answer in time; whether the action was done is not known"
REFUSALS = {  # by HTTP status
    401: "user or secret is wrong, or the user is not in manager.conf",
    403: "the user may not log in from this host, or not at all",
    404: "no manager interface is served there; see prefix and webenabled, and --url",
    429: "too many logins have failed; try again later",
}


class Unreachable(AjamError):
    """No ajam answers now; another time one may."""


class Refused(AjamError):
    """ajam answers, and will not have us."""


class Answer(NamedTuple):
    """The HTTP status and the body of an answer in the manager's own form."""

    status: int
    body: bytes


class Remote:
    """An ajam as one of its users sees it; a context manager that logs off at the end.

    url       "http://127.0.0.1:8088/asterisk": everything before /arawman
    identity  client.identity.Identity
    cafile    PEM file of who may have signed its certificate; None for whom this host trusts

    raises  OSError  the file cannot be read
    """

    def __init__(self, url, identity, cafile=None):
        self.url = url.rstrip("/")
        self._greeted = False
        passwords = HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, self.url, *map(_octets, identity))
        context = ssl.create_default_context(cafile=cafile)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # Asterisk's ast_tls_cert makes plainer ones than that bears
        self._opener = build_opener(ProxyHandler({}), HTTPSHandler(context=context), Digest(passwords))

    def ask(self, uri, pairs, seconds):
        """The Answer to an action; pairs of name and value in order; raises Unreachable, Refused."""
        request = Request("%s/%s" % (self.url, uri), urlencode(pairs).encode("ascii"))
        with self._failing(UNKNOWN_OUTCOME), self._open(request, seconds) as response:
            return Answer(response.status, response.read())

    def lines(self, uri, pairs, place=b""):
        """The lines of the stream behind `place`, bytes, until it ends; raises Unreachable, Refused."""
        headers = {"Last-Event-ID": place.decode("ascii")} if place else {}
        request = Request("%s/%s?%s" % (self.url, uri, urlencode(pairs)), headers=headers)
        with self._failing("it has fallen silent"), self._open(request, SILENT_SECONDS) as response:
            yield from response

    def close(self):
        """Logs off, when there was a login; any number of times."""
        if self._greeted:
            self._greeted = False
            with contextlib.suppress(Unreachable, Refused):
                self.ask("arawman", [("action", "logoff")], LEAVE_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _open(self, request, seconds):
        try:
            response = self._opener.open(request, timeout=seconds)
        except HTTPError as error:
            if error.code not in REFUSALS and error.headers.get_content_type() in IN_AMI_FORM:
                return error
            error.close()
            kind = Refused if error.code in REFUSALS else Unreachable
            raise kind("%s: HTTP %d: %s" % (self.url, error.code, REFUSALS.get(error.code, error.reason))) from error
        self._greeted = True
        return response

    @contextlib.contextmanager
    def _failing(self, silence):
        """Makes whatever goes wrong on the way Unreachable; ValueError is what urllib says to misshapen replies."""
        try:
            yield
        except socket.timeout as error:
            raise Unreachable("%s: %s" % (self.url, silence)) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable("%s: %s" % (self.url, _reason(error, self.url.startswith("https:")))) from error


class Digest(HTTPDigestAuthHandler):
    """urllib's digest authentication, for bytes in Latin-1, and with a memory.

    A session of ajam's goes with a nonce: it is used again, with the next count, unasked.
    """

    def __init__(self, passwords):
        super().__init__(passwords)
        self._challenge = None

    def http_request(self, request):
        """Credentials for whoever has been challenged once."""
        if self._challenge and not request.has_header(self.auth_header):
            credentials = self.get_authorization(request, self._challenge)
            request.add_unredirected_header(self.auth_header, "Digest %s" % credentials)
        return request

    https_request = http_request

    def http_error_401(self, request, response, code, message, headers):
        """The reply to the request with credentials; None when there are none, or they were not good."""
        response.close()
        return super().http_error_401(request, response, code, message, headers)

    def retry_http_digest_auth(self, request, auth):
        """As above; only where credentials were missing or stale."""
        challenge = parse_keqv_list(filter(None, parse_http_list(auth.partition(" ")[2])))
        if request.has_header(self.auth_header) and challenge.get("stale", "").lower() != "true":
            return None
        self._challenge = challenge
        return super().retry_http_digest_auth(request, auth)

    def get_algorithm_impls(self, algorithm):
        """Hash and keyed hash; MD5 whatever is asked for, as that is what ajam asks for."""
        def digest(text):
            return hashlib.md5(text.encode("latin-1"), usedforsecurity=False).hexdigest()
        return digest, lambda secret, data: digest("%s:%s" % (secret, data))


def _octets(text):
    """The bytes of the text as Latin-1: in a header and in a hash they are then what manager.conf has."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _reason(error, secure):
    """What went wrong with a request, `secure` for one over TLS, in words."""
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return "its certificate is not accepted: %s; name who signed it with --cacert" % reason.verify_message
    if isinstance(reason, ssl.SSLError) and reason.reason:
        return NO_TLS if reason.reason in NOT_IN_TLS else "TLS fails: " + reason.reason.lower().replace("_", " ")
    if isinstance(reason, (ConnectionResetError, http.client.BadStatusLine)) and not secure:
        return PERHAPS_TLS
    if isinstance(reason, ConnectionRefusedError):
        return "nobody listens there; is ajam running?"
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
