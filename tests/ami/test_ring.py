"""ajam/ami/ring.py: many readers on one bounded sequence of events."""

import threading

import pytest

from ajam.ami.ring import SLACK, Ring
from ajam.privileges import ALL, LABELS
from tests.ami.driving import as_told


def event(labels, number=0):
    return b"Event: E\r\nPrivilege: %s\r\nNumber: %d\r\n\r\n" % (labels, number)


CALL, SYSTEM, BOTH, NONE, NEW = map(event, (b"call,all", b"system,all", b"call,system,all", b"<none>", b"brandnew,all"))


def test_a_reader_gets_what_came_after_its_place():
    ring = Ring()
    ring.append([CALL, SYSTEM])
    assert as_told(ring.after(0, ALL)) == ([CALL, SYSTEM], 2, 0)
    assert as_told(ring.after(1, ALL)) == ([SYSTEM], 2, 0)
    assert as_told(ring.after(2, ALL)) == ([], 2, 0)


@pytest.mark.parametrize("mask, seen", [
    (ALL, [CALL, SYSTEM, BOTH, NONE, NEW]),
    (LABELS["call"], [CALL, NONE]),
    (LABELS["system"], [SYSTEM, NONE]),
    (LABELS["call"] | LABELS["system"], [CALL, SYSTEM, BOTH, NONE]),
    (LABELS["user"], [NONE]),
    (sum(LABELS.values()), [CALL, SYSTEM, BOTH, NONE]),
], ids=["all", "call", "system", "call and system", "user", "every label we know"])
def test_an_event_passes_when_all_its_categories_are_in_the_mask(mask, seen):
    ring = Ring()
    ring.append([CALL, SYSTEM, BOTH, NONE, NEW])
    assert as_told(ring.after(0, mask)) == (seen, 5, 0)


def test_what_a_mask_leaves_out_is_seen_all_the_same():
    ring = Ring()
    ring.append([SYSTEM, SYSTEM])
    assert as_told(ring.after(0, LABELS["call"])) == ([], 2, 0)


def test_the_oldest_fall_off_and_are_counted():
    ring = Ring(max_events=3)
    blocks = [event(b"call,all", number) for number in range(SLACK + 4)]
    for block in blocks:
        ring.append([block])
    assert as_told(ring.after(0, ALL)) == (blocks[-3:], SLACK + 4, SLACK + 1)
    assert as_told(ring.after(SLACK, ALL)) == (blocks[-3:], SLACK + 4, 1)
    assert as_told(ring.after(SLACK + 1, ALL)) == (blocks[-3:], SLACK + 4, 0)
    assert ring.dropped == SLACK + 1


def test_the_bytes_are_bounded_too():
    ring = Ring(max_bytes=len(CALL) + 2 * len(SYSTEM))
    ring.append([CALL, CALL, SYSTEM, SYSTEM])
    assert as_told(ring.after(0, ALL)) == ([CALL, SYSTEM, SYSTEM], 4, 1)
    ring.append([event(b"call,all") + b"x" * 1000])
    assert as_told(ring.after(4, ALL)) == ([], 5, 1)
    ring.append([SYSTEM])
    assert as_told(ring.after(5, ALL)) == ([SYSTEM], 6, 0)


def test_a_flood_of_events_takes_no_more_memory_than_the_bound():
    ring = Ring(max_events=100)
    for _ in range(100):
        ring.append([CALL] * 1000)
    blocks, last, lost = as_told(ring.after(0, ALL))
    assert len(blocks) <= 100 + SLACK
    assert (last, lost) == (100_000, 100_000 - len(blocks))


def test_readers_and_the_writer_do_not_lose_or_double_an_event():
    ring, seen = Ring(), [[] for _ in range(4)]

    def read(found):
        place = 0
        while place < 5000:
            blocks, place, _ = as_told(ring.after(place, ALL))
            found += blocks

    readers = [threading.Thread(target=read, args=(found,)) for found in seen]
    for reader in readers:
        reader.start()
    blocks = [event(b"call,all", number) for number in range(5000)]
    for block in blocks:
        ring.append([block])
    for reader in readers:
        reader.join()
    assert all(found == blocks for found in seen)
