"""Moves that have the PBX do something, or try to."""

import contextlib

from ajam.errors import InjectionRefused
from tests.fuzz.life.asked import Asked
from tests.fuzz.life.choosing import pick
from tests.fuzz.life.sessions import USERS, WRONG
from tests.fuzz.life.switchboard import OUTPUTS
from tests.fuzz.life.world import MOST_ASKED, until
from tests.joint.digest import authorization

TARGETS = ("echo", "login", "challenge", "logoff", "events", "filter", "waitevent", "")  # of what should not be
ACTIONS = ("echo", "list", "text", "silent", "vanish")
HOSTILE = (("channel", "x\r\nAction: Canary"), ("a\nCanary", "b"), ("x", "\0"), ("Canary: a", "b"),
           ("actionid", "1\r\n\r\nCanary: 2"),
           ("x", "\rCanary: y"), ("Canary:", ""))


def ask(world, a, b):
    """An action of one who may be dead, answered at once."""
    client, action, id = pick(world.clients, a), pick(ACTIONS, b), next(world.ids)
    if client is not None:
        alive = client.is_alive(world.clock())
        reply = world.request(client, action, ("actionid", id))
        world.check_answer(reply, alive, action.encode(), id)


def ask_by_digest(world, a, b):
    """The same with digest authentication, with the right secret or a wrong one."""
    (name, secret), id = pick(USERS[:2] + WRONG[:1], a), next(world.ids)
    target = b"/asterisk/arawman?action=echo&actionid=" + id
    with contextlib.closing(world.browser()) as browser:
        asked = browser.request(target)
        nonce = asked.header(b"WWW-Authenticate").split(b'nonce="')[1].split(b'"')[0].decode()
        line = b"Authorization: " + authorization(nonce, target, username=name, secret=secret)
        reply = browser.request(target, headers=(line,))
    if (name, secret) in WRONG:
        assert (asked.status, reply.status) == (401, 401), reply
    else:
        world.check_answer(reply, True, b"echo", id)


def ask_with_a_line(world, a, b):
    """What would be another line to the PBX is refused, however it is sent; Switchboard.check_messages() looks."""
    client = pick([None, *world.clients], a)
    with contextlib.closing(world.browser(client.cookie if client is not None else b"")) as browser:
        send = pick((browser.action, browser.post), a // 7)
        reply = send(pick(TARGETS, b // len(HOSTILE)), pick(HOSTILE, b), ("username", "admin"), ("secret", "s3cret"))
    assert reply.status == InjectionRefused.status, reply
    if client is not None:
        world.served(client)


def hold(world, a, b):
    """An action that the PBX works on for a long time."""
    client, id = pick(world.alive(), a), next(world.ids)
    if client is None or not world.up or len(world.asked("wait", "since", "stream", "hold")) >= MOST_ASKED:
        return
    Asked("hold", client, world.begin(client, "hold", ("actionid", id)), id, world.clock())
    until(lambda: world.pbx.is_held(id))


def answer_held(world, a, b):
    """The PBX answers one of those: it is told to who asked, even if he has logged off meanwhile."""
    asked = pick(world.asked("hold"), a)
    if asked is not None:
        world.pbx.let_go(asked.id)
        reply = world.finish(asked)
        assert (reply.status, reply.body) == (200, OUTPUTS[b"hold"](asked.id)), reply


def ask_at_once(world, a, b):
    """Several actions while the PBX is frozen, some of one client: each has its own answer when it thaws."""
    clients = world.alive()
    if not clients or not world.up:
        return
    with world.pbx.frozen():
        asked = []
        for number in range(1 + b % 5):
            client, id = pick(clients, a + number // 2), next(world.ids)
            asked.append(Asked("hold", client, world.begin(client, "echo", ("actionid", id)), id, world.clock()))
        until(lambda: all(client.session.in_use == len(client.asked) for client in clients))
    for each in reversed(asked):
        reply = world.finish(each)
        assert (reply.status, reply.body) == (200, OUTPUTS[b"echo"](each.id)), reply
