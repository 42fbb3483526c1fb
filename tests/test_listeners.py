"""Listeners: what stays is left alone, what is new is opened, what is gone is closed, or nothing happens."""

import socket as sockets

import pytest

from ajam.listeners import CannotListen, Listener, Listeners, Place
from ajam.systemd import Inherited


class Server:
    """What Listeners opens: a listening socket."""

    def __init__(self, address, family, secure, inherited):
        self.secure = secure
        self.socket = inherited or sockets.create_server(address, family=family)
        self.server_address = self.socket.getsockname()


class Doors:
    """The lobby's part: which servers are open, and every one that ever was."""

    def __init__(self):
        self.open = []
        self.opened = 0

    def listen(self, server):
        """Opens."""
        self.opened += 1
        self.open.append(server)

    def close_door(self, server):
        """Closes."""
        self.open.remove(server)
        server.socket.close()

    def close(self):
        """Closes all."""
        for server in list(self.open):
            self.close_door(server)


@pytest.fixture
def doors():
    """Doors that are closed at the end."""
    doors = Doors()
    yield doors
    doors.close()


def free_port():
    """A port that nobody has just now."""
    with sockets.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def addresses(doors):
    """The bound addresses of the open doors, in order."""
    return [server.server_address for server in doors.open]


def test_what_stays_is_left_alone(doors):
    listeners = Listeners(doors, Server)
    stays, goes = Place("127.0.0.1", free_port(), False), Place("127.0.0.1", free_port(), True)
    listeners.follow([stays, goes])
    kept = doors.open[0]
    listeners.follow([stays])
    assert doors.open == [kept] and doors.opened == 2
    assert listeners.all == (Listener(("127.0.0.1", stays.port), False),)


def test_another_port_is_opened_before_the_old_one_is_closed(doors):
    listeners = Listeners(doors, Server)
    first, second = (Place("127.0.0.1", free_port(), False) for _ in range(2))
    listeners.follow([first])
    listeners.follow([second])
    assert addresses(doors) == [("127.0.0.1", second.port)]


def test_another_address_may_have_the_same_port(doors):
    listeners = Listeners(doors, Server)
    port = free_port()
    for host in ("127.0.0.1", "0.0.0.0", "127.0.0.1"):
        listeners.follow([Place(host, port, False)])
        assert addresses(doors) == [(host, port)]


def test_plain_and_secure_may_change_ports(doors):
    listeners = Listeners(doors, Server)
    one, two = free_port(), free_port()
    listeners.follow([Place("127.0.0.1", one, False), Place("127.0.0.1", two, True)])
    listeners.follow([Place("127.0.0.1", two, False), Place("127.0.0.1", one, True)])
    assert listeners.all == (Listener(("127.0.0.1", two), False), Listener(("127.0.0.1", one), True))


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_when_one_cannot_be_had_all_is_as_it_was(doors, host):
    listeners = Listeners(doors, Server)
    here = Place("127.0.0.1", free_port(), False)
    listeners.follow([here])
    with sockets.create_server(("127.0.0.1", 0)) as taken:
        unlucky = Place("127.0.0.1", taken.getsockname()[1], True)
        with pytest.raises(CannotListen) as raised:
            listeners.follow([Place(host, here.port if host == "0.0.0.0" else free_port(), False), unlucky])
    assert "Address already in use" in str(raised.value) and "another tlsbindaddr" in str(raised.value)
    assert addresses(doors) == [("127.0.0.1", here.port)]


@pytest.mark.parametrize("host, words", [
    ("192.0.2.1", "; bindaddr in http.conf is no address of this host: correct it, or say another in [http] of ajam"),
    ("nowhere.invalid", "bindaddr=nowhere.invalid: "),
])
def test_an_address_that_is_not_ours_is_named_with_the_remedy(doors, host, words):
    with pytest.raises(CannotListen) as raised:
        Listeners(doors, Server).follow([Place(host, 1, False)])
    assert words in str(raised.value)


def test_a_socket_of_systemds_stays_in_place_of_the_configurations(doors):
    socket = sockets.create_server(("127.0.0.1", 0))
    listeners = Listeners(doors, Server, [Inherited(socket, False)])
    secure = Place("127.0.0.1", free_port(), True)
    listeners.follow([Place("192.0.2.1", 1, False), secure])
    assert listeners.all == (Listener(socket.getsockname(), False), Listener(("127.0.0.1", secure.port), True))
    listeners.follow([Place("192.0.2.2", 2, False)])
    assert listeners.all == (Listener(socket.getsockname(), False),)


def test_one_that_is_shut_is_among_the_servers_for_as_long_as_somebody_has_it(doors):
    listeners = Listeners(doors, Server)
    first, second = (Place("127.0.0.1", free_port(), secure) for secure in (True, False))
    listeners.follow([first])
    kept = [doors.open[0]]
    listeners.follow([second])
    assert listeners.servers == [(False, doors.open[0]), (True, kept[0])]
    assert listeners.all == (Listener(("127.0.0.1", second.port), False),)
    kept.clear()
    assert listeners.servers == [(False, doors.open[0])]
