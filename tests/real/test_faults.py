"""A real Asterisk that goes away under load and comes back, in every way in which one does.

What clients see of it, each of them all the time busy through ajam:

    who asks          a whole answer, its own; or, while it is away, what HEARD has for the fault; nothing else
    who waits         every reply whole, each event once and in order
    who has a stream  `down`, then `up`, and the same events
    all               the session lives on; nobody has to log in again

and the log has one line for the loss and one for the return. A network that is cut is one more way, in
tests/real/test_network_cut.py.
"""

import collections
import contextlib
import time

import pytest

from tests.conftest import no_leaks
from tests.load.clients import Client, Listener, StrictBrowser, Waiter
from tests.load.service import wait_until
from tests.peer import header

CALLERS, WAITERS, LISTENERS = 6, 3, 3

GONE = (503, "The PBX cannot be reached")
CUT_OFF = (503, "The PBX closed the connection without an answer; the outcome of the action is not known")
FROZEN = (503, "The PBX is silent; the outcome of the action is not known")
NO_BANNER = (503, "The PBX does not answer")
NO_ANSWER = (503, "The PBX did not answer in time")
ENDING = (200, "Asterisk is shutting down")  # its own words
NO_LOGIN = (503, "The PBX answered a login with: Asterisk is shutting down")
LOST = "; ajam goes on trying"
BACK = " answers: Asterisk Call Manager/"


@contextlib.contextmanager
def stopped(asterisk):
    """By its own console, as for an upgrade; then started."""
    asterisk.end()
    yield
    asterisk.start()


@contextlib.contextmanager
def killed(asterisk):
    """As by a crash; then started."""
    asterisk.kill()
    yield
    asterisk.start()


@contextlib.contextmanager
def restarted(asterisk):
    """By its own console: the same process begins anew."""
    asterisk.cli("core restart now")
    yield


@contextlib.contextmanager
def frozen(asterisk):
    """It neither answers nor ends a connection, as when it swaps or waits for a disk."""
    with asterisk.frozen():
        yield


HEARD = {  # status and message, by fault
    stopped: {GONE, CUT_OFF, ENDING, NO_LOGIN},
    killed: {GONE, CUT_OFF},
    restarted: {GONE, CUT_OFF, ENDING, NO_LOGIN},
    frozen: {GONE, FROZEN, NO_BANNER, NO_ANSWER},
}


class Caller(Client):
    """Asks for what nobody else asks for, again and again: a list, each block of which names the request.

    heard  how often which message came with a 503
    """

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.heard = collections.Counter()

    def step(self):
        """One action."""
        mine = b"%d.%d" % (self.number, self.done + sum(self.heard.values()))
        reply = self.browser.action("CoreShowChannels", ActionID=mine)
        assert reply is not None, "the connection was ended"
        *blocks, rest = reply.body.split(b"\r\n\r\n")
        assert rest == b"" and {field(block, b"ActionID") for block in blocks} == {mine}, (mine, reply)
        if field(blocks[0], b"Response") == b"Error":
            assert (reply.status, reply.header(b"Retry-After")) in ((503, b"5"), (200, None)), reply
            self.heard[reply.status, field(blocks[0], b"Message").decode()] += 1
        else:
            assert (reply.status, field(blocks[0], b"Response")) == (200, b"Success"), reply
            assert field(blocks[-1], b"Event") == b"CoreShowChannelsComplete", reply
            self.done += 1


def field(block, name):
    """The value of the first line of that name in a block."""
    return header(block.split(b"\r\n"), name)


def told(ajam, cookie, number):
    """Has the PBX tell event `number`, asked for through ajam."""
    with StrictBrowser(ajam, cookie) as browser:
        reply = browser.action("UserEvent", UserEvent="Load", Number=number)
        assert reply.status == 200, reply


@pytest.fixture
def scene(bench):
    """What this is about: its `asterisk`, `ajam` as (host, port), and the latter's log(). Is afterwards as before."""
    yield bench
    bench.kill_asterisk()
    bench.revive_asterisk()


@pytest.fixture(autouse=True)
def nothing_leaks(scene):
    """Looks before the bench gets another Asterisk, and with it another connection of its own."""
    with no_leaks():
        yield


@pytest.fixture
def cookies(scene):
    """Sessions, one for each waiter without since= and one for all others."""
    cookies = []
    for _ in range(WAITERS + 1):
        with StrictBrowser(scene.ajam) as browser:
            assert b"Authentication accepted" in browser.log_in(events="on").body
            cookies.append(browser.cookie)
    yield cookies
    for cookie in cookies:
        with StrictBrowser(scene.ajam, cookie) as browser:
            browser.action("Logoff")


@pytest.fixture
def clients(scene, cookies):
    """Busy clients; they end with the test."""
    shared = cookies[0]
    clients = [*(Caller(scene.ajam, shared, number) for number in range(CALLERS)),
               *(Waiter(scene.ajam, shared, number) for number in range(WAITERS)),
               *(Waiter(scene.ajam, cookie, WAITERS + number, counts=False)
                 for number, cookie in enumerate(cookies[1:])),
               *(Listener(scene.ajam, shared, number) for number in range(LISTENERS))]
    for client in clients:
        client.start()
    wait_until(lambda: all(client.begun.is_set() for client in clients))
    yield clients
    for client in clients:
        client.finish()


@pytest.mark.parametrize("fault", HEARD, ids=lambda fault: fault.__name__)
def test_what_clients_see_of_it(scene, cookies, clients, fault, record_property):
    look_at(scene, cookies, clients, fault, HEARD[fault], record_property)


def look_at(scene, cookies, clients, fault, heard, record_property):
    """What the module says, for one fault; callers hear nothing with a 503 but what `heard` has.

    The property `fault` is its name, the seconds from its beginning until all streams are told that the PBX is
    down, and those from the order to bring it back until all are answered again.
    """
    callers, listeners = of(clients, Caller), of(clients, Listener)
    already = len(scene.log())
    told(scene.ajam, cookies[0], 1)
    began = time.monotonic()
    with fault(scene.asterisk):
        until(clients, lambda: all("down" in each.kinds for each in listeners))
        noticed = time.monotonic() - began
        if fault is not restarted:
            until(clients, lambda: all(each.heard[GONE] for each in callers))
        ending = time.monotonic()
    until(clients, lambda: all("up" in each.kinds for each in listeners))
    await_answers(clients)
    record_property("fault", (fault.__name__, noticed, time.monotonic() - ending))
    finish(scene, cookies, clients, 2)
    assert set().union(*(each.heard for each in callers)) <= heard
    assert [each.kinds for each in listeners] == [["down", "up"]] * LISTENERS
    wait_until(lambda: BACK in scene.log()[already:])  # it is written a moment later than it is so
    log = scene.log()[already:]
    assert "Traceback" not in log
    assert (log.count(LOST), log.count(BACK)) == (1, 1), log
    assert [line for line in log.splitlines()
            if line.startswith("WARNING") and not line.endswith((LOST[1:], "outcome of the action is not known"))] == []


def of(clients, kind):
    """Those of one kind."""
    return [each for each in clients if isinstance(each, kind)]


def until(clients, condition):
    """Waits until condition() is true; fails when a client has."""
    wait_until(lambda: condition() or any(client.failure for client in clients))
    assert {client.name: client.failure for client in clients if client.failure} == {}


def await_answers(clients):
    """Waits until everybody who asks is answered again."""
    before = {each: each.done for each in of(clients, Caller)}
    until(clients, lambda: all(each.done > done + 5 for each, done in before.items()))


def finish(scene, cookies, clients, last):
    """Ends the clients with event `last`: each has seen all events, and all sessions are there."""
    for client in clients:
        client.finish(last)
    told(scene.ajam, cookies[0], last)
    for client in clients:
        client.join(30)
    assert {client.name: client.failure for client in clients if client.failure or client.is_alive()} == {}
    told_of_events = [client for client in clients if not isinstance(client, Caller)]
    assert [client.seen for client in told_of_events] == [list(range(1, last + 1))] * (2 * WAITERS + LISTENERS)
    assert [each.home for each in clients if each.home] == []
    for cookie in cookies:
        with StrictBrowser(scene.ajam, cookie) as browser:
            assert b"Ping: Pong" in browser.action("Ping").body
