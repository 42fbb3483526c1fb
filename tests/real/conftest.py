"""A real Asterisk of each release, with ajam in front of it, for the whole of these tests."""

import contextlib

import pytest

from tests.real.asterisk import RELEASES, Unavailable, ready
from tests.real.bench import Bench
from tests.real.comparing import AS_LISTED, SAME

FAULT = "a PBX %-9s  noticed in %4.1f s; all answered %4.1f s after the order to bring it back"


@pytest.fixture(scope="session", params=RELEASES, ids=lambda release: "asterisk-" + release.version)
def bench(request, tmp_path_factory):
    """The Bench of each release in turn."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(ready(request.param))
        except Unavailable as reason:
            pytest.skip(str(reason))
        bench = held.enter_context(Bench(request.param, tmp_path_factory.mktemp("ajam")))
        yield bench
        assert "Traceback" not in bench.log()


@pytest.fixture
def compared(record_property):
    """Takes what came of comparisons; the test fails unless all is the same or as listed."""
    def take(bench, found):
        record_property("compared", (bench.version, len(found), found.count(SAME), found.count(AS_LISTED)))
        different = [each for each in found if each not in (SAME, AS_LISTED)]
        if different:
            pytest.fail("\n\n".join(different), pytrace=False)
    return take


def pytest_terminal_summary(terminalreporter):
    """Prints how many replies were the same, per release; and how long faults went unnoticed."""
    stats = terminalreporter.stats
    reports = [report for outcome in ("passed", "failed") for report in stats.get(outcome, ())]
    properties = [each for report in reports if report.when == "call" for each in report.user_properties]
    for fault, noticed, back in sorted(value for name, value in properties if name == "fault"):
        terminalreporter.write_line(FAULT % (fault, noticed, back))
    rows = [value for name, value in properties if name == "compared"]
    for release in RELEASES:
        counts = [row[1:] for row in rows if row[0] == release.version]
        if counts:
            total, same, listed = map(sum, zip(*counts))
            terminalreporter.write_line(
                "Asterisk %s: same %d of %d; the other %d as tests/real/differences.py lists them, %d not"
                % (release.version, same, total, listed, total - same - listed))
