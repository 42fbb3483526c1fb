"""ajam/turns.py: large answers become replies one at a time, and nobody with a small one waits for that."""

import pytest

from ajam.ami.message import Action
from ajam.call import Call
from ajam.pause import HEAVY, Pause
from ajam.render import FORMATS, Format
from ajam.turns import HEAVY_BYTES, LARGE_BYTES, MOST_WAITING, Turns
from ajam.web.exchange import Request, Response
from tests.clock import Clock

SMALL, HEAVY_ONE, LARGE = (b"A: " + b"x" * size for size in (10, HEAVY_BYTES, LARGE_BYTES))
FULL = (b"Response: Error\r\n"
        b"Message: The action was done, but its answer is large, and so are others that are being sent\r\n\r\n")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def woken():
    """What was woken."""
    return []


@pytest.fixture
def turns(clock, woken):
    return Turns(woken.append, clock)


def work(turns, output, format=FORMATS["raw"]):
    """The generator of one reply."""
    call = Call(Request("GET", b"/", b"/", b"action=status", {}, b"", "192.0.2.7", False), None)
    call.action = Action.of_pairs(call.parameters)
    return turns.reply(call, format, output, ())


def end(generator, sent=None):
    """The Response that it ends with."""
    with pytest.raises(StopIteration) as ended:
        generator.send(sent)
    assert isinstance(ended.value.value, Response)
    return ended.value.value


def in_turn(turns):
    """A reply whose turn it is."""
    generator = work(turns, LARGE)
    assert next(generator) is HEAVY
    return generator


def waiting(turns):
    """A reply that waits for its turn, and what it waits for."""
    generator = work(turns, LARGE)
    pause = next(generator)
    assert isinstance(pause, Pause) and pause.subjects == (turns,) and not pause.endless
    return generator, pause


def test_a_small_answer_is_replied_to_at_once_and_a_longer_one_in_a_thread_of_its_own(turns):
    with_turn = in_turn(turns)
    assert end(work(turns, SMALL)).body == SMALL
    longer = work(turns, HEAVY_ONE)
    assert next(longer) is HEAVY
    assert end(longer).body == HEAVY_ONE
    assert end(with_turn).body == LARGE


def test_a_large_answer_waits_until_the_one_before_it_is_a_reply(turns, woken):
    first = in_turn(turns)
    second, pause = waiting(turns)
    assert not pause.is_over()
    assert end(first).body == LARGE
    assert woken == [turns] and pause.is_over()
    assert second.send(True) is HEAVY
    assert end(second).body == LARGE


def test_of_two_who_are_woken_one_waits_on(turns):
    first = in_turn(turns)
    (second, _), (third, _) = waiting(turns), waiting(turns)
    end(first)
    assert third.send(True) is HEAVY
    assert isinstance(second.send(True), Pause)
    end(third)
    assert second.send(True) is HEAVY
    end(second)


def test_when_too_many_wait_the_next_one_is_told_to_come_again(turns):
    first, others = in_turn(turns), [waiting(turns)[0] for _ in range(MOST_WAITING)]
    reply = end(work(turns, LARGE))
    assert (reply.status, reply.body) == (503, FULL) and b"Retry-After: 5" in reply.headers
    others[0].close()
    waiting(turns)
    end(first)


def test_who_has_waited_for_half_a_minute_is_told_to_come_again(turns, clock):
    first, (second, pause) = in_turn(turns), waiting(turns)
    assert pause.deadline == clock() + 30
    assert end(second, False).status == 503
    assert end(first).status == 200


def test_a_browser_that_goes_away_in_its_turn_is_the_end_of_it(turns, woken):
    first, (second, pause) = in_turn(turns), waiting(turns)
    first.close()
    assert woken == [turns] and pause.is_over()
    assert second.send(True) is HEAVY
    end(second)


def test_a_mistake_in_a_reply_is_the_end_of_its_turn(turns):
    def fail(output, dest, objtype):
        raise ValueError("a mistake")
    first = work(turns, LARGE, Format(b"text/plain", fail, fail))
    assert next(first) is HEAVY
    with pytest.raises(ValueError):
        first.send(None)
    end(in_turn(turns))
