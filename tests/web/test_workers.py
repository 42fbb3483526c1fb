"""ajam/web/workers.py: jobs and the threads that run them."""

import queue
import sys
import threading

import pytest

from ajam.web.workers import Workers

PATIENCE = 5.0  # seconds for what happens at once


@pytest.fixture
def workers():
    workers = Workers(limit=3)
    yield workers
    workers.close()


@pytest.fixture
def hasty_switching():
    """Threads that take turns as often as the interpreter can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def hold(workers, count):
    """Gives `count` threads something to do; returns what ends it, once they are all at it."""
    begun, end = threading.Barrier(count + 1), threading.Event()

    def job():
        begun.wait(PATIENCE)
        end.wait(PATIENCE)

    for _ in range(count):
        workers.submit(job)
    begun.wait(PATIENCE)
    return end.set


def thread_of(workers):
    """The thread that runs the next job."""
    found = queue.SimpleQueue()
    workers.submit(lambda: found.put(threading.current_thread()))
    return found.get(timeout=PATIENCE)


def test_a_job_is_run_with_its_arguments(workers):
    results = queue.SimpleQueue()
    workers.submit(lambda *arguments: results.put(arguments), 1, "two")
    assert results.get(timeout=PATIENCE) == (1, "two")


def test_no_thread_is_started_before_there_is_a_job():
    before = threading.active_count()
    Workers(limit=3).close()
    assert threading.active_count() == before


def test_as_many_jobs_run_at_a_time_as_there_may_be_threads(workers):
    hold(workers, 3)()


def test_one_job_more_waits_for_a_thread(workers):
    ran = threading.Event()
    release = hold(workers, 3)
    workers.submit(ran.set)
    assert workers.busy
    assert not ran.wait(0.05)
    release()
    assert ran.wait(PATIENCE)
    assert not workers.busy


def test_jobs_are_run_first_come_first_served():
    workers, order = Workers(limit=1), []
    release = hold(workers, 1)
    for number in range(10):
        workers.submit(order.append, number)
    release()
    workers.close()
    assert order == list(range(10))


def test_threads_are_used_again():
    before, workers = threading.active_count(), Workers(limit=100)
    for _ in range(100):
        thread_of(workers)
    assert threading.active_count() < before + 10  # a job may come before the last one has been put away
    workers.close()


def test_a_thread_that_cannot_be_started_is_done_without(workers, caplog):
    first = thread_of(workers)
    before = threading.stack_size(1 << 46)  # more memory than any address space has
    try:
        release = hold(workers, 1)
        workers.submit(lambda: None)
        release()
        assert thread_of(workers) is first
    finally:
        threading.stack_size(before)
    assert "no further worker thread can be started; 1 are running" in caplog.text


def test_a_thread_that_has_just_taken_a_job_is_not_counted_on_for_the_next(hasty_switching):
    for _ in range(300):
        workers = Workers(limit=2)
        thread_of(workers)
        hold(workers, 2)()
        workers.close()


def test_a_job_that_fails_is_logged_and_its_thread_goes_on(caplog):
    workers = Workers(limit=1)
    first = thread_of(workers)
    workers.submit(lambda: 1 / 0)
    assert thread_of(workers) is first
    workers.close()
    assert "a worker's job failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_closing_lets_the_jobs_that_are_queued_finish():
    workers, done = Workers(limit=1), []
    release = hold(workers, 1)
    workers.submit(done.append, 1)
    release()
    workers.close()
    assert done == [1]
