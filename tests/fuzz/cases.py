"""What a property is, and how a seed becomes a case of it."""

import random as randomness
import traceback
from typing import Any, Callable, NamedTuple

COMMAND = "python3 -m tests.fuzz"


class Property(NamedTuple):
    """Something that is to hold for every case.

    name      what it is called on the command line
    generate  random.Random -> a case, whose repr() can stand in regressions.py
    check     case -> None; raises whatever it finds wrong
    cases     how many a short run takes of one kind of seeds
    """

    name: str
    generate: Callable[[randomness.Random], Any]
    check: Callable[[Any], None]
    cases: int


class Broken(AssertionError):
    """A property does not hold, as the case of a seed shows."""

    def __init__(self, property, seed, error):
        what = "".join(traceback.format_exception_only(type(error), error)).strip()
        super().__init__("%s does not hold: %s\nagain: %s --only %s --seed %d --cases 1\ncase: %r" % (
            property.name, what, COMMAND, property.name, seed, case_of(property, seed)))
        self.property = property
        self.seed = seed


def case_of(property, seed):
    """The case that a seed stands for."""
    return property.generate(randomness.Random("%s %d" % (property.name, seed)))


def holds(property, case):
    """True when the property holds for the case."""
    try:
        property.check(case)
    except Exception:
        return False
    return True


def shortened(property, case, in_time):
    """A case that breaks the property and has few parts, made of one that does; of bytes or a plain tuple.

    in_time() is False when there is no time left
    """
    size = len(case) // 2 if type(case) in (bytes, tuple) else 0
    while size:
        place = 0
        while place < len(case) and in_time():
            less = case[:place] + case[place + size:]
            if holds(property, less):
                place += size
            else:
                case = less
        size //= 2
    return case


def examine(property, seed):
    """Checks the case of one seed; raises Broken."""
    case = case_of(property, seed)
    try:
        property.check(case)
    except Exception as error:
        raise Broken(property, seed, error) from error
