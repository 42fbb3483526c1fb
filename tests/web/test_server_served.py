"""ajam/web/server.py: what the application is told of its replies."""

import pytest

from ajam.errors import RequestError
from ajam.pause import Pause
from ajam.web.bodies import Plan
from ajam.web.exchange import Begin, FileBody, Response, Served
from tests.web.site import Clock, Gate, Site, wait_until

HEADERS = {b"host": b"localhost"}


@pytest.fixture
def site(request):
    """A site with the handlers of the test's own, as its parameter, on a clock that stands still."""
    with Site(getattr(request, "param", {}), clock=Clock()) as site:
        yield site


def told(site):
    """Every Served there is now, but those of "/", which Site.settle() asks for."""
    return [each for each in list(site.pages.replied) if each.target != b"/"]


def the_one(site):
    """The one Served that there is soon; a reply is told behind its last byte."""
    wait_until(lambda: told(site))
    site.settle()
    served, = told(site)
    return served


def test_a_reply_is_told_with_its_request(site):
    with site.browser() as browser:
        browser.request("/echo?secret=x")
    assert the_one(site) == Served("GET", b"/echo?secret=x", HEADERS, 200, 21, 0.0, "127.0.0.1", False)


def test_a_reply_to_head_has_no_bytes(site):
    with site.browser() as browser:
        browser.request("/echo", "HEAD")
    served = the_one(site)
    assert (served.method, served.size) == ("HEAD", 0)


def test_every_request_of_a_connection_is_told_once(site):
    with site.browser() as browser:
        for path in ("/echo?1", "/nothing", "/echo?2"):
            browser.request(path)
    wait_until(lambda: len(told(site)) == 3)
    assert [(each.target, each.status) for each in told(site)] == [
        (b"/echo?1", 200), (b"/nothing", 404), (b"/echo?2", 200)]


def fail(request):
    raise KeyError("a mistake")


@pytest.mark.parametrize("site", [{b"/fail": fail}], indirect=True)
def test_a_mistake_of_ours_is_told_as_500(site):
    with site.browser() as browser:
        assert browser.request("/fail").status == 500
    served = the_one(site)
    assert (served.target, served.status) == (b"/fail", 500)


def test_what_is_no_request_is_told_without_one(site):
    with site.browser() as browser:
        browser.send(b"GET /secret HTTP/1.1\nHost: x\n\n")
        assert browser.read_reply().status == 400
    served = the_one(site)
    assert served == Served("", b"", {}, 400, served.size, 0.0, "127.0.0.1", False)


def refuse(head):
    raise RequestError(403, "Forbidden", "no bodies here")


@pytest.mark.parametrize("plan, head", [
    (refuse, b"Content-Length: 5\r\n"), (lambda head: Plan(4), b"Content-Length: 5\r\n"),
], ids=["refused by its head", "too large"])
def test_a_refused_body_is_told_with_its_request(plan, head):
    with Site(plan=plan) as site, site.browser() as browser:
        browser.send(b"POST /echo HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n")
        status = browser.read_reply().status
        assert status in (403, 413)
        served = the_one(site)
        assert (served.method, served.target, served.status) == ("POST", b"/echo", status)


def test_a_file_is_told_with_its_length_though_a_slow_browser_still_reads_it(tmp_path):
    size = 8 * 1024 * 1024
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)

    def send(request):
        return Response(body=FileBody(open(path, "rb"), size))

    with Site({b"/file": send}) as site, site.browser() as browser:
        browser.send(b"GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n")
        served = the_one(site)
        assert (served.status, served.size) == (200, size)
        assert len(browser.read_reply().body) == size
        assert the_one(site) is served


def test_the_time_runs_from_the_end_of_the_request(site):
    gate = Gate()
    gate.clock = site.clock
    site.pages.add(b"/gate", gate)
    with site.browser() as browser:
        browser.send(b"POST /gate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n")
        browser.send(b"x")
        assert gate.entered.acquire(timeout=5)
        site.settle()
        site.clock.now += 20
        site.open(gate)
        assert browser.read_reply().body == b"over"
    assert the_one(site).seconds == 20.0


def test_what_a_reply_says_of_its_kind_is_told(site):
    site.pages.add(b"/kind", lambda request: Response(kind="waitevent"))
    with site.browser() as browser:
        browser.request("/kind")
    assert the_one(site).kind == "waitevent"


def test_a_wait_that_its_browser_has_left_has_no_reply(site):
    gate = Gate()
    gate.clock = site.clock
    site.pages.add(b"/gate", gate)
    with site.browser() as browser:
        browser.send(b"GET /gate HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert gate.entered.acquire(timeout=5)
        site.settle()
    assert gate.left.acquire(timeout=5)
    site.settle()
    assert told(site) == []


# Streams


class Stream:
    """Ten bytes, and after open() ten more."""

    def __init__(self, site):
        self.is_open = False
        self._clock = site.clock
        site.pages.add(b"/stream", self)

    def __call__(self, request):
        yield Begin(Response())
        yield b"0123456789"
        yield Pause(self._clock() + 3600, None, (self,), lambda: self.is_open, endless=True)
        yield b"0123456789"


@pytest.fixture
def stream(site):
    return Stream(site)


GET_STREAM = b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n"


def test_a_stream_is_told_at_its_end_with_all_that_was_sent(site, stream):
    with site.browser() as browser:
        browser.send(GET_STREAM)
        browser.read_reply()
        site.settle()
        assert told(site) == []
        site.clock.now += 60
        site.open(stream)
        served = the_one(site)
    assert served == Served("GET", b"/stream", HEADERS, 200, 20, 60.0, "127.0.0.1", False)


def test_a_stream_that_its_browser_has_left_is_told_once(site, stream):
    with site.browser() as browser:
        browser.send(GET_STREAM)
        browser.read_reply()
        site.settle()
    assert the_one(site).size == 10


def test_a_stream_that_ends_with_the_service_is_told(site, stream):
    with site.browser() as browser:
        browser.send(GET_STREAM)
        browser.read_reply()
        site.settle()
        site.stop()
    assert [each.target for each in told(site)] == [b"/stream"]


def test_the_head_of_a_stream_alone_is_a_whole_reply(site, stream):
    with site.browser() as browser:
        browser.send(GET_STREAM.replace(b"GET", b"HEAD"))
        browser.read_reply(bodiless=True)
        served = the_one(site)
        assert (served.method, served.size) == ("HEAD", 0)
