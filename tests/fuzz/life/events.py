"""Moves around events: told, waited for, streamed, and browsers that go away meanwhile."""

from urllib.parse import quote

from tests.fuzz.life.asked import Asked
from tests.fuzz.life.choosing import pick
from tests.fuzz.life.client import ALL, Choice, Event, check_since, check_wait
from tests.fuzz.life.listening import DOWN, read_stream, tell_all
from tests.fuzz.life.world import DENIED, MOST_ASKED, until
from tests.joint.test_stream import EventSource

CATEGORIES = ((b"call,all", 2), (b"system,all", 1), (b"reporting,all", 512), (b"system,call,all", 3), (b"<none>", 0))
CHOICES = (Choice(), Choice((("event", "Fuzz"),), (b"a", b"b")), Choice((("event", "fuzz"), ("Kind", "a")), (b"a",)),
           Choice((("Kind", "a"), ("kind", "b")), (b"a", b"b")), Choice((("event", "Other"),), ()))
TIMEOUTS = (None, 0, 3, 20, 45)


def tell(world, a, b):
    """The PBX tells an event."""
    if world.up:
        (labels, mask), kind, number = pick(CATEGORIES, a), pick((b"a", b"b"), b), next(world.ids)
        block = b"Event: Fuzz\r\nPrivilege: %b\r\nNumber: %b\r\nKind: %b\r\n\r\n" % (labels, number, kind)
        tell_all(world, Event(block, number, kind, mask))


def wait(world, a, b):
    """A WaitEvent: it ends with what is there, or waits and sends an older one home."""
    client, seconds, id = pick(world.clients, a), pick(TIMEOUTS, b), next(world.ids)
    if client is None or len(world.asked("wait", "since", "stream")) >= MOST_ASKED:
        return
    pairs = [("actionid", id)] + ([("timeout", seconds)] if seconds is not None else [])
    if not client.is_alive(world.clock()):
        assert world.request(client, "waitevent", *pairs).body == DENIED % id
        return
    client.mask = client.mask or ALL
    older, turn = [asked for asked in client.asked if asked.kind == "wait"], client.session.wait
    deadline, events = client.deadline(seconds, world.clock()), client.take_all()
    if events or deadline <= world.clock():
        check_wait(world.request(client, "waitevent", *pairs).body, id, events)
    else:
        Asked("wait", client, world.begin(client, "waitevent", *pairs), id, world.clock(), deadline)
        until(lambda: client.session.wait not in (None, turn))
    for asked in older:
        assert world.finish(asked).body == b""


def wait_since(world, a, b):
    """The same for a client that keeps its place, and says what it wants."""
    client, id, choice = pick(world.clients, a), next(world.ids), pick(CHOICES, b)
    if client is None or len(world.asked("wait", "since", "stream")) >= MOST_ASKED:
        return
    place = pick(client.free_places(), b // 7)
    seconds = pick(TIMEOUTS, b // 31) if place is not None else 0
    pairs = [("actionid", id), ("since", b"" if place is None else place.id), *choice.parameters]
    pairs += [("timeout", seconds)] if seconds is not None else []
    if not client.is_alive(world.clock()):
        assert world.request(client, "waitevent", *pairs).body == DENIED % id
        return
    place = place or client.new_place()
    deadline, events = client.deadline(seconds, world.clock()), client.wanted(place, choice)
    if place.stale or events or deadline <= world.clock():
        reply = world.request(client, "waitevent", *pairs)
        place.restart(check_since(reply.body, id, [] if place.stale else events, place.stale))
    else:
        asked = Asked("since", client, world.begin(client, "waitevent", *pairs), id, world.clock(), deadline, place,
                      choice)
        until(lambda: client.session.in_use == len(asked.client.asked))


def lose_place(world, a, b):
    """A client remembers its place wrongly: one that there is not yet, of another feed, or none at all."""
    client = pick(world.clients, a)
    place = pick(client.free_places(), b) if client is not None else None
    if place is not None and place.id:
        place.id = pick((place.id.split(b"-")[0] + b"-1000000000", b"ffffffff-1", b"x" + place.id, b"-", b"\xff"),
                        b // 7)
        place.stale = True


def stream(world, a, b):
    """An event stream, from now on or from a place of before."""
    client, choice = pick(world.clients, a), pick(CHOICES, b)
    if client is None or len(world.asked("wait", "since", "stream")) >= MOST_ASKED:
        return
    place = pick([None, *client.free_places()], b // 7)
    query = "&".join("%s=%s" % pair for pair in choice.parameters)
    headers = [b"Last-Event-ID: " + place.id] if place is not None and b % 2 else []
    since = "" if place is None or headers else quote(place.id)
    source = EventSource(world.browser(client.cookie), "?%s&since=%s" % (query, since), headers)
    if not client.is_alive(world.clock()):
        assert source.head[0].startswith(b"HTTP/1.1 403 "), source.head
        return source.browser.close()
    assert source.head[0] == b"HTTP/1.1 200 OK", source.head
    place = place or client.new_place()
    asked = Asked("stream", client, source.browser, b"", world.clock(), None, place, choice, source)
    hear_opening(world, asked)
    read_stream(world, asked)


def hear_opening(world, asked):
    """Where the stream begins, whether something may be missing, and whether the PBX is there."""
    place, id = asked.place, asked.message()["id"]
    if place.stale:
        assert asked.message() == {"event": "gap", "data": '{"dropped": null}'}
    assert place.stale or place.id in (b"", id.encode()), (place.id, id)
    if place.stale or not place.id:
        place.restart(id.encode())
    if not world.up:
        assert asked.message() == DOWN, place.id


def drop(world, a, b):
    """A browser goes away in the middle of something."""
    asked = pick(world.asked("wait", "since", "stream", "hold"), a)
    if asked is not None:
        asked.browser.close()
        world.let_go(asked)
        if asked.kind == "hold":
            world.pbx.let_go(asked.id)
