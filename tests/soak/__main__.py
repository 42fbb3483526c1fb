"""`python3 -m tests.soak`: mixed work for one ajam in front of a real Asterisk; ends with 1 when anything is wrong."""

import argparse
import contextlib
import pathlib
import sys
import tempfile

from tests.bench.sides import ajam, end_tidily, real_asterisk
from tests.floods.battlefield import all_descriptors
from tests.real.asterisk import Unavailable
from tests.soak.course import soak

LIMITS = "events=1000\n"  # so that rings are full within a minute, and memory is flat from the beginning


def main():
    """Soaks, and prints the course of it."""
    options = parser().parse_args()
    end_tidily()
    with contextlib.ExitStack() as held:
        held.enter_context(all_descriptors())
        try:
            _, ami = held.enter_context(real_asterisk(options.asterisk))
        except Unavailable as reason:
            raise SystemExit("no Asterisk to soak with: %s" % reason) from reason
        directory = pathlib.Path(held.enter_context(tempfile.TemporaryDirectory())) / "etc"
        side = held.enter_context(ajam(directory, ami, limits=LIMITS))
        found = soak(side, options.minutes, options.people)
        found += ["a traceback is in the log"] * ("Traceback" in (directory / "log").read_text())
    print(*found or ["Nothing is wrong."], sep="\n")
    sys.exit(bool(found))


def parser():
    """The command line's grammar."""
    top = argparse.ArgumentParser(prog="python3 -m tests.soak", description=__doc__)
    top.add_argument("--minutes", type=float, default=30, help="(%(default)s)")
    top.add_argument("--people", type=int, default=500, help="who work at a time, nearly all with a session (%(default)s)")
    top.add_argument("--asterisk", choices=("16", "22"), default="16", help="the real Asterisk to run (%(default)s)")
    return top


main()
