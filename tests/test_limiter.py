"""ajam/limiter.py: wrong logins delay the next ones from there, and nobody else's."""

import random
import threading

import pytest

from ajam import limiter as limits
from ajam.errors import Limited
from ajam.limiter import FREE_FACTOR, LONGEST_SECONDS, MAX_WAITING, TURN_SECONDS, Limiter, network_of
from ajam.pause import run
from tests.clock import Clock

FREE = 5
HERE, THERE = "192.0.2.7", "198.51.100.9"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def woken():
    """The subjects that were woken, in order."""
    return []


@pytest.fixture
def limiter(clock, woken):
    return Limiter(FREE, clock, woken.append)


def begin(limiter, name="admin", address=HERE):
    """The Attempt of a login that has not to wait for others."""
    return run(limiter.attempt(address, name), wait=pytest.fail)


def fail(limiter, name="admin", address=HERE):
    """One wrong login."""
    with begin(limiter, name, address) as attempt:
        attempt.failed()


def succeed(limiter, name="admin", address=HERE):
    """One right login."""
    with begin(limiter, name, address) as attempt:
        attempt.succeeded()


def wait(limiter, name="admin", address=HERE):
    """The seconds that a login has to wait, 0 for none."""
    try:
        with begin(limiter, name, address):
            return 0
    except Limited as limited:
        assert (limited.status, limited.text) == (429, "Authentication failed")
        return limited.seconds


def wear_out(limiter, name="admin", address=HERE):
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
    delays = [wear_out(limiter)]
    for _ in range(10):
        clock.now += delays[-1]
        assert wait(limiter) == 0
        fail(limiter)
        delays.append(wait(limiter))
    assert delays == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_an_attempt_before_its_time_counts_for_nothing(limiter, clock):
    wear_out(limiter)
    clock.now += 1.5
    for _ in range(100):
        assert wait(limiter) == 0.5
    clock.now += 0.5
    assert wait(limiter) == 0


def test_a_success_gives_the_pair_its_free_failures_back(limiter, clock):
    wear_out(limiter)
    clock.now += 2
    succeed(limiter)
    assert wear_out(limiter) == 2


def test_an_attempt_that_came_to_nothing_counts_for_nothing(limiter, clock):
    for _ in range(100):
        with begin(limiter):
            pass
    wear_out(limiter)
    clock.now += 2
    for _ in range(100):
        with begin(limiter):
            pass
    fail(limiter)
    assert wait(limiter) == 4


@pytest.mark.parametrize("name", ["admin", "ADMIN", "Admin"])
def test_a_user_is_one_however_he_is_spelt(limiter, clock, name):
    wear_out(limiter)
    assert wait(limiter, name) == 2


# Many at once


class Crowd:
    """Logins that are made at once, driven as the lobby drives them.

    under_way  Attempts that have begun and not ended
    refused    Limited of those who were refused
    """

    def __init__(self):
        self.under_way, self.refused, self._waiting = [], [], []

    def __len__(self):
        return len(self._waiting)

    def come(self, *turns):
        """These generators of Limiter.attempt() begin."""
        for turn in turns:
            self._go_on(turn, None)

    def look_again(self, woken):
        """Who waits for what was woken goes on; all of them were told that it is worth it."""
        subjects = set(woken)
        woken.clear()
        waiting, self._waiting = self._waiting, []
        for turn, pause in waiting:
            if subjects.intersection(pause.subjects):
                self._go_on(turn, True)
            else:
                self._waiting.append((turn, pause))
        assert not any(pause.is_over() for _, pause in self._waiting)

    def _go_on(self, turn, outcome):
        try:
            self._waiting.append((turn, turn.send(outcome)))
        except StopIteration as end:
            self.under_way.append(end.value)
        except Limited as limited:
            self.refused.append(limited)

    def leave(self):
        """Those who wait go away."""
        for turn, _ in self._waiting:
            turn.close()
        self._waiting = []


@pytest.fixture
def crowd():
    crowd = Crowd()
    yield crowd
    crowd.leave()


def has_to_wait(limiter, name="admin", address=HERE):
    """True when a login has to wait until others are over."""
    turn = limiter.attempt(address, name)
    try:
        return bool(next(turn))
    except StopIteration as end:
        with end.value:
            return False
    finally:
        turn.close()


def logins(limiter, number, name="admin", address=HERE):
    """So many at once."""
    return [limiter.attempt(address, name) for _ in range(number)]


def test_fifty_right_logins_at_once_are_all_let_in_five_at_a_time(limiter, crowd, woken):
    crowd.come(*logins(limiter, 50))
    let_in = 0
    while crowd.under_way:
        assert len(crowd.under_way) == FREE
        for attempt in crowd.under_way:
            attempt.succeeded()
        let_in += len(crowd.under_way)
        crowd.under_way.clear()
        crowd.look_again(woken)
    assert (let_in, len(crowd), crowd.refused) == (50, 0, [])
    assert wait(limiter) == 0


@pytest.mark.parametrize("already", range(FREE + 1))
def test_of_a_hundred_wrong_logins_at_once_no_more_are_looked_at_than_one_after_another(
        limiter, clock, crowd, woken, already):
    for _ in range(already):
        fail(limiter)
    clock.now += 2
    crowd.come(*logins(limiter, 100))
    looked_at = 0
    while crowd.under_way:
        looked_at += 1
        crowd.under_way.pop().failed()
        crowd.look_again(woken)
    assert looked_at == max(1, FREE - already)
    assert [limited.status for limited in crowd.refused] == [429] * (100 - looked_at)
    assert wait(limiter) == (2 if already < FREE else 4)


def test_of_wrong_logins_as_many_users_at_once_an_address_has_twenty(limiter, crowd, woken):
    crowd.come(*(limiter.attempt(HERE, "user%d" % number) for number in range(100)))
    assert len(crowd.under_way) == FREE_FACTOR * FREE
    for attempt in crowd.under_way:
        attempt.failed()
    crowd.look_again(woken)
    assert [limited.status for limited in crowd.refused] == [429] * 80


def test_many_hosts_that_guess_one_users_secret_at_once_gain_nothing_by_that(limiter, crowd):
    crowd.come(*(turn for number in range(30) for turn in logins(limiter, 10, address="10.0.0.%d" % number)))
    assert len(crowd.under_way) == 4 * FREE + 26 * 1  # four hosts take all that is free for that user
    assert not has_to_wait(limiter, "admin", THERE)
    assert not has_to_wait(limiter, "viewer", "10.0.0.0")


def test_one_of_several_that_succeeds_lets_the_next_one_begin(limiter, crowd, woken):
    crowd.come(*logins(limiter, FREE + 1))
    crowd.under_way.pop(2).succeeded()
    crowd.look_again(woken)
    assert (len(crowd.under_way), len(crowd)) == (FREE, 0)


def test_one_without_an_answer_lets_the_next_one_begin(limiter, crowd, woken):
    crowd.come(*logins(limiter, FREE + 1))
    with pytest.raises(OSError), crowd.under_way.pop():
        raise OSError
    crowd.look_again(woken)
    assert (len(crowd.under_way), len(crowd)) == (FREE, 0)


def test_one_whose_browser_goes_away_lets_nobody_begin_but_counts_as_failed(limiter, crowd, woken):
    crowd.come(*logins(limiter, FREE + 1))
    with pytest.raises(GeneratorExit), crowd.under_way.pop():
        raise GeneratorExit
    crowd.look_again(woken)
    assert (len(crowd.under_way), len(crowd)) == (FREE - 1, 1)


def test_who_waits_in_vain_may_come_again_a_second_later(limiter, clock):
    _under_way = [begin(limiter) for _ in range(FREE)]
    turn = limiter.attempt(HERE, "admin")
    pause = next(turn)
    assert pause.deadline == clock.now + TURN_SECONDS
    with pytest.raises(Limited) as refusal:
        turn.send(False)
    assert (refusal.value.status, refusal.value.text, refusal.value.retry) == (503, "Too many logins at a time", 1)


def test_only_so_many_wait_and_one_more_is_refused_at_once_until_one_of_them_leaves(limiter, crowd):
    _under_way = [begin(limiter) for _ in range(FREE)]
    crowd.come(*logins(limiter, MAX_WAITING))
    assert len(crowd) == MAX_WAITING
    crowd.come(*logins(limiter, 1))
    assert [limited.status for limited in crowd.refused] == [503]
    crowd.leave()
    assert has_to_wait(limiter)


def test_nothing_is_kept_of_attempts_that_are_over(limiter, crowd):
    crowd.come(*logins(limiter, 50))
    crowd.leave()
    for number, attempt in enumerate(crowd.under_way):
        with attempt:
            (attempt.succeeded, attempt.failed, lambda: None)[number % 3]()
    assert [dict(table.under_way) for table in (limiter._pairs, limiter._addresses, limiter._users)] == [{}, {}, {}]


def test_nobody_is_woken_where_nobody_waits(limiter, woken):
    wear_out(limiter)
    assert woken == []


def test_a_wait_that_is_over_before_it_has_begun_is_known_to_be(limiter):
    others = [begin(limiter) for _ in range(FREE)]
    turn = limiter.attempt(HERE, "admin")
    pause = next(turn)
    assert not pause.is_over()
    others[0].succeeded()
    assert pause.is_over()
    with pytest.raises(StopIteration):
        turn.send(True)


# One address, many users


def test_one_users_failures_do_not_concern_another_from_the_same_address(limiter, clock):
    wear_out(limiter)
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
    with begin(limiter, "admin", THERE):
        assert has_to_wait(limiter, "admin", THERE)
        assert wait(limiter, "viewer", THERE) == 0


def test_what_was_guessed_at_a_user_is_forgiven_within_the_hour(limiter, clock):
    guess_from_everywhere(limiter)
    clock.now += 3600
    assert wear_out(limiter, "admin", THERE) == 2


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
    assert wear_out(limiter) == 2


@pytest.mark.parametrize("free, expected", [(1, 1), (3, 3), (10, 10)])
def test_the_number_of_free_failures_is_the_administrators(clock, free, expected):
    limiter = Limiter(free, clock)
    failures = 0
    while not wait(limiter):
        fail(limiter)
        failures += 1
    assert failures == expected


def test_another_number_counts_for_what_has_failed_already(limiter, clock):
    wear_out(limiter)
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
    wear_out(limiter)
    guess_from_everywhere(limiter, 99, "somebody else")
    assert wait(limiter) == 2


def test_a_name_is_kept_in_part_however_long_it_is(limiter):
    for number in range(FREE):
        fail(limiter, "x" * 40000 + str(number))
    assert wait(limiter, "x" * 40000) == 2


def test_no_order_of_threads_gives_more_than_the_free_failures(clock):
    limiter, threads, passed = Limiter(FREE, clock), 8, []

    def give_way(_):
        threading.Event().wait(0.001)
        return True

    def guess():
        for _ in range(50):
            try:
                with run(limiter.attempt(HERE, "admin"), give_way) as attempt:
                    passed.append(attempt)
                    attempt.failed()
            except Limited as limited:
                assert limited.status == 429

    workers = [threading.Thread(target=guess) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(passed) == FREE


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_nobody_waits_longer_than_five_minutes_and_a_new_address_not_at_all(clock, seed):
    limiter, chance = Limiter(FREE, clock), random.Random(seed)
    for _ in range(300):
        address, name = "10.0.0.%d" % chance.randrange(4), chance.choice(["admin", "viewer", "nobody"])
        try:
            with begin(limiter, name, address) as attempt:
                chance.choice([attempt.failed, attempt.failed, attempt.succeeded, lambda: None])()
        except Limited as limited:
            assert 0 < limited.seconds <= LONGEST_SECONDS
        assert wait(limiter, name, "203.0.113.%d" % chance.randrange(256)) == 0
        clock.now += chance.choice([0, 1, 10, 100])
