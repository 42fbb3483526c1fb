"""ajam/ami/room.py: long answers share what there is, short ones need none of it."""

import pytest

from ajam.ami.room import FREE_BYTES, Room
from ajam.errors import PbxError

LONG = FREE_BYTES + 100_000


def test_there_is_room_for_three_of_the_longest_and_for_any_number_of_short_ones():
    room = Room(100_000)
    for _ in range(3):
        room.grow(0, LONG - 1)
        room.grow(LONG - 1, LONG)
    with pytest.raises(PbxError):
        room.grow(FREE_BYTES, FREE_BYTES + 1)
    for _ in range(1000):
        room.grow(0, FREE_BYTES)
    room.give_back(LONG)
    room.grow(0, LONG)


def test_a_reload_that_leaves_less_room_lets_short_answers_come_all_the_same():
    room = Room(100_000)
    room.grow(0, LONG)
    room.each = 10_000
    room.grow(0, FREE_BYTES)
    with pytest.raises(PbxError):
        room.grow(LONG, LONG + 1)
