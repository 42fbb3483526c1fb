"""ajam/limiter.py: wrong logins delay the next ones from there, and nobody else's."""

import random
import threading

import pytest

from ajam import limiter as limits
from ajam.errors import Limited
from ajam.limiter import FREE_FACTOR, LONGEST_SECONDS, Limiter, network_of
from tests.clock import Clock

FREE = 5
HERE, THERE = "192.0.2.7", "198.51.100.9"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def limiter(clock):
    return Limiter(FREE, clock)


def fail(limiter, name="admin", address=HERE):
    """One wrong login."""
    with limiter.attempt(address, name) as attempt:
        attempt.failed()


def succeed(limiter, name="admin", address=HERE):
    """One right login."""
    with limiter.attempt(address, name) as attempt:
        attempt.succeeded()


def wait(limiter, name="admin", address=HERE):
    """The seconds that a login has to wait, 0 for none."""
    try:
        with limiter.attempt(address, name):
            return 0
    except Limited as limited:
        assert (limited.status, limited.text) == (429, "Authentication failed")
        return limited.seconds


def wear_out(limiter, clock, name="admin", address=HERE):
    """Fails until nothing is free any more; returns the seconds to wait then."""
    for _ in range(FREE):
        fail(limiter, name, address)
    return wait(limiter, name, address)


def test_the_free_failures_delay_nothing(limiter):
    for _ in range(FREE):
        assert wait(limiter) == 0
        fail(limiter)
    assert wait(limiter) == 2


def test_each_further_failure_doubles_the_delay_up_to_five_minutes(limiter, clock):
    delays = [wear_out(limiter, clock)]
    for _ in range(10):
        clock.now += delays[-1]
        assert wait(limiter) == 0
        fail(limiter)
        delays.append(wait(limiter))
    assert delays == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_an_attempt_before_its_time_counts_for_nothing(limiter, clock):
    wear_out(limiter, clock)
    clock.now += 1.5
    for _ in range(100):
        assert wait(limiter) == 0.5
    clock.now += 0.5
    assert wait(limiter) == 0


def test_a_success_gives_the_pair_its_free_failures_back(limiter, clock):
    wear_out(limiter, clock)
    clock.now += 2
    succeed(limiter)
    assert wear_out(limiter, clock) == 2


def test_an_attempt_that_came_to_nothing_counts_for_nothing(limiter, clock):
    for _ in range(100):
        with limiter.attempt(HERE, "admin"):
            pass
    wear_out(limiter, clock)
    clock.now += 2
    for _ in range(100):
        with limiter.attempt(HERE, "admin"):
            pass
    fail(limiter)
    assert wait(limiter) == 4


def test_where_nothing_is_free_there_is_one_attempt_at_a_time(limiter, clock):
    wear_out(limiter, clock)
    clock.now += 2
    with limiter.attempt(HERE, "admin") as attempt:
        assert wait(limiter) == limits.ATTEMPT_SECONDS
        attempt.failed()
    assert wait(limiter) == 4


def test_an_attempt_given_up_does_not_shorten_what_a_failure_meanwhile_has_brought(limiter, clock):
    with limiter.attempt(HERE, "admin"):
        wear_out(limiter, clock)
    assert wait(limiter) == 2


def test_while_there_are_free_failures_many_attempts_go_on_at_a_time(limiter):
    attempts = [limiter.attempt(HERE, "admin") for _ in range(20)]
    for attempt in attempts:
        attempt.succeeded()
    assert wait(limiter) == 0


@pytest.mark.parametrize("name", ["admin", "ADMIN", "Admin"])
def test_a_user_is_one_however_he_is_spelt(limiter, clock, name):
    wear_out(limiter, clock)
    assert wait(limiter, name) == 2


# One address, many users


def test_one_users_failures_do_not_concern_another_from_the_same_address(limiter, clock):
    wear_out(limiter, clock)
    assert wait(limiter, "viewer") == 0


def test_an_address_has_four_times_as_many_free_failures_for_all_users(limiter):
    for number in range(FREE_FACTOR * FREE):
        assert wait(limiter, "anybody") == 0
        fail(limiter, "user%d" % number)
    assert wait(limiter, "anybody") == 2
    assert wait(limiter, "anybody", THERE) == 0


def test_a_success_forgives_the_address_nothing(limiter):
    for number in range(FREE_FACTOR * FREE - 1):
        fail(limiter, "user%d" % number)
        succeed(limiter, "mallory")
    fail(limiter, "last")
    assert wait(limiter, "mallory") == 2


def test_a_right_login_from_a_worn_out_address_lets_the_next_one_in_at_once(limiter, clock):
    for number in range(FREE_FACTOR * FREE):
        fail(limiter, "user%d" % number)
    clock.now += 2
    succeed(limiter, "viewer")
    succeed(limiter, "admin")


def test_one_forgotten_script_does_not_wear_its_office_out(limiter, clock):
    for _ in range(1000):
        if not wait(limiter, "script"):
            fail(limiter, "script")
        assert wait(limiter, "somebody") == 0
        clock.now += 10


# One user, many addresses


def guess_from_everywhere(limiter, addresses=200, name="admin"):
    """One wrong login from each of many addresses."""
    for number in range(addresses):
        fail(limiter, name, "10.0.%d.%d" % divmod(number, 256))


def test_a_user_is_let_in_from_an_address_that_has_not_failed_whoever_guesses_elsewhere(limiter):
    guess_from_everywhere(limiter)
    assert wait(limiter, "admin", THERE) == 0
    succeed(limiter, "admin", THERE)


def test_while_many_guess_one_users_secret_each_has_one_guess(limiter):
    guess_from_everywhere(limiter)
    fail(limiter, "admin", THERE)
    assert wait(limiter, "admin", THERE) == LONGEST_SECONDS
    assert wait(limiter, "viewer", THERE) == 0


def test_and_one_at_a_time_afterwards(limiter, clock):
    guess_from_everywhere(limiter)
    fail(limiter, "admin", THERE)
    clock.now += LONGEST_SECONDS
    with limiter.attempt(THERE, "admin"):
        assert wait(limiter, "admin", THERE) == limits.ATTEMPT_SECONDS
        assert wait(limiter, "viewer", THERE) == 0


def test_what_was_guessed_at_a_user_is_forgiven_within_the_hour(limiter, clock):
    guess_from_everywhere(limiter)
    clock.now += 3600
    assert wear_out(limiter, clock, "admin", THERE) == 2


# Time


def test_a_pair_is_forgiven_a_failure_in_ten_minutes(limiter, clock):
    for _ in range(FREE - 1):
        fail(limiter)
    clock.now += 599
    fail(limiter)
    assert wait(limiter) == 2
    clock.now += 600
    assert wait(limiter) == 0
    fail(limiter)
    assert wait(limiter) == 2


def test_after_two_hours_and_a_half_all_is_as_if_nobody_had_ever_failed(limiter, clock):
    for _ in range(100):
        clock.now += wait(limiter)
        fail(limiter)
    clock.now += 9000
    assert wear_out(limiter, clock) == 2


@pytest.mark.parametrize("free, expected", [(1, 1), (3, 3), (10, 10)])
def test_the_number_of_free_failures_is_the_administrators(clock, free, expected):
    limiter = Limiter(free, clock)
    failures = 0
    while not wait(limiter):
        fail(limiter)
        failures += 1
    assert failures == expected


def test_another_number_counts_for_what_has_failed_already(limiter, clock):
    wear_out(limiter, clock)
    limiter.adopt(10)
    clock.now += 2
    fail(limiter)
    assert wait(limiter) == 0


# Networks


@pytest.mark.parametrize("one, other, same", [
    ("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", True),
    ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ("::ffff:192.0.2.7", "192.0.2.7", True),
    ("192.0.2.7", "192.0.2.8", False),
    ("fe80::1", "fe80::2", True),
    ("unknown", "unknown", True),
])
def test_an_ipv6_network_of_64_bits_counts_as_one_address(one, other, same):
    assert (network_of(one) == network_of(other)) is same


def test_a_host_with_many_ipv6_addresses_gains_nothing(limiter):
    for number in range(FREE):
        fail(limiter, "admin", "2001:db8::%x" % number)
    assert wait(limiter, "admin", "2001:db8::ffff") == 2


# Memory, threads


def test_memory_is_bounded_whatever_is_tried(limiter, monkeypatch):
    monkeypatch.setattr(limits, "MAX_KEYS", 100)
    for number in range(1000):
        fail(limiter, "x" * 1000 + str(number), "10.1.%d.%d" % divmod(number, 256))
        fail(limiter, str(number), "10.2.%d.%d" % divmod(number, 256))
    assert [len(table) for table in (limiter._pairs, limiter._addresses, limiter._users)] == [100, 100, 100]


def test_the_one_that_failed_last_is_forgotten_last(limiter, clock, monkeypatch):
    monkeypatch.setattr(limits, "MAX_KEYS", 100)
    guess_from_everywhere(limiter, 99, "somebody")
    wear_out(limiter, clock)
    guess_from_everywhere(limiter, 99, "somebody else")
    assert wait(limiter) == 2


def test_a_name_is_kept_in_part_however_long_it_is(limiter):
    for number in range(FREE):
        fail(limiter, "x" * 40000 + str(number))
    assert wait(limiter, "x" * 40000) == 2


def test_no_order_of_threads_gives_more_than_the_free_failures_and_one_for_each_thread(clock):
    limiter, threads, passed = Limiter(FREE, clock), 8, []

    def guess():
        for _ in range(50):
            try:
                with limiter.attempt(HERE, "admin") as attempt:
                    passed.append(attempt)
                    attempt.failed()
            except Limited:
                pass

    workers = [threading.Thread(target=guess) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert FREE <= len(passed) < FREE + threads


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_nobody_waits_longer_than_five_minutes_and_a_new_address_not_at_all(clock, seed):
    limiter, chance = Limiter(FREE, clock), random.Random(seed)
    for _ in range(300):
        address, name = "10.0.0.%d" % chance.randrange(4), chance.choice(["admin", "viewer", "nobody"])
        try:
            with limiter.attempt(address, name) as attempt:
                chance.choice([attempt.failed, attempt.failed, attempt.succeeded, lambda: None])()
        except Limited as limited:
            assert 0 < limited.seconds <= LONGEST_SECONDS
        assert wait(limiter, name, "203.0.113.%d" % chance.randrange(256)) == 0
        clock.now += chance.choice([0, 1, 10, 100])
