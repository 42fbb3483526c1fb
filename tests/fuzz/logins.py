"""Failed logins: the limiter against a table that is kept by hand, from its docstring."""

import math
from typing import NamedTuple, Tuple

from ajam.errors import Limited
from ajam.limiter import (
    FIRST_SECONDS, FORGIVEN_SECONDS, FREE_FACTOR, LONGEST_SECONDS, PAIR_FORGIVEN_SECONDS, STEPS, Limiter,
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
    """The failures of one key: how many, since when, until when the next attempt is put off; and who is at it now."""

    def __init__(self, free, forgiven):
        self.free, self.forgiven = free, forgiven
        self.failures = self.since = self.until = 0.0
        self.under_way = 0

    def left(self, now):
        """Those that are not forgiven yet."""
        return max(0.0, self.failures - (now - self.since) / self.forgiven)

    def spent(self, now):
        """True when none of the free ones is left for one more."""
        return math.ceil(self.left(now)) + self.under_way >= self.free

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

    def tallies(self, address, name):
        """Those that an attempt counts for."""
        return self.tally(address), self.tally(address, name), self.tally("user", name)

    def ask(self, address, name, now):
        """"wait", when others have to end first; else the seconds that it is put off; 0: it has begun."""
        by_address, by_pair, by_user = tallies = self.tallies(address, name)
        seconds = max(by_address.until, by_pair.until) - now
        if seconds > 0:
            return seconds
        if by_address.under_way and by_address.spent(now):
            return "wait"
        if by_pair.under_way and (by_pair.spent(now) or by_user.spent(now)):
            return "wait"
        for tally in tallies:
            tally.under_way += 1
        return 0

    def end(self, address, name, move, now):
        """An attempt is over, one way or another."""
        by_address, by_pair, by_user = tallies = self.tallies(address, name)
        for tally in tallies:
            tally.under_way -= 1
        if move == "succeed":
            by_pair.failures = by_pair.until = 0.0
        elif move in ("fail", "vanish"):
            of_address, of_pair, of_user = (tally.fail(now) for tally in tallies)
            by_address.until = now + delay(of_address)
            by_pair.until = now + delay(max(of_pair, of_user))


def delay(excess):
    """Seconds that the next attempt is put off, by the failures beyond the free ones."""
    return min(FIRST_SECONDS * 2 ** excess, LONGEST_SECONDS) if excess >= 0 else 0


class Trial:
    """A limiter and the model, side by side; those who are under way, and who waits for them with which Pause."""

    def __init__(self, free):
        self.clock, self.model = Clock(), Model(free)
        self.limiter = Limiter(free, self.clock)
        self.begun, self.waiting = [], []

    def come(self, address, name):
        """Somebody wants to log in."""
        self._go_on(self.limiter.attempt(address, name), ADDRESSES[address], NAMES[name])

    def _go_on(self, turn, address, name, outcome=None):
        expected = self.model.ask(address, name, self.clock())
        try:
            pause = turn.send(outcome)
        except StopIteration as end:
            assert expected == 0, expected
            self.begun.append((end.value.__enter__(), address, name))
        except Limited as limited:
            assert limited.status == 429 and abs(limited.seconds - expected) < 1e-6, (limited.seconds, expected)
            assert limited.seconds <= LONGEST_SECONDS + 1e-6, limited.seconds
        else:
            assert expected == "wait", expected
            self.waiting.append((turn, pause, address, name))

    def end(self, number, move):
        """One who is under way has failed, or whatever `move` says, and some of those who wait go on."""
        attempt, address, name = self.begun.pop(number % len(self.begun))
        if move == "fail":
            attempt.failed()
        elif move == "succeed":
            attempt.succeeded()
        attempt.__exit__(GeneratorExit if move == "vanish" else None, None, None)
        self.model.end(address, name, move, self.clock())
        self._look_again()

    def _look_again(self):
        for each in self.waiting[:]:
            turn, pause, address, name = each
            if pause.is_over():
                self.waiting.remove(each)
                self._go_on(turn, address, name, True)


def check(case):
    """The limiter lets through what the model lets through, tells when it will, and has the others wait."""
    trial = Trial(case.free)
    for move, address, name, number in case.moves:
        if move == "pass":
            trial.clock.now += SECONDS[number]
        elif move == "begin":
            trial.come(address, name)
        elif trial.begun:
            trial.end(number, move)
    while trial.begun:
        trial.end(0, "leave")
    assert not trial.waiting, trial.waiting


PROPERTIES = (
    Property("limiter", generate, check, 200),
)
