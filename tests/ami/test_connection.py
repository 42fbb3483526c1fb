"""ajam/ami/connection.py on loopback sockets: one action at a time, and all the ways in which a PBX can fail."""

import socket
import time

import pytest

from ajam.ami.connection import ASK_SECONDS, BANNER_SECONDS, MAX_STRANGERS, Connection, Pbx
from ajam.ami.message import Action
from ajam.ami.resolver import Resolver
from ajam.ami.room import FREE_BYTES, Room
from ajam.ami.wire import version_of_banner
from ajam.errors import ActionRefused, PbxError, PbxUnreachable
from ajam.pause import blocking, run, writable
from tests.ami.driving import Driver, begin, login
from tests.ami.test_wire import OUTPUTS
from tests.clock import Clock
from tests.peer import Peer

LOGIN = login(b"Events: off")
STATUS = Action([b"Action: Status"])
NO_FAMILY = 4095  # of addresses, that no Linux has
LIST_BEGUN = b"Response: Success\r\nEventList: start\r\nMessage: will follow\r\n\r\nEvent: Item\r\n\r\n"


@pytest.fixture
def connection(driver):
    with_login = driver.run(driver.pbx.connect())
    driver.run(with_login.ask(LOGIN))
    yield with_login
    with_login.close()


@pytest.fixture
def pair():
    """A Connection and the PBX's end of it."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield Connection(ours, b"Asterisk Call Manager/11.0.0", time.monotonic), theirs


@pytest.mark.parametrize("version", ["1.4", "1.6.0", "1.6.1", "16"])
def test_any_output_comes_back_untouched_from_any_version(version):
    with Peer(version=version) as peer:
        driver = Driver(peer.address, time.monotonic)
        connection = driver.run(driver.pbx.connect())
        driver.run(connection.ask(LOGIN))
        for output in OUTPUTS.values():
            peer.script = lambda lines, _, output=output: output
            assert driver.run(connection.ask(STATUS)) == output
        connection.close()


def test_an_address_of_a_kind_that_this_host_does_not_have_is_passed_over(peer):
    def look_up(host, port, type, flags):
        return [(family, type, 6, "", peer.address) for family in (NO_FAMILY, socket.AF_INET)]
    pbx = Pbx(("pbx.example", 5038), time.monotonic, resolver=Resolver(time.monotonic, look_up))
    run(pbx.connect(), blocking(time.monotonic)).close()


def test_an_output_that_drips_in_is_put_together(peer, driver, connection):
    def drip(lines, connection):
        for place in range(len(OUTPUTS["a list"])):
            connection.send(OUTPUTS["a list"][place:place + 1])
    peer.script = drip
    assert driver.run(connection.ask(STATUS)) == OUTPUTS["a list"]


def test_an_action_and_its_sentinel_stand_on_the_wire_one_behind_the_other(peer, driver, connection):
    driver.run(connection.ask(STATUS))
    driver.run(connection.ask(STATUS))
    tokens = [lines[1] for _, lines in peer.messages if lines[0] == b"Action: Ping"]
    assert [lines[0] for _, lines in peer.messages] == [
        b"Action: Login", b"Action: Ping"] + [b"Action: Status", b"Action: Ping"] * 2
    assert len(set(tokens)) == 3
    assert all(len(token) >= len("ActionID: ") + 24 for token in tokens)


def test_an_action_that_closes_has_all_its_output(driver, connection):
    output = driver.run(connection.ask(Action([b"Action: Logoff"])))
    assert output == b"Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n"
    assert connection.closed_by_pbx


@pytest.mark.parametrize("output", [b"", b"Response: Succ", b"Response: Success\r\n", LIST_BEGUN],
                         ids=["nothing", "half a line", "half a block", "half a list"])
def test_an_output_cut_off_by_the_end_of_the_connection_is_an_error(peer, driver, connection, output):
    def cut_off(lines, connection):
        connection.send(output)
        connection.close()
    peer.script = cut_off
    with pytest.raises(PbxError, match="closed the connection without an answer"):
        driver.run(connection.ask(STATUS))


def test_a_whole_list_is_complete_although_the_connection_ends(peer, driver, connection):
    def close_behind(lines, connection):
        connection.send(OUTPUTS["a list"])
        connection.close()
    peer.script = close_behind
    assert driver.run(connection.ask(STATUS)) == OUTPUTS["a list"]


def test_an_answer_that_does_not_come_in_time_is_an_error(pair):
    clock = Clock()
    connection = Connection(pair[0].socket, b"", clock)
    work = connection.ask(STATUS, 7)
    assert begin(work).deadline == clock.now + 7
    with pytest.raises(PbxError, match="did not answer in time"):
        work.send(False)


def test_a_refused_action_writes_nothing(pair):
    connection, pbx = pair
    with pytest.raises(ActionRefused):
        begin(connection.ask(Action([b"Action: Ping", b"X: " + b"y" * 1024])))
    pbx.setblocking(False)
    with pytest.raises(BlockingIOError):
        pbx.recv(1)


def test_of_too_many_large_answers_at_a_time_one_is_refused_and_a_short_one_comes(pair):
    room, (ours, theirs) = Room(100_000), pair
    room.grow(0, FREE_BYTES + 300_000)  # others
    connection = Connection(ours.socket, b"", Clock(), room)
    work = connection.ask(STATUS)
    begin(work)
    token = theirs.recv(4096).partition(b"ActionID: ")[2]
    theirs.sendall(b"x" * 900)
    work.send(True)
    theirs.sendall(b"Response: Success\r\nActionID: " + token)
    with pytest.raises(StopIteration) as ended:
        work.send(True)
    assert ended.value.value == b"x" * 900
    work = connection.ask(STATUS)
    begin(work)
    theirs.sendall(b"x" * (FREE_BYTES + 10_000))
    with pytest.raises(PbxError, match="^The answer is large, and so are others that the PBX is giving$"):
        while True:
            work.send(True)


def test_an_answer_that_nobody_waits_for_any_more_takes_no_room(pair):
    room = Room(100_000)
    work = Connection(pair[0].socket, b"", Clock(), room).ask(STATUS)
    begin(work)
    pair[1].sendall(b"x" * (FREE_BYTES + 10_000))
    for _ in range(5):
        work.send(True)
    work.close()
    room.grow(0, FREE_BYTES + 300_000)


def test_a_pbx_that_does_not_read_is_given_up(pair):
    connection, _ = pair
    with pytest.raises(PbxError, match="does not read"):
        connection.write(b"x" * (1 << 24))


def test_writing_to_a_pbx_that_has_gone_is_an_error_not_a_crash(pair):
    connection, pbx = pair
    pbx.close()
    with pytest.raises(PbxError, match="closed the connection"):
        begin(connection.ask(STATUS))


def test_a_connection_on_which_something_came_unasked_is_disturbed(pair):
    connection, pbx = pair
    assert not connection.disturbed
    pbx.sendall(b"Event: Shutdown\r\n")
    assert connection.disturbed


# Connecting


def test_a_pbx_that_does_not_listen_cannot_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    with pytest.raises(PbxUnreachable, match="cannot be reached"):
        run(Pbx(address, time.monotonic).connect(), blocking(time.monotonic))


def test_a_pbx_whose_name_means_nothing_cannot_be_reached():
    with pytest.raises(PbxUnreachable, match="no such host"):
        begin(Pbx(("pbx.invalid", 5038), time.monotonic).connect())


def test_a_pbx_that_swallows_connections_costs_no_thread():
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    fillers = []
    try:
        while not is_full(full.getsockname(), fillers):
            pass
        connecting = Pbx(full.getsockname(), time.monotonic).connect()
        assert begin(connecting).socket is not None
        connecting.close()
    finally:
        for each in (*fillers, full):
            each.close()


def is_full(address, fillers):
    """Adds one more connection; True once the listener takes no more."""
    filler = socket.socket()
    filler.setblocking(False)
    fillers.append(filler)
    filler.connect_ex(address)
    return not writable(filler, 0.05)


def test_what_is_no_manager_interface_cannot_be_reached_either():
    with Peer(banner=b"SSH-2.0-OpenSSH_9.2\r\n") as peer:
        driver = Driver(peer.address, time.monotonic)
        with pytest.raises(PbxUnreachable, match="not a manager interface"):
            driver.run(driver.pbx.connect())


def test_a_pbx_over_its_authlimit_ends_the_connection_at_once():
    with Peer(banner=b"") as peer:
        driver = Driver(peer.address, time.monotonic)
        work = driver.pbx.connect()
        begin(work)
        driver.wait_for(peer.live)
        peer.drop_connections()
        with pytest.raises(PbxUnreachable, match="ends every connection at once"):
            work.send(True)


def test_a_frozen_pbx_that_says_no_banner_is_given_up():
    clock = Clock()
    with Peer(banner=b"") as peer:
        work = Pbx(peer.address, clock).connect()
        assert begin(work).deadline == clock.now + BANNER_SECONDS
        with pytest.raises(PbxUnreachable, match="does not answer"):
            work.send(False)


@pytest.mark.parametrize("banner", [b"Asterisk Call Manager/11.0.0\r\n", b"Asterisk Call Manager/1.0\n"])
def test_the_banner_is_remembered(banner):
    with Peer(banner=banner) as peer:
        driver = Driver(peer.address, time.monotonic)
        driver.run(driver.pbx.connect()).close()
        assert driver.pbx.banner == banner.strip()


def test_a_browser_that_goes_away_while_ajam_connects_leaves_no_connection():
    with Peer(banner=b"") as peer:
        driver = Driver(peer.address, time.monotonic)
        work = driver.pbx.connect()
        begin(work)
        driver.wait_for(peer.live)
        work.close()
        driver.wait_for(lambda: not peer.live())


def test_at_most_20_strangers_one_place_is_kept_for_feeds(driver):
    strangers = driver.pbx.strangers
    others = [strangers.enter(1) for _ in range(MAX_STRANGERS - 1)]
    with pytest.raises(PbxUnreachable, match="Too many logins"):
        strangers.enter(1)
    with strangers.enter():
        with pytest.raises(PbxUnreachable, match="Too many logins"):
            strangers.enter()
    others.pop().close()
    strangers.enter(1).close()



# Versions


@pytest.mark.parametrize("banner, version", [
    ("Asterisk Call Manager/1.0", "1.4.0"),
    ("Asterisk Call Manager/1.1", "1.8.0"),
    ("Asterisk Call Manager/1.3", "11.0.0"),
    ("Asterisk Call Manager/2.8.0", "13.0.0"),
    ("Asterisk Call Manager/5.0.4", "16.0.0"),
    ("Asterisk Call Manager/6.0.0", "17.0.0"),
    ("Asterisk Call Manager/9.0.0", "20.0.0"),
    ("Asterisk Call Manager/11.0.0", "22.0.0"),
    ("Asterisk Call Manager/12.0.0", "23.0.0"),
    ("Asterisk Call Manager", "0.0.0"),
    ("", "0.0.0"),
])
def test_the_banner_tells_the_lowest_version_that_it_can_be(banner, version):
    assert version_of_banner(banner) == version


def test_the_exact_version_is_asked_for_once(peer, driver, connection):
    driver.run(driver.pbx.learn_version(connection))
    driver.run(driver.pbx.learn_version(connection))
    assert driver.pbx.software == "16.28.0"
    assert len(peer.lines(b"coresettings")) == 1


def test_a_pbx_that_was_away_is_asked_again_and_keeps_its_version_until_it_has_answered(driver, connection):
    driver.run(driver.pbx.learn_version(connection))
    driver.pbx.version = "1.2.3"  # as if it had been another one then
    driver.run(driver.pbx.learn_version(connection))
    driver.pbx.may_have_changed()
    assert driver.pbx.software == "1.2.3"
    driver.run(driver.pbx.learn_version(connection))
    assert driver.pbx.software == "16.28.0"


@pytest.mark.parametrize("output", [
    b"Response: Error\r\nMessage: Permission denied\r\n\r\n",
    b"Response: Success\r\nAsteriskVersion: GIT-master-1a2b\r\n\r\n",
    b"",
], ids=["no right to ask", "no number", "nothing"])
def test_without_an_exact_version_the_banners_stands(peer, driver, connection, output):
    peer.scripted = ("coresettings",)
    peer.script = lambda lines, connection: output
    driver.run(driver.pbx.learn_version(connection))
    assert driver.pbx.software == "16.0.0"


def test_a_pbx_that_does_not_tell_its_version_is_not_waited_for_long(pair):
    clock = Clock()
    connection = Connection(pair[0].socket, b"", clock)
    pause = begin(Pbx(("127.0.0.1", 1), clock).learn_version(connection))
    assert pause.deadline == clock.now + ASK_SECONDS
