"""`python3 -m tests.bench`: each row on ajam and on Asterisk's own server in turns, and a table of medians."""

import argparse
import contextlib
import pathlib
import re
import resource
import statistics
import tempfile

from tests.bench.rows import ROWS
from tests.bench.sides import Side, ajam, real_asterisk
from tests.real.asterisk import Unavailable

HEAD = ("row", "ajam", "Asterisk", "ratio", "unit")


def main():
    """Measures and prints."""
    options = parser().parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rows = [row for row in ROWS if re.search(options.rows, row.name)]
    with contextlib.ExitStack() as held:
        peer, ami = peer_of(options, held)
        directory = pathlib.Path(held.enter_context(tempfile.TemporaryDirectory()))
        own = held.enter_context(ajam(directory / "etc", ami, options.access))
        print("%-28s %10s %10s %6s  %s" % HEAD)
        for row in rows:
            print(line(row, own, peer, options.rounds), flush=True)


def parser():
    """The command line's grammar."""
    top = argparse.ArgumentParser(prog="python3 -m tests.bench", description=__doc__)
    top.add_argument("--asterisk", choices=("16", "22"), default="16", help="the real Asterisk to run (%(default)s)")
    top.add_argument("--peer", metavar="HOST:PORT", help="HTTP server of an Asterisk that runs already; with --ami")
    top.add_argument("--ami", metavar="HOST:PORT", help="its manager interface; users as in tests/real/etc")
    top.add_argument("--rows", metavar="REGEX", default="", help="only rows whose names this finds")
    top.add_argument("--rounds", type=int, default=3, help="of which the median counts (%(default)s)")
    top.add_argument("--access", choices=("yes", "no"), default="yes", help="ajam's access log (%(default)s)")
    return top


def peer_of(options, held):
    """(Side or None, address of AMI) as the options say."""
    if options.peer:
        return Side("Asterisk", address(options.peer)), address(options.ami)
    try:
        return held.enter_context(real_asterisk(options.asterisk))
    except Unavailable as reason:
        raise SystemExit("no Asterisk to measure: %s" % reason) from reason


def address(text):
    """("127.0.0.1", 8088) for "127.0.0.1:8088"."""
    host, _, port = text.rpartition(":")
    return host, int(port)


def line(row, own, peer, rounds):
    """Measures `row` in turns and returns its line of the table."""
    found = {own: [], peer: []}
    for _ in range(rounds):
        for side in (own, peer) if row.peer else (own,):
            found[side].append(row.measure(side))
    figures = {side: statistics.median(result.figure for result in results)
               for side, results in found.items() if results}
    ours, theirs = figures[own], figures.get(peer)
    ratio = "%.2f" % (ours / theirs) if theirs else ""
    notes = " | ".join(results[-1].note for results in found.values() if results)
    return "%-28s %10.0f %10s %6s  %-3s %s" % (
        row.name, ours, "%.0f" % theirs if theirs else "", ratio, row.unit, notes)


main()
