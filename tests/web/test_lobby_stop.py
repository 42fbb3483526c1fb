"""ajam/web/lobby.py over real sockets: how a service ends."""

import contextlib
import socket
import threading

import pytest

from ajam.pause import HEAVY, Pause
from ajam.web.exchange import Response
from ajam.web.server import ACCEPT_BATCH
from ajam.web.timing import LAST_CALL_SECONDS
from tests.web.site import LONG, Clock, Gate, Line, Site, wait_until

PATIENCE = 5.0  # seconds for what happens at once
SLOW = b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"


def idler(site):
    """A browser that has had a reply and asks for nothing more."""
    browser = site.browser()
    assert browser.request("/").status == 200
    return browser


def stopping(site, seconds=LONG):
    """A thread that stops the site and lets what is in progress have `seconds`."""
    thread = threading.Thread(target=site.stop, args=(seconds,))
    thread.start()
    return thread


def test_idle_connections_end():
    with Site() as site, site.browser() as silent, site.browser() as idle, site.browser() as begun:
        idle.request("/")
        begun.send(b"GET / HTT")
        assert idle.request("/").status == 200
        site.stop(LONG)
        assert [browser.read_reply() for browser in (silent, idle, begun)] == [None] * 3


def test_nobody_new_is_let_in_while_others_finish():
    with Line() as line, Site({b"/slow": line}) as site, site.browser() as browser, idler(site) as idle:
        address = site.address
        browser.send(SLOW)
        assert line.entered.acquire(timeout=PATIENCE)
        end = stopping(site)
        assert idle.read_reply() is None
        with pytest.raises(ConnectionError):
            socket.create_connection(address, PATIENCE)
        line.says(b"done")
        end.join()


def test_an_endless_wait_is_answered_at_once_as_if_it_were_late():
    gate = Gate(endless=True)
    with Site({b"/slow": gate}) as site, site.browser() as browser:
        browser.send(SLOW)
        assert gate.entered.acquire(timeout=PATIENCE)
        site.settle()
        site.stop(LONG)
        reply = browser.read_reply()
        assert (reply.body, reply.header(b"Connection")) == (b"late", b"close")
        assert browser.read_reply() is None


def test_an_endless_wait_that_begins_later_is_answered_at_once_too():
    gate, begin = Gate(endless=True), threading.Event()

    def begins_later(request):
        gate.entered.release()
        begin.wait(PATIENCE)
        return (yield from gate(request))

    with Site({b"/slow": begins_later}) as site, site.browser() as browser, idler(site) as idle:
        gate.clock = site.clock
        browser.send(SLOW)
        assert gate.entered.acquire(timeout=PATIENCE)
        end = stopping(site)
        assert idle.read_reply() is None
        begin.set()
        assert browser.read_reply().body == b"late"
        end.join()


def test_work_that_goes_on_waiting_although_told_to_end_is_told_once():
    told = []

    def stubborn(request):
        while True:
            told.append((yield Pause(LONG + clock(), endless=True)))
            entered.set()

    clock, entered = Clock(), threading.Event()
    with Site({b"/slow": stubborn}, clock=clock) as site, site.browser() as browser:
        browser.send(SLOW)
        wait_until(lambda: site.pages.requested)
        end = stopping(site, 10)
        assert entered.wait(PATIENCE)
        site.advance(11)
        end.join()
        assert told == [False]
        assert browser.read_reply() is None


def test_what_waits_for_its_answer_gets_it():
    with Line() as line, Site({b"/slow": line}) as site, site.browser() as browser, idler(site) as idle:
        browser.send(SLOW)
        assert line.entered.acquire(timeout=PATIENCE)
        site.settle()
        end = stopping(site)
        assert idle.read_reply() is None
        line.says(b"just in time")
        assert browser.read_reply().body == b"just in time"
        assert browser.read_reply() is None
        end.join()


def test_what_gets_no_answer_in_the_time_given_is_closed_and_let_go():
    with Line() as line, Site({b"/slow": line}, clock=Clock()) as site, site.browser() as browser, \
            idler(site) as idle:
        browser.send(SLOW)
        assert line.entered.acquire(timeout=PATIENCE)
        site.settle()
        end = stopping(site, 5)
        assert idle.read_reply() is None
        assert not line.left.acquire(blocking=False)
        site.advance(6)
        end.join()
        assert browser.read_reply() is None
        assert line.left.acquire(timeout=PATIENCE)


def test_a_reply_that_is_being_made_is_sent_whole():
    begun, go_on = threading.Event(), threading.Event()

    def working(request):
        yield HEAVY
        begun.set()
        go_on.wait(PATIENCE)
        return Response(body=b"a" * 5000000)

    with Site({b"/slow": working}) as site, site.browser() as browser, idler(site) as idle:
        browser.send(SLOW)
        assert begun.wait(PATIENCE)
        end = stopping(site)
        assert idle.read_reply() is None
        go_on.set()
        assert browser.read_reply().body == b"a" * 5000000
        assert browser.read_reply() is None
        end.join()


def test_a_worker_that_does_not_end_in_time_loses_its_connection_and_nothing_else_breaks(caplog):
    begun, go_on = threading.Event(), threading.Event()

    def working(request):
        yield HEAVY
        begun.set()
        go_on.wait(PATIENCE)
        yield Pause(LONG)

    with Site({b"/slow": working}) as site, site.browser() as browser, site.browser() as idle:
        browser.send(SLOW)
        assert begun.wait(PATIENCE)
        end = stopping(site, -1)
        assert idle.read_reply() is None
        go_on.set()
        end.join()
        assert browser.read_reply() is None
    assert not [record for record in caplog.records if record.exc_info]



def test_who_has_come_and_not_asked_yet_may_ask_once():
    with Site() as site, site.browser() as newcomer, idler(site) as idle:
        site.settle()
        end = stopping(site)
        assert idle.read_reply() is None
        reply = newcomer.request("/")
        assert (reply.body, reply.header(b"Connection")) == (b"home", b"close")
        assert newcomer.read_reply() is None
        end.join()


def test_a_request_that_is_half_here_may_become_whole():
    with Site() as site, idler(site) as browser, idler(site) as idle:
        browser.send(b"GET / HTTP/1.1\r\n")
        site.settle()
        end = stopping(site)
        assert idle.read_reply() is None
        browser.send(b"Host: h\r\n\r\n")
        assert browser.read_reply().body == b"home"
        end.join()


def test_all_who_stand_at_the_door_when_it_is_shut_are_let_in():
    crowd = 3 * ACCEPT_BATCH
    gate = threading.Event()
    with Site() as site, contextlib.ExitStack() as browsers:
        site.lobby.post(lambda _: gate.wait(PATIENCE), None)  # nobody is accepted meanwhile
        standing = [browsers.enter_context(site.browser()) for _ in range(crowd)]
        for browser in standing:
            browser.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        end = stopping(site)
        gate.set()
        assert [browser.read_reply().body for browser in standing] == [b"home"] * crowd
        end.join()


def test_who_stands_at_an_inherited_door_is_left_to_the_next_process():
    gate = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as door:
        with Site(inherited=door.dup()) as site:
            site.lobby.post(lambda _: gate.wait(PATIENCE), None)
            browser = site.browser()
            browser.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            end = stopping(site)
            gate.set()
            end.join()
        with browser, Site(inherited=door.dup()):
            assert browser.read_reply().body == b"home"


def test_who_asks_while_the_stop_begins_has_all_the_time_that_requests_in_progress_have():
    clock, busy, seen = Clock(), threading.Event(), threading.Event()
    with Line() as line, Site({b"/slow": line}, clock=clock) as site, idler(site) as browser:
        site.lobby.post(lambda _: busy.wait(PATIENCE), None)
        site.lobby.post(lambda _: (browser.send(SLOW), seen.wait(PATIENCE)), None)
        end = stopping(site)
        wait_until(lambda: len(site.lobby._loop._inbox) >= 2)
        busy.set()
        seen.set()
        assert line.entered.acquire(timeout=PATIENCE)
        clock.now += 2 * LAST_CALL_SECONDS
        for _ in range(2):
            site.lobby._loop.call(id, None)  # a round, and the look at the clock behind it
        line.says(b"done")
        assert browser.read_reply().body == b"done"
        end.join()
