"""Moves that begin, change and end sessions."""

import contextlib

from tests.fuzz.life.choosing import pick
from tests.fuzz.life.client import ALL, BOOTED
from tests.fuzz.life.listening import end_since, time_out
from tests.fuzz.life.switchboard import OUTPUTS
from tests.fuzz.life.world import DENIED, MOST_CLIENTS
from tests.peer import md5_key

USERS = (("admin", "s3cret"), ("viewer", "viewer pass"), ("ADMIN", "s3cret"))
WRONG = (("admin", "s3cre"), ("viewer", ""), ("nobody", "s3cret"), ("admin", "viewer pass"), ("", ""))
MASKS = ((None, 0), ("on", ALL), ("off", 0), ("call", 2), ("system,call", 3), ("reporting", 512), ("nonsense", 0))

GOODBYE = b"Response: Goodbye\r\nActionID: %b\r\nMessage: Thanks for all the fish.\r\n\r\n"
ACCEPTED = b"Response: Success\r\nActionID: %b\r\nMessage: Authentication accepted\r\n\r\n"
FAILED = b"Response: Error\r\nActionID: %b\r\nMessage: Authentication failed\r\n\r\n"


def log_in(world, a, b):
    """A login with a secret, or with the answer to a challenge."""
    if len(world.alive()) >= MOST_CLIENTS:
        return
    (name, secret), (events, mask), id = pick(USERS, a), pick(MASKS, b), next(world.ids)
    browser = world.browser()
    pairs = credentials(world, browser, name, secret, by_key=a // len(USERS) % 3 == 0)
    if pairs is None:
        return browser.close()
    reply = browser.action("login", *pairs, ("actionid", id), *([("events", events)] if events is not None else ()))
    if not world.up:
        browser.close()
        return world.check_unavailable(reply, id)
    expected = ACCEPTED % id + (BOOTED.block if mask & 1 else b"")
    assert (reply.status, reply.body) == (200, expected), reply
    world.enter(browser, mask)


def credentials(world, browser, name, secret, by_key):
    """The parameters of a login; None when the PBX gives no challenge, for it is away."""
    if not by_key:
        return [("username", name), ("secret", secret)]
    id = next(world.ids)
    reply = browser.action("challenge", ("authtype", "MD5"), ("actionid", id))
    if not world.up:
        return world.check_unavailable(reply, id)
    challenge = reply.body.partition(b"Challenge: ")[2].rstrip()
    return [("username", name), ("authtype", "md5"), ("key", md5_key(challenge, secret.encode()))]


def log_in_wrongly(world, a, b):
    """A login that is refused begins no session."""
    (name, secret), id = pick(WRONG, a), next(world.ids)
    with contextlib.closing(world.browser()) as browser:
        pairs = credentials(world, browser, name, secret, by_key=b % 3 == 0)
        if pairs is None:
            return
        reply = browser.action("login", *pairs, ("actionid", id))
        if not world.up:
            return world.check_unavailable(reply, id)
        assert (reply.status, reply.body) == (200, FAILED % id), reply
        assert browser.action("echo", ("actionid", id)).body == DENIED % id


def log_in_again(world, a, b):
    """A login of one who is logged in changes nothing."""
    client = pick(world.alive(), a)
    if client is not None:
        reply = world.request(client, "login", *zip(("username", "secret"), pick(USERS + WRONG, b)))
        assert b"Already authenticated" in reply.body and client.browser.cookie == client.cookie


def log_off(world, a, b):
    """The session ends, and what waits on it; what the PBX works on goes on."""
    client, id = pick(world.clients, a), next(world.ids)
    if client is None:
        return
    reply = world.request(client, "logoff", ("actionid", id))
    assert (reply.status, reply.body) == (200, GOODBYE % id), reply
    client.ended = True
    for asked in list(client.asked):
        send_home(world, asked)


def send_home(world, asked):
    """What a request hears whose session has ended."""
    if asked.kind in ("wait", "since"):
        time_out(world, asked)
    elif asked.kind == "stream":
        assert asked.message()["event"] == "end" and asked.message() is None
        asked.browser.close()
        world.let_go(asked)


def change_mask(world, a, b):
    """Other events from now on; only while nothing waits for events, for what has it seen by now?"""
    client, (text, mask), id = pick(world.alive(), a), pick(MASKS[1:], b), next(world.ids)
    if client is not None and all(asked.kind == "hold" for asked in client.asked):
        reply = world.request(client, "events", ("eventmask", text), ("actionid", id))
        state = b"On" if mask else b"Off"
        assert reply.body == b"Response: Success\r\nActionID: %b\r\nEvents: %b\r\n\r\n" % (id, state), reply
        client.mask = mask


def use_filter(world, a, b):
    """The session gets a feed of its own, once; waits and streams go on with that, places on the old one are over."""
    client, id = pick(world.alive(), a), next(world.ids)
    if client is None:
        return
    reply = world.request(client, "filter", ("operation", "add"), ("filter", "Event: .*"), ("actionid", id))
    if not world.up:
        return world.check_unavailable(reply, id)
    assert (reply.status, reply.body) == (200, OUTPUTS[b"filter"](id)), reply
    if not client.private:
        client.move()
        for asked in list(client.asked):
            follow(world, asked)


def follow(world, asked):
    """What a request hears when its session has another feed."""
    if asked.kind == "since":
        end_since(world, asked, [])
        asked.place.stale = True
    elif asked.kind == "stream":
        message = asked.message()
        assert list(message) == ["id"] and message["id"].endswith("-0"), message
        asked.place.restart(message["id"].encode())
        asked.passed = 0
