"""One manager user as the PBX has authenticated it, and the connections it holds.

An account has a feed, on which its events come, and action connections with events off: one
idle, more while it is busy, so that a slow action delays nobody. ajam/ami/accounts.py makes them.
"""

import threading
from contextlib import contextmanager
from typing import NamedTuple

from ajam.ami.connection import ANSWER_SECONDS, ASK_SECONDS, PLACE_SECONDS
from ajam.ami.feed import SILENT, Feed
from ajam.ami.filters import Filters, ask_alone
from ajam.ami.message import Action, field
from ajam.ami.places import Places
from ajam.ami.wire import BLOCK_END
from ajam.errors import LoginRefused, PbxError, PbxUnreachable

GENERATION_SECONDS = 600.0
LINGER_SECONDS = 10.0  # feed and credentials outlive the last session; some clients log in for each action
IDLE_SECONDS = 10.0  # one idle action connection is kept that long
SPARE_SECONDS = 1.0  # and further ones that long
MAX_ACTIONS = 32  # of one account at a time, each with a connection

ACCEPTED = b"Authentication accepted"
REFUSED = b"Authentication failed"


class Idle(NamedTuple):
    """An action connection that nobody uses, and since when."""

    connection: object
    since: float


class Account:
    """A manager user, logged in. The lock guards the connections, idle and busy, and the counts.

    single   True when the account may have one connection only, which is the feed's
    private  True when it belongs to one session
    """

    def __init__(self, pbx, name, secret, generation, single):
        self.name = name
        self.feed = None
        self.single = single or secret is None
        self.private = self.single
        self._pbx = pbx
        self._clock = pbx.clock
        self._secret = secret
        self._generation = generation
        self._born = self._clock()
        self._lock = threading.Lock()
        self._idle = []
        self._busy = set()
        self._filters = Filters()
        self._actions = Places(MAX_ACTIONS, "Too many actions at a time", pbx.clock, pbx.notify)
        self._sessions = 0
        self._left = self._born
        self._closed = False
        self._outdated = False

    def __repr__(self):
        return "Account(%r, %d sessions, %d actions)" % (self.name, self._sessions, self._actions.used)

    def begin(self, connection, notify, early=b""):
        """Makes `connection`, logged in and with all events on, the account's feed."""
        self.feed = Feed(connection, self._log_in_feed, notify, self._clock, early,
                         lost=lambda: self._pbx.link.lost_feed(self._pbx.address), bounds=self._pbx.bounds)
        self.feed.start()

    def twin(self, generation, notify, action):
        """(a new account of the same user, whose feed begins behind the PBX's answer to a Filter; that answer).

        None in place of the account when the PBX has refused the Filter.
        """
        twin = Account(self._pbx, self.name, self._secret, generation, single=False)
        twin.private = True
        with nothing_sent():
            connection = yield from twin._log_in(b"on")
        try:
            output = yield from twin._filters.add(action, lambda action: ask_alone(action, connection))
            if twin._filters:
                twin.begin(connection, notify, connection.rest)
                return twin, output
        except BaseException:
            connection.close()
            raise
        connection.close()
        return None, output

    @property
    def fresh(self):
        """True when a login may still join, as far as the account itself can tell."""
        feed = self.feed
        young = self._clock() - self._born < GENERATION_SECONDS
        return young and not (self._closed or self._outdated or feed.refused or feed.reloaded or feed.ended)

    def matches(self, generation):
        """True when it was authenticated under the configuration of `generation`."""
        return generation == self._generation

    def knows(self, secret):
        """True when the account was authenticated with `secret`."""
        return self._secret == secret

    def enter(self):
        """A session begins; False when the account is closed already."""
        with self._lock:
            self._sessions += not self._closed
            return not self._closed

    def leave(self):
        """A session ends."""
        with self._lock:
            self._sessions -= 1
            self._left = self._clock()

    def ask(self, action):
        """The output of `action`, on a connection that nobody else uses meanwhile.

        raises   PbxUnreachable, ActionRefused  nothing was sent
                 PbxError                       the outcome is not known
                 LoginRefused                   the PBX no longer accepts the account
        """
        if self.feed.refused:
            raise LoginRefused("The PBX no longer accepts the account")
        if not self.feed.up:
            raise PbxUnreachable("The PBX cannot be reached")
        began = self._clock()
        output = yield from (self._ask_feed(action) if self.single else self._ask(action))
        self._pbx.link.round_trip(self._clock() - began)
        return output

    def _ask(self, action):
        action.encode()  # refused before a connection is opened for it
        with (yield from self._actions.take(PLACE_SECONDS)):
            connection = self._take() or (yield from self._open())
            with self._lock:
                self._busy.add(connection)
            try:
                output = yield from connection.ask(action)
            except BaseException:
                connection.close()
                raise
            finally:
                with self._lock:
                    self._busy.discard(connection)
            self.give_back(connection)
        return output

    def catch_up(self):
        """Returns when the feed has told what the actions done so far have caused, which comes another way."""
        if not self.single:
            yield from self.feed.catch_up()

    def filter(self, action):
        """The output of a Filter on the feed of a private account."""
        return self._filters.add(action, self._ask_feed)

    def _ask_feed(self, action):
        return self.feed.ask(action, ANSWER_SECONDS)

    def give_back(self, connection):
        """Takes in an action connection that is done with its action."""
        now = self._clock()
        with self._lock:
            keep = not (self._closed or connection.closed_by_pbx or connection.broken_off
                        or connection.rest or connection.route != self._pbx.route)
            if keep:
                self._idle.append(Idle(connection, now))
        if not keep:
            connection.close()

    def adopt(self, connection):
        """Takes in a connection that another login has opened, unless there are others; logged in, with events off."""
        if self._idle or self._busy:
            connection.close()
        else:
            self.give_back(connection)

    def reap(self, now):
        """Closes the connections that have lain idle too long; True when the account has, and is closed."""
        with self._lock:
            due = [idle for place, idle in enumerate(self._idle)
                   if now - idle.since > (SPARE_SECONDS if place else IDLE_SECONDS)]
            self._idle = [idle for idle in self._idle if idle not in due]
            unused = not self._sessions and now - self._left > (0 if self.private else LINGER_SECONDS)
            self._closed = self._closed or unused
        for idle in due:
            idle.connection.close()
        return unused

    def reconnect(self):
        """Ends all that is idle, and has the feed log in anew; connections in use go on to the end of their action."""
        self._drop_idle()
        self.feed.reconnect()

    def close(self):
        """Ends all that is idle, and the feed; connections in use end when they are given back."""
        with self._lock:
            self._closed = True
        self._drop_idle()
        self.feed.close()

    def _drop_idle(self):
        with self._lock:
            idle, self._idle = self._idle, []
        for each in idle:
            each.connection.say_goodbye()
            each.connection.close()

    def _take(self):
        """An idle connection, None without one."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop().connection
            if not connection.disturbed:
                return connection
            connection.close()

    def _open(self):
        """A new action connection."""
        connection = None
        try:
            with nothing_sent():
                connection = yield from self._log_in(b"off")
                yield from self._pbx.learn_version(connection)
        except BaseException as failure:
            self._outdated = self._outdated or isinstance(failure, LoginRefused)
            if connection is not None:
                connection.close()
            raise
        return connection

    def _log_in(self, events):
        with (yield from self._pbx.strangers.take(PLACE_SECONDS, 1)):
            return (yield from self._log_in_stranger(events))

    def _log_in_stranger(self, events):
        login = Action([b"Action: Login", b"Username: " + self.name, b"Secret: " + (self._secret or b""),
                        b"Events: " + events])
        connection = yield from self._pbx.connect()
        try:
            output = yield from connection.ask(login, ASK_SECONDS)
            check_accepted(output)
        except BaseException:
            connection.close()
            raise
        connection.rest = output.partition(BLOCK_END)[2] + connection.rest
        return connection

    def _break_off(self):
        """Nobody waits any longer for a PBX that is silent: its answers may come in an hour, or never."""
        with self._lock:
            busy = list(self._busy)
        for connection in busy:
            connection.break_off(SILENT)

    def _log_in_feed(self):
        if self.feed.silent:
            self._break_off()
        if self._secret is None:
            raise LoginRefused("The secret is not known, so the login cannot be repeated")
        self._pbx.may_have_changed()
        with self._pbx.strangers.enter():
            connection = yield from self._log_in_stranger(b"on")
        yield from self._filters.apply(connection)
        self._pbx.link.regained_feed()
        return connection


@contextmanager
def nothing_sent():
    """What fails in this block fails before the client's action is sent: the outcome is known."""
    try:
        yield
    except (LoginRefused, PbxUnreachable):
        raise
    except PbxError as failure:
        raise PbxUnreachable(str(failure)) from failure


def check_accepted(output):
    """Raises LoginRefused, or PbxUnreachable when it is not about the account, unless `output` accepts a login."""
    message = field(output, b"Message")
    if message != ACCEPTED:
        kind = LoginRefused if message == REFUSED else PbxUnreachable
        raise kind("The PBX answered a login with: %s" % message.decode("latin-1"))
