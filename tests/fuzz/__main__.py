"""Looks for cases that break a property, for as long as it may.

    python3 -m tests.fuzz --minutes 10                  every property in turn, seeds from a random one on
    python3 -m tests.fuzz --only requests --seed 4711   one property, seeds from 4711 on
    python3 -m tests.fuzz --only requests --seed 4711 --cases 1
"""

import argparse
import itertools
import secrets
import sys
import time
import traceback

from tests.fuzz.cases import Broken, case_of, examine, shortened
from tests.fuzz.catalogue import PROPERTIES

REPORT_SECONDS = 30.0
SHORTEN_SECONDS = 120.0


def main():
    """Exit status 1 when a property does not hold."""
    options = read_options()
    first = secrets.randbelow(2 ** 32) if options.seed is None else options.seed
    chosen = [each for each in PROPERTIES if options.only in (None, each.name)]
    print("seeds from %d on, of %s" % (first, ", ".join(each.name for each in chosen)))
    try:
        examined = search(chosen, first, options)
    except Broken as broken:
        print("%s\n%s" % (traceback.format_exc(), broken))
        print("the least of it: %r" % (shortest(broken),))
        return 1
    except KeyboardInterrupt:
        return 130
    print("%d cases, and all is well" % examined)
    return 0


def shortest(broken):
    """The case that broke, with as little in it as could be found in a while."""
    deadline = time.monotonic() + SHORTEN_SECONDS
    return shortened(broken.property, case_of(broken.property, broken.seed), lambda: time.monotonic() < deadline)


def read_options():
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.fuzz", description="Property tests, for longer.")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long to look; 1 without it")
    parser.add_argument("--cases", type=int, help="how many seeds at most; no limit without it")
    parser.add_argument("--seed", type=int, help="the first seed; a random one without it")
    parser.add_argument("--only", choices=[each.name for each in PROPERTIES], metavar="NAME",
                        help="one property: " + ", ".join(each.name for each in PROPERTIES))
    return parser.parse_args()


def search(properties, first, options):
    """The number of cases that were examined until the time was over, or all asked for; raises Broken.

    A property has its number of cases in turn, so that each has about the same time.
    """
    deadline, told, examined = time.monotonic() + options.minutes * 60, time.monotonic(), 0
    for turn in itertools.count():
        for property in properties:
            for number in range(turn * property.cases, (turn + 1) * property.cases):
                if time.monotonic() > deadline or number == options.cases:
                    return examined
                examine(property, first + number)
                examined += 1
        if time.monotonic() - told > REPORT_SECONDS:
            told = time.monotonic()
            print("%d cases" % examined, flush=True)


if __name__ == "__main__":
    sys.exit(main())
