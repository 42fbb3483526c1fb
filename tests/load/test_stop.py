"""TERM under load: what has begun is done, who waits is sent home, and it is over in time. Over HTTP and HTTPS."""

import contextlib
import re
import signal
import threading
import time

import pytest

from ajam.daemon import END_SECONDS
from tests.certificates import authority, localhost  # noqa: F401, fixtures
from tests.load.clients import Asker, Crowd, Events, Listener, StrictBrowser, Waiter, script
from tests.load.service import BUSY_HTTP_CONF, STOPPING, Service, configure, https, refuses, wait_until
from tests.peer import Peer, header
from tests.serving import serve

DRAIN_SECONDS = 1
FEEDS = 5
SLACK_SECONDS = 4  # feeds that were waited for one after the other would each take 2
SLOW_ANSWER = b"Response: Success\r\nMessage: %s\r\n\r\n" % (b"Originate" * 5000)
WAITED_IN_VAIN = b"Response: Success\r\nMessage: Waiting for Event completed.\r\n\r\nEvent: WaitEventComplete\r\n\r\n"


class Slow:
    """A Peer's script that answers an Originate when go_on is set, and all else at once."""

    def __init__(self):
        self.go_on = threading.Event()

    def __call__(self, lines, connection):
        if header(lines, b"Action").lower() != b"originate":
            return script(lines, connection)
        self.go_on.wait()
        return SLOW_ANSWER


@pytest.fixture
def slow():
    """What a PBX answers an Originate with, when."""
    return Slow()


@pytest.fixture
def peer(slow):
    """A PBX."""
    with Peer(slow) as peer:
        yield peer
        slow.go_on.set()


@pytest.fixture(params=["http", "https"])
def tls(request):
    """How the browsers come: lines of http.conf for it, and their ssl.SSLContext; "" and None without TLS."""
    if request.param == "http":
        return "", None
    return https(request.getfixturevalue("localhost")), request.getfixturevalue("authority").client()


@pytest.fixture
def start(tmp_path, peer, tls):
    """start(drain): a Service, the address of its clients, and their ssl.SSLContext or None."""
    services = []
    lines, context = tls

    def begin(drain=20):
        configure(tmp_path, peer, BUSY_HTTP_CONF + lines, drain=drain)
        services.append(Service(tmp_path))
        scheme = "https" if context else "http"
        wait_until(lambda: scheme in services[0].addresses)
        return services[0], services[0].addresses[scheme], context

    yield begin
    for service in services:
        service.close()
        assert "Traceback" not in service.log, service.log


def waits(service):
    """How many WaitEvents and streams go on."""
    with StrictBrowser(service.address) as browser:
        page = browser.request("/-/metrics").body
    return sum(int(number) for number in re.findall(rb"^ajam_(?:waits|streams) (\d+)$", page, re.MULTILINE))


def begin_feeds(address, peer):
    """Logs in, and has FEEDS further sessions have a feed of their own, as those with filters have."""
    for number in range(1 + FEEDS):
        with StrictBrowser(address) as browser:
            browser.log_in()
            if number:
                assert browser.action("Filter", operation="Add", filter="Event: Hangup").status == 200
    assert len(peer.live(events=True)) == 1 + FEEDS


def begin_slow(service, address, context, peer):
    """A browser whose Originate has come to the PBX and is not answered."""
    with StrictBrowser(service.address) as first:
        first.log_in()
        browser = StrictBrowser(address, first.cookie, context)
    browser.send_action("Originate")
    peer.wait_for(lambda peer: peer.lines(b"originate"))
    return browser


def test_what_has_begun_arrives_whole_who_waits_is_sent_home_and_the_pbx_is_left(start, peer, slow):
    service, address, context = start()
    with Crowd(address, askers=20, visitors=5, counting=10, waiters=5, listeners=10, context=context,
               plain=service.address) as crowd, Events(peer) as events, \
            begin_slow(service, address, context, peer) as late:
        events.start()
        wait_until(lambda: min(client.done for client in crowd.clients) > 5)
        service.signal(signal.SIGTERM)
        service.await_line(STOPPING)
        wait_until(lambda: refuses(service.address) and refuses(address))
        assert service.running
        slow.go_on.set()
        assert late.read_reply().body == SLOW_ANSWER
        assert late.read_reply() is None
        assert service.wait() == 0
        for client in crowd.of(Asker):
            client.finish()
        crowd.join()
        events.stop()
    wait_until(lambda: not peer.live())
    for client in crowd.of(Waiter) + crowd.of(Listener):
        assert client.home
        assert client.seen == list(range(1, len(client.seen) + 1))
    assert [client.kinds for client in crowd.of(Listener)] == [["end"]] * 10


def test_waits_that_nothing_has_come_for_are_answered_as_if_it_were_late_and_streams_are_told_the_end(start, peer):
    service, address, context = start()
    with Crowd(address, counting=5, waiters=5, listeners=5, context=context, plain=service.address) as crowd:
        wait_until(lambda: waits(service) == len(crowd.clients))
        cookie = crowd.sessions[0]
        with StrictBrowser(address, cookie, context) as browser:
            browser.send_action("WaitEvent", timeout=30)
            wait_until(lambda: waits(service) == len(crowd.clients) + 1)
            before = {client: client.done for client in crowd.clients}
            service.signal(signal.SIGTERM)
            reply = browser.read_reply()
            assert (reply.line, reply.body) == (b"HTTP/1.1 200 OK", WAITED_IN_VAIN)
            assert reply.header(b"Connection") == b"close"
            assert browser.read_reply() is None
        assert service.wait() == 0
        crowd.join()
    assert all(client.home for client in crowd.clients)
    assert [client.name for client in crowd.of(Waiter) if client.done <= before[client]] == []
    assert [client.kinds for client in crowd.of(Listener)] == [["end"]] * 5


def test_what_lasts_longer_than_the_drain_time_ends_then(start, peer):
    service, address, context = start(drain=DRAIN_SECONDS)
    with begin_slow(service, address, context, peer) as late:
        began = time.monotonic()
        service.signal(signal.SIGTERM)
        assert late.read_reply() is None
        assert service.wait() == 0
        assert time.monotonic() - began >= DRAIN_SECONDS
    wait_until(lambda: not peer.live(events=True))


def test_a_frozen_pbx_with_many_feeds_holds_up_the_end_no_longer_than_it_may(start, peer):
    service, address, context = start(drain=DRAIN_SECONDS)
    begin_feeds(service.address, peer)
    with begin_slow(service, address, context, peer) as late, peer.frozen():
        made = peer.connections
        peer.drop_connections()
        wait_until(lambda: peer.connections > made + FEEDS)  # now each feed waits for a banner
        began = time.monotonic()
        service.signal(signal.SIGTERM)
        assert service.wait() == 0
        assert time.monotonic() - began < DRAIN_SECONDS + END_SECONDS + SLACK_SECONDS
        assert late.read_reply().status == 503


def test_threads_that_do_not_end_share_the_time_there_is_for_that(tmp_path, peer):
    daemon, go_on = serve(tmp_path, peer.address), threading.Event()
    daemon.start()
    begin_feeds(daemon.address, peer)
    daemon._workers.submit(go_on.wait)
    with contextlib.ExitStack() as held:
        held.callback(go_on.set)
        for account in daemon.manager.accounts._all():
            held.enter_context(account.feed._lock)  # as by who writes to a PBX that does not read
        began = time.monotonic()
        daemon.close()
        assert time.monotonic() - began < END_SECONDS + SLACK_SECONDS


def test_a_second_signal_ends_it_at_once(start, peer):
    service, address, context = start(drain=600)
    with begin_slow(service, address, context, peer) as late:
        service.signal(signal.SIGTERM)
        wait_until(lambda: refuses(service.address))
        assert service.running
        service.signal(signal.SIGTERM)
        assert service.wait() == -signal.SIGTERM
        assert late.read_reply() is None


def test_what_was_logged_is_written_though_another_signal_has_come_already(start):
    service, _, _ = start()
    for each in (signal.SIGTERM, signal.SIGINT):
        service.signal(each)
    assert service.wait() in (-signal.SIGTERM, -signal.SIGINT)
    assert ": stopping\n" in service.log
