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

Failures are forgiven with time, one of a pair in 10 minutes, one of an address or a user in a
minute; and those of a pair by its success. A network is an IPv4 address or the /64 of an IPv6
one, of which a single host has all (RFC 4291 2.5.4). All of it is in memory, and bounded: of too
many keys the one that has not failed for longest is forgotten.

Source: security.md row 32; RFC 6585 4 (429). Whether users exist makes no difference here.
"""

import collections
import ipaddress
import math
import threading

from ajam.errors import Limited

MAX_KEYS = 10_000  # of each of the three kinds; some 8 MB in all
MAX_NAME = 128  # characters of a user's name that count; Asterisk's are shorter
FREE_FACTOR = 4  # free failures of an address, or of a user, for each of a pair
FIRST_SECONDS = 2
LONGEST_SECONDS = 300
STEPS = 8  # doublings from the first to the longest
ATTEMPT_SECONDS = 10.0  # that one attempt without a free failure may take; a PBX takes one to refuse
PAIR_FORGIVEN_SECONDS = 600.0
FORGIVEN_SECONDS = 60.0


class Limiter:
    """Counts failed logins. The lock guards all counts.

    failed_logins  free failures of one user from one address
    clock          seconds, never going back
    """

    def __init__(self, failed_logins, clock):
        self._clock = clock
        self._lock = threading.Lock()
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
        """The Attempt to log in as `name`, text, from an address; to be used in a `with`.

        raises  Limited  429: not before so many seconds

        Where no free failure is left there is one attempt at a time.
        """
        network, user = network_of(address), name.lower()[:MAX_NAME]
        now = self._clock()
        with self._lock:
            of_address, of_pair = self._addresses.get(network), self._pairs.get((network, user))
            wait = max(of_address.until, of_pair.until) - now
            if wait > 0:
                raise Limited(429, "Authentication failed", wait)
            held = [each for each, free in (
                (of_address, of_address.has_free(now)),
                (of_pair, of_pair.has_free(now) and self._users.get(user).has_free(now)),
            ) if not free]
            for each in held:
                each.until = now + ATTEMPT_SECONDS
            if of_pair in held:  # though it may not have failed yet
                self._pairs.keep((network, user), of_pair)
        return Attempt(self, network, user, held, now + ATTEMPT_SECONDS)

    def failed(self, attempt):
        """Counts a wrong secret, and puts the next attempt off when no free failure is left."""
        now = self._clock()
        with self._lock:
            of_address = self._addresses.add(attempt.network, now)
            of_pair = self._pairs.add((attempt.network, attempt.user), now)
            of_user = self._users.add(attempt.user, now)
            of_address.put_off(of_address.excess, now)
            of_pair.put_off(max(of_pair.excess, of_user.excess), now)

    def succeeded(self, attempt):
        """Forgives the pair its failures."""
        self.undecided(attempt)
        with self._lock:
            self._pairs.forget((attempt.network, attempt.user))

    def undecided(self, attempt):
        """The attempt has said nothing about a secret: the next one, if put off by it alone, may be made now."""
        now = self._clock()
        with self._lock:
            for each in attempt.held:
                if each.until == attempt.until:
                    each.until = now


class Attempt:
    """One attempt to log in, until it is known what came of it; a context manager.

    held   Counts that let no other attempt through meanwhile
    until  clock time from which they do, if nothing else puts them off

    One that ends without failed() or succeeded() counts for nothing, unless it is the browser that
    has ended it: a right secret is answered at once, so one who goes after a moment knows that his was wrong.
    """

    def __init__(self, limiter, network, user, held, until):
        self._limiter = limiter
        self._decided = False
        self.network = network
        self.user = user
        self.held = held
        self.until = until

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
    """

    def __init__(self, forgiven):
        self.free = 0
        self.forgiven = forgiven
        self._counts = collections.OrderedDict()

    def __len__(self):
        return len(self._counts)

    def get(self, key):
        """The Count of a key; one of nothing when it has not failed."""
        return self._counts.get(key) or Count(self)

    def add(self, key, now):
        """The Count of a key, which has failed once more."""
        count = self.keep(key, Count(self))
        count.add(now)
        return count

    def keep(self, key, count):
        """The Count of a key: `count`, unless it has one. Of too many keys the oldest goes."""
        count = self._counts.setdefault(key, count)
        self._counts.move_to_end(key)
        if len(self._counts) > MAX_KEYS:
            self._counts.popitem(last=False)
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
        self._failures = min(self._left(now) + 1, self._table.free + STEPS)
        self._since = now
        self.excess = math.ceil(self._failures) - self._table.free

    def has_free(self, now):
        """True while another failure puts nothing off."""
        return math.ceil(self._left(now)) < self._table.free

    def put_off(self, excess, now):
        """Sets `until`: the later the more failures are in excess; now while there are free ones."""
        self.until = now + min(FIRST_SECONDS * 2 ** excess, LONGEST_SECONDS) if excess >= 0 else now

    def _left(self, now):
        return max(0.0, self._failures - (now - self._since) / self._table.forgiven)


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
