"""Every property holds, for the seeds that every run takes, for those of this run alone, and where it did not once."""

import random
import subprocess
import sys

import pytest

from tests.fuzz.cases import Broken, Property, case_of, examine, shortened
from tests.fuzz.catalogue import BY_NAME, PROPERTIES
from tests.fuzz.regressions import REGRESSIONS

FRESH = random.SystemRandom().randrange(2 ** 32)
SHORT = Property("short", lambda random: random.choices(range(10), k=3), lambda case: None, 1)


def by_name(property):
    return property.name


@pytest.mark.parametrize("property", PROPERTIES, ids=by_name)
def test_it_holds_for_the_seeds_of_every_run(property):
    for seed in range(property.cases):
        examine(property, seed)


@pytest.mark.parametrize("property", PROPERTIES, ids=by_name)
def test_it_holds_for_the_seeds_of_this_run(property):
    for seed in range(FRESH, FRESH + property.cases):
        examine(property, seed)


@pytest.mark.parametrize("what, name, case", REGRESSIONS, ids=[what for what, _, _ in REGRESSIONS])
def test_it_holds_again(what, name, case):
    BY_NAME[name].check(case)


def test_names_are_told_apart():
    assert len(BY_NAME) == len(PROPERTIES)


def test_a_seed_is_always_the_same_case_and_another_is_another():
    assert case_of(SHORT, 1) == case_of(SHORT, 1) != case_of(SHORT, 2)
    assert case_of(SHORT, 1) != case_of(SHORT._replace(name="other"), 1)


def test_what_breaks_a_property_is_told_with_its_name_its_seed_and_the_case():
    def check(case):
        raise ValueError("it is %d" % case)
    broken = Property("seven", lambda random: 7, check, 1)
    with pytest.raises(Broken) as told:
        examine(broken, 4711)
    assert str(told.value) == ("seven does not hold: ValueError: it is 7\n"
                               "again: python3 -m tests.fuzz --only seven --seed 4711 --cases 1\ncase: 7")


@pytest.mark.parametrize("case, least", [
    (b"a long text with an x and a y in it", b"xy"), (tuple("many moves, of them an x and a y"), ("x", "y")), (17, 17),
])
def test_a_case_that_breaks_a_property_is_made_short(case, least):
    def check(case):
        letters = str(case)
        assert case != 17 and not ("x" in letters and "y" in letters)
    assert shortened(SHORT._replace(check=check), case, lambda: True) == least


def test_it_runs_from_the_command_line():
    run = subprocess.run([sys.executable, "-m", "tests.fuzz", "--seed", "1", "--cases", "2", "--minutes", "1"],
                         capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, ""), run
    assert run.stdout.startswith("seeds from 1 on, of requests, ") and run.stdout.endswith("cases, and all is well\n")
