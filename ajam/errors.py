"""Every way in which ajam can fail, and the HTTP status that says so.

The tree is by fault: the administrator's (ConfigError), the browser's (RequestError, and
ActionRefused for what may not be sent to a PBX), the PBX's (PbxError and its leaves).
Whoever notices a failure raises; manager.py catches for an answer in AMI's form, web/server.py
for an error page, cli.py for the exit code. Messages name the thing and the bound, never a secret.
"""

import math


class AjamError(Exception):
    """Base of all errors that ajam raises itself; `status` is the HTTP status sent for it."""

    status = 500

    @property
    def sentences(self):
        """All that is to be said, each for a line of its own."""
        return (str(self),)


class ConfigError(AjamError):
    """A mistake in a configuration file: where it is, what it is and what to do about it.

    further  ConfigErrors about other lines, found at the same time
    """

    further = ()

    def __init__(self, path, line, message, remedy=""):
        self.path = str(path)
        self.line = line
        self.message = message
        self.remedy = remedy
        place = "%s:%d" % (path, line) if line else str(path)
        super().__init__("%s: %s%s" % (place, message, "; " + remedy if remedy else ""))

    @property
    def sentences(self):
        """One for each mistake, in the order of lines."""
        return (str(self), *map(str, self.further))


def raise_all(mistakes):
    """Raises ConfigErrors as one, which stands for the first line; nothing when there are none."""
    first, *further = sorted(mistakes, key=lambda mistake: mistake.line) or (None,)
    if first is not None:
        first.further = tuple(further)
        raise first


class RequestError(AjamError):
    """A request that is answered with an error page.

    status   the HTTP status code
    reason   the status line's words; Asterisk's where it has some of its own
    text     the sentence on the page
    close    True when the connection ends after the reply: the bytes that follow the
             request cannot be trusted to be a request
    headers  further header lines as bytes, without line ends
    """

    def __init__(self, status, reason, text, close=True, headers=()):
        super().__init__("%d %s: %s" % (status, reason, text))
        self.status = status
        self.reason = reason
        self.text = text
        self.close = close
        self.headers = tuple(headers)


class ActionRefused(AjamError):
    """An action that must not be written to a PBX; the message answers it in AMI's own form."""

    status = 200


class InjectionRefused(ActionRefused):
    """A CR, LF or NUL in a parameter, or a colon in its name: on the wire it would become another header."""

    status = 400


class Limited(RequestError, ActionRefused):
    """More than the limits allow (ajam.conf, [limits]): told in AMI's form in answer to an action, else by a page.

    seconds  after which it may be tried again; `retry` are whole ones, as Retry-After has them
    """

    REASONS = {429: "Too Many Requests", 503: "Service Unavailable"}

    def __init__(self, status, text, seconds):
        self.seconds = seconds
        self.retry = math.ceil(seconds)
        super().__init__(status, self.REASONS[status], text, close=False, headers=(b"Retry-After: %d" % self.retry,))


class PbxError(AjamError):
    """The PBX broke the AMI protocol or went away; what came of the action is not known."""

    status = 503


class PbxUnreachable(PbxError):
    """No connection to the PBX can be had now; nothing was sent."""


class PbxBusy(PbxUnreachable):
    """As many connections to the PBX as ajam allows itself are in use."""


class LoginRefused(PbxError):
    """The PBX does not accept the account (any more)."""

    status = 200
