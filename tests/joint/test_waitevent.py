"""ajam/waitevent.py, step by step: what a WaitEvent tells, and when it goes home (reference.md 3.9)."""

import pytest

from ajam.ami.message import Action
from ajam.privileges import ALL, LABELS
from ajam.sessions import Sessions
from ajam.waitevent import longest_wait, parse_timeout, set_mask, wait_event
from tests.joint.stand_ins import Account

HEAD = b"Response: Success\r\nMessage: Waiting for Event completed.\r\n\r\n"
TAIL = b"Event: WaitEventComplete\r\n\r\n"
HANGUP = b"Event: Hangup\r\nPrivilege: call,all\r\n\r\n"
RELOAD = b"Event: Reload\r\nPrivilege: system,all\r\n\r\n"
WAIT = Action([b"Action: WaitEvent"])


@pytest.mark.parametrize("text, seconds", [
    (b"", -1), (b"abc", -1), (b"-", -1), (b"0", 0), (b"7", 7), (b"+7", 7), (b"-7", -7), (b"  \t7", 7), (b"7.9", 7),
    (b"7abc", 7), (b"010", 8), (b"08", 0), (b"0x10", 16), (b"0X1f", 31), (b"-0x5", -5),
    (b"1" * 5000, 111111111111111),
])
def test_a_timeout_is_read_as_c_reads_percent_i(text, seconds):
    assert parse_timeout(text) == seconds


@pytest.mark.parametrize("asked, left, seconds", [
    (5, 60, 5.0), (-1, 60, 50.0), (1000, 60, 50.0), (0, 60, 0.0), (-1, 10, 0.0), (5, 3, 0.0), (-1, 42.5, 32.5),
])
def test_a_wait_is_over_ten_seconds_before_its_session(asked, left, seconds):
    assert longest_wait(asked, left) == seconds


@pytest.fixture
def session(clock, woken):
    return Sessions(60, clock, woken.append).begin(Account(), 0, ALL, "192.0.2.7")


@pytest.fixture
def wait(session, clock):
    """Begins a WaitEvent: (its generator, its first Pause)."""
    def wait(*lines):
        work = wait_event(session, Action([b"Action: WaitEvent", *lines]), clock)
        return work, next(work)
    return wait


@pytest.fixture
def output(session, clock):
    """The output of a WaitEvent that has nothing to wait for."""
    def output(*lines):
        return ended(wait_event(session, Action([b"Action: WaitEvent", *lines]), clock), None)
    return output


def ended(work, outcome=True):
    """The output of a WaitEvent that ends when it goes on."""
    with pytest.raises(StopIteration) as end:
        work.send(outcome)
    return end.value.value


def append(session, *blocks):
    session.account.feed.ring.append(blocks)


def test_what_is_there_already_is_told_at_once(session, output):
    append(session, HANGUP, RELOAD)
    assert output() == HEAD + HANGUP + RELOAD + TAIL
    assert session.place == 2


def test_the_action_id_is_in_head_and_tail(session, output):
    append(session, HANGUP)
    assert output(b"ActionID: 7") == (
        b"Response: Success\r\nActionID: 7\r\nMessage: Waiting for Event completed.\r\n\r\n" + HANGUP
        + b"Event: WaitEventComplete\r\nActionID: 7\r\n\r\n")


def test_what_comes_ends_the_wait(session, wait):
    work, pause = wait()
    assert not pause.is_over()
    append(session, HANGUP)
    assert pause.is_over()
    assert ended(work) == HEAD + HANGUP + TAIL
    assert session.wait is None


def test_what_the_session_does_not_want_does_not_end_the_wait(session, wait):
    session.mask = LABELS["call"]
    work, pause = wait()
    append(session, RELOAD)
    assert pause.is_over()
    again = work.send(True)
    assert again.deadline == pause.deadline
    assert not again.is_over()
    append(session, HANGUP)
    assert ended(work) == HEAD + HANGUP + TAIL


def test_a_wait_of_a_session_that_wants_nothing_makes_it_want_all(session, wait):
    session.mask = 0
    wait()
    assert session.mask == ALL


@pytest.mark.parametrize("line, seconds", [
    (b"Timeout: 5", 5), (b"Timeout: 0x5", 5), (b"Timeout: -1", 50), (b"Timeout: 100", 50), (b"X: y", 50),
])
def test_a_wait_lasts_as_long_as_it_may(wait, clock, line, seconds):
    assert wait(line)[1].deadline == clock.now + seconds


def test_a_client_that_idles_may_wait_less(session, wait, clock):
    clock.now += 20
    assert wait()[1].deadline == clock.now + 30


@pytest.mark.parametrize("line", [b"Timeout: 0", b"Timeout: 00", b"Timeout: 0x0"])
def test_a_wait_of_no_time_only_looks(output, line):
    assert output(line) == HEAD + TAIL


def test_a_wait_ends_at_its_time_without_events(wait, clock):
    work, _ = wait(b"Timeout: 5")
    clock.now += 5
    assert ended(work, False) == HEAD + TAIL


def test_a_wait_ends_when_ajam_is_stopped(wait):
    work, _ = wait(b"Timeout: 5")
    assert ended(work, False) == HEAD + TAIL


def test_a_wait_ends_with_its_session_and_still_tells(session, wait, woken):
    work, pause = wait()
    append(session, HANGUP)
    session.owner.end(session)
    assert pause.is_over() and woken == [session]
    assert ended(work) == HEAD + HANGUP + TAIL


def test_a_wait_ends_when_the_pbx_no_longer_accepts_the_account(session, wait):
    work, pause = wait()
    session.account.feed.refused = True
    assert pause.is_over()
    assert ended(work) == HEAD + TAIL


def test_a_newer_wait_sends_the_older_one_home_with_nothing(session, wait, woken):
    older, older_pause = wait()
    newer, newer_pause = wait()
    assert woken == [session]
    assert older_pause.is_over() and not newer_pause.is_over()
    append(session, HANGUP)
    assert ended(older) == b""
    assert ended(newer) == HEAD + HANGUP + TAIL


def test_a_wait_that_was_given_up_leaves_the_events_to_the_next(session, wait, output):
    work, _ = wait()
    work.close()
    assert session.wait is None
    append(session, HANGUP)
    assert output() == HEAD + HANGUP + TAIL


def test_a_wait_goes_on_at_the_feed_that_its_session_has_moved_to(session, wait):
    append(session, HANGUP, HANGUP)
    session.place = 2
    work, pause = wait()
    session.owner.move(session, Account(private=True))
    assert pause.is_over()
    again = work.send(True)
    assert again.subjects[0] is session.account.feed
    append(session, RELOAD)
    assert ended(work) == HEAD + RELOAD + TAIL
    assert session.place == 1


def test_dropped_events_are_logged(session, output, caplog):
    ring = session.account.feed.ring
    ring.append([HANGUP] * 12000)
    assert output().count(HANGUP) == 10000
    assert "2000 events were dropped before a WaitEvent asked for them" in caplog.text


@pytest.mark.parametrize("mask, kept, answer", [
    (None, ALL, b"Response: Error\r\nActionID: 7\r\nMessage: Invalid event mask\r\n\r\n"),
    (0, 0, b"Response: Success\r\nActionID: 7\r\nEvents: Off\r\n\r\n"),
    (6, 6, b"Response: Success\r\nActionID: 7\r\nEvents: On\r\n\r\n"),
])
def test_a_mask_is_the_sessions_own(session, mask, kept, answer):
    assert set_mask(session, Action([b"Action: Events", b"ActionID: 7"]), mask) == answer
    assert session.mask == kept
