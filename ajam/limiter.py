"""How often one may be wrong about a secret: failed logins counted, and the next one put off.

    address          all users tried from one network           4 times `failed_logins` are free
    address, user    one user tried from there                  `failed_logins` are free
    user             one user tried from everywhere             4 times `failed_logins` are free

Once no free failure is left, each further one puts the next attempt off: 2 s, 4 s, 8 s ... 5
minutes. An attempt before that time is refused unseen, counts for nothing, and says nothing about
whether its secret was right. The first two counts put off attempts from that network alone. The
third puts off nobody by itself: it takes the free failures away, so that of many hosts that guess
one user's secret each has one guess and waits from then on, while the user himself, wherever he
is, is let in at his first attempt.

Attempts that are made at once gain nothing. There are no more under way than may fail for nothing,
or one where nothing is free; who comes besides waits, without a thread, until one of them is over.
So fifty right logins at once are fifty logins, five at a time, and of a thousand wrong ones five
are looked at, and the others put off as if they had come one after another.

Failures are forgiven with time, one of a pair in 10 minutes, one of an address or a user in a
minute; and those of a pair by its success. A network is an IPv4 address or the /64 of an IPv6
one, of which a single host has all (RFC 4291 2.5.4). All of it is in memory, and bounded: of too
many keys the one that has not failed for longest is forgotten.

Source: security.md row 32; RFC 6585 4 (429). Whether users exist makes no difference here.
"""

import collections
import contextlib
import functools
import ipaddress
import math
import threading

from ajam.errors import Limited
from ajam.pause import Pause

MAX_KEYS = 10_000  # of each of the three kinds; some 8 MB in all
MAX_NAME = 128  # characters of a user's name that count; Asterisk's are shorter
ADDRESSES = 1024  # whose networks are remembered: each login asks three times
MAX_WAITING = 200  # attempts that wait for others, of 512 connections
FREE_FACTOR = 4  # free failures of an address, or of a user, for each of a pair
FIRST_SECONDS = 2
LONGEST_SECONDS = 300
STEPS = 8  # doublings from the first to the longest
TURN_SECONDS = 10.0  # that an attempt waits for others; of those a PBX that is silent takes as many
RETRY_SECONDS = 1.0  # after which one who has waited in vain may try again
PAIR_FORGIVEN_SECONDS = 600.0
FORGIVEN_SECONDS = 60.0


class Limiter:
    """Counts failed logins. The lock guards all counts.

    failed_logins  free failures of one user from one address
    clock          seconds, never going back
    wake           tells who waits for a subject (ajam/pause.py) to look again
    waiting        how many attempts wait for others
    """

    def __init__(self, failed_logins, clock, wake=lambda subject: None):
        self._clock = clock
        self._wake = wake
        self._lock = threading.Lock()
        self.waiting = 0
        self._pairs = Failures(PAIR_FORGIVEN_SECONDS)
        self._addresses = Failures(FORGIVEN_SECONDS)
        self._users = Failures(FORGIVEN_SECONDS)
        self.adopt(failed_logins)

    def adopt(self, failed_logins):
        """Another number of free failures from now on; what was counted stays."""
        with self._lock:
            self._pairs.free = failed_logins
            self._addresses.free = self._users.free = FREE_FACTOR * failed_logins

    def attempt(self, address, name):
        """A generator (ajam/pause.py) that returns the Attempt to log in as `name`, text; to be used in a `with`.

        raises  Limited  429: not before so many seconds
                         503: too many are under way and do not end, or too many wait for that already
        """
        network, user = network_of(address), name.lower()[:MAX_NAME]
        attempt = Attempt(self, (self._addresses, network), (self._pairs, (network, user)), (self._users, user))
        crowd = self._begin(attempt)
        if crowd is not None:
            yield from self._take_turn(attempt, crowd)
        return attempt

    def _take_turn(self, attempt, crowd):
        """Waits until the attempt has begun."""
        deadline = self._clock() + TURN_SECONDS
        with self._waiting_one_more():
            while crowd is not None:
                if not (yield Pause(deadline, None, (crowd,), lambda: self._crowd(attempt) != crowd)):
                    raise too_many()
                crowd = self._begin(attempt)

    @contextlib.contextmanager
    def _waiting_one_more(self):
        with self._lock:
            if self.waiting >= MAX_WAITING:
                raise too_many()
            self.waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self.waiting -= 1

    def _begin(self, attempt):
        """Counts the attempt among those under way and returns None; what _crowd() does when it has to wait."""
        now = self._clock()
        with self._lock:
            wait = max(table.get(key).until for table, key in (attempt.address, attempt.pair)) - now
            if wait > 0:
                raise Limited(429, "Authentication failed", wait)
            crowd = self._crowd(attempt)
            if crowd is None:
                for table, key in attempt.counted:
                    table.begin(key)
        return crowd

    def _crowd(self, attempt):
        """The address or the pair, one of whose attempts under way has to end before this one begins, or None."""
        now = self._clock()
        for subject, counted in ((attempt.address, (attempt.address,)), (attempt.pair, (attempt.pair, attempt.user))):
            table, key = subject
            if table.under_way[key] and not all(each.has_free(its, now) for each, its in counted):
                return subject
        return None

    def failed(self, attempt):
        """Counts a wrong secret, and puts the next attempt off when no free failure is left."""
        now = self._clock()
        with self._ending(attempt):
            of_address, of_pair, of_user = [table.add(key, now) for table, key in attempt.counted]
            of_address.put_off(of_address.excess, now)
            of_pair.put_off(max(of_pair.excess, of_user.excess), now)

    def succeeded(self, attempt):
        """Forgives the pair its failures."""
        table, key = attempt.pair
        with self._ending(attempt):
            table.forget(key)

    def undecided(self, attempt):
        """The attempt has said nothing about a secret."""
        with self._ending(attempt):
            pass

    @contextlib.contextmanager
    def _ending(self, attempt):
        """The lock, held; the attempt is under way no more, and who waits for that looks again."""
        with self._lock:
            for table, key in attempt.counted:
                table.end(key)
            yield
        if self.waiting:
            for subject in (attempt.address, attempt.pair):
                self._wake(subject)


class Attempt:
    """One attempt to log in, until it is known what came of it; a context manager.

    address, pair, user  (Failures, key): what it counts for; the first two are subjects to wait for as well

    One that ends without failed() or succeeded() counts for nothing, unless it is the browser that
    has ended it: a right secret is answered at once, so one who goes after a moment knows that his was wrong.
    """

    def __init__(self, limiter, address, pair, user):
        self._limiter = limiter
        self._decided = False
        self.address = address
        self.pair = pair
        self.user = user

    @property
    def counted(self):
        """All three."""
        return self.address, self.pair, self.user

    def failed(self):
        """The secret was wrong, or the user may not log in from there."""
        self._decided = True
        self._limiter.failed(self)

    def succeeded(self):
        """The secret was right."""
        self._decided = True
        self._limiter.succeeded(self)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self._decided:
            return
        if kind is GeneratorExit:
            self.failed()
        else:
            self._limiter.undecided(self)


class Failures:
    """Counts by key, the least recently failed first.

    free       failures that put nothing off
    forgiven   seconds that undo one failure
    under_way  how many attempts are, by key; as many as there are
    """

    def __init__(self, forgiven):
        self.free = 0
        self.forgiven = forgiven
        self.under_way = collections.Counter()
        self._counts = collections.OrderedDict()

    def __len__(self):
        return len(self._counts)

    def get(self, key):
        """The Count of a key; one of nothing when it has not failed."""
        return self._counts.get(key) or Count(self)

    def has_free(self, key, now):
        """True while one more failure puts nothing off, though all attempts under way should fail."""
        return math.ceil(self.get(key).left(now)) + self.under_way[key] < self.free

    def begin(self, key):
        """One more attempt is under way."""
        self.under_way[key] += 1

    def end(self, key):
        """One less."""
        self.under_way[key] -= 1
        if not self.under_way[key]:
            del self.under_way[key]

    def add(self, key, now):
        """The Count of a key, which has failed once more. Of too many keys the oldest goes."""
        count = self._counts.setdefault(key, Count(self))
        self._counts.move_to_end(key)
        if len(self._counts) > MAX_KEYS:
            self._counts.popitem(last=False)
        count.add(now)
        return count

    def forget(self, key):
        """As if the key had never failed."""
        self._counts.pop(key, None)


class Count:
    """The failures of one key of a table.

    until   clock time before which no attempt is let through
    excess  the failures that are left beyond the free ones, as of the last: 0 when it was the last free one
    """

    __slots__ = ("until", "excess", "_table", "_failures", "_since")

    def __init__(self, table):
        self._table = table
        self._failures = self._since = self.until = 0.0
        self.excess = -table.free

    def add(self, now):
        """One more; no more are counted than lead to the longest wait."""
        self._failures = min(self.left(now) + 1, self._table.free + STEPS)
        self._since = now
        self.excess = math.ceil(self._failures) - self._table.free

    def put_off(self, excess, now):
        """Sets `until`: the later the more failures are in excess; now while there are free ones."""
        self.until = now + min(FIRST_SECONDS * 2 ** excess, LONGEST_SECONDS) if excess >= 0 else now

    def left(self, now):
        """The failures that are not forgiven yet, in parts."""
        return max(0.0, self._failures - (now - self._since) / self._table.forgiven)


def too_many():
    """The refusal of one who would have to wait for too long, or with too many others."""
    return Limited(503, "Too many logins at a time", RETRY_SECONDS)


@functools.lru_cache(ADDRESSES)
def network_of(address):
    """What is counted as one: an IPv4 address, mapped or not, or the /64 of an IPv6 one.

    address  text as in web.exchange.Request; what is no address counts as itself
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return int(parsed) >> 64 if parsed.version == 6 else str(parsed)
