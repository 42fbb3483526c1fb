"""Who a program is to ajam: a manager user and his secret, and from where they are known.

    --secret-file FILE, AJAM_SECRET in the environment, ~/.config/ajam, in this order; a file has

        user = admin
        secret = mysecret

    and may name no user when --user or AJAM_USER does. Never an argument: ps shows those to everybody.
"""

import os
import stat
from typing import NamedTuple, Optional

from ajam.errors import AjamError

DEFAULT_FILE = "~/.config/ajam"
KNOWN = frozenset(("user", "secret"))
COMMENTS = ("#", ";")
HOW_TO_SAY = "say user and secret in %s, in a file named with --secret-file, or with AJAM_USER and AJAM_SECRET" % (
    DEFAULT_FILE)


class NoIdentity(AjamError):
    """User or secret are not known, or stand where others can read them."""


class Identity(NamedTuple):
    """A user and a secret; None for what a source does not tell."""

    user: Optional[str]
    secret: Optional[str]

    def __repr__(self):
        return "Identity(%r, ...)" % (self.user,)  # a secret is not for tracebacks


def find_identity(user, path, environment):
    """The Identity to come with, complete.

    user, path   of the options, None without
    environment  a Mapping, with HOME and perhaps AJAM_USER and AJAM_SECRET
    raises       NoIdentity

    A source that names another user than the one who is wanted does not count: its secret is not his.
    """
    sources = list(_sources(user, path, environment))
    user = user or next((source.user for source in sources if source.user), None)
    if user is None:
        raise NoIdentity("no user is named; " + HOW_TO_SAY)
    for source in sources:
        if source.secret and source.user in (None, user):
            return Identity(user, source.secret)
    raise NoIdentity("the secret of %s is not known; %s" % (user, HOW_TO_SAY))


def _sources(user, path, environment):
    """What each source tells, the nearest first; the file at home is not opened when it is not needed."""
    if path is not None:
        yield read_identity(path)
    at_hand = Identity(environment.get("AJAM_USER") or None, environment.get("AJAM_SECRET") or None)
    yield at_hand
    suffices = None not in at_hand and user in (None, at_hand.user)
    default = os.path.join(environment.get("HOME", "/"), DEFAULT_FILE[len("~/"):])
    if path is None and not suffices and os.path.exists(default):
        yield read_identity(default)


def read_identity(path):
    """The Identity in a file; raises NoIdentity, also when others than its owner can read it."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
                raise NoIdentity("%s: others can read it; chmod 600 %s" % (path, path))
            text = file.read()
    except OSError as error:
        raise NoIdentity("%s: %s; %s" % (path, error.strerror, HOW_TO_SAY)) from error
    pairs = _pairs(path, text)
    return Identity(pairs.get("user") or None, pairs.get("secret") or None)


def _pairs(path, text):
    """What a file says, by name; NoIdentity names the line that is wrong, and does not quote it."""
    pairs = {}
    for number, line in enumerate(text.split("\n"), 1):
        name, equals, value = map(str.strip, line.partition("="))
        if not name and not equals or name.startswith(COMMENTS):
            continue
        if not equals or name.lower() not in KNOWN - pairs.keys():
            raise NoIdentity("%s:%d: neither user = NAME nor secret = SECRET, each once; correct it" % (path, number))
        pairs[name.lower()] = value
    return pairs
