"""Requests that ajam reads more strictly than Asterisk does: what either answers, by the table STRICTER."""

import pytest

from tests.browser import Browser
from tests.real.differences import STRICTER


@pytest.mark.parametrize("name", STRICTER)
def test_a_doubtful_request_is_refused(bench, name):
    expected = STRICTER[name]
    statuses = []
    for side in bench.sides:
        with Browser(side) as browser:
            browser.send(expected.request)
            statuses.append(browser.read_reply().status)
    assert statuses == [expected.theirs, expected.ours]
