"""Event streams over HTTP, on a scripted PBX: what is told, from where on, and when it ends."""

import json
import re
import time

import pytest

from ajam.selection import Selection
from ajam.sessions import Session, Sessions
from ajam.stream import Reader
from tests.joint.digest import authorization
from tests.joint.site import until
from tests.joint.stand_ins import Account

CALL = b"Event: Newchannel\r\nPrivilege: call,all\r\nChannel: SIP/%d\r\n\r\n"
HANGUP = b"Event: Hangup\r\nPrivilege: call,all\r\nChannel: SIP/%d\r\nCause: 16\r\n\r\n"
STATUS = b"Event: PeerStatus\r\nPrivilege: system,all\r\nPeer: SIP/a\r\n\r\n"


class EventSource:
    """A browser's event stream, message by message; in HTTP/1.0 no proxy may cut it in chunks."""

    def __init__(self, browser, query="", headers=(), protocol=b"HTTP/1.1", path=b"/asterisk/events"):
        self.browser = browser
        lines = [b"GET %s%s %s" % (path, query.encode(), protocol), b"Host: x", b"Cookie: " + browser.cookie, *headers]
        browser.send(b"\r\n".join(lines) + b"\r\n\r\n")
        self.head = []
        while True:
            line = browser._file.readline()
            if line in (b"\r\n", b""):
                break
            self.head.append(line.rstrip(b"\r\n"))

    def message(self):
        """The next message as a dict of its fields; None at the end of the stream."""
        fields = {}
        while True:
            line = self.browser._file.readline()
            if not line:
                return None
            if line == b"\n":
                return fields
            name, _, value = line.rstrip(b"\n").partition(b": ")
            fields[name.decode()] = value.decode()

    def event(self):
        """The next manager event, and its id."""
        message = self.message()
        return json.loads(message["data"]), message["id"]


@pytest.fixture
def stream(site, session):
    def begin(query="", headers=()):
        return EventSource(site.browser(session.cookie), query, headers)
    return begin


@pytest.fixture
def session(site):
    return site.logged_in()


def test_who_looks_in_the_midst_of_a_loss_is_told_of_it_and_once():
    account = Account()
    session = Session(Sessions(60, time.monotonic), "id", account, 0, 0, "192.0.2.7", 1, 0.0)
    reader = Reader(session, Selection(), b"")
    account.feed.up = False
    assert reader.news() == b"event: down\ndata: {}\n\n"
    account.feed.outages += 1
    assert reader.news() == b""
    account.feed.up = True
    assert reader.news() == b"event: up\ndata: {}\n\n"


def test_a_stream_begins_with_its_place_and_tells_events_as_objects(stream, peer):
    source = stream()
    assert source.head[0] == b"HTTP/1.1 200 OK"
    assert b"Content-type: text/event-stream; charset=utf-8" in source.head
    assert b"X-Accel-Buffering: no" in source.head
    assert b"Cache-Control: no-cache, no-store" in source.head
    assert b"X-Content-Type-Options: nosniff" in source.head
    assert not [line for line in source.head if line.startswith(b"Content-Length")]
    first = source.message()
    assert list(first) == ["id"]
    instance, number = re.fullmatch(r"([0-9a-f]{8})-(\d+)", first["id"]).groups()
    peer.send_event(CALL % 1)
    event, place = source.event()
    assert event == {"Event": "Newchannel", "Privilege": "call,all", "Channel": "SIP/1"}
    assert place == "%s-%d" % (instance, int(number) + 1)


def test_what_came_after_a_place_is_told_again_and_nothing_twice(stream, peer):
    source = stream()
    place = source.message()["id"]
    for number in range(5):
        peer.send_event(CALL % number)
    told = [source.event() for _ in range(5)]
    again = stream("?since=" + told[1][1])
    assert again.message() == {"id": told[1][1]}
    assert [again.event() for _ in range(3)] == told[2:]
    by_header = stream(headers=(b"Last-Event-ID: " + place.encode(),))
    assert by_header.message() == {"id": place}
    assert [by_header.event() for _ in range(5)] == told


def test_what_fell_off_the_ring_is_told_as_a_gap(site, session, stream, peer):
    ring = site.daemon.manager.sessions.find(session.cookie.split(b'"')[1].decode()).account.feed.ring
    ring._max_events, ring._max_bytes = 2, 1
    place = stream().message()["id"]
    peer.send_event(CALL % 1 + CALL % 2 + HANGUP % 3)
    until(lambda: ring.dropped)
    source = stream("?since=" + place)
    source.message()
    gap = source.message()
    assert gap["event"] == "gap" and json.loads(gap["data"])["dropped"] >= 1


@pytest.mark.parametrize("since", ["00000000-1", "nonsense"])
def test_a_place_on_another_feed_is_a_gap_of_unknown_size(stream, since):
    source = stream("?since=" + since)
    source.message()
    assert source.message() == {"event": "gap", "data": '{"dropped": null}'}


@pytest.mark.parametrize("query, channels", [
    ("?event=hangup", ["SIP/1", "SIP/2"]),
    ("?event=Hangup&event=Newchannel&Channel=SIP/1", ["SIP/1", "SIP/1"]),
    ("?Channel=SIP/2&channel=SIP/1&Cause=16", ["SIP/1", "SIP/2"]),
])
def test_only_what_was_asked_for_is_told(stream, peer, query, channels):
    source = stream(query)
    source.message()
    peer.send_event(CALL % 1 + STATUS + HANGUP % 1 + HANGUP % 2)
    assert [source.event()[0]["Channel"] for _ in channels] == channels


def test_the_sessions_mask_holds(session, stream, peer):
    session.action("events", eventmask="system")
    source = stream()
    source.message()
    peer.send_event(CALL % 1 + STATUS)
    assert source.event()[0]["Event"] == "PeerStatus"


def test_streams_and_waits_on_one_session_take_nothing_from_each_other(session, stream, peer):
    sources = [stream(), stream()]
    for source in sources:
        source.message()
    peer.send_event(CALL % 1)
    assert [source.event()[0]["Channel"] for source in sources] == ["SIP/1", "SIP/1"]
    assert CALL % 1 in session.action("waitevent", timeout=5).body


def test_a_silent_stream_says_that_it_lives(site, stream):
    source = stream()
    source.message()
    site.pass_time(15)
    assert source.message() == {":": ""}


def test_a_stream_keeps_its_session_alive(site, session, stream):
    source = stream()
    source.message()
    for _ in range(20):
        site.pass_time(15)
        source.message()
    assert session.action("ping").body.startswith(b"Response: Success")


def test_a_stream_ends_with_its_session(session, stream):
    source = stream()
    source.message()
    session.action("logoff")
    assert source.message() == {"event": "end", "data": '{"reason": "the session has ended"}'}
    assert source.message() is None


def test_a_stream_tells_that_the_pbx_went_and_that_it_is_back(site, stream, peer):
    source = stream()
    source.message()
    peer.drop_connections()
    assert source.message() == {"event": "down", "data": "{}"}
    assert source.message() == {"event": "up", "data": "{}"} or source.message()["event"] == "up"


def test_a_stream_that_begins_while_the_pbx_is_away_says_so_and_when_it_is_back(site, stream, peer):
    stream().message()
    with peer.frozen():
        peer.drop_connections()
        until(lambda: not all(session.account.feed.up for session in site.sessions()))
        source = stream()
        assert source.head[0] == b"HTTP/1.1 200 OK"
        assert list(source.message()) == ["id"]
        assert source.message() == {"event": "down", "data": "{}"}
    assert source.event()[0]["Event"] == "FullyBooted"
    assert source.message() == {"event": "up", "data": "{}"}


def test_a_filter_gives_the_stream_another_feed_and_its_place(session, stream, peer):
    source = stream()
    before = source.message()["id"].split("-")[0]
    peer.script = lambda lines, connection: b"Response: Success\r\nMessage: Success\r\n\r\n"
    assert b"Success" in session.action("filter", operation="Add", filter="Event: Hangup").body
    place = source.message()["id"]
    assert place.split("-") == [place.split("-")[0], "0"] and place.split("-")[0] != before
    peer.send_event(HANGUP % 1)
    assert source.event()[0]["Channel"] == "SIP/1"


def test_a_stream_by_digest_needs_no_cookie(browser, peer):
    challenge = browser.request("/asterisk/aevents")
    assert challenge.status == 401
    nonce = re.search(rb'nonce="([0-9a-f]+)"', challenge.header(b"WWW-Authenticate")).group(1).decode()
    credentials = b"Authorization: " + authorization(nonce, b"/asterisk/aevents")
    source = EventSource(browser, headers=(credentials,), path=b"/asterisk/aevents")
    assert source.head[0] == b"HTTP/1.1 200 OK"
    source.message()
    peer.send_event(CALL % 1)
    assert source.event()[0]["Channel"] == "SIP/1"


def test_without_a_session_there_is_no_stream(browser):
    reply = browser.request("/asterisk/events")
    assert (reply.status, reply.header(b"Connection")) == (403, None)


def test_a_browser_that_leaves_gives_its_session_back(site, session, stream):
    source = stream()
    source.message()
    known = site.daemon.manager.sessions
    found = known.find(session.cookie.split(b'"')[1].decode())
    assert found.in_use == 2
    source.browser.close()
    until(lambda: found.in_use == 1)
    known.release(found)


def test_head_shows_what_a_stream_is(session):
    reply = session.request("/asterisk/events", "HEAD")
    assert (reply.status, reply.header(b"Content-type")) == (200, b"text/event-stream; charset=utf-8")
    assert session.read_reply() is None


def test_a_slow_reader_delays_nobody_and_loses_nothing(session, stream, peer):
    slow, quick = stream(), stream()
    slow.message(), quick.message()
    count = 3000
    for number in range(count):
        peer.send_event(CALL % number)
    assert [quick.event()[0]["Channel"] for _ in range(count)] == ["SIP/%d" % number for number in range(count)]
    assert [slow.event()[0]["Channel"] for _ in range(count)] == ["SIP/%d" % number for number in range(count)]


def test_a_wait_with_since_keeps_its_own_place(session, peer):
    now = session.action("waitevent", timeout=0, since="").body
    place = re.search(rb"\r\nSince: (\S+)\r\n\r\n$", now).group(1).decode()
    peer.send_event(CALL % 1 + HANGUP % 1)
    for _ in range(2):
        body = session.action("waitevent", timeout=5, since=place, event="hangup").body
        assert HANGUP % 1 in body and CALL % 1 not in body
    assert CALL % 1 in session.action("waitevent", timeout=5).body


def test_a_wait_since_a_lost_place_says_so_at_once(session):
    assert b"Dropped: unknown\r\n" in session.action("waitevent", timeout=5, since="00000000-1").body


def test_a_stream_that_is_cut_again_and_again_loses_and_doubles_nothing_of_10000_events(stream, peer):
    count, told = 10_000, []
    source = stream()
    place = source.message()["id"]
    peer.send_event(b"".join(CALL % number for number in range(count // 2)))
    while len(told) < count:
        if len(told) % 7 == 3:
            source.browser.close()  # with events unread, and more on their way
            source = stream(headers=(b"Last-Event-ID: " + place.encode(),))
            assert source.message() == {"id": place}
        if len(told) == count // 4:
            peer.send_event(b"".join(CALL % number for number in range(count // 2, count)))
        for _ in range(min(997, count - len(told))):
            event, place = source.event()
            told.append(event["Channel"])
            if len(told) == count // 4:
                break
    assert told == ["SIP/%d" % number for number in range(count)]
