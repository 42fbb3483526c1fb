"""ajam/ami/accounts.py over time: what is kept, what is swept away, and who hangs in between."""

import contextlib
import gc
import threading
import time
import weakref

import pytest

from ajam.ami.account import LINGER_SECONDS
from ajam.ami.accounts import Accounts
from ajam.ami.message import Action
from ajam.ami.tls import trusting
from ajam.errors import PbxError, PbxUnreachable
from tests.ami.driving import CHALLENGE, begin, login
from tests.peer import Peer, header

ACCEPTED_LOGIN = b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
PING = Action([b"Action: Ping"])
FILTERED = b"Response: Success\r\n\r\n"
FILTER = Action([b"Action: Filter", b"Filter: x"])


def test_who_logs_in_for_every_action_keeps_his_feed(accounts, log_in, clock, peer):
    for _ in range(5):
        account = log_in().account
        account.leave()
        clock.now += LINGER_SECONDS
        accounts.reap(clock.now)
    assert [header(lines, b"Events") for lines in peer.lines(b"login")] == [b"on"] + [b"off"] * 4


def test_ten_seconds_after_the_last_session_nothing_is_left_at_the_pbx(accounts, log_in, clock, driver, peer):
    log_in().account.leave()
    log_in().account.leave()
    accounts.reap(clock.now + LINGER_SECONDS + 0.1)
    driver.wait_for(lambda: not peer.live())


def test_a_closed_account_is_not_joined(accounts, log_in, clock):
    old = log_in().account
    old.leave()
    assert old.reap(clock.now + 1000)
    assert log_in().account is not old


@pytest.fixture
def no_collector():
    """While the test lasts nobody looks for garbage."""
    gc.disable()
    yield
    gc.enable()


def test_nothing_of_an_account_that_is_over_waits_for_the_garbage_collector(accounts, log_in, clock, driver, no_collector):
    account = log_in().account
    account.leave()
    ring, feed = weakref.ref(account.feed.ring), account.feed
    clock.now += LINGER_SECONDS + 1
    del account
    accounts.reap(clock.now)
    feed.join()
    accounts.reap(clock.now)
    del feed
    driver.woken.clear()
    driver.wait_for(lambda: ring() is None)


def test_closing_all_leaves_nothing_at_the_pbx(accounts, log_in, configuration, driver, peer):
    peer.script = lambda lines, connection: FILTERED
    account = log_in().account
    driver.run(accounts.private(account, FILTER))
    configuration.generation = 2
    log_in()
    accounts.close()
    driver.wait_for(lambda: not peer.live())


@pytest.mark.parametrize("begun", [
    lambda accounts: accounts.log_in(login(), False),
    lambda accounts: accounts.challenge(CHALLENGE),
    lambda accounts: accounts.join(b"admin", b"s3cret"),
], ids=["login", "challenge", "join"])
def test_who_hangs_before_a_login_counts_among_the_strangers(accounts, driver, peer, begun):
    with peer.frozen():
        strangers = [begun(accounts) for _ in range(16)]
        for stranger in strangers:
            begin(stranger)
        for come_too_late in (True, False):
            strangers.append(begun(accounts))
            pause = begin(strangers[-1])
            assert pause.socket is None
            if come_too_late:
                with pytest.raises(PbxUnreachable, match="Too many logins"):
                    strangers.pop().send(False)
        strangers.pop(0).close()
        assert pause.is_over()
        strangers[-1].send(True)
        for stranger in strangers:
            stranger.close()
    driver.wait_for(lambda: not peer.live())


def test_logins_leave_places_to_those_who_are_logged_in_already(accounts, driver, peer):
    with peer.frozen(), contextlib.ExitStack() as others:
        for _ in range(16):
            begin(others.enter_context(contextlib.closing(accounts.log_in(login(), False))))
        for _ in range(3):
            others.enter_context(driver.pbx.strangers.enter(1))
        with pytest.raises(PbxUnreachable, match="Too many logins"):
            others.enter_context(driver.pbx.strangers.enter(1))
        others.enter_context(driver.pbx.strangers.enter())
    driver.wait_for(lambda: not peer.live())


@pytest.mark.parametrize("begun", [
    lambda accounts, connection: accounts.log_in(login(), False, connection),
    lambda accounts, connection: accounts.challenge(CHALLENGE, connection),
], ids=["login", "challenge"])
def test_a_connection_with_a_challenge_is_closed_when_there_are_too_many_strangers(accounts, driver, peer, begun):
    _, connection = driver.run(accounts.challenge(CHALLENGE))
    with contextlib.ExitStack() as others:
        for _ in range(16):
            others.enter_context(driver.pbx.strangers.enter(1))
        work = begun(accounts, connection)
        begin(work)
        with pytest.raises(PbxUnreachable, match="Too many logins"):
            work.send(False)
    driver.wait_for(lambda: not peer.live())
    assert connection.fileno() == -1


@pytest.mark.parametrize("begun", [
    lambda accounts: accounts.log_in(login(), False),
    lambda accounts: accounts.challenge(CHALLENGE),
], ids=["login", "challenge"])
def test_who_hangs_behind_the_banner_is_still_a_stranger_and_has_five_seconds(accounts, driver, clock, peer, begun):
    peer.scripted = ("login", "challenge")
    work = begun(accounts)
    driver.wait(begin(work))
    pause = work.send(True)
    assert pause.deadline == clock.now + 5.0
    with contextlib.ExitStack() as others:
        for _ in range(18):
            others.enter_context(driver.pbx.strangers.enter(1))
        with pytest.raises(PbxUnreachable, match="Too many logins"):
            others.enter_context(driver.pbx.strangers.enter(1))
    with pytest.raises(PbxError, match="in time"):
        work.send(False)


def test_closing_waits_for_feeds_that_were_being_closed_already(accounts, log_in, clock):
    log_in().account.leave()
    accounts.reap(clock.now + LINGER_SECONDS + 0.1)
    accounts.close()
    accounts.await_end(5)
    assert feeds() == []


def test_feeds_that_do_not_end_are_waited_for_together(driver, peer):
    told, held, go_on = set(), threading.Event(), threading.Event()

    def notify(feed):
        told.add(feed)
        if held.is_set():
            go_on.wait(30)

    peer.script = lambda lines, connection: FILTERED
    accounts = Accounts(driver.pbx, notify, lambda: 1, lambda name: False, {}.get)
    account = driver.run(accounts.log_in(login(), False)).account
    for _ in range(5):
        driver.run(accounts.private(account, FILTER))
    told.clear()
    held.set()
    try:
        peer.send_event(b"Event: Hangup\r\nPrivilege: call,all\r\n\r\n")
        driver.wait_for(lambda: len(told) == 6)
        began = time.monotonic()
        accounts.close()
        accounts.await_end(0.5)
        assert 0.5 <= time.monotonic() - began < 2.5  # 3 if each had its own half second
        assert len(feeds()) == 6
    finally:
        go_on.set()
    driver.wait_for(lambda: not feeds())


# A PBX that moves


def test_who_logs_in_while_the_pbx_moves_is_logged_in_to_the_new_one(accounts, driver, peer, log_in):
    with Peer() as new:
        def accept(lines, connection):
            driver.pbx.adopt(new.address, 50)
            return ACCEPTED_LOGIN

        peer.script, peer.scripted = accept, ("login",)
        feed = log_in().account.feed
        driver.wait_for(lambda: feed.up and new.live(events=True) and not peer.live())
        accounts.close()


@pytest.fixture
def turn_to_tls(accounts, driver, peer):
    """Has every login from now on find that a reload has switched TLS on meanwhile; yields who was let in."""
    let_in = []

    def accept(lines, connection):
        let_in.append(connection)
        driver.pbx.adopt(peer.address, 50, trusting(None))
        accounts.reconnect()
        return ACCEPTED_LOGIN

    def turn():
        peer.script, peer.scripted = accept, ("login",)
        return let_in
    return turn


def in_clear(peer, let_in):
    """Those of the connections that still stand."""
    return set(let_in) & set(peer.live())


def test_who_logs_in_while_tls_is_switched_on_has_his_events_by_nothing_else(driver, peer, log_in, turn_to_tls):
    let_in = turn_to_tls()
    feed = log_in().account.feed
    driver.wait_for(lambda: let_in and not feed.up and not in_clear(peer, let_in))


def test_a_private_account_begun_while_tls_is_switched_on_has_its_events_by_nothing_else(
        accounts, driver, peer, log_in, turn_to_tls):
    account = log_in().account
    let_in = turn_to_tls()
    own, _ = driver.run(accounts.private(account, FILTER))
    driver.wait_for(lambda: let_in and not own.feed.up and not in_clear(peer, let_in))


def test_a_connection_opened_for_an_action_while_tls_is_switched_on_does_no_other_one(
        driver, peer, log_in, turn_to_tls):
    account = log_in().account
    driver.pbx.version, driver.pbx._version_is_sure = "16.0.0", True
    let_in = turn_to_tls()
    driver.run(account.ask(PING))
    driver.wait_for(lambda: let_in and not in_clear(peer, let_in))


def feeds():
    """The threads of feeds that there are."""
    return [thread for thread in threading.enumerate() if thread.name == "feed"]
