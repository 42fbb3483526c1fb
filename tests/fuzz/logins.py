"""Failed logins: the limiter against a table that is kept by hand, from its docstring."""

import math
from typing import NamedTuple, Tuple

from ajam.errors import Limited
from ajam.limiter import (
    ATTEMPT_SECONDS, FIRST_SECONDS, FORGIVEN_SECONDS, FREE_FACTOR, LONGEST_SECONDS, PAIR_FORGIVEN_SECONDS, STEPS,
    Limiter,
)
from tests.clock import Clock
from tests.fuzz.cases import Property

ADDRESSES = {"192.0.2.7": "a", "::ffff:192.0.2.7": "a", "192.0.2.8": "b", "2001:db8::1": "c", "2001:db8::2": "c",
             "2001:db8:0:1::1": "d", "no address": "e"}
NAMES = {"admin": "admin", "ADMIN": "admin", "viewer": "viewer", "x" * 128: "x" * 128, "x" * 200: "x" * 128}
MOVES = ("begin",) * 6 + ("fail",) * 4 + ("vanish", "succeed", "leave", "pass")
SECONDS = (0.5, 2.0, 2.1, 9.9, 10.1, 59.0, 61.0, 301.0, 601.0, 86400.0)


class Case(NamedTuple):
    """Free failures, and moves: (what, address, name, which attempt or how long)."""

    free: int
    moves: Tuple[Tuple[str, str, str, int], ...]


def generate(random):
    """Some hosts that try some users."""
    hosts = random.sample(list(ADDRESSES), random.randint(1, 4))
    names = random.sample(list(NAMES), random.randint(1, 3))
    return Case(random.randint(1, 3), tuple(
        (random.choice(MOVES), random.choice(hosts), random.choice(names), random.randrange(10))
        for _ in range(random.randint(1, 80))))


class Tally:
    """The failures of one key: how many, since when, and until when the next attempt is put off."""

    def __init__(self, free, forgiven):
        self.free, self.forgiven = free, forgiven
        self.failures = self.since = self.until = 0.0

    def left(self, now):
        """Those that are not forgiven yet."""
        return max(0.0, self.failures - (now - self.since) / self.forgiven)

    def spent(self, now):
        """True when none of the free ones is left."""
        return math.ceil(self.left(now)) >= self.free

    def fail(self, now):
        """One more; returns how many there are beyond the free ones."""
        self.failures, self.since = min(self.left(now) + 1, self.free + STEPS), now
        return math.ceil(self.failures) - self.free


class Model:
    """All tallies, by address, by pair and by user."""

    def __init__(self, free):
        self._free = free
        self._tallies = {}

    def tally(self, *key):
        """That of a key."""
        pair = len(key) == 2 and key[0] != "user"
        new = Tally(self._free * (1 if pair else FREE_FACTOR), PAIR_FORGIVEN_SECONDS if pair else FORGIVEN_SECONDS)
        return self._tallies.setdefault(key, new)

    def wait(self, address, name, now):
        """Seconds until the next attempt may be made; 0 when it may be made now, and others have to wait then."""
        by_address, by_pair, by_user = self.tally(address), self.tally(address, name), self.tally("user", name)
        wait = max(by_address.until, by_pair.until) - now
        if wait > 0:
            return wait, ()
        held = [by_address] * by_address.spent(now) + [by_pair] * (by_pair.spent(now) or by_user.spent(now))
        for each in held:
            each.until = now + ATTEMPT_SECONDS
        return 0, [(each, each.until) for each in held]

    def fail(self, address, name, now):
        """A wrong secret."""
        by_address, by_pair, by_user = self.tally(address), self.tally(address, name), self.tally("user", name)
        of_address, of_pair, of_user = by_address.fail(now), by_pair.fail(now), by_user.fail(now)
        by_address.until = now + delay(of_address)
        by_pair.until = now + delay(max(of_pair, of_user))

    def succeed(self, address, name, now, held):
        """A right one: the pair is forgiven."""
        self.leave(now, held)
        self._tallies.pop((address, name), None)

    @staticmethod
    def leave(now, held):
        """Nothing came of it: what it alone put off is put off no longer."""
        for each, until in held:
            if each.until == until:
                each.until = now


def delay(excess):
    """Seconds that the next attempt is put off, by the failures beyond the free ones."""
    return min(FIRST_SECONDS * 2 ** excess, LONGEST_SECONDS) if excess >= 0 else 0


def check(case):
    """The limiter lets through what the model lets through, and tells when it will."""
    clock = Clock()
    limiter, model, begun = Limiter(case.free, clock), Model(case.free), []
    for move, address, name, number in case.moves:
        if move == "pass":
            clock.now += SECONDS[number]
        elif move == "begin":
            begin(limiter, model, begun, address, name, clock())
        elif begun:
            end(model, begun.pop(number % len(begun)), move, clock())


def begin(limiter, model, begun, address, name, now):
    """An attempt begins, if it may."""
    seconds, held = model.wait(ADDRESSES[address], NAMES[name], now)
    try:
        attempt = limiter.attempt(address, name)
    except Limited as limited:
        assert limited.status == 429 and abs(limited.seconds - seconds) < 1e-6, (limited.seconds, seconds)
        assert limited.seconds <= LONGEST_SECONDS + 1e-6, limited.seconds
    else:
        assert seconds == 0, seconds
        begun.append((attempt.__enter__(), ADDRESSES[address], NAMES[name], held))


def end(model, begun, move, now):
    """It is over, one way or another."""
    attempt, address, name, held = begun
    if move == "fail":
        attempt.failed()
    elif move == "succeed":
        attempt.succeeded()
    attempt.__exit__(GeneratorExit if move == "vanish" else None, None, None)
    if move in ("fail", "vanish"):
        model.fail(address, name, now)
    elif move == "succeed":
        model.succeed(address, name, now, held)
    else:
        model.leave(now, held)


PROPERTIES = (
    Property("limiter", generate, check, 200),
)
