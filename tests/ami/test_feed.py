"""ajam/ami/feed.py on a scripted PBX: events come in, actions go through, and a lost PBX is found again."""

import contextlib
import threading

import pytest

from ajam.ami.account import check_accepted
from ajam.ami.feed import Feed, Timing
from ajam.ami.message import Action
from ajam.ami.wire import BLOCK_END, MAX_BLOCK
from ajam.errors import PbxError, PbxUnreachable
from ajam.privileges import ALL
from tests.ami.driving import as_told, begin, login
from tests.peer import ANSWER_TO_PING, header

HANGUP = b"Event: Hangup\r\nPrivilege: call,all\r\n\r\n"
NEWCHANNEL = b"Event: Newchannel\r\nPrivilege: call,all\r\nChannel: x\r\n\r\n"
BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
PONG = b"Response: Success\r\nPing: Pong\r\nTimestamp: 1700000000.000000\r\n\r\n"
STATUS = Action([b"Action: Status"])
QUICK = Timing(first_retry=0.01, last_retry=0.02)


def log_in(driver):
    """As Feed wants it: a connection on which admin is logged in, with all events on."""
    connection = yield from driver.pbx.connect()
    try:
        output = yield from connection.ask(login())
        check_accepted(output)
    except PbxError:
        connection.close()
        raise
    connection.rest = output.partition(BLOCK_END)[2]
    return connection


@contextlib.contextmanager
def serving(driver, timing=QUICK, lost=lambda: None):
    """A Feed of admin's, reading; closed in the end."""
    connection = driver.run(log_in(driver))
    feed = Feed(connection, lambda: log_in(driver), driver.notify, driver.clock, connection.rest, timing, lost)
    feed.start()
    try:
        yield feed
    finally:
        feed.close()
        feed.join()


@pytest.fixture
def feed(driver):
    with serving(driver) as feed:
        yield feed


def told(feed, place=0):
    """The events in the feed's ring."""
    return as_told(feed.ring.after(place, ALL))[0]


def test_events_come_into_the_ring_in_their_order_and_who_waits_is_told(peer, driver, feed):
    peer.send_event(HANGUP)
    peer.send_event(NEWCHANNEL)
    driver.wait_for(lambda: told(feed) == [BOOTED, HANGUP, NEWCHANNEL])
    assert set(driver.woken) == {feed}


def test_an_event_that_drips_in_is_one_event(peer, driver, feed):
    for place in range(len(NEWCHANNEL)):
        peer.send_event(NEWCHANNEL[place:place + 1])
    driver.wait_for(lambda: feed.ring.last == 2)
    assert told(feed, 1) == [NEWCHANNEL]


def test_what_is_no_event_is_left_out(peer, driver, feed):
    peer.send_event(b"Response: Success\r\nEvents: On\r\n\r\n" + HANGUP)
    driver.wait_for(lambda: feed.ring.last == 2)
    assert told(feed, 1) == [HANGUP]


def test_a_reload_is_noticed(peer, driver, feed):
    peer.send_event(b"Event: Reload\r\nPrivilege: system,all\r\nModule: manager\r\n\r\n")
    driver.wait_for(lambda: feed.reloaded)


# Actions through the feed


def test_an_action_has_its_output_and_the_events_around_it_go_to_the_ring(peer, driver, feed):
    peer.script = lambda lines, connection: HANGUP + b"Response: Success\r\n\r\n" + NEWCHANNEL
    assert driver.run(feed.ask(STATUS, 5)) == b"Response: Success\r\n\r\n"
    driver.wait_for(lambda: told(feed, 1) == [HANGUP, NEWCHANNEL])


def test_half_an_event_before_an_action_is_put_together(peer, driver, feed):
    peer.send_event(NEWCHANNEL[:30])
    peer.script = lambda lines, connection: NEWCHANNEL[30:] + b"Response: Success\r\n\r\n"
    assert driver.run(feed.ask(STATUS, 5)) == b"Response: Success\r\n\r\n"
    driver.wait_for(lambda: told(feed, 1) == [NEWCHANNEL])


def test_actions_asked_together_get_their_own_outputs(peer, driver, feed):
    peer.script = lambda lines, connection: b"Number: %s\r\n\r\n" % header(lines, b"Number") + HANGUP
    asked = [feed.ask(Action([b"Action: X", b"Number: %d" % number]), 5) for number in range(20)]
    with peer.frozen():
        pauses = [begin(work) for work in asked]
    driver.wait_for(lambda: all(pause.is_over() for pause in pauses))
    for number, work in enumerate(asked):
        with pytest.raises(StopIteration) as end:
            work.send(True)
        assert end.value.value == b"Number: %d\r\n\r\n" % number
    driver.wait_for(lambda: told(feed, 1) == [HANGUP] * 20)


def test_nobody_gets_the_output_that_another_has_given_up(peer, driver, feed):
    peer.script = lambda lines, connection: b"Number: %s\r\n\r\n" % header(lines, b"Number")
    given_up = feed.ask(Action([b"Action: X", b"Number: 1"]), 5)
    with peer.frozen():
        begin(given_up)
        given_up.close()
    assert driver.run(feed.ask(Action([b"Action: X", b"Number: 2"]), 5)) == b"Number: 2\r\n\r\n"


def test_an_action_that_is_cut_off_is_an_error_and_not_sent_again(peer, driver, feed):
    peer.script = lambda lines, connection: connection.close()
    with pytest.raises(PbxError, match="closed the connection without an answer"):
        driver.run(feed.ask(STATUS, 5))
    driver.wait_for(lambda: told(feed, 1) == [BOOTED])
    assert len(peer.lines(b"status")) == 1


def test_an_action_that_the_pbx_does_not_take_whole_ends_the_connection(peer, driver, feed):
    large = Action([b"Action: X"] + [b"X: " + b"y" * 1000] * 100)
    with peer.frozen():
        with pytest.raises(PbxError, match="does not read"):
            for _ in range(1000):
                begin(feed.ask(large, 5))
        driver.wait_for(lambda: not feed.up)
    driver.wait_for(lambda: feed.up)


# A PBX that goes away


def test_a_lost_feed_comes_back_and_says_fully_booted(peer, driver, feed):
    place = feed.ring.last
    peer.drop_connections()
    driver.wait_for(lambda: told(feed, place) == [BOOTED])
    driver.wait_for(lambda: feed.up)
    peer.send_event(HANGUP)
    driver.wait_for(lambda: told(feed, place) == [BOOTED, HANGUP])


def test_half_an_event_does_not_survive_a_lost_connection(peer, driver, feed):
    peer.send_event(NEWCHANNEL[:30])
    peer.drop_connections()
    driver.wait_for(lambda: told(feed, 1) == [BOOTED])


def test_while_a_feed_is_down_an_action_is_refused_at_once(driver, peer):
    with serving(driver, Timing(first_retry=3600)) as feed:
        peer.drop_connections()
        driver.wait_for(lambda: not feed.up)
        with pytest.raises(PbxUnreachable):
            begin(feed.ask(STATUS, 5))


def test_a_feed_that_is_told_to_hurry_reconnects_at_once(driver, peer):
    with serving(driver, Timing(first_retry=3600, last_retry=3600)) as feed:
        peer.drop_connections()
        driver.wait_for(lambda: not feed.up)
        feed.hurry()
        driver.wait_for(lambda: feed.up)


def test_a_feed_that_stands_when_it_is_told_to_hurry_waits_all_the_same_when_it_is_lost(driver, peer):
    with serving(driver, Timing(first_retry=3600, last_retry=3600)) as feed:
        feed.hurry()
        peer.drop_connections()
        driver.wait_for(lambda: not feed.up)
        driver.stays(lambda: len(peer.lines(b"login")) == 1, 0.1)


def test_a_feed_begins_anew_when_what_comes_behind_its_login_is_no_event_at_all(driver, peer):
    def accept(lines, connection):
        connection.send(b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n" + b"x" * (MAX_BLOCK + 1))
    with serving(driver) as feed:
        peer.scripted, peer.script = ("login",), accept
        peer.drop_connections()
        driver.wait_for(lambda: len(peer.lines(b"login")) > 2)
        assert not feed.ended
        peer.scripted = ()
        peer.drop_connections()
        driver.wait_for(lambda: feed.up and told(feed)[-1:] == [BOOTED] and len(told(feed)) == 2)


def test_a_feed_goes_on_trying_while_the_pbx_does_not_answer(driver, peer):
    with serving(driver) as feed:
        peer.banner, banner = b"SSH-2.0-x\r\n", peer.banner
        peer.drop_connections()
        driver.wait_for(lambda: not feed.up)
        made = peer.connections
        driver.wait_for(lambda: peer.connections > made + 2)
        peer.banner = banner
        driver.wait_for(lambda: feed.up)
    assert not feed.refused


def test_a_feed_whose_account_is_refused_is_dead(driver, peer, feed):
    peer.users = {b"admin": b"changed"}
    peer.drop_connections()
    driver.wait_for(lambda: feed.refused)
    assert not feed.up
    driver.wait_for(lambda: not peer.live())
    assert len(peer.lines(b"login")) == 2


# A PBX that has moved


def test_a_feed_that_is_to_reconnect_has_not_been_lost(driver, peer):
    lost = []
    with serving(driver, lost=lambda: lost.append(1)) as feed:
        feed.reconnect()
        driver.wait_for(lambda: feed.up and peer.connections == 2)
        assert lost == []
        peer.drop_connections()
        driver.wait_for(lambda: feed.up and peer.connections == 3)
        assert lost == [1]


def test_a_login_under_way_when_the_feed_is_to_reconnect_is_given_up(driver, peer):
    with serving(driver, Timing(first_retry=0.01, last_retry=3600)) as feed:
        def accept_too_late(lines, connection):
            peer.scripted = ()
            feed.reconnect()
            return b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"

        peer.script, peer.scripted = accept_too_late, ("login",)
        peer.drop_connections()
        driver.wait_for(lambda: feed.up and len(peer.lines(b"login")) == 3)
        driver.wait_for(lambda: [each.number for each in peer.live()] == [3])


# A silent PBX


def test_a_silent_pbx_is_asked_whether_it_lives_and_nobody_sees_the_answer(driver, peer):
    with serving(driver, Timing(silence=0.01, answer=5.0)) as feed:
        driver.wait_for(lambda: len(peer.lines(b"ping")) > 3)
        assert feed.up
        assert told(feed) == [BOOTED]
        assert driver.run(feed.ask(Action([b"Action: Ping"]), 5)) == PONG
        assert peer.connections == 1


def test_a_frozen_pbx_counts_as_gone(driver, peer):
    with serving(driver, Timing(silence=0.01, answer=0.01, first_retry=3600)) as feed:
        with peer.frozen():
            driver.wait_for(lambda: not feed.up)


def test_a_frozen_pbx_counts_as_gone_whoever_waits_to_catch_up(driver, peer):
    with serving(driver, Timing(silence=0.01, answer=0.01, first_retry=3600)) as feed:
        with peer.frozen():
            work = feed.catch_up()
            pause = begin(work)
            driver.wait_for(lambda: not feed.up)
        assert feed.silent and pause.is_over()
        assert next(work, "over") == "over"


def test_who_has_caught_up_has_all_that_the_pbx_had_to_tell_before(driver, peer, feed):
    def answer(lines, connection):
        return NEWCHANNEL + HANGUP + ANSWER_TO_PING["16"] % {b"id": b"ActionID: %s\r\n" % header(lines, b"ActionID")}
    driver.wait_for(lambda: feed.ring.last == 1)
    peer.scripted, peer.script = ("ping",), answer
    driver.run(feed.catch_up())
    assert told(feed, 1) == [NEWCHANNEL, HANGUP]


def test_nobody_catches_up_with_a_feed_that_is_down(driver, peer):
    with serving(driver, Timing(first_retry=3600)) as feed:
        peer.drop_connections()
        driver.wait_for(lambda: not feed.up)
        driver.run(feed.catch_up())


def test_a_pbx_is_not_frozen_while_it_works_on_an_action(driver, peer):
    peer.script = lambda lines, connection: b"Response: Success\r\n\r\n"
    with serving(driver, Timing(silence=0.2, answer=0.0)) as feed:
        work = feed.ask(STATUS, 5)
        with peer.frozen():
            pause = begin(work)
            driver.stays(lambda: feed.up, 0.5)
        driver.wait_for(pause.is_over)
        with pytest.raises(StopIteration) as end:
            work.send(True)
        assert end.value.value == b"Response: Success\r\n\r\n"


# The end


def test_a_log_off_waits_until_the_pbx_has_ended_the_connection(driver, peer, feed):
    driver.run(feed.log_off())
    assert not feed.up
    assert len(peer.lines(b"logoff")) == 1
    assert len(peer.lines(b"login")) == 1


def test_a_log_off_of_a_lost_feed_ends_its_attempts(driver, peer):
    with serving(driver, Timing(first_retry=3600)) as feed:
        peer.drop_connections()
        driver.wait_for(lambda: not feed.up)
        driver.run(feed.log_off())
        driver.wait_for(lambda: "feed" not in [thread.name for thread in threading.enumerate()])


def test_closing_a_feed_does_not_wait_for_who_is_writing(driver, feed):
    with feed._lock:  # as by an action that the PBX does not take at once
        closing = threading.Thread(target=feed.close)
        closing.start()
        closing.join(2)
        assert not closing.is_alive()


def test_closing_a_feed_gives_those_who_wait_an_error(driver, peer):
    with serving(driver) as feed, peer.frozen():
        work = feed.ask(STATUS, 5)
        pause = begin(work)
        feed.close()
        driver.wait_for(pause.is_over)
        with pytest.raises(PbxError):
            work.send(True)
