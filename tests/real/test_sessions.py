"""Sessions, played to Asterisk's own AJAM and to ajam: the replies are the same."""

import contextlib

import pytest

from tests.browser import Browser
from tests.real.comparing import compare
from tests.real.sessions import PLAYED


@contextlib.contextmanager
def visits(address):
    """A function that opens one more Browser to `address`; all of them end with the block."""
    with contextlib.ExitStack() as opened:
        yield lambda: opened.enter_context(Browser(address))


@pytest.mark.parametrize("scenario", PLAYED, ids=lambda scenario: scenario.__name__)
def test_a_session_goes_as_with_asterisk(bench, scenario, compared):
    replies = []
    for side in bench.sides:
        with visits(side) as visit:
            replies.append(list(scenario(visit)))
    theirs, ours = replies
    assert len(theirs) == len(ours)
    compared(bench, [compare(*pair) for pair in zip(theirs, ours)])
