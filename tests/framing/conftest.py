"""An ajam before a PBX that does what it is asked and says so, and a session."""

import re

import pytest

from tests.browser import Browser
from tests.conftest import no_leaks
from tests.framing.table import NO_ID
from tests.peer import Peer, header
from tests.serving import HTTP_CONF, MANAGER_CONF, serve

SERVER = b"the server that is asked"
HTTP_CONF_NAMED = HTTP_CONF + "servername=%s\nsession_keep_alive=600000\n" % SERVER.decode()
MANAGER_CONF_PATIENT = MANAGER_CONF.replace("webenabled=yes", "webenabled=yes\nhttptimeout=600")


def say_what_was_asked(lines, connection):
    """The PBX's script."""
    return b"Response: Success\r\nMessage: Did %s\r\n\r\n" % header(lines, b"Action")


@pytest.fixture(autouse=True, scope="module")
def nothing_leaks():
    """For all tests of a module at once, for they share one ajam."""
    with no_leaks():
        yield


@pytest.fixture(scope="module")
def peer(nothing_leaks):
    with Peer(say_what_was_asked) as peer:
        yield peer


@pytest.fixture(scope="module")
def daemon(peer, tmp_path_factory):
    with serve(tmp_path_factory.mktemp("ajam"), peer.address, http_conf=HTTP_CONF_NAMED,
               manager_conf=MANAGER_CONF_PATIENT) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def browser(daemon):
    """A Browser that is logged in."""
    with Browser(daemon.address) as browser:
        browser.log_in()
        browser.action("Warmup")
        yield browser


@pytest.fixture(scope="module")
def session(browser):
    """The session's id."""
    found = re.search(rb'"(.*)"', browser.cookie)[1]
    assert len(found) == len(NO_ID)
    return found


@pytest.fixture
def asked(peer, browser):
    """asked() -> the actions that have reached the PBX in this test, as Row.actions has them."""
    peer.messages.clear()

    def asked():
        browser.action("Barrier")
        return tuple(told for told in (tell(lines) for _, lines in peer.messages) if told)

    return asked


OURS = ("login", "ping", "events", "coresettings", "barrier")  # what ajam asks of itself, or the test


def tell(lines):
    """An action as Row.actions has it; "" for one of OURS."""
    values = [line.decode("latin-1").partition(": ") for line in lines]
    (_, _, name), *rest = values
    return "" if name.lower() in OURS else " ".join([name, *("%s=%s" % (key, value) for key, _, value in rest)])
