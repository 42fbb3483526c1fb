"""ajam/ami/account.py on a scripted PBX: a feed, and as many action connections as there is work."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ajam.ami.account import GENERATION_SECONDS, IDLE_SECONDS, LINGER_SECONDS, MAX_ACTIONS, SPARE_SECONDS
from ajam.ami.filters import MAX_FILTERS
from ajam.ami.message import Action
from ajam.errors import ActionRefused, LoginRefused, PbxError, PbxUnreachable
from ajam.privileges import ALL
from tests.ami.driving import as_told, begin, login
from tests.peer import header

STATUS = Action([b"Action: Status"])
SLOW = Action([b"Action: Slow"])
DONE = b"Response: Success\r\n\r\n"
REFUSED = b"Response: Error\r\nMessage: Filter was formatted incorrectly.\r\n\r\n"
FILTER = Action([b"Action: Filter", b"Filter: !Event: X"])
ANOTHER = Action([b"Action: Filter", b"Filter: !Event: Y"])
HANGUP = b"Event: Hangup\r\nPrivilege: call,all\r\n\r\n"
RENAME = b"Event: Rename\r\nPrivilege: call,all\r\n\r\n"
BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"


@pytest.fixture
def gate():
    """While it is not set, the PBX works on actions named Slow."""
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def pool(gate):
    with ThreadPoolExecutor(MAX_ACTIONS) as pool:
        yield pool
        gate.set()


@pytest.fixture
def account(accounts, driver, peer, gate):
    def answer(lines, connection):
        if lines[0] == b"Action: Slow":
            gate.wait()
        return DONE

    peer.script = answer
    return driver.run(accounts.log_in(login(), False)).account


def start_slow(pool, driver, account, peer, count=1):
    """Has the PBX work on `count` more slow actions; their Futures."""
    wanted = len(peer.lines(b"slow")) + count
    futures = [pool.submit(driver.run, account.ask(SLOW)) for _ in range(count)]
    peer.wait_for(lambda peer: len(peer.lines(b"slow")) == wanted)
    return futures


def test_actions_go_one_after_another_over_one_connection_without_events(account, driver, peer):
    for _ in range(3):
        assert driver.run(account.ask(STATUS)) == DONE
    assert [header(lines, b"Events") for lines in peer.lines(b"login")] == [b"on", b"off"]
    assert {number for number, lines in peer.messages if lines[0] == b"Action: Status"} == {2}


def test_a_slow_action_delays_nobody(account, driver, peer, pool, gate):
    slow, = start_slow(pool, driver, account, peer)
    assert driver.run(account.ask(STATUS)) == DONE
    assert not slow.done()
    gate.set()
    assert slow.result() == DONE
    assert peer.connections == 3


def test_spare_connections_go_after_a_second_the_last_one_after_ten(account, driver, peer, clock, pool, gate):
    slow, = start_slow(pool, driver, account, peer)
    driver.run(account.ask(STATUS))
    gate.set()
    slow.result()
    for seconds, left in ((SPARE_SECONDS, 2), (SPARE_SECONDS + 0.1, 1), (IDLE_SECONDS, 1), (IDLE_SECONDS + 0.1, 0)):
        account.reap(clock.now + seconds)
        driver.wait_for(lambda: len(peer.live(events=False)) == left)
    assert driver.run(account.ask(STATUS)) == DONE


def test_an_idle_connection_that_the_pbx_has_ended_is_not_used(account, driver, peer, clock):
    driver.run(account.ask(STATUS))
    peer.live(events=False)[0].close()
    driver.wait_for(lambda: not peer.live(events=False))
    clock.now += 1
    assert driver.run(account.ask(STATUS)) == DONE
    assert len(peer.lines(b"status")) == 2


def test_an_answer_to_nobody_is_told_to_nobody(account, driver, peer):
    driver.run(account.ask(STATUS))
    idle, = peer.live(events=False)
    idle.send(b"Response: Success\r\nMessage: whose\r\n\r\n")
    driver.wait_for(lambda: account._idle[0].connection.disturbed)
    assert driver.run(account.ask(STATUS)) == DONE
    driver.wait_for(lambda: idle not in peer.live())


def test_nobody_waits_for_a_pbx_that_is_silent(account, driver, peer, pool, gate):
    slow, = start_slow(pool, driver, account, peer)
    account.feed.silent = True  # as it says when it has asked in vain
    peer.live(events=True)[0].close()
    with pytest.raises(PbxError, match="The PBX is silent"):
        slow.result(5)
    driver.wait_for(lambda: account.feed.up and not account.feed.silent)
    gate.set()
    assert driver.run(account.ask(STATUS)) == DONE


def test_the_loss_of_a_feed_alone_breaks_no_action_off(account, driver, peer, pool, gate):
    slow, = start_slow(pool, driver, account, peer)
    peer.live(events=True)[0].close()
    driver.wait_for(lambda: account.feed.outages and account.feed.up)
    gate.set()
    assert slow.result(5) == DONE


def test_a_connection_whose_action_was_given_up_is_closed(account, driver, peer):
    driver.run(account.ask(STATUS))
    given_up = account.ask(STATUS)
    begin(given_up)
    given_up.close()
    driver.wait_for(lambda: not peer.live(events=False))
    assert driver.run(account.ask(Action([b"Action: Next"]))) == DONE


def test_a_connection_that_the_pbx_ends_behind_an_answer_is_not_used_again(account, driver, peer):
    def answer_and_close(lines, connection):
        connection.send(DONE)
        connection.close()

    driver.run(account.ask(STATUS))
    peer.script = answer_and_close
    assert driver.run(account.ask(STATUS)) == DONE
    peer.script = lambda lines, connection: b"Response: Next\r\n\r\n"
    assert driver.run(account.ask(STATUS)) == b"Response: Next\r\n\r\n"


def test_a_connection_with_bytes_behind_an_answer_is_not_used_again(account, driver, peer):
    def answer(lines, connection):
        if lines[0] == b"Action: Ping":
            return b"Response: Success\r\n%s\r\nPing: Pong\r\n\r\nEvent: Unasked" % lines[1]
        return DONE

    driver.run(account.ask(STATUS))
    peer.script, peer.scripted = answer, ("ping",)
    assert driver.run(account.ask(STATUS)) == DONE
    driver.wait_for(lambda: not peer.live(events=False))


def test_so_many_actions_and_no_more(account, driver, peer, pool, gate):
    first = start_slow(pool, driver, account, peer, MAX_ACTIONS // 2)
    second = start_slow(pool, driver, account, peer, MAX_ACTIONS // 2)
    one_more = account.ask(STATUS)
    begin(one_more)
    with pytest.raises(PbxUnreachable, match="Too many actions"):
        one_more.send(False)
    gate.set()
    assert [future.result() for future in first + second] == [DONE] * MAX_ACTIONS
    assert driver.run(account.ask(STATUS)) == DONE


def test_who_waits_for_one_of_so_many_actions_goes_on_when_one_is_done(account, driver, peer, pool, gate):
    slow = start_slow(pool, driver, account, peer, MAX_ACTIONS)
    one_more = account.ask(STATUS)
    pause = begin(one_more)
    gate.set()
    assert [future.result() for future in slow] == [DONE] * MAX_ACTIONS
    assert pause.is_over()
    assert driver.run(one_more) == DONE
    assert peer.connections == 1 + MAX_ACTIONS


def test_a_refused_action_opens_no_connection(account, peer):
    with pytest.raises(ActionRefused):
        begin(account.ask(Action([b"Action: Ping", b"X: " + b"y" * 1024])))
    assert peer.connections == 1


def test_an_action_that_is_cut_off_is_never_sent_again(account, driver, peer):
    driver.run(account.ask(STATUS))
    peer.script = lambda lines, connection: connection.close()
    with pytest.raises(PbxError) as failure:
        driver.run(account.ask(Action([b"Action: Originate"])))
    assert not isinstance(failure.value, PbxUnreachable)
    assert len(peer.lines(b"originate")) == 1


def test_an_account_that_the_pbx_no_longer_accepts_is_told_apart(account, driver, peer):
    peer.users = {b"admin": b"changed"}
    with pytest.raises(LoginRefused):
        driver.run(account.ask(STATUS))


@pytest.mark.parametrize("answer", [
    b"Response: Error\r\nMessage: Asterisk is shutting down\r\n\r\n", b"Response: Err", b"",
], ids=["refused for now", "cut off", "cut off at once"])
def test_a_login_that_fails_for_another_reason_leaves_no_doubt_that_nothing_was_sent(account, driver, peer, answer):
    def hang_up(lines, connection):
        connection.send(answer)
        connection.close()

    peer.scripted, peer.script = ("login",), hang_up
    with pytest.raises(PbxUnreachable):
        driver.run(account.ask(STATUS))
    peer.scripted, peer.script = (), lambda lines, connection: DONE
    assert driver.run(account.ask(STATUS)) == DONE


def test_while_the_feed_is_down_an_action_fails_at_once(accounts, account, driver, peer):
    peer.close()
    driver.wait_for(lambda: not account.feed.up)
    with pytest.raises(PbxUnreachable):
        begin(account.ask(STATUS))


def test_an_account_with_one_connection_sends_its_actions_through_the_feed(accounts, configuration, driver, peer):
    configuration.single.add(b"admin")
    peer.script = lambda lines, connection: DONE
    account = driver.run(accounts.log_in(login(), False)).account
    assert driver.run(account.ask(STATUS)) == DONE
    assert peer.connections == 1


@pytest.fixture
def twin(account, driver):
    """One of `account`, with a filter."""
    twin, output = driver.run(account.twin(1, driver.notify, FILTER))
    assert output == DONE
    yield twin
    twin.close()
    twin.feed.join()


def told(account):
    """The events that the account's feed has told."""
    return as_told(account.feed.ring.after(0, ALL))[0]


def test_a_twin_has_a_feed_of_its_own(account, twin, peer):
    assert [header(lines, b"Filter") for lines in peer.lines(b"filter")] == [b"!Event: X"]
    assert len(peer.live(events=True)) == 2
    assert twin.private and not account.private


def test_a_twins_feed_begins_behind_the_answer_to_its_filter(account, driver, peer):
    def answer(lines, connection):
        return HANGUP + (DONE + RENAME if lines[0] == b"Action: Filter" else b"")
    peer.script = answer
    twin, output = driver.run(account.twin(1, driver.notify, FILTER))
    driver.wait_for(lambda: twin.feed.ring.last)
    assert (output, told(twin)) == (DONE, [RENAME])
    twin.close()
    twin.feed.join()


def test_a_filter_that_is_refused_makes_no_twin(account, driver, peer):
    peer.script = lambda lines, connection: REFUSED
    assert driver.run(account.twin(1, driver.notify, FILTER)) == (None, REFUSED)
    driver.wait_for(lambda: len(peer.live()) == 1)


def test_after_an_outage_a_twin_has_the_pbx_filter_anew(account, twin, driver, peer):
    assert driver.run(twin.filter(ANOTHER)) == DONE
    peer.script = lambda lines, connection: HANGUP + DONE + (RENAME if b"Filter: !Event: Y" in lines else b"")
    peer.drop_connections()
    driver.wait_for(lambda: len(told(twin)) == 2)
    assert [header(lines, b"Filter") for lines in peer.lines(b"filter")] == [b"!Event: X", b"!Event: Y"] * 2
    assert told(twin) == [BOOTED, RENAME]  # and what was sent while there was no filter yet, or not every one, is left out


def test_a_twin_whose_filter_is_not_taken_after_an_outage_is_over(account, twin, driver, peer):
    peer.script = lambda lines, connection: REFUSED
    peer.drop_connections()
    driver.wait_for(lambda: twin.feed.refused)
    driver.wait_for(lambda: len(peer.live()) == 1)


def test_a_filter_that_was_refused_is_not_asked_for_again(account, twin, driver, peer):
    peer.script = lambda lines, connection: REFUSED
    assert driver.run(twin.filter(ANOTHER)) == REFUSED
    peer.script = lambda lines, connection: DONE
    peer.drop_connections()
    driver.wait_for(lambda: told(twin) == [BOOTED])
    assert len(peer.lines(b"filter")) == 3


def test_filters_are_bounded(twin, driver, peer):
    for _ in range(MAX_FILTERS - 1):
        driver.run(twin.filter(ANOTHER))
    with pytest.raises(ActionRefused):
        begin(twin.filter(ANOTHER))
    assert len(peer.lines(b"filter")) == MAX_FILTERS


def test_an_account_is_over_ten_seconds_after_its_last_session(account, clock):
    account.enter()
    account.leave()
    assert not account.reap(clock.now + 1000)
    account.leave()
    assert not account.reap(clock.now + LINGER_SECONDS)
    assert account.enter()
    assert not account.reap(clock.now + LINGER_SECONDS + 0.1)
    account.leave()
    assert account.reap(clock.now + LINGER_SECONDS + 0.1)
    assert not account.enter()


def test_an_account_that_nobody_else_can_join_is_over_at_once(twin, clock):
    twin.enter()
    assert not twin.reap(clock.now + 1000)
    twin.leave()
    assert twin.reap(clock.now + 0.1)


def test_an_account_may_be_joined_for_ten_minutes(account, clock):
    clock.now += GENERATION_SECONDS - 0.1
    assert account.fresh
    clock.now += 0.1
    assert not account.fresh


def test_after_a_reload_nobody_joins(account, driver, peer):
    peer.send_event(b"Event: Reload\r\nPrivilege: system,all\r\nModule: manager\r\n\r\n")
    driver.wait_for(lambda: not account.fresh)


def test_a_secret_is_not_shown(account):
    assert "s3cret" not in repr(account)
