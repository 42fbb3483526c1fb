"""What those hear who wait: requests and streams, each as soon as there is something for it."""

import json

from tests.fuzz.life.client import BOOTED, check_since, check_wait
from tests.fuzz.life.world import until

DOWN, UP = {"event": "down", "data": "{}"}, {"event": "up", "data": "{}"}  # messages of a stream


def tell_all(world, event):
    """The PBX tells an event; returns when all who are to hear of it have."""
    lasts = world.lasts()
    world.pbx.send_event(event.block)
    await_one_more(world, lasts)
    for client in world.alive():
        client.told(event)
    for asked in world.asked("wait", "since"):
        look(world, asked)
    for asked in world.asked("stream"):
        read_stream(world, asked)


def look(world, asked):
    """A wait ends when there is something to tell; if not, it has passed over what came."""
    client = asked.client
    if asked.kind == "since":
        events = client.wanted(asked.place, asked.choice)
        if events:
            end_since(world, asked, events)
        return
    events = client.take_all()
    if events:
        check_wait(world.finish(asked).body, asked.id, events)
    else:
        until(lambda: client.session.place == client.session.account.feed.ring.last)


def end_since(world, asked, events):
    """A wait with since= tells these events, and where to go on."""
    asked.place.restart(check_since(world.finish(asked).body, asked.id, events))


def advance(world, seconds):
    """Moves the clock; what is due then happens."""
    world.site.pass_time(seconds)
    for asked in world.asked("wait", "since"):
        if asked.deadline <= world.clock():
            time_out(world, asked)


def time_out(world, asked):
    """A wait is over without an event; a session that has a request does not expire meanwhile."""
    if asked.kind == "wait":
        check_wait(world.finish(asked).body, asked.id, [])
    else:
        end_since(world, asked, [])


def read_stream(world, asked):
    """A stream tells what it has been asked for, each event with its place."""
    place = asked.place
    while asked.passed < len(place.behind):
        event = place.behind[asked.passed]
        asked.passed += 1
        if asked.client.may_see(event) and asked.choice.has(event):
            hear(asked, asked.message(), event)


def hear(asked, message, event):
    """A stream tells an event; whoever comes back to its place is told what came behind that."""
    told = json.loads(message["data"])
    assert told == dict(line.split(": ") for line in event.block.decode().splitlines() if line), (told, event)
    asked.place.id = message["id"].encode()
    del asked.place.behind[:asked.passed]
    asked.passed = 0


def lose(world, hang_up):
    """The PBX ends all connections: what it works on has no answer."""
    feeds = {feed: feed.outages for feed in world.all_feeds()}
    hang_up()
    for asked in world.asked("hold"):
        world.check_unavailable(world.finish(asked), asked.id)
    until(lambda: all(feed.outages > outages or feed.ended for feed, outages in feeds.items()))


def regain(world, lasts, links=(UP,)):
    """The PBX is back: every feed logs in again and is told that all is booted.

    lasts  the number of its last event before, by feed
    links  what streams tell of it besides
    """
    until(world.all_up)
    await_one_more(world, lasts)
    for client in world.alive():
        client.told(BOOTED)
    for asked in world.asked("wait", "since"):
        look(world, asked)
    for asked in world.asked("stream"):
        hear_back(asked, links)


def hear_back(asked, links):
    """A stream tells these links in their order, and that all is booted, before or behind, if it was asked for that."""
    asked.passed = len(asked.place.behind)
    wanted = asked.client.may_see(BOOTED) and asked.choice.has(BOOTED)
    messages = [asked.message() for _ in range(len(links) + wanted)]
    assert tuple(each for each in messages if "event" in each) == links, messages
    for message in messages:
        if "event" not in message:
            hear(asked, message, BOOTED)


def await_one_more(world, lasts):
    """Returns when each of these feeds has one event more than its number says, or is of no session and has ended."""
    used = world.feeds()
    try:
        until(lambda: all(feed.ring.last == last + 1 or not (feed in used or feed.up) for feed, last in lasts.items()))
    except AssertionError:
        states = [(feed.up, feed.ended, feed.outages, feed.ring.last - last) for feed, last in lasts.items()]
        raise AssertionError("up, ended, outages, new events of each feed: %r" % states) from None
