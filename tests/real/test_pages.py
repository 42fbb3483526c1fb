"""The console and the tester in a real browser, on ajam in front of a real Asterisk."""

import pytest

from tests.chromium.conftest import Site, chromium, chromium_process
from tests.chromium.console import Manager, choose, log_in, press, wait_for_row, wait_told, wait_until_gone
from tests.chromium.tester import Page

__all__ = ["chromium", "chromium_process"]

MARKUP = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def site(bench, chromium):
    """The ajam in front of the real Asterisk, whose channels of the test are gone afterwards."""
    yield Site("http://%s:%d/asterisk/" % bench.ajam, "admin", "s3cret")
    chromium.get("about:blank")
    bench.settle()


def test_the_console_follows_a_call_and_what_it_does_the_pbx_agrees_with(bench, chromium, site):
    manager = Manager(site)
    channel = bench.with_spares("{spare}")
    log_in(chromium, site, username=site.username, secret=site.secret)
    assert "Success" in manager.ask("Setvar", Channel=channel, Variable="CALLERID(name)", Value=MARKUP)
    wait_for_row(chromium, MARKUP).click()
    press(chromium, "Transfer")
    choose(chromium, "transfer", exten="700")
    wait_told(chromium, "Redirect successful")
    wait_for_row(chromium, "700@default")
    assert "Exten: 700" in manager.channels()
    wait_for_row(chromium, MARKUP).click()
    press(chromium, "Hang up")
    choose(chromium, "confirm")
    wait_until_gone(chromium, MARKUP)
    assert channel not in manager.channels()


def test_the_tester_shows_an_action_of_this_pbx_in_every_form(chromium, site):
    page = Page(chromium, site).log_in()
    page.wait_for_link("connected")
    page.choose("CoreSettings")
    page.send()
    assert "AsteriskVersion: " in page.body("raw", "AsteriskVersion")
    assert "asteriskversion='" in page.body("xml", "asteriskversion")
    assert '"AsteriskVersion"' in page.body("json", "AsteriskVersion")
    assert "<td>AsteriskVersion</td>" in page.body("html", "AsteriskVersion")
