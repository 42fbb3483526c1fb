"""www/ajamdemo.html, the operator's console, in a real browser: queues, conferences, lists and the log."""

from .console import choose, fixture_quiet, log_in, press, wait_for_row, wait_until_gone

__all__ = ["fixture_quiet"]


def test_a_queue_member_is_added_paused_unpaused_and_removed_and_the_pbx_agrees(chromium, quiet):
    log_in(chromium, quiet.site, "queues")
    press(chromium, "Add a member")
    choose(chromium, "member", interface="PJSIP/101", name="Ann")
    wait_for_row(chromium, "Ann").click()
    press(chromium, "Pause")
    choose(chromium, "pause", reason="lunch")
    chromium.wait_for(lambda: "paused: lunch" in wait_for_row(chromium, "Ann").text)
    assert "PausedReason: lunch" in quiet.manager.ask("QueueStatus", Member="PJSIP/101")
    press(chromium, "Unpause")
    chromium.wait_for(lambda: "paused" not in wait_for_row(chromium, "Ann").text)
    press(chromium, "Remove")
    choose(chromium, "confirm")
    wait_until_gone(chromium, "Ann")
    assert "PJSIP/101" not in quiet.manager.ask("QueueStatus")


def test_a_participant_is_muted_and_kicked_and_the_pbx_agrees(chromium, quiet):
    log_in(chromium, quiet.site, "rooms")
    quiet.manager.call("PJSIP/101", "400")
    quiet.manager.call("PJSIP/102", "400")
    wait_for_row(chromium, "PJSIP/102").click()
    press(chromium, "Mute")
    chromium.wait_for(lambda: "muted" in wait_for_row(chromium, "PJSIP/102").text)
    assert "Muted: Yes" in quiet.manager.ask("ConfbridgeList", Conference="room")
    press(chromium, "Kick")
    choose(chromium, "confirm")
    wait_until_gone(chromium, "PJSIP/102")
    assert "PJSIP/102" not in quiet.manager.ask("ConfbridgeList", Conference="room")


def test_rows_can_be_sorted_and_filtered(chromium, quiet):
    log_in(chromium, quiet.site, "devices")
    wait_for_row(chromium, "PJSIP/106")
    heading = chromium.find(".phones thead th.device")
    shown = lambda: [each.text for each in chromium.find_all(".phones .pick")]  # noqa: E731
    assert heading.attribute("aria-sort") == "none"
    for direction in ("ascending", "descending"):
        heading.find("button").click()
        assert heading.attribute("aria-sort") == direction
    chromium.wait_for(lambda: shown() == sorted(shown(), reverse=True) and len(shown()) > 5)
    chromium.find("#part-devices .filter input").type("pjsip/10 free 103")
    chromium.wait_for(lambda: shown() == ["PJSIP/103"])


def test_the_log_can_be_searched_and_held_still(chromium, quiet):
    log_in(chromium, quiet.site, "log")
    for number in range(3):
        quiet.manager.ask("UserEvent", UserEvent="Mark", Number="n%d" % number)
    chromium.find("#part-log .filter input").type("mark n1")
    chromium.wait_for(lambda: len(chromium.find_all("#part-log .pick")) == 1)
    press(chromium, "Pause")
    quiet.manager.ask("UserEvent", UserEvent="Mark", Number="n1 again")
    chromium.wait_for(lambda: chromium.find("#views a[href='#log'] .count").text)
    assert len(chromium.find_all("#part-log .pick")) == 1
    chromium.find("#part-log .pick").click()
    assert "n1" in chromium.find("#part-log .detail").text
    press(chromium, "Pause")
    chromium.wait_for(lambda: len(chromium.find_all("#part-log .pick")) == 2)
