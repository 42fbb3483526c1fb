"""ajam/challenges.py: connections without a login, few of them and not for long."""

import pytest

from ajam.challenges import LIFETIME_SECONDS, MAX_CHALLENGES, MAX_PER_ADDRESS, Challenges
from tests.clock import Clock


class Connection:
    """Knows whether it was closed."""

    closed = False

    def close(self):
        self.closed = True


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def challenges(clock):
    return Challenges(clock)


def keep(challenges, id, peer="192.0.2.1"):
    """A connection that is kept under `id`."""
    connection = Connection()
    challenges.keep(id, connection, peer)
    return connection


def test_a_challenge_can_be_answered_once(challenges):
    connection = keep(challenges, "a")
    assert challenges.take("a") is connection
    assert challenges.take("a") is None
    assert not connection.closed


@pytest.mark.parametrize("id", [None, "", "b"])
def test_a_challenge_is_bound_to_its_cookie(challenges, id):
    keep(challenges, "a")
    assert challenges.take(id) is None
    assert len(challenges) == 1


def test_a_challenge_lasts_five_seconds(challenges, clock):
    early, late = keep(challenges, "early"), keep(challenges, "late")
    clock.now += LIFETIME_SECONDS
    assert challenges.take("early") is early
    clock.now += 0.1
    assert challenges.take("late") is None
    assert late.closed and not early.closed


def test_what_has_expired_is_closed_without_being_asked_for(challenges, clock):
    connection = keep(challenges, "a")
    challenges.purge(clock.now + LIFETIME_SECONDS)
    assert not connection.closed
    challenges.purge(clock.now + LIFETIME_SECONDS + 0.1)
    assert connection.closed and not len(challenges)


def test_an_address_has_its_two_newest(challenges):
    other = keep(challenges, "other", "192.0.2.2")
    connections = [keep(challenges, str(number)) for number in range(MAX_PER_ADDRESS + 2)]
    assert [each.closed for each in connections] == [True, True, False, False]
    assert not other.closed


def test_there_are_ten_at_most_and_the_oldest_goes(challenges):
    connections = [keep(challenges, str(number), "192.0.2.%d" % number) for number in range(MAX_CHALLENGES + 3)]
    assert [each.closed for each in connections] == [True] * 3 + [False] * MAX_CHALLENGES
    assert len(challenges) == MAX_CHALLENGES


def test_of_two_challenges_at_once_under_one_cookie_one_connection_is_closed(challenges):
    first, second = keep(challenges, "a"), keep(challenges, "a")
    assert first.closed and not second.closed
    assert challenges.take("a") is second


def test_a_challenge_asked_for_again_is_the_newest(challenges):
    first, second = keep(challenges, "a"), keep(challenges, "b")
    challenges.keep("a", challenges.take("a"), "192.0.2.1")
    keep(challenges, "c")
    assert second.closed and not first.closed


def test_closing_closes_all(challenges):
    connections = [keep(challenges, "a"), keep(challenges, "b")]
    challenges.close()
    assert all(each.closed for each in connections)
