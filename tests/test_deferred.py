"""Deferred logging: nobody waits for a sink that is stuck, and nothing is lost without a word."""

import logging
import threading

import pytest

from ajam.deferred import Deferred

SECONDS = 10


class Sink(logging.Handler):
    """Takes records while it is open; else whoever writes waits."""

    def __init__(self):
        super().__init__()
        self.open = threading.Event()
        self.asked = threading.Event()
        self.batches = []
        self.closed_with = None

    def write_all(self, records):
        self.asked.set()
        assert self.open.wait(SECONDS)
        self.batches.append([record.getMessage() for record in records])

    def close(self):
        self.closed_with = sum(map(len, self.batches))
        super().close()

    @property
    def lines(self):
        return [line for batch in self.batches for line in batch]


@pytest.fixture
def sink():
    """A Sink that opens at the end at the latest, lest a thread hang on it."""
    sink = Sink()
    yield sink
    sink.open.set()


def emit(handler, *numbers):
    """Logs these numbers."""
    for number in numbers:
        handler.emit(logging.makeLogRecord({"msg": str(number)}))


def test_records_are_written_in_order_and_none_twice(sink):
    sink.open.set()
    handler = Deferred(sink)
    for first in range(0, 300, 100):
        emit(handler, *range(first, first + 100))
        handler.flush()
        assert sink.lines == [str(number) for number in range(first + 100)]
    handler.close()


def test_what_comes_together_is_written_together(sink):
    handler = Deferred(sink)
    emit(handler, 1)
    assert sink.asked.wait(SECONDS)
    emit(handler, *range(2, 100))
    sink.open.set()
    handler.flush()
    assert [len(batch) for batch in sink.batches] == [1, 98]
    handler.close()


def test_a_sink_that_is_stuck_holds_nobody_up_and_what_is_dropped_is_told(sink):
    handler = Deferred(sink, most=10)
    emit(handler, 1)
    assert sink.asked.wait(SECONDS)
    emit(handler, *range(2, 51))  # nine of them find a place
    sink.open.set()
    handler.flush()
    assert sink.lines == [str(number) for number in range(1, 11)] + ["40 lines are missing here: nobody took them"]
    emit(handler, "on")
    handler.flush()
    assert sink.lines[-1] == "on"
    handler.close()


def test_what_waits_is_written_at_the_end(sink):
    handler = Deferred(sink)
    emit(handler, *range(100))
    sink.open.set()
    handler.close()
    assert sink.closed_with == 100


def test_an_end_does_not_wait_for_a_stuck_sink_for_ever(sink):
    handler = Deferred(sink)
    emit(handler, 1)
    assert sink.asked.wait(SECONDS)
    handler.close()
    assert sink.closed_with is None


def test_another_sink_takes_over_without_a_line_lost(sink):
    sink.open.set()
    second = Sink()
    second.open.set()
    handler = Deferred(sink)
    emit(handler, *range(10))
    handler.adopt(second)
    emit(handler, *range(10, 20))
    handler.close()
    assert (sink.lines, second.lines) == ([str(n) for n in range(10)], [str(n) for n in range(10, 20)])
    assert (sink.closed_with, second.closed_with) == (10, 10)


def test_a_record_of_which_no_line_can_be_made_costs_no_other(sink, capsys):
    class Choosy(Sink):
        """Takes no record that says so."""

        def write_all(self, records):
            if any(record.getMessage() == "bad" for record in records):
                raise ValueError
            super().write_all(records)

    choosy = Choosy()
    choosy.open.set()
    handler = Deferred(choosy)
    emit(handler, 1, "bad", 2)
    handler.flush()
    emit(handler, 3)
    handler.close()
    assert choosy.lines == ["1", "2", "3"]
    assert "ValueError" in capsys.readouterr().err
