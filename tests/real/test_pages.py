"""The console and the tester in a real browser, on ajam in front of a real Asterisk."""

import urllib.request

import pytest

from tests.chromium.conftest import Site, chromium, chromium_process
from tests.chromium.console import Manager, choose, log_in, press, wait_for_row, wait_told, wait_until_gone
from tests.chromium.tester import Page

__all__ = ["chromium", "chromium_process"]

MARKUP = '"><img src=x onerror=alert(1)>'


@pytest.fixture(autouse=True)
def nothing_leaks():
    """Nothing can be said here test by test: a restart of the PBX renews the bench's own connection."""


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


def test_a_wrong_secret_is_said_and_logging_off_ends_the_session(chromium, site):
    chromium.get(site.page("ajamdemo.html"))
    chromium.find("#login:not([hidden]) [name=username]").type(site.username)
    chromium.find("#login [name=secret]").type("guess")
    chromium.find("#login button").click()
    chromium.wait_for(lambda: "Authentication failed" in chromium.find("#login .why").text)
    chromium.keys(site.secret, "Enter")
    chromium.wait_for("document.querySelector('#link').dataset.state == 'connected'")
    chromium.find("#logoff").click()
    chromium.find("#login:not([hidden])")
    chromium.get(site.page("ajamdemo.html"))
    chromium.find("#login:not([hidden])")


def test_a_queue_member_is_unpaused_and_paused_and_the_pbx_agrees(chromium, site):
    manager = Manager(site)
    log_in(chromium, site, "queues", username=site.username, secret=site.secret)
    wait_for_row(chromium, "Ann").click()  # who is paused from the beginning
    press(chromium, "Unpause")
    chromium.wait_for(lambda: "paused" not in wait_for_row(chromium, "Ann").text)
    press(chromium, "Pause")
    choose(chromium, "pause", reason="lunch")
    chromium.wait_for(lambda: "paused: lunch" in wait_for_row(chromium, "Ann").text)
    assert "PausedReason: lunch" in manager.ask("QueueStatus", Queue="support")


def test_a_session_that_has_ended_is_said(chromium, site):
    chromium.expect_error("/events - .* 403 ")
    log_in(chromium, site, username=site.username, secret=site.secret)
    cookie = chromium.call("GET", "/cookie/mansession_id")["value"]
    urllib.request.urlopen(urllib.request.Request(
        site.url + "rawman?action=logoff", headers={"Cookie": "mansession_id=" + cookie})).close()
    chromium.find("#login:not([hidden])")
    assert chromium.find("#login .why").text


def test_a_pbx_that_is_killed_is_missed_and_when_it_is_back_all_is_read_anew(bench, chromium, site):
    chromium.expect_error("/mjson - .* 503 ")
    channel = bench.with_spares("{spare}")
    manager = Manager(site)
    assert "Success" in manager.ask("Setvar", Channel=channel, Variable="CALLERID(name)", Value=MARKUP)
    log_in(chromium, site, username=site.username, secret=site.secret)
    wait_for_row(chromium, MARKUP)
    bench.kill_asterisk()
    chromium.wait_for("document.querySelector('#link').dataset.state == 'reconnecting'", 20)
    bench.revive_asterisk()
    chromium.wait_for("document.querySelector('#link').dataset.state == 'connected'", 60)
    wait_until_gone(chromium, MARKUP)
    wait_for_row(chromium, "100@default")


def test_the_tester_shows_an_action_of_this_pbx_in_every_form(chromium, site):
    page = Page(chromium, site).log_in()
    page.wait_for_link("connected")
    page.choose("CoreSettings")
    page.send()
    assert "AsteriskVersion: " in page.body("raw", "AsteriskVersion")
    assert "asteriskversion='" in page.body("xml", "asteriskversion")
    assert '"AsteriskVersion"' in page.body("json", "AsteriskVersion")
    assert "<td>AsteriskVersion</td>" in page.body("html", "AsteriskVersion")
