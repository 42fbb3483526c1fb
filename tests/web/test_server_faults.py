"""ajam/web over real sockets: what goes wrong with one request, and that nothing else does."""

import socket
import threading
import time

import pytest

from ajam.errors import RequestError
from ajam.pause import Pause
from ajam.web.bodies import Plan
from ajam.web.connection import Connection
from ajam.web.exchange import Response
from ajam.web.framing import Reader
from tests.web.site import LONG, Clock, Gate, Site, wait_until

PATIENCE = 5.0  # seconds for what happens at once


def fails(request):
    raise ValueError("a secret of the application")


def fails_as_generator(request):
    raise ValueError("a secret of the application")
    yield


def fails_after_a_wait(request):
    yield Pause(time.monotonic(), endless=request.query == b"endless")
    raise ValueError("a secret of the application")


def says_nothing(request):
    """No Response: a handler that forgot its return."""


def waits_for_nothing(request):
    yield "a moment"


def speaks_text(request):
    return Response(headers=("Content-type: text/plain",))


def begins_a_header(request):
    return Response(headers=(b"X: y\r\nSet-Cookie: z",))


def ends_the_headers(request):
    return Response(headers=(b"X: y\n\n<script>",))


@pytest.mark.parametrize("target", ["/fault", "/fault?endless"])
@pytest.mark.parametrize("handler", [fails, fails_as_generator, fails_after_a_wait, says_nothing, waits_for_nothing,
                                     speaks_text, begins_a_header, ends_the_headers])
def test_a_handler_that_breaks_is_a_server_error_and_ends_no_other_connection(caplog, handler, target):
    gate = Gate()
    with Site({b"/fault": handler, b"/slow": gate}, threads=1) as site, site.browser() as browser, \
            site.browser() as waiting, site.browser() as other:
        waiting.send(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        assert gate.entered.acquire(timeout=PATIENCE)
        reply = browser.request(target)
        assert (reply.line, reply.header(b"Connection")) == (b"HTTP/1.1 500 Server Error", b"close")
        assert reply.body == b"Internal Server Error"
        assert browser.read_reply() is None
        assert other.request("/").body == b"home"
        site.open(gate)
        assert waiting.read_reply().body == b"over"
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert caplog.records[0].exc_info


def refuses(request):
    raise RequestError(403, "Forbidden", "not you", close=False, headers=(b"X: y",))


def refuses_later(request):
    yield Pause(time.monotonic())
    raise RequestError(403, "Forbidden", "not you", close=False, headers=(b"X: y",))


@pytest.mark.parametrize("handler", [refuses, refuses_later])
def test_a_handler_may_refuse_at_any_time(handler):
    with Site({b"/no": handler}) as site, site.browser() as browser:
        reply = browser.request("/no")
        assert (reply.line, reply.header(b"X"), reply.body) == (b"HTTP/1.1 403 Forbidden", b"y", b"not you")
        assert browser.request("/").body == b"home"


def test_work_that_fails_when_it_is_abandoned_is_logged_and_nothing_else_breaks(caplog):
    entered = threading.Event()

    def clings(request):
        entered.set()
        try:
            yield Pause(time.monotonic() + LONG)
        finally:
            raise ValueError("not now")

    with Site({b"/clings": clings}) as site, site.browser() as other:
        with site.browser() as browser:
            browser.send(b"GET /clings HTTP/1.1\r\nHost: h\r\n\r\n")
            assert entered.wait(PATIENCE)
        wait_until(lambda: site.lobby.connections == 1)
        assert other.request("/").body == b"home"
    assert "an abandoned request failed" in caplog.text


def test_a_pause_on_a_socket_that_is_closed_ends_its_own_connection_and_no_other():
    def waits_for_the_dead(request):
        near, far = socket.socketpair()
        near.close()
        far.close()
        yield Pause(time.monotonic() + LONG, near)

    with Site({b"/dead": waits_for_the_dead}) as site, site.browser() as browser, site.browser() as other:
        assert browser.request("/dead") is None
        assert other.request("/").body == b"home"


def test_a_reply_that_cannot_be_made_behind_a_wait_for_a_socket_ends_its_own_connection_and_no_other(caplog):
    def broken(request):
        near, far = socket.socketpair()
        with near, far:
            far.send(b"x")
            assert (yield Pause(time.monotonic() + LONG, near, again=True))
        return Response(body=None)

    with Site({b"/broken": broken}) as site, site.browser() as browser, site.browser() as other:
        assert browser.request("/broken") is None
        assert other.request("/").body == b"home"
        wait_until(lambda: site.lobby.connections == 1)
    assert "the lobby failed at something" in caplog.text


def test_a_pause_that_cannot_tell_whether_it_is_over_ends_its_own_connection_and_no_other():
    def confused(request):
        yield Pause(time.monotonic() + LONG, None, ("a", "b"), lambda: 1 / 0)

    with Site({b"/confused": confused}) as site, site.browser() as browser, site.browser() as other:
        assert browser.request("/confused") is None
        site.lobby.wake("a")
        assert other.request("/").body == b"home"


def test_a_plan_that_fails_is_a_server_error():
    with Site(plan=lambda head: 1 / 0) as site, site.browser() as browser, site.browser() as other:
        assert browser.request("/echo", "POST", b"x").status == 500
        assert browser.read_reply() is None
        assert other.request("/").body == b"home"


def test_a_tick_that_fails_does_not_end_the_service():
    ticks = []

    def tick(now):
        ticks.append(now)
        raise ValueError("not today")

    with Site(clock=Clock(), tick=tick) as site, site.browser() as browser:
        wait_until(lambda: len(ticks) == 1)
        site.advance(1)
        wait_until(lambda: len(ticks) == 2)
        assert browser.request("/").body == b"home"


def test_a_browser_that_has_gone_before_it_is_told_to_go_on_is_forgotten(caplog):
    with Site() as site, site.browser() as other:
        near, far = socket.socketpair()  # here a send fails as soon as the other end is closed, unlike over TCP
        near.setblocking(False)
        connection = Connection(near, "192.0.2.7", Reader(lambda head: Plan(10)), site.server)
        far.sendall(b"POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        far.close()
        assert other.request("/").body == b"home"
        site.lobby.post(site.lobby.receive_newcomer, connection)
        wait_until(lambda: connection.fileno() == -1)
        assert other.request("/").body == b"home"
    assert not caplog.records
