"""www/mantest.html, the manager tester, in a real Chromium."""

import os
import re
import shutil
import subprocess

import pytest

from .driver import ELEMENT
from .tester import Page

HOSTILE = '"><img src=x onerror=alert(1)>'
CURL_SECONDS = 20


@pytest.fixture
def page(chromium, site):
    page = Page(chromium, site).log_in()
    page.wait_for_link("connected")
    chromium.wait_for(lambda: chromium.find("#action").click() or chromium.find_all("#actions li"))
    chromium.keys("Escape")
    return page


def test_a_wrong_secret_is_told_and_not_kept(chromium, site):
    page = Page(chromium, site).log_in("wrong")
    page.wait_for_link("Authentication failed")
    assert chromium.find("#login [name=secret]").property("value") == ""


def test_the_session_is_found_again_after_a_reload_and_ends_with_log_off(page, chromium):
    chromium.get(page.site.page("mantest.html"))
    page.wait_for_link("connected")
    chromium.find("#logoff").click()
    page.wait_for_link("logged off")
    chromium.get(page.site.page("mantest.html"))
    page.wait_for_link("logged off")


def test_an_action_is_searched_chosen_and_sent_by_keyboard_alone(page, chromium):
    chromium.find("#action").click()
    chromium.keys("keepal")  # a word of Ping's synopsis
    assert [option.attribute("data-name") for option in chromium.find_all("#actions li")] == ["Ping"]
    chromium.keys("Enter")
    assert chromium.find("#action").property("value") == "Ping"
    chromium.keys("Enter")
    assert "Ping: Pong" in page.body("raw", "Pong")


def test_the_arrows_go_through_the_list_and_escape_leaves_it(page, chromium):
    chromium.find("#action").click()
    chromium.keys("queue", "ArrowDown")
    names = [option.attribute("data-name") for option in chromium.find_all("#actions li")]
    chosen = chromium.find("#actions li[aria-selected=true]")
    assert chosen.attribute("data-name") == names[1]
    assert chromium.find("#action").attribute("aria-activedescendant") == chosen.attribute("id")
    chromium.keys("ArrowUp", "ArrowUp")
    assert chromium.find("#actions li[aria-selected=true]").attribute("data-name") == names[-1]
    chromium.keys("Escape")
    assert not chromium.find("#actions").displayed


def test_a_reading_action_is_shown_in_all_four_forms(page):
    page.choose("CoreSettings")
    page.send()
    assert "AsteriskVersion: " in page.body("raw", "AMIversion")
    assert "asteriskversion='" in page.body("xml", "amiversion")
    assert '"AsteriskVersion": "' in page.body("json", "AMIversion")
    assert "<td>AsteriskVersion</td>" in page.body("html", "AMIversion")


def test_an_action_that_may_change_something_is_sent_once_until_asked_again(page, chromium):
    page.choose("UserEvent")
    page.fill(UserEvent="Only")
    page.send()
    page.wait_for_event("UserEvent: Only")
    page.body("xml", "Not asked")
    chromium.find(".pane[data-form=json] .body button").click()
    assert '"Response": "Success"' in page.body("json", "Success")
    chromium.wait_for(lambda: len([name for name, _ in page.events() if name == "UserEvent"]) == 2)


def test_a_parameter_may_be_repeated_and_one_of_any_name_added(page):
    page.choose("Originate")
    page.fill(Channel="Local/none@nowhere", Variable="A=1")
    page.browser.find("[aria-label='One more Variable']").click()
    page.browser.keys("B=2")
    page.add("X-Mine", "")
    line = page.curl("digest")
    assert line.index("Variable=A=1") < line.index("Variable=B=2") < line.index("X-Mine=")
    assert "Exten=" not in line


def test_repeated_headers_arrive_at_the_pbx(page):
    page.choose("UserEvent")
    page.fill(UserEvent="Twice")
    page.add("Colour", "red")
    page.add("Colour", "blue")
    page.send()
    page.wait_for_event("Colour: red  Colour: blue")


def test_markup_from_the_pbx_stays_text_everywhere(page, chromium):
    page.choose("UserEvent")
    page.fill(UserEvent="Hostile")
    page.add("Name", HOSTILE)
    page.send()
    page.wait_for_event("Name: " + HOSTILE)
    chromium.find("#log details:last-of-type summary").click()
    chromium.wait_for(lambda: HOSTILE in chromium.find("#log details[open] pre").text)
    page.choose("Command")
    page.fill(Command=HOSTILE)
    page.send()
    assert HOSTILE in page.body("raw", "onerror")
    assert chromium.find_all("img") == []


def test_html_is_rendered_in_a_frame_where_nothing_runs(page, chromium):
    chromium.expect_error("sandboxed|Content Security Policy")
    html = "<title>x</title><b>seen</b><script>parent.document.title = 'owned'</script>" \
           "<img src=x onerror=\"parent.document.title='owned'\">"
    chromium.script("""
        window.fetch = () => Promise.resolve(new Response(arguments[0], {headers: {'Content-Type': 'text/html'}}));
    """, html)
    page.choose("Ping")
    chromium.find(".pane[data-form=html] header button").click()
    page.send()
    frame = chromium.find("iframe")
    assert frame.attribute("sandbox") == ""
    chromium.call("POST", "/frame", {"id": {ELEMENT: frame.reference}})
    chromium.wait_for(lambda: chromium.find("b").text == "seen")
    assert chromium.script("return self.origin") == "null"
    chromium.call("POST", "/frame", {"id": None})
    assert chromium.script("return document.title") == "ajam: manager tester"


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.parametrize("way", ["digest", "cookie"])
def test_the_curl_line_works_as_pasted_and_holds_no_secret(page, tmp_path, way):
    page.choose("UserEvent")
    page.fill(UserEvent="It's $HOME; `x`")
    line = page.curl(way)
    said = line.replace("-u " + page.site.username, "").replace("Username=" + page.site.username, "")
    assert page.site.secret not in said
    typed = line.replace("-u " + page.site.username, "-u %s:%s" % page.site[1:])  # what one types when curl asks
    done = subprocess.run(["sh", "-c", typed], cwd=tmp_path, capture_output=True, text=True, timeout=CURL_SECONDS,
                          env={**os.environ, "SECRET": page.site.secret})
    assert "Message: Event Sent" in done.stdout, (line, done.stdout, done.stderr)
    page.wait_for_event("It's $HOME; `x`")


def test_the_secret_of_a_login_is_neither_seen_nor_in_the_curl_line(page):
    page.choose("Login")
    page.fill(Username="somebody", Secret="hunter2")
    assert page.field("Secret").property("type") == "password"
    assert "hunter2" not in page.curl("digest")
    assert '"$SECRET"' in page.curl("cookie")


def test_only_the_events_asked_for_come(page, chromium):
    chromium.find("#filter").type("UserEvent & Colour=blue")
    chromium.keys("Enter")
    page.wait_for_link("connected")
    chromium.find("#clear").click()
    page.choose("UserEvent")
    page.fill(UserEvent="Painted")
    page.add("Colour", "red")
    page.send()
    page.body("raw", "Event Sent")
    chromium.find(".added .value").clear()
    chromium.find(".added .value").type("blue")
    page.send()
    page.wait_for_event("Colour: blue")
    assert [text for name, text in page.events() if name != "sent"] == ["UserEvent: Painted  Colour: blue"]


def test_pause_holds_the_log_still_and_loses_nothing(page, chromium):
    chromium.find("#pause").click()
    chromium.find("#clear").click()
    page.choose("UserEvent")
    page.fill(UserEvent="Held")
    page.send()
    chromium.wait_for(lambda: "held" in chromium.find("#count").text)
    assert page.events() == []
    chromium.find("#pause").click()
    page.wait_for_event("UserEvent: Held")


def test_a_session_that_is_gone_is_noticed(page, chromium):
    chromium.cdp("Network.clearBrowserCookies")
    chromium.expect_error("403")
    page.choose("Status")
    page.send()
    page.body("raw", "Permission denied")
    page.wait_for_link("logged off")


def test_log_off_as_an_action_is_a_log_off(page, chromium):
    chromium.expect_error("403")
    page.choose("Logoff")
    page.send()
    page.body("raw", "Goodbye")
    page.wait_for_link("logged off")


def test_at_360_pixels_one_form_is_shown_and_nothing_is_wider_than_the_page(page, chromium):
    chromium.set_size(360, 740)
    page.choose("Ping")
    page.send()
    page.body("html", "Pong")
    panes = chromium.find_all(".pane")
    assert [pane.displayed for pane in panes] == [True, False, False, False]
    chromium.find("#forms label:nth-of-type(1)").click()
    chromium.keys("ArrowRight", "ArrowRight")
    assert [pane.displayed for pane in panes] == [False, False, True, False]
    assert chromium.script("return document.documentElement.scrollWidth <= innerWidth")


def test_every_control_has_a_name_for_a_screen_reader(page, chromium):
    page.choose("Originate")
    page.add("Name", "value")
    controls = [each for each in chromium.find_all("input, button, select, pre, [role]") if each.displayed]
    assert len(controls) > 20
    assert [each.attribute("id") or each.attribute("class") for each in controls
            if not each.label and each.attribute("role") not in ("status",)] == []


def test_the_help_of_every_action_that_the_pbx_lists_is_read(page, chromium):
    found = chromium.script("""
        const client = await import(arguments[0] + 'astman/client.js');
        const help = await import(arguments[0] + 'tester/help.js');
        const astman = client.createAstman({url: arguments[0] + '../', reading: false});
        await astman.resume();
        const names = help.readActions(await astman.action({Action: 'ListCommands'})).map(({name}) => name);
        const found = [];
        for (const name of names) {
            found.push([name, help.readHelp(await astman.command('manager show command ' + name))]);
        }
        astman.close();
        return found;
    """, page.site.page(""))
    assert len(found) > 20
    for name, help in found:
        assert help and help["synopsis"], name
        assert all(re.fullmatch(r"[\w()-]+", each["name"]) for each in help["parameters"]), name
