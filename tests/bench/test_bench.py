"""tests/bench on a small scale: its rows can be measured, and its table says what is missed."""

import re
import subprocess
import sys

import pytest

from tests.bench.rows import PER_SECOND, ROWS, Row
from tests.bench.sides import PROJECT


def bench(*options):
    """What it prints."""
    return subprocess.run([sys.executable, "-m", "tests.bench", "--asterisk", "none", "--rounds", "1", *options],
                          cwd=PROJECT, capture_output=True, text=True, check=True).stdout.splitlines()


def test_a_row_has_the_figures_of_all_who_have_the_thing():
    *_, head, row = bench("--rows", "ping raw, 1 ")
    assert head.split() == ["row", "ajam", "Asterisk", "times", "http.server", "times"]
    assert re.match(r"ping raw, 1 at a time +[\d,]+ +[\d,]+ +\d+\.\d\d /s +ajam: p99 ", row)


def test_rows_of_ajam_alone_are_measured_without_an_asterisk():
    rows = bench("--rows", "first answer|10 waits|10 streams|to 1 streams|10 sessions")[3:]
    assert len(rows) == 5 and not [row for row in rows if "not measured" in row]


def test_every_row_has_a_name_of_its_own():
    assert len({row.name for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("unit, ours, theirs, gain", [(PER_SECOND, 200, 100, 2.0), ("ms", 50, 100, 2.0)])
def test_more_answers_a_second_are_better_and_more_time_is_worse(unit, ours, theirs, gain):
    assert Row("row", unit, None).gain(ours, theirs) == gain


def test_a_target_is_missed_by_the_ratio_or_by_the_figure():
    row = Row("row", "ms", None, times=2.0, figure=250)
    assert not row.is_missed(100, 200) and not row.is_missed(250, None)
    assert row.is_missed(100, 199) and row.is_missed(251, None)
