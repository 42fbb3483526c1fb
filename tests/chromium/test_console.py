"""www/ajamdemo.html, the operator's console, in a real browser: sessions, calls, and the page as a whole.

What the page does is asked back at the PBX, by another session.
"""

import urllib.request

import pytest

from ajam.demo import DemoPbx

from ..serving import serve
from .conftest import Site
from .console import (MANAGER_CONF, USERS, Manager, choose, fixture_quiet, go_to, log_in, part_names, press,
                      wait_for_row, wait_told, wait_until_gone)

__all__ = ["fixture_quiet"]

MARKUP = '"><img src=x onerror=alert(1)>'


def test_logging_in_shows_the_calls_that_there_are_and_that_the_link_stands(chromium, demo):
    log_in(chromium, demo)
    assert "Connected" in chromium.find("#link-state").text
    assert chromium.find("#user").text == "demo"
    assert part_names(chromium) == ["Calls", "Queues", "Parked", "Conferences", "Devices", "Events"]
    wait_for_row(chromium, "ConfBridge(room)")
    assert not chromium.find("#login").displayed


def test_a_wrong_secret_is_said_and_the_next_attempt_may_be_right(chromium, demo):
    chromium.get(demo.page("ajamdemo.html"))
    chromium.find("#login:not([hidden]) [name=username]").type("demo")
    chromium.find("#login [name=secret]").type("guess")
    chromium.find("#login button").click()
    chromium.wait_for(lambda: "Authentication failed" in chromium.find("#login .why").text)
    assert chromium.focused().attribute("name") == "secret"
    chromium.keys("demo", "Enter")
    chromium.find("#part-calls:not([hidden])")


def test_a_call_appears_changes_state_is_transferred_and_hung_up_and_the_pbx_agrees(chromium, quiet):
    log_in(chromium, quiet.site)
    quiet.manager.call("PJSIP/102", "600")
    assert "Ringing" in wait_for_row(chromium, "PJSIP/102").text
    chromium.wait_for(lambda: "Echo" in wait_for_row(chromium, "PJSIP/102").text)
    assert "Up" in wait_for_row(chromium, "PJSIP/102").text

    wait_for_row(chromium, "PJSIP/102").click()
    press(chromium, "Transfer")
    choose(chromium, "transfer", exten="100")
    wait_told(chromium, "Redirect successful")
    wait_for_row(chromium, "100@default")
    assert "Exten: 100" in quiet.manager.channels()

    press(chromium, "Hang up")
    choose(chromium, "confirm")
    wait_until_gone(chromium, "PJSIP/102")
    assert "PJSIP/102" not in quiet.manager.channels()
    assert "Gone" in chromium.find("#part-calls .bar").text
    assert not any(each.property("disabled") is False for each in chromium.find_all("#part-calls .deeds button"))


def test_both_channels_of_a_call_say_whom_they_are_with_and_stand_together(chromium, quiet):
    log_in(chromium, quiet.site)
    quiet.manager.call("PJSIP/105", "100")
    quiet.manager.call("PJSIP/101", "102")
    wait_for_row(chromium, "PJSIP/105")
    chromium.wait_for(lambda: chromium.script(
        "return [...document.querySelectorAll('#part-calls tbody')].map((body) => body.rows.length).includes(2)"))
    chromium.wait_for(lambda: "Bob O'Hara" in wait_for_row(chromium, "PJSIP/101").find("td.peer").text)
    assert "Ann Archer" in wait_for_row(chromium, "PJSIP/102-").find("td.peer").text


def test_a_refused_action_says_why(chromium, quiet):
    quiet.manager.call("PJSIP/101", "102")
    log_in(chromium, quiet.site)
    wait_for_row(chromium, "PJSIP/101").click()
    press(chromium, "Attended transfer")
    choose(chromium, "transfer", exten="103")
    wait_told(chromium, "refused. No attended transfer feature code found")


def test_a_call_that_is_parked_can_be_picked_up(chromium, quiet):
    quiet.manager.call("PJSIP/102", "600")
    log_in(chromium, quiet.site)
    chromium.wait_for(lambda: "Echo" in wait_for_row(chromium, "PJSIP/102").text)
    wait_for_row(chromium, "PJSIP/102").click()
    press(chromium, "Park")
    wait_told(chromium, "Park successful")
    go_to(chromium, "parked")
    wait_for_row(chromium, "701").click()
    press(chromium, "Pick up")
    choose(chromium, "pickup", phone="PJSIP/103")
    wait_until_gone(chromium, "701")
    channels = quiet.manager.channels()
    assert "PJSIP/103" in channels and "PJSIP/102" in channels
    assert "ParkingSpace" not in quiet.manager.ask("ParkedCalls")


def test_a_new_call_is_made_and_what_becomes_of_it_is_told(chromium, quiet):
    log_in(chromium, quiet.site)
    press(chromium, "New call")
    choose(chromium, "originate", phone="PJSIP/104", exten="100", context="default")
    wait_for_row(chromium, "PJSIP/104")
    press(chromium, "New call")
    choose(chromium, "originate", phone="PJSIP/999", exten="100", context="default")
    wait_told(chromium, "nobody answered")


def test_who_may_only_look_sees_no_buttons_that_would_be_refused(chromium, quiet):
    quiet.manager.call("PJSIP/102", "600")
    log_in(chromium, quiet.site, username="viewer")
    wait_for_row(chromium, "PJSIP/102").click()
    chromium.wait_for("!document.querySelector('#part-calls .tools button:not([hidden])')")
    assert chromium.find_all("#part-calls .deeds button") == []
    assert "Parked" not in part_names(chromium)


def test_a_caller_id_with_markup_stays_text_everywhere(chromium, quiet):
    for phone, exten in (("PJSIP/101", "400"), ("PJSIP/102", "103"), ("PJSIP/105", "501"),
                         ("Local/600@default", "700")):
        quiet.manager.call(phone, exten, CallerID='"%s" <666>' % ('"' + MARKUP))
    log_in(chromium, quiet.site)
    wait_for_row(chromium, MARKUP).click()
    for label, dialog in (("Transfer", "transfer"), ("Hang up", "confirm")):
        press(chromium, label)
        assert MARKUP in chromium.find("#%s[open]" % dialog).property("textContent")
        chromium.keys("Escape")
    for part in ("parked", "rooms", "log"):
        go_to(chromium, part)
        chromium.find("#part-%s .filter input" % part).type("onerror")
        chromium.wait_for("document.querySelector('#part-%s tbody .pick')" % part)
        chromium.find("#part-%s tbody .pick" % part).click()
        assert MARKUP in chromium.find("#part-%s" % part).text
    assert chromium.script("return [document.images.length, document.querySelectorAll('[onerror]').length]") == [0, 0]


def test_a_session_that_ends_elsewhere_ends_here_and_says_so(chromium, quiet):
    chromium.expect_error("/events - .* 403 ")
    log_in(chromium, quiet.site)
    cookie = chromium.call("GET", "/cookie/mansession_id")["value"]
    urllib.request.urlopen(urllib.request.Request(
        quiet.site.url + "rawman?action=logoff", headers={"Cookie": "mansession_id=" + cookie})).close()
    chromium.find("#login:not([hidden])")
    assert chromium.find("#login .why").text
    assert not chromium.find("#views").displayed
    assert not any(each.displayed for each in chromium.find_all(".part"))
    chromium.wait_for("!document.querySelector('tr[data-key]')")


def test_a_session_that_has_expired_is_noticed_by_the_page_itself(chromium, tmp_path):
    chromium.expect_error("/events - .* 403 ")
    with DemoPbx(calls=False, users=USERS) as pbx:
        short = MANAGER_CONF.replace("[general]\n", "[general]\nhttptimeout=3\n")
        with serve(tmp_path, pbx.address, manager_conf=short) as daemon:
            log_in(chromium, Site("http://%s:%d/asterisk/" % daemon.address, "demo", "demo"))
            chromium.wait_for(lambda: not chromium.call("GET", "/cookie"), 15)  # the page believes in 60 seconds
            chromium.wait_for("!document.querySelector('#login').hidden", 40)  # and looks three times as often
            assert chromium.find("#login .why").text
            chromium.get("about:blank")


def test_logging_off_ends_the_session_and_leaves_nothing_to_be_seen(chromium, quiet):
    log_in(chromium, quiet.site, "log")
    quiet.manager.call("Local/600@default", "100")
    wait_for_row(chromium, "Local/600")
    go_to(chromium, "calls")
    wait_for_row(chromium, "Local/600").click()
    chromium.find("#logoff").click()
    chromium.find("#login:not([hidden])")
    assert chromium.find("#login [name=secret]").property("value") == ""
    chromium.wait_for("!document.body.textContent.includes('Local/600')")
    chromium.get(quiet.site.page("ajamdemo.html"))
    chromium.find("#login:not([hidden])")


def test_a_page_that_is_loaded_again_goes_on_without_a_login(chromium, quiet):
    log_in(chromium, quiet.site)
    chromium.get(quiet.site.page("ajamdemo.html?again#queues"))
    wait_for_row(chromium, "Eve Ngata")
    assert not chromium.find("#login").displayed


def test_after_a_restart_of_the_pbx_everything_is_read_anew_by_itself(chromium, quiet):
    chromium.expect_error("/mjson - .* 503 ")
    quiet.manager.call("Local/600@default", "100")
    log_in(chromium, quiet.site)
    wait_for_row(chromium, "Local/600")
    quiet.pbx.drop_connections()
    wait_until_gone(chromium, "Local/600")
    chromium.wait_for("document.querySelector('#link').dataset.state == 'connected'", 20)
    Manager(quiet.site).call("PJSIP/104", "100")
    wait_for_row(chromium, "PJSIP/104")


def test_while_the_pbx_is_away_the_banner_says_so_and_how_old_the_picture_is(chromium, quiet):
    chromium.expect_error("/mjson - .* 503 ")
    log_in(chromium, quiet.site)
    quiet.pbx.close()
    chromium.wait_for("document.querySelector('#link').dataset.state == 'reconnecting'")
    assert "The PBX is away." in chromium.find("#link-state").text
    chromium.wait_for(lambda: "old" in chromium.find("#link-age").text)
    assert chromium.find("#link-state").attribute("role") == "status"


def test_it_can_be_used_with_the_keyboard_alone(chromium, quiet):
    quiet.manager.call("Local/600@default", "100")
    chromium.get(quiet.site.page("ajamdemo.html"))
    chromium.find("#login:not([hidden])")
    chromium.wait_for("document.activeElement.name == 'username'")
    chromium.keys("demo", "Tab", "demo", "Enter")
    wait_for_row(chromium, "Local/600@default-00000000;2")
    chromium.keys("ArrowDown", "ArrowDown")
    name = chromium.focused().text
    assert name.startswith("Local/600") and chromium.focused().attribute("aria-pressed") == "true"
    chromium.keys("h")
    chromium.find("#confirm[open]")
    chromium.keys("Enter")
    wait_until_gone(chromium, name)
    assert name not in quiet.manager.channels()

    chromium.keys("2")
    chromium.find("#part-queues:not([hidden])")
    chromium.keys("/", "eve")
    wait_until_gone(chromium, "Chloé")
    chromium.keys("Escape")
    wait_for_row(chromium, "Chloé")
    chromium.keys("?")
    assert "hang up" in chromium.find("#help[open]").text
    chromium.keys("Space", "Tab", "Enter")
    chromium.wait_for("localStorage.getItem('ajam keys off')")  # kept when the dialog's end is told, after its end
    chromium.keys("1")
    assert chromium.find("#part-queues").displayed, "keys of one letter were switched off"


@pytest.mark.parametrize("part", ["calls", "queues", "parked", "rooms", "devices", "log"])
def test_at_360_pixels_nothing_needs_scrolling_sideways(chromium, demo, part):
    chromium.set_size(360, 640)
    log_in(chromium, demo, part)
    chromium.keys("ArrowDown")
    assert chromium.script(
        "return [...document.querySelectorAll('body, main, .part:not([hidden]) *, .top, .views')]"
        ".filter((each) => getComputedStyle(each).overflowX != 'hidden' && each.scrollWidth > each.clientWidth + 1"
        " && each.clientWidth).map((each) => each.className || each.tagName)") == []
    assert chromium.script("return document.documentElement.scrollWidth") == 360


def test_everything_that_can_be_pressed_or_filled_has_a_name_for_a_screen_reader(chromium, demo):
    log_in(chromium, demo)
    wait_for_row(chromium, "ConfBridge").click()
    controls = chromium.find_all("button, input, select, a")
    assert [each.attribute("outerHTML") for each in controls if each.displayed and not each.label] == []


def test_nothing_is_loaded_from_elsewhere_and_the_page_works_under_a_strict_policy(chromium, demo):
    log_in(chromium, demo)
    origins = chromium.script(
        "return performance.getEntriesByType('resource').map((each) => new URL(each.name).origin)")
    assert set(origins) == {demo.url.rpartition("/asterisk")[0]}
    inline = "script:not([src]), style, [style], [onclick]"
    assert chromium.script("return document.querySelectorAll(arguments[0]).length", inline) == 0
