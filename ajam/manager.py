"""The manager over HTTP: one request's parameters become one action, its output one body.

    parameters -> Action -> performed by ajam itself, or by the PBX on the session's account
                            -> output -> raw, XML, HTML or JSON -> reply with the session's cookie
    stream     -> what comes on the session's feed, as it comes (ajam/stream.py)

What concerns a session is done here (Login, Challenge, Logoff, Events, Filter, WaitEvent);
nothing that changes a connection's state ever reaches a shared one. Source: reference.md 2.
"""

import logging

from ajam.access import StaleNonce, name_bytes, printable, secret_bytes
from ajam.ami.message import Action, error, field, response
from ajam.call import Call, last_value
from ajam.errors import ActionRefused, Limited, LoginRefused, PbxError, PbxUnreachable, RequestError
from ajam.filtering import add_filter
from ajam.pause import Pause
from ajam.privileges import ALL, LABELS, mask_from_text
from ajam.render import FORMATS
from ajam.selection import read_selection
from ajam.sessions import new_id
from ajam.stream import stream
from ajam.waitevent import set_mask, wait_event, wait_since
from ajam.web import cookies, parameters
from ajam.web.origins import Site

REFUSED_SECONDS = 1.0  # before a refused login is told so, as in Asterisk
RETRY_SECONDS = 5  # what a client is told to wait for when the PBX is away
PRAGMA = b"Pragma: SuppressEvents"

STRANGERS = frozenset((b"login", b"challenge", b"logoff"))  # what one may ask for without a session
IN_USE = b"Login Already In Use"  # told before the PBX looks at the secret
UNKNOWN_OUTCOME = "the outcome of the action is not known"

log = logging.getLogger(__name__)


class Manager:
    """Answers requests to the manager URIs, as generators in the sense of ajam/pause.py.

    access    who may log in from where (ajam/access.py)
    accounts  the PBX's side (ajam/ami/accounts.py)
    sessions  the browsers' side (ajam/sessions.py); `digest_sessions` those of the digest URIs
    turns     of large answers (ajam/turns.py)
    """

    def __init__(self, access, accounts, sessions, digest_sessions, challenges, turns, clock):
        self.access = access
        self.accounts = accounts
        self.sessions = sessions
        self.digest_sessions = digest_sessions
        self._challenges = challenges
        self._turns = turns
        self._clock = clock
        self._own = {
            b"login": self._log_in,
            b"challenge": self._challenge,
            b"logoff": self._log_off,
            b"events": self._events,
            b"filter": self._filter,
            b"waitevent": self._wait_event,
        }

    def answer(self, request, format_name, site=Site.OWN):
        """The reply to a request on a cookie URI, asked for by a page of `site`; a foreign one gets no cookie."""
        cookie_id, session = self._session_of(request.headers)
        call = Call(request, session, cookie_id)
        call.shared = is_shared(request, site, session)
        try:
            output = yield from self._output(call)
        finally:
            if session is not None:
                self.sessions.release(session)
        if site is Site.FOREIGN:
            return (yield from self._turns.reply(call, FORMATS[format_name], output, (PRAGMA,)))
        id = new_id() if call.reply_id is None else call.reply_id
        headers = (self._cookie(id, request.secure, call.shared), PRAGMA)
        return (yield from self._turns.reply(call, FORMATS[format_name], output, headers))

    def answer_digest(self, request, format_name):
        """The reply to a request on a digest URI; RequestError 401, 403 or 429 when it is not authenticated."""
        user, key = yield from self._authenticate(request)
        call = Call(request, self.digest_sessions.find(key))
        beginning = self._begin_digest(user, key, request.peer) if call.session is None else None
        try:
            output = yield from self._output(call, beginning)
        finally:
            if call.session is not None:
                self.digest_sessions.release(call.session)
        return (yield from self._turns.reply(call, FORMATS[format_name], output, ()))

    def stream(self, request, site=Site.OWN):
        """The event stream of the session that the request's cookie names; RequestError 403 without one."""
        _, session = self._session_of(request.headers)
        if session is None:
            raise RequestError(403, "Forbidden", "Log in first", close=False)
        cookie = self._cookie(session.id, request.secure, is_shared(request, site, session))
        return (yield from self._stream(session, request, (cookie,)))

    def stream_digest(self, request):
        """The same with digest authentication."""
        user, key = yield from self._authenticate(request)
        session = self.digest_sessions.find(key)
        if session is None:
            try:
                session = yield from self._begin_digest(user, key, request.peer)
            except LoginRefused as failure:
                raise RequestError(403, "Forbidden", "Permission denied", close=False) from failure
            except PbxError as failure:
                raise RequestError(503, "Service Unavailable", str(failure),
                                   headers=(b"Retry-After: %d" % RETRY_SECONDS,)) from failure
        return (yield from self._stream(session, request))

    def _session_of(self, headers):
        """(the id that a request's cookie names, its session in use), None for either that is not there."""
        cookie = cookies.session_id(headers)
        cookie_id = cookie.decode("ascii") if cookie else None
        return cookie_id, self.sessions.find(cookie_id)

    def _stream(self, session, request, headers=()):
        asked = parameters.of_request(request)
        since = request.headers.get(b"last-event-id") or last_value(asked, b"since")
        try:
            with session.owner.streaming(session):
                yield from stream(session, read_selection(asked), since, self._clock, headers)
        finally:
            session.owner.release(session)

    def _authenticate(self, request):
        """As Access.authenticate(); a session lives on under the new nonce when its old one is over."""
        try:
            return (yield from self.access.authenticate(request, self.digest_sessions))
        except StaleNonce as stale:
            self.digest_sessions.alias(stale.key, stale.successor)
            raise

    def _begin_digest(self, user, key, peer):
        account, place = yield from self.accounts.join(name_bytes(user), secret_bytes(user))
        session = self.digest_sessions.begin(account, place, ALL, peer, key)
        self.access.logged_on(user.name, peer)
        return session

    def _cookie(self, id, secure, shared):
        return cookies.line(id.encode("ascii"), self.sessions.lifetime if id else 0, secure, shared)

    def _output(self, call, beginning=None):
        """The output for the call, whatever happens; call.status tells how it went.

        beginning  generator that returns the call's session, when it has none yet but a right to one
        """
        try:
            call.action = Action.of_pairs(call.parameters)
            if beginning is not None:
                call.session = yield from beginning
            return (yield from self._perform(call))
        except (ActionRefused, PbxError) as failure:
            return self._failed(call, failure)

    def _failed(self, call, failure):
        """What a failure is answered with, in AMI's own form."""
        call.status = failure.status
        action = call.action or Action([])
        if isinstance(failure, Limited):
            call.retry = failure.retry
            return error(action, failure.text)
        if isinstance(failure, LoginRefused):
            if call.session is not None:
                call.session.owner.end(call.session)
            return error(action, "Permission denied")
        if isinstance(failure, PbxError):
            call.retry = RETRY_SECONDS
            nothing_sent = isinstance(failure, PbxUnreachable)
            message = str(failure) if nothing_sent else "%s; %s" % (failure, UNKNOWN_OUTCOME)
            if type(failure) is not PbxUnreachable:  # of that one ami/link.py tells, once for all
                log.warning("%s as '%s': %s", call.peer, printable(call.user), message)
            return error(action, message)
        return error(action, str(failure))

    def _perform(self, call):
        name = call.action.name
        if not name:
            return error(call.action, "Missing action in request")
        if call.session is None and name not in STRANGERS:
            return error(call.action, "Permission denied")
        output = self._own.get(name, self._forward)(call)
        return output if isinstance(output, bytes) else (yield from output)

    def _forward(self, call):
        call.session.acted = True
        return call.session.account.ask(call.action)

    # What ajam does itself

    def _log_in(self, call):
        action = call.action
        if call.session is not None:
            return response(b"Success", action, b"Message: Already authenticated")
        name = action.get(b"username").decode("utf-8", "surrogateescape")
        with (yield from self.access.attempt(name, call.peer)) as attempt:
            if not self.access.admits(name, call.peer):
                attempt.failed()
                yield Pause(self._clock() + REFUSED_SECONDS, endless=True)
                return error(action, "Authentication failed")
            return (yield from self._try_login(call, name, attempt))

    def _try_login(self, call, name, attempt):
        """The output of a Login that the PBX is asked about."""
        action = call.action
        mask = mask_from_text(action.get(b"events").decode("latin-1")) or 0
        md5 = action.get(b"authtype").lower() == b"md5"
        connection = self._challenges.take(call.cookie_id) if md5 else None
        login = yield from self.accounts.log_in(action, bool(mask & LABELS["system"]), connection)
        if login.account is None:
            if field(login.response, b"Message") != IN_USE:
                attempt.failed()
            self.access.refused(name, call.peer)
            return login.response
        attempt.succeeded()
        call.session = self.sessions.begin(login.account, login.place, mask, call.peer)
        call.session.shared = call.shared
        self.sessions.release(call.session)
        self.access.logged_on(name, call.peer)
        call.reply_id = call.session.id
        return login.response + login.fully_booted

    def _challenge(self, call):
        if call.session is not None:
            return (yield from call.session.account.ask(call.action))
        output, connection = yield from self.accounts.challenge(call.action, self._challenges.take(call.cookie_id))
        if connection.closed_by_pbx:
            connection.close()
        else:
            call.reply_id = call.cookie_id or new_id()
            self._challenges.keep(call.reply_id, connection, call.peer)
        return output

    def _log_off(self, call):
        call.reply_id = ""
        session = call.session
        if session is not None and session.owner.end(session):
            self.access.logged_off(session.account.name, call.peer)
            if session.account.single:
                yield from session.account.feed.log_off()
        return response(b"Goodbye", call.action, b"Message: Thanks for all the fish.")

    def _events(self, call):
        mask = mask_from_text(call.action.get(b"eventmask").decode("latin-1"))
        return set_mask(call.session, call.action, mask)

    def _filter(self, call):
        return add_filter(call.session, call.action, self.accounts)

    def _wait_event(self, call):
        if call.has(b"since"):
            return self._wait_since(call)
        return wait_event(call.session, call.action, self._clock)

    def _wait_since(self, call):
        with call.session.owner.streaming(call.session):
            return (yield from wait_since(
                call.session, call.action, read_selection(call.parameters), self._clock))

    # Upkeep

    def adopt(self, settings, limits):
        """Follows other conf.sections.ManagerSettings and LimitsSettings; a session's next request counts by them."""
        for table in (self.sessions, self.digest_sessions):
            table.lifetime, table.limits = settings.httptimeout, limits
        self.access.limiter.adopt(limits.failed_logins)

    def user_of(self, headers):
        """The name of the user whose session a request's cookie names, as bytes, or None."""
        _, session = self._session_of(headers)
        if session is None:
            return None
        self.sessions.release(session)
        return session.account.name

    def tick(self, now):
        """Ends what has lasted too long; about once a second."""
        for table in (self.sessions, self.digest_sessions, self._challenges):
            table.purge(now)
        self.accounts.reap(now)

    def close(self):
        """Ends all sessions and all connections to the PBX."""
        self.sessions.end_all()
        self.digest_sessions.end_all()
        self._challenges.close()
        self.accounts.close()


def is_shared(request, site, session):
    """True when the cookie has to go along with the requests of another site's page, over TLS alone."""
    return request.secure and (site is Site.ALLOWED or session is not None and session.shared)
