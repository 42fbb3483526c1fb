"""A WaitEvent that has nothing to tell for 20 seconds, behind every proxy at once."""

import contextlib
import time

import pytest

from tests.browser import Browser
from tests.proxies.conftest import BROWSER
from tests.proxies.expectations import PATHS, log_in
from tests.proxies.programs import PROGRAMS, Place

SECONDS = 20
PATIENCE_SECONDS = 60
WAIT = b"GET %s/rawman?action=waitevent&timeout=%d HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n"


@pytest.fixture(scope="module")
def waits(directory, daemon, asterisk, certificate):
    """The Browser that waits behind each proxy there is, by the proxy's name and the path; all at the same time."""
    with contextlib.ExitStack() as stack:
        waits = {}
        for name, program in PROGRAMS.items():
            if program.missing():
                continue
            (directory / name).mkdir()
            place = Place(directory / name, daemon.address, asterisk.server_address, certificate)
            server = stack.enter_context(program.start(place)[0])
            for path in PATHS:
                browser = stack.enter_context(Browser(server.address, PATIENCE_SECONDS, BROWSER))
                log_in(browser, path)
                waits[name, path] = browser, time.monotonic()
                browser.send(WAIT % (path.encode(), SECONDS, browser.cookie))
        yield waits


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", [
    pytest.param(name, marks=pytest.mark.skipif(bool(program.missing()), reason=program.missing() or "-"))
    for name, program in PROGRAMS.items()])
def test_a_wait_of_twenty_seconds_ends_as_it_should(waits, name, path):
    browser, began = waits[name, path]
    reply = browser.read_reply()
    assert reply.status == 200
    assert reply.body.startswith(b"Response: Success\r\nMessage: Waiting for Event completed.\r\n\r\n")
    assert b"Event: WaitEventComplete\r\n" in reply.body
    assert time.monotonic() - began > SECONDS - 1
