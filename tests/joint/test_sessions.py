"""ajam/sessions.py: sessions begin, expire, end and move, in any order."""

import itertools

import pytest

from ajam.sessions import MAX_IDS, UNLIMITED, Sessions, new_id
from tests.joint.stand_ins import Account

LIFETIME = 60
PEER = "192.0.2.7"


@pytest.fixture
def sessions(clock, woken):
    return Sessions(LIFETIME, clock, woken.append)


@pytest.fixture
def account():
    return Account()


@pytest.fixture
def session(sessions, account):
    """A session between two requests."""
    session = sessions.begin(account, 0, 0, PEER)
    sessions.release(session)
    return session


def test_ids_are_128_random_bits():
    ids = {new_id() for _ in range(10000)}
    assert len(ids) == 10000
    assert all(len(id) == 32 and set(id) <= set("0123456789abcdef") for id in ids)
    bits = [sum(int(id, 16) >> bit & 1 for id in ids) for bit in range(128)]
    assert 4500 < min(bits) and max(bits) < 5500


@pytest.mark.parametrize("id", [None, "", "0" * 32, "deadbeef"])
def test_an_id_that_was_not_given_out_finds_nothing(sessions, session, id):
    assert sessions.find(id) is None


def test_a_session_expires_its_lifetime_after_the_end_of_its_last_request(sessions, session, clock):
    clock.now += LIFETIME
    assert sessions.find(session.id) is session
    clock.now += 1000
    sessions.release(session)
    clock.now += LIFETIME + 0.1
    assert sessions.find(session.id) is None


def test_a_session_ends_at_the_age_that_its_limits_say_even_in_a_request(sessions, session, clock):
    sessions.limits = UNLIMITED._replace(session_time=100)
    assert sessions.find(session.id) is session
    clock.now += 99.9
    sessions.purge(clock.now)
    assert not session.ended and session.id in sessions
    clock.now += 0.1
    assert sessions.find(session.id) is None and session.id not in sessions
    sessions.purge(clock.now)
    assert session.ended


def test_a_session_with_a_request_in_progress_does_not_expire(sessions, session, account, clock):
    sessions.find(session.id)
    sessions.find(session.id)
    sessions.release(session)
    clock.now += 1000
    sessions.purge(clock.now)
    assert not session.ended
    sessions.release(session)
    sessions.purge(clock.now + LIFETIME)
    assert not session.ended
    sessions.purge(clock.now + LIFETIME + 0.1)
    assert session.ended
    assert (len(sessions), account.entered) == (0, 0)


def test_a_session_whose_account_is_refused_ends_even_in_a_request(sessions, session, account, woken, clock):
    sessions.find(session.id)
    account.feed.refused = True
    sessions.purge(clock.now)
    assert session.ended
    assert woken == [session]


def test_a_session_ends_once_and_wakes_its_waiter(sessions, session, account, woken):
    sessions.find(session.id)
    assert sessions.end(session)
    assert not sessions.end(session)
    assert sessions.find(session.id) is None
    assert (account.entered, woken) == (0, [session])
    sessions.release(session)


def test_a_session_says_who_began_it_and_when_and_has_a_number(sessions, session, account, clock):
    clock.now += 5
    later = sessions.begin(account, 0, 0, "2001:db8::7")
    assert (session.number, session.peer, session.began) == (1, PEER, clock.now - 5)
    assert (later.number, later.peer, later.began) == (2, "2001:db8::7", clock.now)


def test_two_tables_on_one_count_give_no_number_twice(clock, account):
    numbers = itertools.count(1)
    tables = [Sessions(LIFETIME, clock, numbers=numbers) for _ in range(2)]
    assert [table.begin(account, 0, 0, PEER).number for table in tables * 2] == [1, 2, 3, 4]


def test_all_sessions_are_told_once_each_however_many_ids_they_have(sessions, session, account):
    digest = sessions.begin(account, 0, 0, PEER, "first")
    sessions.alias("first", "second")
    assert sessions.all == {session, digest}


def test_all_sessions_end_together(sessions, account):
    account.entered = 3
    for _ in range(3):
        sessions.begin(account, 0, 0, PEER)
    sessions.end_all()
    assert (len(sessions), account.entered) == (0, 0)


# Sessions of digest users


def test_two_requests_on_a_new_nonce_make_one_session(sessions, account):
    account.entered = 2
    first = sessions.begin(account, 0, 0, PEER, "nonce")
    second = sessions.begin(account, 5, 0, PEER, "nonce")
    assert first is second
    assert (len(sessions), account.entered, first.in_use) == (1, 1, 2)


def test_of_a_nonce_whose_session_has_expired_a_new_one_begins(sessions, account, clock):
    expired = sessions.begin(account, 0, 0, PEER, "nonce")
    sessions.release(expired)
    clock.now += LIFETIME + 0.1
    other = Account()
    session = sessions.begin(other, 7, 0, PEER, "nonce")
    assert (session.account, session.place, expired.ended) == (other, 7, True)
    assert (account.entered, other.entered, len(sessions)) == (0, 1, 1)


def test_a_session_is_found_by_the_nonce_that_succeeds_its_own(sessions, account):
    session = sessions.begin(account, 7, 0, PEER, "first")
    sessions.release(session)
    sessions.alias("first", "second")
    sessions.alias("second", "third")
    assert sessions.find("first") is sessions.find("second") is sessions.find("third") is session
    assert session.place == 7
    sessions.alias("unknown", "fourth")
    assert sessions.find("fourth") is None


def test_of_many_nonces_the_oldest_is_forgotten(sessions, account):
    session = sessions.begin(account, 0, 0, PEER, "0")
    for number in range(100):
        sessions.alias(str(number), str(number + 1))
    assert [id for id in map(str, range(101)) if sessions.find(id)] == [str(101 - MAX_IDS + n) for n in range(MAX_IDS)]
    sessions.end(session)
    assert sessions.find("100") is None


def test_an_ended_session_gets_no_further_nonce(sessions, account):
    session = sessions.begin(account, 0, 0, PEER, "first")
    sessions.end(session)
    sessions.alias("first", "second")
    assert sessions.find("second") is None


# A session moves to a feed of its own


def test_a_session_moves_to_its_own_account_and_begins_anew_there(sessions, session, account, woken):
    session.place = 500
    own = Account(private=True)
    assert sessions.move(session, own)
    assert (session.account, session.place) == (own, 0)
    assert (account.entered, own.entered) == (0, 1)
    assert woken == [session]


def test_a_session_that_has_ended_meanwhile_does_not_move(sessions, session, account):
    sessions.end(session)
    own = Account(private=True)
    assert not sessions.move(session, own)
    assert (account.entered, own.entered) == (0, 0)


def test_of_two_moves_at_once_the_first_counts(sessions, session, account):
    first, second = Account(private=True), Account(private=True)
    assert sessions.move(session, first)
    assert not sessions.move(session, second)
    assert session.account is first
    assert (account.entered, first.entered, second.entered) == (0, 1, 0)


# Turns


def test_a_newer_wait_takes_the_turn_and_wakes_the_older(sessions, session, woken):
    older = sessions.take_turn(session)
    assert woken == []
    newer = sessions.take_turn(session)
    assert woken == [session]
    sessions.end_turn(session, older)
    assert session.wait is newer
    sessions.end_turn(session, newer)
    assert session.wait is None


def test_events_are_told_to_one_turn_only(sessions, session, account):
    older = sessions.take_turn(session)
    newer = sessions.take_turn(session)
    assert not sessions.advance(session, older, account, 0, 3)
    assert sessions.advance(session, newer, account, 0, 3)
    assert not sessions.advance(session, newer, account, 0, 4)
    assert session.place == 3


def test_events_of_the_account_left_do_not_move_the_place(sessions, session, account):
    turn = sessions.take_turn(session)
    sessions.move(session, Account(private=True))
    assert not sessions.advance(session, turn, account, 0, 500)
    assert session.place == 0
