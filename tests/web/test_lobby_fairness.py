"""ajam/web/lobby.py over real sockets: nobody has the lobby's one thread to himself."""

import io
import socket
import threading
import time
from contextlib import ExitStack

import pytest

from ajam.pause import Pause
from ajam.web.bodies import Plan
from ajam.web.exchange import Response
from ajam.web.timing import UNSENT_BYTES
from tests.browser import Browser
from tests.web.site import LONG, Clock, Site, wait_until

PATIENCE = 10.0  # seconds
PIECE = 16 * 1024  # bytes, of which a connection takes as many at a time
LARGE = UNSENT_BYTES // 2


@pytest.mark.parametrize("times", [10_000, None], ids=["ten thousand times", "until another was served"])
def test_a_wait_that_is_always_over_lets_others_have_their_turn(times):
    calm = threading.Event()

    def restless(request):
        turns = 0
        while turns != times and not calm.is_set():
            yield Pause(time.monotonic() + LONG, None, (calm,), lambda: True, endless=True)
            turns += 1
        return Response(body=b"at last")

    def soothe(request):
        calm.set()
        return Response(body=b"calm")

    with Site({b"/restless": restless, b"/calm": soothe}) as site, site.browser() as one, site.browser() as other:
        one.send(b"GET /restless HTTP/1.1\r\nHost: h\r\n\r\n")
        if times is None:
            assert other.request("/calm").body == b"calm"
        assert one.read_reply().body == b"at last"


class SlowDisk(io.BytesIO):
    """A file whose first write is quick, as into a buffer, and every further one takes until `goes_on` is set."""

    def __init__(self):
        super().__init__()
        self.goes_on = threading.Event()
        self.stands = threading.Event()

    def write(self, data):
        if self.tell():
            self.stands.set()
            assert self.goes_on.wait(PATIENCE)
        return super().write(data)


@pytest.mark.parametrize("head", [b"Content-Length: %d\r\n\r\n" % (8 * PIECE), b"Transfer-Encoding: chunked\r\n\r\n"],
                         ids=["known length", "chunked"])
def test_a_slow_disk_keeps_only_those_waiting_whose_bodies_go_there(head):
    disk = SlowDisk()
    body = b"a" * (8 * PIECE)
    sent = body if b"Length" in head else b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    handlers = {b"/file": lambda request: Response(body=request.body.read())}
    with Site(handlers, plan=lambda _: Plan(len(body), lambda: disk)) as site, site.browser() as slow, \
            site.browser() as quick:
        slow.send(b"POST /file HTTP/1.1\r\nHost: h\r\n" + head + sent)
        assert disk.stands.wait(PATIENCE)
        for _ in range(5):
            assert quick.request("/").body == b"home"
        disk.goes_on.set()
        assert slow.read_reply().body == body
        assert disk.closed


def test_a_body_for_a_file_has_its_time_however_it_drips():
    with Site(clock=Clock(), plan=lambda _: Plan(10 * PIECE, io.BytesIO)) as site, site.browser() as browser:
        browser.send(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % (10 * PIECE))
        for _ in range(5):
            site.settle()
            browser.send(b"x" * PIECE)
            site.settle()
            site.advance(5.9)
        site.settle()
        site.advance(0.6)
        assert browser.read_reply().body == b"Timeout"


def test_of_many_who_are_slow_to_take_much_the_first_goes_and_the_log_says_so(caplog):
    with Site({b"/large": lambda request: Response(body=b"a" * LARGE)}, clock=Clock()) as site, ExitStack() as stack:
        readers = []
        for _ in range(3):
            readers.append(stack.enter_context(Browser(site.address)))
            readers[-1].socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
            readers[-1].send(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
            site.settle()
        wait_until(lambda: site.lobby.connections <= 3)  # that of settle() among them
        assert [len(reader.read_reply().body) == LARGE for reader in readers] == [False, True, True]
    assert caplog.text.count("127.0.0.1 is ended in the midst of a reply, which it was the slowest to take") == 1
