"""ajam/ami/resolver.py: the addresses behind a name, and who waits for a name server."""

import socket
import threading

import pytest

from ajam.ami.resolver import FRESH_SECONDS, Resolver
from ajam.errors import PbxUnreachable
from ajam.pause import HEAVY, run
from tests.clock import Clock

PBX = ("pbx.example.org", 5038)
PLACES = [(socket.AF_INET, ("192.0.2.1", 5038)), (socket.AF_INET6, ("2001:db8::1", 5038, 0, 0))]


class NameServer:
    """What stands in for getaddrinfo; it knows every name, or none while `knows` is False.

    asked  the names that it was asked for
    """

    def __init__(self):
        self.asked = []
        self.knows = True
        self.answers = threading.Event()
        self.answers.set()

    def __call__(self, host, port, type, flags):
        if flags & socket.AI_NUMERICHOST:
            return socket.getaddrinfo(host, port, type=type, flags=flags)
        self.asked.append(host)
        assert self.answers.wait(10)
        if not self.knows:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(family, type, 6, "", place) for family, place in PLACES]


def places(resolver, address):
    """What the resolver finds, in this thread."""
    return run(resolver.places(address), wait=None)


@pytest.fixture
def server():
    return NameServer()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def resolver(server, clock):
    return Resolver(clock, server)


@pytest.fixture
def asking(server, resolver):
    """Begins to look the name up in a thread, returns once the name server was asked; it answers at the end."""
    threads = []

    def begin():
        server.answers.clear()
        before = len(server.asked)
        threads.append(threading.Thread(target=places, args=(resolver, PBX)))
        threads[-1].start()
        while len(server.asked) == before:
            assert threads[-1].is_alive()
    yield begin
    server.answers.set()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("host, family", [("192.0.2.7", socket.AF_INET), ("2001:db8::7", socket.AF_INET6)])
def test_an_address_is_never_looked_up(resolver, server, host, family):
    assert [(each, place[:2]) for each, place in places(resolver, (host, 5038))] == [(family, (host, 5038))]
    assert not server.asked


def test_a_name_is_looked_up_where_it_holds_up_nobody_else(resolver, server):
    looking = resolver.places(PBX)
    assert next(looking) is HEAVY and not server.asked
    looking.close()


def test_a_name_is_looked_up_once_a_minute(resolver, server, clock):
    assert places(resolver, PBX) == places(resolver, PBX) == PLACES
    clock.now += FRESH_SECONDS - 1
    places(resolver, PBX)
    assert len(server.asked) == 1
    clock.now += 1
    assert places(resolver, PBX) == PLACES
    assert len(server.asked) == 2


def test_when_it_is_not_known_any_more_the_last_good_answer_is_taken(resolver, server, clock):
    places(resolver, PBX)
    server.knows = False
    clock.now += FRESH_SECONDS
    assert places(resolver, PBX) == places(resolver, PBX) == PLACES
    assert len(server.asked) == 2


def test_another_name_is_another_answer(resolver, server):
    places(resolver, PBX)
    server.knows = False
    with pytest.raises(PbxUnreachable, match="The PBX cannot be reached: no such host"):
        places(resolver, ("other.example.org", 5038))
    assert server.asked == ["pbx.example.org", "other.example.org"]


def test_a_name_that_was_never_known_is_looked_up_by_everybody_who_comes(resolver, server):
    server.knows = False
    for _ in range(2):
        with pytest.raises(PbxUnreachable, match="no such host"):
            places(resolver, PBX)
    server.knows = True
    assert places(resolver, PBX) == PLACES


def test_while_one_waits_for_the_name_server_others_have_the_last_good_answer(resolver, server, clock, asking):
    places(resolver, PBX)
    clock.now += FRESH_SECONDS
    asking()
    for _ in range(3):
        assert places(resolver, PBX) == PLACES
    assert len(server.asked) == 2


def test_while_one_waits_for_the_first_answer_others_are_told(resolver, server, asking):
    asking()
    for _ in range(3):
        with pytest.raises(PbxUnreachable, match="its name is being looked up"):
            places(resolver, PBX)
    assert len(server.asked) == 1


def test_what_cannot_be_a_name_is_none():
    with pytest.raises(PbxUnreachable, match="no such host"):
        places(Resolver(Clock()), ("a..b", 5038))
