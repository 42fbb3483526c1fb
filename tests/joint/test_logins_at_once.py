"""Logins that are made at once get no more guesses than one after another, and right ones are all let in."""

import collections
import threading

import pytest

from ajam.ami.connection import BANNER_SECONDS
from tests.joint.digest import authorization
from tests.joint.site import until
from tests.joint.test_limits_logins import DIGEST, ELSEWHERE, FREE, ask, fail, log_in_from, nonce_of
from tests.joint.test_manager_logins import ACCEPTED, FAILED


def begin_logins(site, number, secret):
    """So many browsers that log in as admin at once."""
    browsers = [site.browser() for _ in range(number)]
    for browser in browsers:
        browser.send_action("login", username="admin", secret=secret)
    return browsers


def waiting(site):
    """How many logins wait for others."""
    return site.daemon.manager.access.limiter.waiting


def test_fifty_right_logins_of_one_user_at_once_are_all_let_in_five_at_a_time(site, peer):
    with peer.frozen():
        begun = begin_logins(site, 50, "s3cret")
        until(lambda: waiting(site) == 50 - FREE and peer.connections == FREE)
    assert [browser.read_reply().body for browser in begun] == [ACCEPTED] * 50
    assert fail(site.browser(), FREE).status == 200


@pytest.mark.parametrize("already, looked_at", [(0, FREE), (FREE - 1, 1), (FREE, 1)])
def test_of_a_hundred_wrong_logins_at_once_the_pbx_sees_no_more_than_of_a_hundred_in_turn(
        site, browser, peer, already, looked_at):
    for _ in range(already):
        fail(browser, 1)
    site.pass_time(2)
    asked = len(peer.lines(b"login"))
    with peer.frozen():
        begun = begin_logins(site, 100, "wrong")
        until(lambda: waiting(site) == 100 - looked_at)
    replies = [browser.read_reply() for browser in begun]
    assert sorted(reply.status for reply in replies) == [200] * looked_at + [429] * (100 - looked_at)
    assert {reply.body for reply in replies} == {FAILED}
    assert len(peer.lines(b"login")) - asked == looked_at


def test_and_the_user_is_let_in_from_elsewhere_while_they_wait(site, peer):
    peer.scripted, stand_still = ("login",), threading.Event()
    peer.script = lambda lines, connection: stand_still.wait(5) and None
    begun = begin_logins(site, 50, "wrong")
    until(lambda: waiting(site) == 50 - FREE)
    peer.scripted = ()
    assert log_in_from(site.browser(), ELSEWHERE).body == ACCEPTED
    stand_still.set()
    for browser in begun:
        browser.close()


def test_who_has_waited_for_ten_seconds_because_the_pbx_is_silent_is_told_to_come_again(site, peer):
    with peer.frozen():
        begun = begin_logins(site, 3 * FREE, "s3cret")
        for rounds in (1, 2):
            until(lambda: waiting(site) == (3 - rounds) * FREE and peer.connections == rounds * FREE)
            site.pass_time(0)  # whoever has a connection waits for the banner then
            site.pass_time(BANNER_SECONDS)
        replies = [browser.read_reply() for browser in begun]
    said = collections.Counter((reply.status, reply.header(b"Retry-After"), reply.body) for reply in replies)
    assert said == {
        (503, b"5", b"Response: Error\r\nMessage: The PBX does not answer\r\n\r\n"): 2 * FREE,
        (503, b"1", b"Response: Error\r\nMessage: Too many logins at a time\r\n\r\n"): FREE}


def test_right_and_wrong_digests_at_once_are_told_apart(site, browser):
    begun = []
    for number in range(20):
        nonce = nonce_of(ask(browser))
        begun.append(site.browser())
        username, secret = ("viewer", "wrong") if number % 2 else ("admin", "s3cret")
        begun[-1].send(b"GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: %s\r\n\r\n" % (
            DIGEST, authorization(nonce, DIGEST, 1, username, secret)))
    statuses = [each.read_reply().status for each in begun]
    assert statuses[::2] == [200] * 10
    assert sorted(statuses[1::2]) == [401] * FREE + [429] * FREE
