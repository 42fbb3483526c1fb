"""ajam/web/alarms.py: who is due when."""

import weakref

from ajam.web.alarms import Alarms

NEVER = float("inf")


class Thing:
    """Something with a deadline."""

    def __init__(self, deadline):
        self.deadline = deadline


def alarms_of(*deadlines):
    alarms, things = Alarms(), [Thing(deadline) for deadline in deadlines]
    for thing in things:
        alarms.set(thing)
    return (alarms, *things)


def test_a_thing_rings_once_when_its_deadline_has_come():
    alarms, thing = alarms_of(10)
    assert alarms.due(9.9) == []
    assert alarms.due(10) == [thing]
    assert alarms.due(11) == []


def test_things_ring_in_the_order_of_their_deadlines():
    alarms, late, early, latest = alarms_of(20, 10, 30)
    assert alarms.due(25) == [early, late]
    assert alarms.due(35) == [latest]


def test_of_many_at_once_only_so_many_ring_and_the_others_next_time():
    alarms, *things = alarms_of(*[10] * 5)
    assert (alarms.due(10, 2), alarms.due(10, 2), alarms.due(10, 2)) == (things[:2], things[2:4], things[4:])
    assert alarms.nearest() == NEVER


def test_a_deadline_that_has_moved_away_holds():
    alarms, thing = alarms_of(10)
    thing.deadline = 20
    assert alarms.due(15) == []
    assert alarms.due(20) == [thing]


def test_a_deadline_that_has_come_nearer_holds():
    alarms, thing = alarms_of(20)
    thing.deadline = 10
    alarms.set(thing)
    assert alarms.nearest() == 10
    assert alarms.due(10) == [thing]
    assert alarms.due(20) == []


def test_a_deadline_that_comes_nearer_and_moves_away_again_rings_once():
    alarms, thing = alarms_of(20)
    for thing.deadline in (10, 20):
        alarms.set(thing)
    assert alarms.due(19) == []
    assert alarms.due(30) == [thing]
    assert alarms.due(40) == []


def test_what_is_forgotten_does_not_ring():
    alarms, gone, here = alarms_of(10, 10)
    alarms.forget(gone)
    alarms.forget(Thing(10))
    assert alarms.due(10) == [here]


def test_what_was_forgotten_can_be_set_again():
    alarms, thing = alarms_of(10)
    alarms.forget(thing)
    alarms.set(thing)
    assert alarms.due(10) == [thing]
    assert alarms.due(10) == []


def test_what_has_no_deadline_never_rings():
    alarms, _ = alarms_of(NEVER)
    assert (len(alarms), alarms.nearest(), alarms.due(1e9)) == (0, NEVER, [])


def test_what_has_lost_its_deadline_does_not_ring():
    alarms, thing = alarms_of(10)
    thing.deadline = NEVER
    assert alarms.due(10) == []
    assert (len(alarms), alarms.nearest()) == (0, NEVER)


def test_the_nearest_deadline_is_known():
    alarms, *_ = alarms_of(30, 10, 20)
    assert (alarms.nearest(), len(alarms)) == (10, 3)


def test_what_is_forgotten_is_not_kept_in_memory_until_its_deadline():
    alarms, stays = alarms_of(10)
    gone = []
    for _ in range(1000):
        thing = Thing(20)
        alarms.set(thing)
        alarms.forget(thing)
        gone.append(weakref.ref(thing))
        del thing
    assert sum(reference() is not None for reference in gone) < 100
    assert alarms.due(10) == [stays]
