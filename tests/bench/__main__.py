"""`python3 -m tests.bench`: each row on ajam and on others in turns, and a table of medians.

Beside ajam there are Asterisk's own server, where a real Asterisk can be had, and what http.server does when
it is used as it comes. "times" says how many times as good ajam is as the figure before it.
"""

import argparse
import contextlib
import pathlib
import platform
import re
import statistics
import tempfile

from tests.bench.rows import ROWS
from tests.bench.sides import ASTERISK, OWN, STOCK, Side, ajam, end_tidily, real_asterisk, stock
from tests.floods.battlefield import all_descriptors
from tests.peer import Peer
from tests.real.asterisk import Unavailable

HEAD = "%-30s %9s %9s %6s %11s %6s %-3s" % ("row", OWN, ASTERISK, "times", STOCK, "times", "")
LINE = "%-30s %9s %9s %6s %11s %6s %-3s%s"
MISSED = " target missed;"


def main():
    """Measures and prints."""
    options = parser().parse_args()
    if (options.peer is None) is not (options.ami is None):
        parser().error("--peer and --ami go together")
    end_tidily()
    with contextlib.ExitStack() as held:
        held.enter_context(all_descriptors())
        sides, ami = others(options, held)
        directory = pathlib.Path(held.enter_context(tempfile.TemporaryDirectory()))
        sides[OWN] = held.enter_context(ajam(directory / "etc", ami, options.access))
        sides[STOCK] = held.enter_context(stock(directory, ami))
        print("Python %s, %s, access log %s\n\n%s" % (
            platform.python_version(), options.peer or options.asterisk, options.access, HEAD))
        for row in options.rows:
            print(measured(row, sides, options.rounds), flush=True)


def parser():
    """The command line's grammar."""
    top = argparse.ArgumentParser(prog="python3 -m tests.bench", description=__doc__,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--asterisk", choices=("16", "22", "none"), default="16",
                     help="the real Asterisk to run (%(default)s); none: a scripted PBX in its place")
    top.add_argument("--peer", metavar="HOST:PORT", help="HTTP server of an Asterisk that runs already; with --ami")
    top.add_argument("--ami", metavar="HOST:PORT", help="its manager interface; users as in tests/real/etc")
    top.add_argument("--rows", metavar="REGEX", type=rows, default="", help="only rows whose names this finds")
    top.add_argument("--rounds", type=int, choices=range(1, 100), metavar="N", default=3,
                     help="of which the median counts (%(default)s)")
    top.add_argument("--access", choices=("yes", "no"), default="yes", help="ajam's access log (%(default)s)")
    return top


def rows(pattern):
    """Those of ROWS that the pattern finds."""
    try:
        found = [row for row in ROWS if re.search(pattern, row.name)]
    except re.error as error:
        raise argparse.ArgumentTypeError("no regular expression: %s" % error) from error
    if not found:
        raise argparse.ArgumentTypeError("there is no such row; there are: %s" % "; ".join(row.name for row in ROWS))
    return found


def others(options, held):
    """({ASTERISK: its Side} or {}, address of AMI) as the options say."""
    if options.peer:
        return {ASTERISK: Side(ASTERISK, address(options.peer))}, address(options.ami)
    if options.asterisk == "none":
        return {}, held.enter_context(scripted_pbx()).address
    try:
        side, ami = held.enter_context(real_asterisk(options.asterisk))
    except Unavailable as reason:
        raise SystemExit("no Asterisk to measure (%s); --asterisk none does without" % reason) from reason
    return {ASTERISK: side}, ami


@contextlib.contextmanager
def scripted_pbx():
    """A Peer that tells a UserEvent to all."""
    def script(lines, connection):
        if lines[0].endswith(b"UserEvent"):
            peer.send_event(b"Event: UserEvent\r\nPrivilege: user,all\r\n%s\r\n\r\n" % b"\r\n".join(lines[1:]))
        return b"Response: Success\r\n\r\n"

    with Peer(script) as peer:
        yield peer


def address(text):
    """("127.0.0.1", 8088) for "127.0.0.1:8088"."""
    host, _, port = text.rpartition(":")
    return host, int(port)


def measured(row, sides, rounds):
    """The line of a row, measured in turns; one that cannot be measured says why, and the others go on."""
    found = {name: [] for name in (OWN, *row.others) if name in sides}
    try:
        for _ in range(rounds):
            for name, results in found.items():
                results.append(row.measure(sides[name]))
    except (OSError, AssertionError) as failure:
        return "%-30s not measured: %s" % (row.name, failure)
    return line(row, {name: statistics.median_low(results) for name, results in found.items()})


def line(row, results):
    """The line of a row whose median Results are known, by the names of the sides."""
    figures = {name: result.figure for name, result in results.items()}
    cells = [row.name, number(figures[OWN])]
    for name in (ASTERISK, STOCK):
        known = name in figures
        cells += [number(figures[name]), "%.2f" % row.gain(figures[OWN], figures[name])] if known else ["", ""]
    missed = MISSED if row.is_missed(figures[OWN], figures.get(ASTERISK)) else ""
    notes = "; ".join("%s: %s" % (name, result.note) for name, result in results.items() if result.note)
    return (LINE % (*cells, row.unit, "%s %s" % (missed, notes))).rstrip()


def number(figure):
    """A figure with as many digits as mean something."""
    return "%.1f" % figure if figure < 10 else format(round(figure), ",")


main()
