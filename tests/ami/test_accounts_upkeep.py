"""ajam/ami/accounts.py over time: what is kept, what is swept away, and who hangs in between."""

import contextlib
import threading

import pytest

from ajam.ami.account import LINGER_SECONDS
from ajam.errors import PbxError, PbxUnreachable
from tests.ami.driving import CHALLENGE, begin, login
from tests.peer import header


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


def test_closing_all_leaves_nothing_at_the_pbx(accounts, log_in, configuration, driver, peer):
    account = log_in().account
    driver.run(accounts.private(account))
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
        with pytest.raises(PbxUnreachable, match="Too many logins"):
            begin(begun(accounts))
        strangers.pop().close()
        strangers.append(begun(accounts))
        begin(strangers[-1])
        for stranger in strangers:
            stranger.close()
    driver.wait_for(lambda: not peer.live())


def test_logins_leave_places_to_those_who_are_logged_in_already(accounts, driver, peer):
    with peer.frozen(), contextlib.ExitStack() as others:
        for _ in range(16):
            begin(others.enter_context(contextlib.closing(accounts.log_in(login(), False))))
        for _ in range(3):
            others.enter_context(driver.pbx.stranger())
        with pytest.raises(PbxUnreachable, match="Too many logins"):
            others.enter_context(driver.pbx.stranger())
        others.enter_context(driver.pbx.stranger(kept_free=0))
    driver.wait_for(lambda: not peer.live())


@pytest.mark.parametrize("begun", [
    lambda accounts, connection: accounts.log_in(login(), False, connection),
    lambda accounts, connection: accounts.challenge(CHALLENGE, connection),
], ids=["login", "challenge"])
def test_a_connection_with_a_challenge_is_closed_when_there_are_too_many_strangers(accounts, driver, peer, begun):
    _, connection = driver.run(accounts.challenge(CHALLENGE))
    with contextlib.ExitStack() as others:
        for _ in range(16):
            others.enter_context(driver.pbx.stranger())
        with pytest.raises(PbxUnreachable, match="Too many logins"):
            begin(begun(accounts, connection))
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
            others.enter_context(driver.pbx.stranger())
        with pytest.raises(PbxUnreachable, match="Too many logins"):
            others.enter_context(driver.pbx.stranger())
    with pytest.raises(PbxError, match="in time"):
        work.send(False)


def test_closing_waits_for_feeds_that_were_being_closed_already(accounts, log_in, clock):
    log_in().account.leave()
    accounts.reap(clock.now + LINGER_SECONDS + 0.1)
    accounts.close()
    assert "feed" not in [thread.name for thread in threading.enumerate()]
