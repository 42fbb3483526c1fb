"""ajam/ami/places.py: so many at a time, and who waits for one."""

import pytest

from ajam.ami.places import MOST_WAITING, Places
from ajam.errors import PbxBusy
from tests.clock import Clock


@pytest.fixture
def notified():
    return []


@pytest.fixture
def places(notified):
    return Places(2, "Too many", Clock(), notified.append)


def finish(taking, outcome):
    """The Place that a wait has brought, once it was told its outcome."""
    with pytest.raises(StopIteration) as end:
        taking.send(outcome)
    return end.value.value


def take_at_once(places, kept_free=0):
    """A Place for which nobody has to wait."""
    return finish(places.take(5, kept_free), None)


def test_there_are_so_many_and_no_more(places):
    with places.enter(), places.enter():
        assert places.used == 2
        with pytest.raises(PbxBusy, match="Too many"):
            places.enter()
    assert places.used == 0


def test_who_finds_a_place_does_not_wait(places):
    with take_at_once(places), take_at_once(places):
        assert places.used == 2


def test_a_place_that_is_given_back_is_the_first_ones_who_waits(places, notified):
    here, _ = places.enter(), places.enter()
    first, second = places.take(5), places.take(5)
    pauses = [next(first), next(second)]
    assert [pause.deadline for pause in pauses] == [Clock().now + 5] * 2
    here.close()
    assert [pause.is_over() for pause in pauses] == [True, False]
    assert notified == [*pauses[0].subjects]
    finish(first, True).close()
    assert pauses[1].is_over() and notified == [*pauses[0].subjects, *pauses[1].subjects]
    assert places.used == 2


def test_who_has_waited_in_vain_is_told_so_and_is_in_nobodys_way(places):
    here, _ = places.enter(), places.enter()
    late = places.take(5)
    next(late)
    with pytest.raises(PbxBusy, match="Too many"):
        late.send(False)
    here.close()
    assert places.used == 1


def test_a_place_that_came_in_the_last_moment_is_taken(places):
    here, _ = places.enter(), places.enter()
    late = places.take(5)
    next(late)
    here.close()
    finish(late, False).close()
    assert places.used == 1


@pytest.mark.parametrize("has_come", [False, True], ids=["before there was a place", "behind it"])
def test_who_goes_away_leaves_the_place_to_others(places, has_come):
    here, there = places.enter(), places.enter()
    gone, other = places.take(5), places.take(5)
    next(gone)
    is_over = next(other).is_over
    if has_come:
        here.close()
    gone.close()
    assert is_over() is has_come
    there.close()
    assert is_over()


def test_kept_places_are_for_others_also_when_somebody_waits_longer(places):
    with places.enter(), places.enter() as second:
        modest, bold = places.take(5, kept_free=1), places.take(5)
        waits = [next(modest).is_over, next(bold).is_over]
        second.close()
        assert [is_over() for is_over in waits] == [False, True]
        finish(bold, True)


def test_only_so_many_may_wait(places):
    with places.enter(), places.enter():
        waiting = [places.take(5) for _ in range(MOST_WAITING)]
        for each in waiting:
            next(each)
        with pytest.raises(PbxBusy):
            next(places.take(5))
        for each in waiting:
            each.close()


def test_a_place_is_given_back_once(places):
    here, _ = places.enter(), places.enter()
    here.close()
    here.close()
    assert places.used == 1


def test_more_places_are_theirs_who_wait_already(places, notified):
    places.enter(), places.enter()
    waiting = [places.take(5) for _ in range(3)]
    pauses = [next(each) for each in waiting]
    places.adopt(4)
    assert [pause.is_over() for pause in pauses] == [True, True, False] and places.used == 4
    assert notified == [*pauses[0].subjects, *pauses[1].subjects]
    for each in waiting:
        each.close()


def test_those_who_crowd_for_the_places_that_they_may_have_are_in_nobody_elses_way():
    places = Places(3, "Too many", Clock())
    kept = [places.enter(), places.enter()]
    crowd = [places.take(5, 1) for _ in range(MOST_WAITING)]
    for each in crowd:
        next(each)
    with pytest.raises(PbxBusy):
        next(places.take(5, 1))
    kept.append(places.enter())
    other = places.take(5)
    pause = next(other)
    kept.pop().close()
    assert pause.is_over()
    for each in (*crowd, other):
        each.close()
