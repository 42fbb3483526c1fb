"""Fixtures for tests with a real browser: `chromium` and `demo`.

    def test_a_wrong_secret_is_said(chromium, demo):
        chromium.get(demo.page("index.html"))
        chromium.find("#username").type(demo.username)
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
from typing import NamedTuple

import pytest

from .chromedriver import missing
from .driver import Driver

ROOT = pathlib.Path(__file__).parent.parent.parent
STOP_SECONDS = 20


class Site(NamedTuple):
    """A running ajam.

    url       where the manager's URIs are, with a slash at its end: http://127.0.0.1:8088/asterisk/
    username  who may log in
    secret    of that user
    """

    url: str
    username: str
    secret: str

    def page(self, name):
        """The address of one of our pages: page("mantest.html")."""
        return self.url + "static/" + name


class started_demo:
    """Runs the demo while the block runs; a context manager."""

    def __enter__(self):
        command = [sys.executable, "-m", "ajam", "demo", "--port", "0"]
        self._log = tempfile.TemporaryFile("w+")  # a pipe that nobody reads fills up, and every request waits then
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self._log, text=True)
        found = re.search(r"http://127\.0\.0\.1:\d+\S*/(?=static/)", self._process.stdout.readline())
        return Site(found.group(), "demo", "demo")

    def __exit__(self, *_):
        self._process.terminate()
        self._process.communicate(timeout=STOP_SECONDS)
        with self._log:
            self._log.seek(0)
            log = self._log.read()
        assert "Traceback" not in log, log


class given_site:
    """The Site that AJAM_SITE names, running already: "http://127.0.0.1:8088/asterisk/ admin s3cret"."""

    def __enter__(self):
        return Site(*os.environ["AJAM_SITE"].split(" ", 2))

    def __exit__(self, *_):
        pass


#: What gives a Site, by the name that its tests then bear. Others (a real Asterisk) may add theirs.
SITES = {"demo": started_demo}
if "AJAM_SITE" in os.environ:
    SITES["given"] = given_site


@pytest.fixture(scope="session")
def chromium_process():
    """One Chromium for all tests; tests take `chromium`. Skips with the reason where it is not installed."""
    if missing():
        pytest.skip(missing())
    with Driver() as driver:
        yield driver


@pytest.fixture
def chromium(chromium_process):
    """A Driver (driver.py) with one blank tab of 1280 x 900, no cookies and nothing stored, in light colours.

    A test fails by an error on the browser's console, unless it called chromium.expect_error(pattern) before.
    """
    chromium_process.start_anew()
    chromium_process.set_size(1280, 900)
    chromium_process.emulate(prefers_color_scheme="light")
    yield chromium_process
    assert chromium_process.console_errors() == []


@pytest.fixture(scope="module")
def demo():
    """A Site: `python3 -m ajam demo` on a free port, one for all tests of a module; its log holds no traceback."""
    with started_demo() as site:
        yield site


@pytest.fixture(scope="module", params=sorted(SITES))
def site(request):
    """A Site of each kind there is: for what must hold whatever the PBX. What only the demo has takes `demo`."""
    with SITES[request.param]() as site:
        yield site


@pytest.fixture
def own_demo():
    """A Site as `demo`, for this test alone: for what would spoil it for others."""
    with started_demo() as site:
        yield site
