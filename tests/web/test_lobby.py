"""ajam/web/lobby.py over real sockets: requests that wait, and what they cost the others."""

import socket
import sys
import threading
import time
from contextlib import ExitStack

import pytest

from ajam.pause import HEAVY, Pause
from ajam.web.exchange import Response
from ajam.web.timing import PIPELINED_BYTES
from tests.web.site import LONG, Clock, Gate, Line, Site, wait_until

PATIENCE = 5.0  # seconds for what happens at once
SLOW = b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"
ECHO = b"GET /echo?%d HTTP/1.1\r\nHost: h\r\n\r\n"


def wait_for(semaphore):
    assert semaphore.acquire(timeout=PATIENCE)


@pytest.fixture(params=[False, True], ids=["bounded", "endless"])
def gate(request):
    return Gate(endless=request.param)


@pytest.fixture
def line():
    with Line() as line:
        yield line


def browsers(stack, site, count):
    return [stack.enter_context(site.browser()) for _ in range(count)]


def test_a_wait_for_a_subject_is_over_when_it_is_woken(gate):
    with Site({b"/slow": gate}) as site, site.browser() as browser:
        browser.send(SLOW)
        wait_for(gate.entered)
        site.open(gate)
        assert browser.read_reply().body == b"over"
        assert browser.request("/").body == b"home"


def test_a_wake_for_something_else_ends_no_wait(gate):
    other = Gate()
    with Site({b"/slow": gate, b"/other": other}) as site, site.browser() as browser, site.browser() as second:
        browser.send(SLOW)
        second.send(b"GET /other HTTP/1.1\r\nHost: h\r\n\r\n")
        wait_for(gate.entered)
        site.open(other)
        assert second.read_reply().body == b"over"
        assert not gate.left.acquire(blocking=False)


def test_one_wake_is_for_all_who_wait(gate):
    with Site({b"/slow": gate}, threads=2) as site, ExitStack() as stack:
        waiting = browsers(stack, site, 20)
        for browser in waiting:
            browser.send(SLOW)
            wait_for(gate.entered)
        site.open(gate)
        assert [browser.read_reply().body for browser in waiting] == [b"over"] * 20


def test_what_comes_between_the_last_look_and_the_wait_is_not_lost(gate):
    def wakes_too_early(request):
        if not gate.is_open:
            site.open(gate)
        return (yield from gate(request))

    with Site({b"/slow": wakes_too_early}) as site, site.browser() as browser:
        gate.clock = time.monotonic
        browser.send(SLOW)
        assert browser.read_reply().body == b"over"


def test_a_wait_for_a_socket_is_over_when_it_has_something_to_read(line):
    with Site({b"/slow": line}) as site, site.browser() as browser:
        browser.send(SLOW)
        wait_for(line.entered)
        line.says(b"hello")
        assert browser.read_reply().body == b"hello"
        assert browser.request("/").body == b"home"


@pytest.mark.parametrize("threads", [1, 2])
def test_fifty_slow_answers_cost_no_thread(line, threads):
    with Site({b"/slow": line}, threads=threads) as site, ExitStack() as stack:
        *waiting, quick = browsers(stack, site, 51)
        for browser in waiting:
            browser.send(SLOW)
        for _ in waiting:
            wait_for(line.entered)
        assert quick.request("/").body == b"home"
        assert not line.left.acquire(blocking=False)
        line.says(b"at last")
        assert [browser.read_reply().body for browser in waiting] == [b"at last"] * 50


def test_what_is_heavy_is_done_by_a_worker_and_all_else_where_the_lobby_is():
    threads = []

    def here():
        threads.append(threading.current_thread().name)

    def mixed(request):
        here()
        yield HEAVY
        here()
        yield HEAVY
        here()
        yield Pause(time.monotonic())
        here()
        return Response(body=b"done")

    with Site({b"/mixed": mixed}) as site, site.browser() as browser:
        assert browser.request("/mixed").body == b"done"
    assert threads == ["lobby", "worker", "worker", "lobby"]


def test_what_is_heavy_holds_up_nobody_else():
    go_on = threading.Event()

    def heavy(request):
        yield HEAVY
        assert go_on.wait(PATIENCE)
        return Response(body=b"done")

    with Site({b"/heavy": heavy}, threads=1) as site, site.browser() as slow, site.browser() as quick:
        slow.send(b"GET /heavy HTTP/1.1\r\nHost: h\r\n\r\n")
        for _ in range(3):
            assert quick.request("/").body == b"home"
        go_on.set()
        assert slow.read_reply().body == b"done"
        assert slow.request("/").body == b"home"


def test_what_comes_behind_a_heavy_request_is_answered_in_turn():
    def heavy(request):
        yield HEAVY
        return Response(body=b"done")

    with Site({b"/heavy": heavy}) as site, site.browser() as browser:
        browser.send((b"GET /heavy HTTP/1.1\r\nHost: h\r\n\r\n" + ECHO % 1) * 3)
        assert [browser.read_reply().body for _ in range(6)] == [b"done", b"GET /echo?1 []"] * 3


def test_requests_that_came_with_their_browsers_end_are_all_answered():
    with Site() as site, site.browser() as browser:
        browser.send(b"".join(ECHO % number for number in range(5)))
        browser.socket.shutdown(socket.SHUT_WR)
        assert [browser.read_reply().body for _ in range(5)] == [b"GET /echo?%d []" % number for number in range(5)]
        assert browser.read_reply() is None


def test_a_socket_that_is_waited_for_again_and_again_is_heard_each_time():
    here, there = socket.socketpair()

    def listening(request):
        assert (yield Pause(time.monotonic() + LONG, here, again=True))
        return Response(body=here.recv(100))

    with here, there, Site({b"/listen": listening}) as site, site.browser() as browser:
        for word in (b"one", b"two", b"three"):
            there.send(word)
            assert browser.request("/listen").body == word


def test_what_comes_while_nobody_waits_for_a_socket_keeps_nobody_busy_and_is_there_later():
    here, there = socket.socketpair()
    looks = []

    def clock():
        looks.append(True)
        return time.monotonic()

    def listening(request):
        assert (yield Pause(time.monotonic() + LONG, here, again=True))
        return Response(body=here.recv(100))

    with here, there, Site({b"/listen": listening}, clock=clock) as site, site.browser() as browser:
        there.send(b"one")
        assert browser.request("/listen").body == b"one"
        there.send(b"two")
        site.settle()
        before = len(looks)
        assert not threading.Event().wait(0.05)
        assert len(looks) - before < 50  # a lobby that looks again and again does so thousands of times
        assert browser.request("/listen").body == b"two"


def test_a_socket_that_was_closed_meanwhile_stands_in_the_way_of_no_other_of_its_number():
    def listening(request):
        here, there = socket.socketpair()
        there.send(b"x")
        with here, there:
            assert (yield Pause(time.monotonic() + LONG, here, again=True))
            return Response(body=b"%d" % here.fileno())

    with Site({b"/listen": listening}) as site, site.browser() as browser:
        numbers = [browser.request("/listen").body for _ in range(3)]
        assert len(set(numbers)) == 1
        with site.browser() as another:
            assert another.request("/").body == b"home"
        site.settle()
        assert browser.request("/").body == b"home"


def test_a_busy_client_does_not_keep_the_only_worker_from_the_others():
    count = 10000
    with Site(threads=1) as site, site.browser() as busy, site.browser() as other:
        sender = threading.Thread(target=busy.send, args=(ECHO % 1 * count,))
        sender.start()
        assert busy.read_reply().body == b"GET /echo?1 []"
        assert other.request("/").body == b"home"
        assert site.pages.requested.index(b"/") < count / 2
        for _ in range(count - 1):
            busy.read_reply()
        sender.join()


def test_a_wait_ends_at_its_deadline(gate):
    gate.seconds = 5
    with Site({b"/slow": gate}, clock=Clock()) as site, site.browser() as browser, site.browser() as quick:
        browser.send(SLOW)
        wait_for(gate.entered)
        site.advance(4)
        assert quick.request("/").body == b"home"
        assert not gate.left.acquire(blocking=False)
        site.advance(1)
        assert browser.read_reply().body == b"late"
        assert browser.request("/").body == b"home"


def test_a_wait_for_a_socket_ends_at_its_deadline():
    with Line(seconds=20) as line, Site({b"/slow": line}, clock=Clock()) as site, site.browser() as browser:
        browser.send(SLOW)
        wait_for(line.entered)
        site.advance(21)
        assert browser.read_reply().body == b"late"


def test_a_wait_may_be_followed_by_others(gate):
    def five(request):
        for _ in range(5):
            yield from gate(request)
            gate.is_open = False
        return Response(body=b"five")

    with Site({b"/slow": five}) as site, site.browser() as browser:
        browser.send(SLOW)
        for _ in range(5):
            wait_for(gate.entered)
            site.open(gate)
            wait_for(gate.left)
        assert browser.read_reply().body == b"five"


@pytest.mark.parametrize("waiter", [Gate(), Gate(endless=True), Line()], ids=["subject", "endless subject", "socket"])
def test_when_the_browser_goes_away_the_work_lets_go_of_what_it_holds(waiter):
    with Site({b"/slow": waiter}) as site:
        with site.browser() as browser:
            browser.send(SLOW)
            wait_for(waiter.entered)
        wait_for(waiter.left)
        wait_until(lambda: site.lobby.connections == 0)
        with site.browser() as browser:
            assert browser.request("/").body == b"home"
    if isinstance(waiter, Line):
        waiter.close()


def test_what_comes_behind_a_request_that_waits_is_answered_after_it(gate):
    with Site({b"/slow": gate}) as site, site.browser() as browser, site.browser() as quick:
        browser.send(SLOW + ECHO % 1)
        wait_for(gate.entered)
        browser.send(ECHO % 2)
        assert quick.request("/").body == b"home"
        assert site.pages.requested == [b"/slow", b"/"]
        site.open(gate)
        assert [browser.read_reply().body for _ in range(3)] == [b"over", b"GET /echo?1 []", b"GET /echo?2 []"]


def test_a_request_that_came_in_part_behind_one_that_waits_is_completed_later(gate):
    whole = ECHO % 7
    with Site({b"/slow": gate}) as site, site.browser() as browser:
        browser.send(SLOW + whole[:20])
        wait_for(gate.entered)
        site.open(gate)
        assert browser.read_reply().body == b"over"
        browser.send(whole[20:])
        assert browser.read_reply().body == b"GET /echo?7 []"


def flood(connection):
    """Sends until nothing more is taken; returns how much was."""
    connection.settimeout(0.3)
    sent = 0
    try:
        while sent < 200 * PIPELINED_BYTES:
            sent += connection.send(b"x" * PIPELINED_BYTES)
    except socket.timeout:
        pass
    return sent


def test_what_comes_behind_a_request_that_waits_is_bounded_even_if_it_wakes_often():
    gate = Gate(endless=True)
    wakings = threading.Semaphore(0)

    def sleeps_again(request):
        while True:
            yield Pause(time.monotonic() + LONG, None, (gate,), endless=True)
            wakings.release()

    with Site({b"/slow": sleeps_again}) as site, site.browser() as browser:
        browser.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        browser.send(SLOW)
        taken = flood(browser.socket)
        assert taken < 199 * PIPELINED_BYTES
        for _ in range(100):
            site.lobby.wake(gate)
            wait_for(wakings)
        assert flood(browser.socket) < 4 * PIPELINED_BYTES


def test_the_bell_rings_for_everyone_who_calls_while_it_is_answered():
    """Wakes come from many threads; none may wait for the lobby's next tick, a second later."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    gates = [Gate(endless=True) for _ in range(4)]
    try:
        with Site({b"/slow/%d" % number: gate for number, gate in enumerate(gates)}) as site:
            callers = [threading.Thread(target=call_and_wait, args=(site, number, gate, 150))
                       for number, gate in enumerate(gates)]
            began = time.monotonic()
            for caller in callers:
                caller.start()
            for caller in callers:
                caller.join()
            assert time.monotonic() - began < 5
    finally:
        sys.setswitchinterval(interval)


def call_and_wait(site, number, gate, times):
    """Opens a gate `times` times over, each for one request that waits at it."""
    with site.browser() as browser:
        for _ in range(times):
            gate.is_open = False
            browser.send(b"GET /slow/%d HTTP/1.1\r\nHost: h\r\n\r\n" % number)
            gate.entered.acquire()
            site.open(gate)
            browser.read_reply()


def test_the_tick_comes_about_once_a_second_with_the_time():
    ticks, clock = [], Clock()
    with Site(clock=clock, tick=ticks.append) as site:
        wait_until(lambda: ticks == [1000.0])
        site.advance(0.5)
        site.advance(0.4)
        site.advance(0.2)
        wait_until(lambda: ticks == [1000.0, 1001.1])
