"""All accounts, and how a login becomes one.

Asterisk alone decides a login: every one opens a connection and asks. The first becomes the
account's feed; later ones join the account, and their connection carries actions or is closed.

Old connections keep the rights they were born with, so a login joins an account only of its
own generation: the configuration files unchanged, no reload told, not older than ten minutes.
"""

import threading
import time
from typing import NamedTuple, Optional

from ajam.ami.account import ACCEPTED, Account, check_accepted
from ajam.ami.connection import ASK_SECONDS, KEPT_FROM_LOGINS, PLACE_SECONDS
from ajam.ami.message import Action, field
from ajam.ami.wire import BLOCK_END, split_booted, split_events
from ajam.pause import HEAVY


class Login(NamedTuple):
    """What came of a login: the PBX's response block, the FullyBooted block or b"", the account or None.

    place   where in the account's ring the new session begins
    """

    response: bytes
    fully_booted: bytes
    account: Optional[Account]
    place: int = 0


class Accounts:
    """All accounts. The lock guards the table, and nothing is done under it but looking up and putting in.

    notify       as for Feed
    generation() a value that changes when the configuration files do
    is_single(name)  True for a user whom manager.conf grants one connection only
    secret_of(name)  a user's secret as manager.conf has it, as bytes, or None
    """

    def __init__(self, pbx, notify, generation, is_single, secret_of):
        self._pbx = pbx
        self._notify = notify
        self._generation = generation
        self._is_single = is_single
        self._secret_of = secret_of
        self._lock = threading.Lock()
        self._current = {}
        self._retired = set()
        self._dropped = 0

    def log_in(self, action, wants_boot, connection=None):
        """The Login that comes of a client's own Login action.

        wants_boot  True when the client's Events ask for the category of FullyBooted
        connection  the one that has given out the challenge, if there was one
        """
        joining = self._joinable(action)
        events = b"on" if wants_boot or joining is None else b"off"
        place = joining.feed.ring.last if joining else 0
        output, connection = yield from self._ask_stranger(action.replacing(b"events", events), connection)
        response, _, behind = output.partition(BLOCK_END)
        if field(response, b"Message") != ACCEPTED:
            connection.close()
            return Login(output, b"", None)
        booted, behind = split_booted(behind)
        try:
            account = yield from self._seat(connection, action, events, behind)
        except BaseException:
            connection.close()
            raise
        return Login(response + BLOCK_END, booted if wants_boot else b"", account,
                     place if account is joining else 0)

    def challenge(self, action, connection=None):
        """(output, connection) of a Challenge: on the connection that has given one before, or a new one."""
        return self._ask_stranger(action, connection)

    def join(self, name, secret):
        """(account, place) for a user whose secret is known to be right, as after a digest."""
        login = Action([b"Action: Login", b"Username: " + name, b"Secret: " + secret])
        account = self._joinable(login)
        if account is not None and account.enter():
            return account, account.feed.ring.last
        answer = yield from self.log_in(login, False)
        if answer.account is None:
            check_accepted(answer.response)
        return answer.account, answer.place

    def private(self, account, action):
        """(a new account like `account`, entered, for one session alone; the PBX's answer to its first Filter).

        None in place of the account when the PBX has refused the Filter.
        """
        route = self._pbx.route
        own, output = yield from account.twin(self._generation(), self._notify, action)
        if own is not None:
            own.enter()
            with self._lock:
                self._retired.add(own)
            if route != self._pbx.route:  # as in _found()
                own.reconnect()
        return own, output

    @property
    def links(self):
        """(how many feeds stand, how many there are)."""
        feeds = [account.feed for account in self._all()]
        return sum(feed.up for feed in feeds), len(feeds)

    @property
    def events(self):
        """(how many events all rings have, how many have fallen off rings since the start)."""
        rings = [account.feed.ring for account in self._all()]
        return sum(ring.length for ring in rings), self._dropped + sum(ring.dropped for ring in rings)

    def adopt(self):
        """Has all feeds follow the Pbx's bounds."""
        for account in self._all():
            account.feed.adopt(self._pbx.bounds)

    def reconnect(self):
        """Has all log in anew, since the PBX is elsewhere now; actions in progress end where they are."""
        for account in self._all():
            account.reconnect()

    def reap(self, now):
        """Closes what nobody has needed for long enough."""
        for account in self._all():
            if account.reap(now) or account.feed.refused:
                account.close()
                if account.feed.ended:
                    self._remove(account)

    def close(self):
        """Ends every connection to the PBX, all at once and without waiting; their threads follow."""
        for account in self._all():
            account.close()

    def await_end(self, seconds):
        """Waits for the threads of accounts that are closed, all of them together so long at most."""
        deadline = time.monotonic() + seconds  # threads end by no other clock
        for account in self._all():
            account.feed.join(max(0.0, deadline - time.monotonic()))
            self._remove(account)

    def _all(self):
        with self._lock:
            return [*self._current.values(), *self._retired]

    def _ask_stranger(self, action, connection):
        """(output, connection) of an action on a connection that nobody is logged in on, a new one for None."""
        try:
            with (yield from self._pbx.strangers.take(PLACE_SECONDS, KEPT_FROM_LOGINS)):
                connection = connection or (yield from self._pbx.connect())
                return (yield from connection.ask(action, ASK_SECONDS)), connection
        except BaseException:
            if connection is not None:
                connection.close()
            raise

    def _joinable(self, login):
        with self._lock:
            account = self._current.get(login.get(b"username").lower())
        if account is None or not account.fresh or account.single or not account.matches(self._generation()):
            return None
        return account if login.get(b"key") or account.knows(login.get(b"secret")) else None

    def _seat(self, connection, action, events, behind):
        """The account that a connection just logged in belongs to, entered: one to join, or a new one made of it."""
        joining = self._joinable(action)
        if joining is None or not joining.enter():
            if events == b"off":
                output = yield from connection.ask(Action([b"Action: Events", b"EventMask: on"]), ASK_SECONDS)
                before, _, after = split_events(output)  # 1.6.0 ends its response without an empty line
                behind = b"".join((behind, *before, *after))
            yield HEAVY  # to start a feed's thread takes long where many are busy
            joining = self._found(connection, action, behind)
        elif events == b"off":
            joining.adopt(connection)
        else:
            connection.close()
        joining.feed.hurry()
        return joining

    def _found(self, connection, action, behind):
        name = action.get(b"username")
        secret = self._secret_of(name) if action.get(b"key") else action.get(b"secret")
        account = Account(self._pbx, name, secret, self._generation(), self._is_single(name))
        account.begin(connection, self._notify, behind + connection.rest)
        account.enter()
        with self._lock:
            old = self._current.get(name.lower())
            if old is not None:
                self._retired.add(old)
            self._current[name.lower()] = account
        if connection.route != self._pbx.route:  # reconnect() may have come before it was in the table
            account.reconnect()
        return account

    def _remove(self, account):
        with self._lock:
            self._dropped += account.feed.ring.dropped
            self._retired.discard(account)
            if self._current.get(account.name.lower()) is account:
                del self._current[account.name.lower()]
