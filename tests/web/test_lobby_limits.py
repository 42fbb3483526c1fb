"""ajam/web/lobby.py over real sockets: how long connections may last, and how many there may be."""

import socket
from contextlib import ExitStack

import pytest

from ajam.pause import Pause, readable
from ajam.web.exchange import FileBody, Response
from ajam.web.timing import Timing
from tests.browser import Browser
from tests.web.site import Clock, Gate, Line, Site, wait_until

PATIENCE = 5.0  # seconds for what happens at once
MOMENT = 0.1  # seconds for which nothing must happen
LARGE = 16 * 1024 * 1024  # bytes; far more than all buffers between two sockets hold
HEAD = b"GET / HTTP/1.1\r\nHost: h\r\n"
FORM = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"


@pytest.fixture
def site():
    with Site(timing=Timing(keep_alive=15, body=30), clock=Clock()) as site:
        yield site


@pytest.fixture
def browser(site):
    with site.browser() as browser:
        yield browser


# Deadlines


def test_who_never_says_anything_is_closed_silently_ten_seconds_after_he_came(site, browser):
    site.settle()
    site.advance(9.9)
    site.settle()
    assert site.lobby.connections >= 1
    site.advance(0.2)
    assert browser.read_reply() is None


def test_an_idle_connection_is_kept_as_long_as_configured(site, browser):
    browser.request("/")
    site.settle()
    site.advance(14.9)
    browser.request("/")
    site.settle()
    site.advance(14.9)
    browser.request("/")
    site.settle()
    site.advance(15.1)
    assert browser.read_reply() is None


@pytest.mark.parametrize("behind_another, silent", [(False, 9), (True, 14)], ids=["first request", "later request"])
def test_the_time_of_a_head_begins_with_its_first_byte(site, browser, behind_another, silent):
    if behind_another:
        browser.request("/")
    site.settle()
    site.advance(silent)
    browser.send(HEAD)
    site.settle()
    site.advance(9.5)
    browser.send(b"\r\n")
    assert browser.read_reply().body == b"home"


@pytest.mark.parametrize("behind_another", [False, True], ids=["first request", "later request"])
def test_a_head_has_ten_seconds_from_its_first_byte_however_it_drips(site, browser, behind_another):
    if behind_another:
        browser.request("/")
        site.settle()
        site.advance(14)
    for byte in HEAD[:9]:
        browser.send(bytes([byte]))
        site.settle()
        site.advance(1)
    site.settle()
    browser.send(b"x")
    site.settle()
    site.advance(1.1)
    reply = browser.read_reply()
    assert (reply.line, reply.body) == (b"HTTP/1.1 400 Bad Request", b"Timeout")
    assert browser.read_reply() is None


def test_a_body_has_its_own_time_from_the_end_of_the_head_however_it_drips(site, browser):
    browser.send(FORM)
    site.settle()
    for _ in range(5):
        browser.send(b"x")
        site.settle()
        site.advance(5.9)
    site.settle()
    assert site.pages.requested.count(b"/echo") == 0
    site.advance(0.6)
    assert browser.read_reply().body == b"Timeout"


def test_a_body_that_comes_in_time_is_served(site, browser):
    browser.send(FORM)
    site.settle()
    site.advance(29)
    browser.send(b"0123456789")
    assert browser.read_reply().body == b"POST /echo [0123456789]"


def test_the_time_of_one_body_does_not_shorten_that_of_the_next(site, browser):
    for _ in range(3):
        browser.send(FORM)
        site.settle()
        site.advance(20)
        browser.send(b"0123456789")
        assert browser.read_reply().status == 200


def test_who_was_refused_and_does_not_leave_is_left_after_two_seconds(site, browser):
    browser.send(b"what\r\n\r\n")
    assert browser.read_reply().status == 400
    assert browser.read_reply() is None
    wait_until(lambda: site.lobby.connections == 1)
    site.settle()
    site.advance(1.9)
    site.settle()
    assert site.lobby.connections >= 1
    site.advance(0.2)
    wait_until(lambda: site.lobby.connections == 0)


def test_who_was_refused_and_goes_on_sending_is_not_listened_to_for_ever(site, browser):
    browser.send(b"what\r\n\r\n")
    with pytest.raises(OSError):
        for _ in range(100):
            browser.send(b"x" * 1024 * 1024)
    wait_until(lambda: site.lobby.connections == 0)


# The cap


def capped(count, **options):
    return Site(timing=Timing(connections=count), clock=Clock(), **options)


def test_at_the_cap_the_oldest_without_a_complete_request_goes():
    with capped(3) as site, ExitStack() as stack:
        oldest, second, third, newcomer = (stack.enter_context(site.browser()) for _ in range(4))
        assert newcomer.request("/").body == b"home"
        assert oldest.read_reply() is None
        assert second.request("/").body == b"home"
        assert third.request("/").body == b"home"
        assert site.lobby.connections == 3


def test_a_request_makes_a_connection_young_again():
    with capped(3) as site, ExitStack() as stack:
        first, second = (stack.enter_context(site.browser()) for _ in range(2))
        for browser in (second, first):
            browser.request("/")
            site.settle()
        wait_until(lambda: site.lobby.connections == 2)
        for _ in range(2):
            assert stack.enter_context(site.browser()).request("/").body == b"home"
        assert second.read_reply() is None
        assert first.request("/").body == b"home"


@pytest.mark.parametrize("sent", [b"", HEAD, FORM + b"x", b"what\r\n\r\n"],
                         ids=["nothing", "part of a head", "part of a body", "something refused"])
def test_connections_without_a_complete_request_keep_nobody_out(sent):
    with capped(5) as site, ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(site.browser()).send(sent)
        assert stack.enter_context(site.browser()).request("/").body == b"home"
        assert site.lobby.connections <= 5


@pytest.fixture
def full():
    """A site with room for two, who are both waiting; (site, gate, the two)."""
    gate = Gate()
    with capped(2, handlers={b"/slow": gate}) as site, ExitStack() as stack:
        waiting = [stack.enter_context(site.browser()) for _ in range(2)]
        for browser in waiting:
            browser.send(SLOW)
            assert gate.entered.acquire(timeout=PATIENCE)
        yield site, gate, waiting


def test_who_waits_is_never_turned_out_and_the_newcomer_is_after_a_second(full, caplog):
    site, gate, waiting = full
    for _ in range(3):
        with site.browser() as newcomer:
            assert not readable(newcomer.socket, MOMENT)
            site.advance(1)
            assert newcomer.read_reply() is None
        site.look_up()
    site.open(gate)
    assert [browser.read_reply().body for browser in waiting] == [b"over", b"over"]
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        "127.0.0.1 is refused: there are 2 connections, and all that might go for it are busy; "
        "sessionlimit in http.conf and connections_per_address in ajam.conf allow no more"]


def test_a_newcomer_for_whom_there_is_room_within_a_second_is_served(full):
    site, gate, waiting = full
    with site.browser() as newcomer:
        newcomer.send(HEAD + b"\r\n")
        assert not readable(newcomer.socket, MOMENT)
        site.open(gate)
        assert newcomer.read_reply().body == b"home"


# The cap of one address


def shared(most, **options):
    """A site that everybody comes to from one address, from which there may be so many."""
    return Site(timing=Timing(connections_per_address=most), clock=Clock(), network_of=lambda peer: peer, **options)


def test_of_one_address_the_oldest_without_a_complete_request_goes():
    with shared(2) as site, ExitStack() as stack:
        oldest, second, newcomer = (stack.enter_context(site.browser()) for _ in range(3))
        assert newcomer.request("/").body == b"home"
        assert oldest.read_reply() is None
        assert second.request("/").body == b"home"


def test_of_one_address_with_nobody_idle_the_newcomer_is_refused_and_others_are_not():
    gate = Gate()
    with shared(1, handlers={b"/slow": gate}) as site, site.browser() as waiting:
        waiting.send(SLOW)
        assert gate.entered.acquire(timeout=PATIENCE)
        with site.browser() as newcomer:
            assert newcomer.read_reply() is None
        with Browser(site.address, source="127.0.0.2") as other:
            assert other.request("/").body == b"home"
        site.open(gate)
        assert waiting.read_reply().body == b"over"


def test_who_has_gone_counts_no_more():
    with shared(1) as site:
        for _ in range(5):
            with site.browser() as browser:
                assert browser.request("/").body == b"home"
            wait_until(lambda: site.lobby.connections == 0)


def test_addresses_that_are_not_counted_have_no_cap_of_their_own():
    with Site(timing=Timing(connections_per_address=1)) as site, ExitStack() as stack:
        browsers = [stack.enter_context(site.browser()) for _ in range(5)]
        assert {browser.request("/").body for browser in browsers} == {b"home"}


# Waits


def test_waits_leave_one_connection_in_eight_to_others_and_one_more_is_told():
    gate = Gate(endless=True)
    with capped(16, handlers={b"/slow": gate}) as site, ExitStack() as stack:
        waiting = [stack.enter_context(site.browser()) for _ in range(14)]
        for browser in waiting:
            browser.send(SLOW)
            assert gate.entered.acquire(timeout=PATIENCE)
        site.settle()
        with site.browser() as one_more:
            reply = one_more.request("/slow")
            assert (reply.status, reply.header(b"Retry-After"), reply.body) == (503, b"5", b"Too many waits")
            assert gate.left.acquire(timeout=PATIENCE)
            assert one_more.request("/").body == b"home"
        site.open(gate)
        assert {browser.read_reply().body for browser in waiting} == {b"over"}
        assert stack.enter_context(site.browser()).request("/slow").body == b"over"


def test_a_wait_that_has_waited_for_the_pbx_before_counts_too():
    with Line() as line, capped(1) as site, site.browser() as browser:
        def first_the_pbx(request):
            yield from line(request)
            yield Pause(site.clock() + 3600, None, (line,), lambda: False, endless=True)
        site.pages.add(b"/slow", first_the_pbx)
        browser.send(SLOW)
        assert line.entered.acquire(timeout=PATIENCE)
        site.lobby.waits.add("another")
        line.says(b"an answer")
        assert browser.read_reply().body == b"Too many waits"


def test_a_request_that_waits_for_the_pbx_is_none_of_them():
    with Line() as line, capped(8, handlers={b"/pbx": line}) as site, ExitStack() as stack:
        asking = [stack.enter_context(site.browser()) for _ in range(8)]
        for browser in asking:
            browser.send(SLOW.replace(b"/slow", b"/pbx"))
            assert line.entered.acquire(timeout=PATIENCE)
        line.says(b"an answer")
        assert {browser.read_reply().body for browser in asking} == {b"an answer"}


# Browsers that read slowly


def large(request):
    return Response(body=b"a" * LARGE)


@pytest.fixture(params=["from memory", "from a file"])
def large_site(request, tmp_path):
    """A site with a page /large."""
    path = tmp_path / "large"
    path.write_bytes(b"a" * LARGE)
    handlers = {"from memory": large, "from a file": lambda _: Response(body=FileBody(path.open("rb"), LARGE))}
    with Site({b"/large": handlers[request.param]}, clock=Clock(), threads=2) as site:
        yield site


class SlowReader(Browser):
    """A browser that takes little at a time."""

    def __init__(self, address):
        super().__init__(address)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)

    def take(self, count):
        """`count` bytes of what was sent, fewer at its end."""
        taken = 0
        while taken < count:
            data = self.socket.recv(min(65536, count - taken))
            if not data:
                break
            taken += len(data)
        return taken


def test_a_large_reply_arrives_whole_and_the_connection_goes_on(large_site):
    with large_site.browser() as browser:
        for _ in range(2):
            assert browser.request("/large").body == b"a" * LARGE
        assert browser.request("/large", "HEAD").header(b"Content-Length") == b"%d" % LARGE
        assert browser.request("/").body == b"home"


def test_what_was_sent_behind_the_request_for_a_large_reply_is_answered_after_it(large_site):
    with large_site.browser() as browser:
        browser.send(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n" + HEAD + b"\r\n")
        assert browser.read_reply().body == b"a" * LARGE
        assert browser.read_reply().body == b"home"


def test_slow_readers_keep_nobody_waiting(large_site):
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(SlowReader(large_site.address)).send(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
        with large_site.browser() as quick:
            for _ in range(10):
                assert quick.request("/").body == b"home"


def test_a_reader_without_any_progress_is_dropped(large_site):
    with SlowReader(large_site.address) as reader:
        reader.send(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
        assert reader.take(1) == 1
        while large_site.lobby.connections:  # once or twice: the buffers in between may still be filling
            large_site.settle()
            large_site.advance(31)
            large_site.settle()
            large_site.advance(31)
            wait_until(lambda: large_site.lobby.connections < 2)
        assert reader.take(2 * LARGE) < LARGE


def test_a_reader_with_some_progress_may_be_as_slow_as_he_likes(large_site):
    with SlowReader(large_site.address) as reader:
        reader.send(b"GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        taken = 0
        for _ in range(8):
            taken += reader.take(LARGE // 8)
            large_site.advance(20)
        assert taken + reader.take(LARGE) > LARGE


def test_a_reader_who_leaves_is_forgotten(large_site):
    with SlowReader(large_site.address) as reader:
        reader.send(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
        assert reader.take(1) == 1
    wait_until(lambda: large_site.lobby.connections == 0)
