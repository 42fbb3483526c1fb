"""ajam/ami/link.py: whether the PBX answers, as those who speak to it find out."""

import contextlib

import pytest

from ajam.ami.connection import Pbx
from ajam.ami.link import Link
from ajam.ami.tls import trusting
from ajam.errors import PbxUnreachable
from tests.ami.driving import Driver, begin, login
from tests.peer import Peer


@pytest.fixture
def link(driver):
    return driver.pbx.link


def rest_of(work):
    """A generator that was begun already, from its first Pause on, which is over."""
    try:
        pause = work.send(True)
        while True:
            pause = work.send((yield pause))
    except StopIteration as end:
        return end.value


def told(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "ajam.ami.link"]


def test_before_anybody_has_asked_nothing_is_known(link):
    assert (link.up, link.told, link.why) == (None, None, "nobody has asked it yet")


def test_a_connection_tells_that_the_pbx_answers_and_says_so_once(driver, link, peer, caplog):
    for _ in range(3):
        driver.run(driver.pbx.connect()).close()
    assert (link.up, link.told, link.why) == (True, driver.clock(), "")
    assert told(caplog) == ["the PBX at 127.0.0.1 port %d answers: Asterisk Call Manager/5.0.4" % peer.address[1]]


def test_a_pbx_that_is_not_there_is_told_once_and_so_is_its_return(clock, caplog):
    with Peer() as peer:
        address = peer.address
    driver = Driver(address, clock)
    for _ in range(3):
        with pytest.raises(PbxUnreachable):
            driver.run(driver.pbx.connect())
    assert (driver.pbx.link.up, driver.pbx.link.why) == (False, "The PBX cannot be reached")
    with Peer(address=address):
        driver.run(driver.pbx.connect()).close()
    assert told(caplog) == [
        "the PBX at 127.0.0.1 port %d: The PBX cannot be reached; ajam goes on trying" % address[1],
        "the PBX at 127.0.0.1 port %d answers: Asterisk Call Manager/5.0.4" % address[1]]


def test_too_many_logins_at_a_time_say_nothing_about_the_pbx(clock, peer):
    pbx = Pbx(peer.address, clock, authlimit=1)
    with pytest.raises(PbxUnreachable), pbx.strangers.enter(1), pbx.strangers.enter(1):
        pass
    assert pbx.link.up is None


def test_a_feed_that_logs_in_again_is_counted(accounts, driver, peer, link):
    driver.run(accounts.log_in(login(), False))
    assert link.reconnects == 0
    peer.drop_connections()
    driver.wait_for(lambda: link.reconnects == 1)
    assert link.up


def test_how_long_an_action_took_is_told(peer, clock, accounts, driver, link):
    trips = []
    link.round_trip = trips.append
    account = driver.run(accounts.log_in(login(), False)).account
    assert trips == []

    def answer(lines, connection):
        clock.now += 0.25
        return b"Response: Success\r\n\r\n"

    peer.script = answer
    driver.run(account.ask(login().replacing(b"action", b"Status")))
    assert trips == [0.25]


def test_an_action_without_an_answer_took_no_time_that_could_be_told(peer, accounts, driver, link):
    trips = []
    link.round_trip = trips.append
    account = driver.run(accounts.log_in(login(), False)).account
    peer.script = lambda lines, connection: connection.close()
    with pytest.raises(Exception, match="closed the connection"):
        driver.run(account.ask(login().replacing(b"action", b"Status")))
    assert trips == []


def test_of_a_pbx_that_is_elsewhere_now_nothing_is_known(driver, link):
    driver.run(driver.pbx.connect()).close()
    driver.pbx.adopt(driver.pbx.address, 50)
    assert link.up
    driver.pbx.adopt(("192.0.2.1", 5038), 50)
    assert (link.up, link.told) == (None, None)


def test_what_is_said_of_another_place_than_the_pbx_is_at_now_does_not_count(clock, caplog):
    before, now = ("192.0.2.1", 5038), ("192.0.2.2", 5038)
    link = Link(before, clock)
    link.move(now)
    link.found(before, b"Asterisk Call Manager/5.0.4")
    link.missed(before, "The PBX does not answer")
    link.lost_feed(before)
    assert (link.up, link.told, told(caplog)) == (None, None, [])
    link.found(now, b"Asterisk Call Manager/5.0.4")
    link.missed(before, "The PBX does not answer")
    assert link.up


def test_a_connection_begun_before_the_pbx_moved_leads_to_where_it_is_now(driver, peer, link, caplog):
    with Peer(version="1.4") as new:
        with peer.frozen():
            work = driver.pbx.connect()
            begin(work)
            driver.pbx.adopt(new.address, 50)
        with contextlib.closing(driver.run(rest_of(work))) as connection:
            assert (connection.route.address, connection.banner) == (new.address, b"Asterisk Call Manager/1.0")
        assert (link.up, driver.pbx.banner) == (True, b"Asterisk Call Manager/1.0")
        assert told(caplog) == ["the PBX at 127.0.0.1 port %d answers: Asterisk Call Manager/1.0" % new.address[1]]
    driver.wait_for(lambda: not peer.live())


def test_a_connection_begun_before_tls_was_switched_on_is_not_used_in_clear(driver, peer):
    with peer.frozen():
        work = driver.pbx.connect()
        begin(work)
        driver.pbx.adopt(peer.address, 50, trusting(None))
    with pytest.raises(PbxUnreachable, match="does not speak TLS"):
        driver.run(rest_of(work))


def test_that_the_pbx_does_not_answer_where_it_was_is_no_news(driver, peer, link, caplog):
    with peer.frozen():
        work = driver.pbx.connect()
        begin(work)
        driver.pbx.adopt(("192.0.2.1", 5038), 50)
        with pytest.raises(PbxUnreachable, match="does not answer"):
            work.send(False)
    assert (link.up, told(caplog)) == (None, [])


def test_of_a_pbx_that_has_moved_neither_banner_nor_version_is_known(driver, accounts):
    account = driver.run(accounts.log_in(login(), False)).account
    driver.run(account.ask(login().replacing(b"action", b"Ping")))
    pbx = driver.pbx
    pbx.adopt(pbx.address, 50)
    assert (pbx.banner, pbx.software) == (b"Asterisk Call Manager/5.0.4", "16.28.0")
    pbx.adopt(("192.0.2.1", 5038), 50)
    assert (pbx.banner, pbx.software) == (None, "0.0.0")


def test_the_version_of_a_pbx_that_has_moved_meanwhile_is_not_taken_for_the_new_ones(driver, peer):
    connection = driver.run(driver.pbx.connect())
    driver.pbx.adopt(("192.0.2.1", 5038), 50)
    with contextlib.closing(connection):
        driver.run(driver.pbx.learn_version(connection))
    assert len(peer.lines(b"coresettings")) == 1
    assert driver.pbx.software == "0.0.0"


def test_a_pbx_that_did_not_answer_is_due_to_be_asked_again_now_and_then(clock):
    address = ("192.0.2.1", 5038)
    link = Link(address, clock)
    clock.now += 100
    assert not link.is_due(clock.now)  # nobody has asked it yet
    link.missed(address, "The PBX does not answer")
    assert not link.is_due(clock.now + 9.9)
    assert link.is_due(clock.now + 10)
    assert not link.is_due(clock.now + 19.9)
    assert link.is_due(clock.now + 20)
    link.found(address, b"Asterisk Call Manager/5.0.4")
    assert not link.is_due(clock.now + 100)


def test_a_lost_feed_is_no_news_while_the_pbx_is_known_to_be_away(clock, caplog):
    link = Link(("192.0.2.1", 5038), clock)
    link.missed(("192.0.2.1", 5038), "The PBX does not answer")
    link.lost_feed(("192.0.2.1", 5038))
    assert (len(told(caplog)), link.why) == (1, "The PBX does not answer")
