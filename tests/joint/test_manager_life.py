"""How long things last, who gets whose answer, and what is left behind: nothing."""

import threading

import pytest

from ajam.ami.account import IDLE_SECONDS, LINGER_SECONDS
from tests.browser import Browser
from tests.joint.site import until
from tests.joint.test_manager_events import HANGUP
from tests.peer import Peer, header
from tests.serving import serve

DONE = b"Response: Success\r\n\r\n"
DENIED = b"Response: Error\r\nMessage: Permission denied\r\n\r\n"
LIFETIME = 60


def echo(lines, connection):
    """Answers with the action's own token."""
    return b"Response: Success\r\nToken: %s\r\n\r\n" % header(lines, b"Token")


@pytest.fixture
def gate():
    """While it is not set, the PBX works on actions named slow."""
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def session(site, peer, gate):
    def answer(lines, connection):
        if lines[0] == b"action: slow":
            gate.wait()
        return echo(lines, connection)

    peer.script = answer
    return site.logged_in()


def test_a_session_lasts_as_long_as_it_is_used_and_a_minute(site, session):
    for _ in range(3):
        site.pass_time(LIFETIME)
        assert session.action("x").body != DENIED
    site.pass_time(LIFETIME + 0.1)
    assert session.action("x").body == DENIED
    assert not site.sessions()


def test_an_expired_session_is_swept_away_without_being_asked_for(site, session, peer):
    site.pass_time(LIFETIME + 1)
    assert not site.sessions()
    site.pass_time(LINGER_SECONDS + 1)
    until(lambda: not peer.live())


def test_a_session_does_not_expire_under_a_slow_action(site, session, peer, gate):
    slow = site.begin("slow", session.cookie, token=1)
    until(lambda: peer.lines(b"slow"))
    site.pass_time(10 * LIFETIME)
    gate.set()
    assert slow.read_reply().body == b"Response: Success\r\nToken: 1\r\n\r\n"
    site.pass_time(LIFETIME)
    assert session.action("x").body != DENIED


def test_nothing_is_kept_for_who_does_not_log_in(site, browser, peer):
    for _ in range(100):
        browser.cookie = b""
        assert browser.action("Status").body == DENIED
        assert browser.cookie
    assert not site.sessions() and not peer.live()


def test_an_unknown_cookie_is_not_adopted(browser):
    browser.cookie = b'mansession_id="deadbeefdeadbeef"'
    browser.action("Status")
    assert browser.cookie != b'mansession_id="deadbeefdeadbeef"'


def test_idle_action_connections_go_after_ten_seconds_the_feed_stays(site, session, peer):
    session.action("x")
    assert len(peer.live()) == 2
    site.pass_time(IDLE_SECONDS)
    assert len(peer.live()) == 2
    site.pass_time(1)
    until(lambda: len(peer.live()) == 1)
    assert session.action("x").body != DENIED


def test_account_and_feed_go_ten_seconds_after_the_last_logoff(site, session, peer):
    other = site.logged_in()
    session.action("logoff")
    site.pass_time(LINGER_SECONDS + 1)
    assert len(peer.live(events=True)) == 1
    other.action("logoff")
    site.pass_time(LINGER_SECONDS)
    assert len(peer.live(events=True)) == 1
    site.pass_time(1)
    until(lambda: not peer.live())


def test_login_action_logoff_for_every_action_costs_one_feed(site, peer, browser):
    peer.script = echo
    for number in range(20):
        browser.log_in()
        assert browser.action("x", token=number).body.endswith(b"Token: %d\r\n\r\n" % number)
        browser.action("logoff")
        site.pass_time(1)
    assert len([lines for lines in peer.lines(b"login") if header(lines, b"Events") == b"on"]) == 1


# A browser that goes away


def test_a_browser_that_goes_away_ends_its_ami_connection_and_nobody_gets_its_answer(site, session, peer, gate):
    gone = site.begin("slow", session.cookie, token="gone")
    until(lambda: peer.lines(b"slow"))
    gone.close()
    until(lambda: site.daemon.lobby.connections == 1)
    waiting = [site.begin("quick", session.cookie, token=number) for number in range(5)]
    gate.set()
    assert [each.read_reply().body for each in waiting] == [
        b"Response: Success\r\nToken: %d\r\n\r\n" % number for number in range(5)]
    until(lambda: len(peer.live(events=True)) == 1)
    assert session.action("x", token="last").body == b"Response: Success\r\nToken: last\r\n\r\n"
    slow = {number for number, lines in peer.messages if lines[0] == b"action: slow"}
    assert not slow & {connection.number for connection in peer.live()}


def test_a_single_users_browser_that_goes_away_leaves_its_answer_to_nobody(site, peer, gate):
    def answer(lines, connection):
        if lines[0] == b"action: slow":
            gate.wait()
        return echo(lines, connection)

    peer.script = answer
    session = site.logged_in("single", "s1ngle")
    gone = site.begin("slow", session.cookie, token="gone")
    until(lambda: peer.lines(b"slow"))
    gone.close()
    waiting = site.begin("quick", session.cookie, token="mine")
    gate.set()
    assert waiting.read_reply().body == b"Response: Success\r\nToken: mine\r\n\r\n"


def test_logoff_during_an_action_lets_it_end(site, session, peer, gate):
    slow = site.begin("slow", session.cookie, token=1)
    until(lambda: peer.lines(b"slow"))
    session.action("logoff")
    gate.set()
    assert slow.read_reply().body == b"Response: Success\r\nToken: 1\r\n\r\n"
    site.pass_time(LINGER_SECONDS + 1)
    until(lambda: not peer.live())


# Many at once


def in_parallel(count, work):
    """Runs work(number) in `count` threads; the errors that came of it."""
    errors = []

    def guarded(number):
        try:
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


@pytest.mark.parametrize("username, secret", [("admin", "s3cret"), ("single", "s1ngle")])
def test_twenty_threads_on_one_cookie_get_every_one_its_own_answer(site, peer, username, secret):
    peer.script = lambda lines, connection: HANGUP * (username == "single") + echo(lines, connection)
    cookie = site.logged_in(username, secret).cookie
    browsers = [site.browser(cookie) for _ in range(20)]

    def ask(number):
        for turn in range(60):
            token = "%d-%d" % (number, turn)
            assert browsers[number].action("UserEvent", token=token).body == (
                b"Response: Success\r\nToken: %s\r\n\r\n" % token.encode())

    assert in_parallel(20, ask) == []
    assert len(peer.lines(b"userevent")) == 20 * 60


def test_events_are_told_once_however_many_wait_on_one_cookie(site, session, peer):
    waiters = [site.browser(session.cookie) for _ in range(6)]
    wanted = [b"Event: E\r\nPrivilege: user,all\r\nNumber: %d\r\n\r\n" % number for number in range(400)]
    told, home, over = [], [], threading.Event()

    def wait(number):
        while not over.is_set():
            body = waiters[number].action("waitevent", timeout=0 if number % 2 else 1).body
            told.extend(part for part in body.split(b"\r\n\r\n") if part.startswith(b"Event: E\r\n"))
        home.append(number)

    def send():
        for event in wanted:
            peer.send_event(event)
        until(lambda: len(told) >= len(wanted))
        over.set()
        while len(home) < len(waiters):
            site.pass_time(1)

    assert in_parallel(7, lambda number: wait(number) if number < 6 else send()) == []
    assert sorted(told) == sorted(event[:-4] for event in wanted)


def test_logins_and_logoffs_at_once_leave_nothing_behind(site, peer):
    peer.script = echo
    browsers = [site.browser() for _ in range(10)]

    def come_and_go(number):
        for turn in range(10):
            assert browsers[number].log_in().status == 200
            assert browsers[number].action("x", token=turn).body.endswith(b"Token: %d\r\n\r\n" % turn)
            assert browsers[number].action("logoff").status == 200

    assert in_parallel(10, come_and_go) == []
    assert not site.sessions()
    site.pass_time(LINGER_SECONDS + 1)
    until(lambda: not peer.live())


def come_and_go_until_the_end(address):
    """Logs in and out again, until nobody answers."""
    try:
        with Browser(address) as browser:
            while browser.log_in() and browser.action("logoff"):
                pass
    except OSError:
        pass


@pytest.mark.parametrize("seconds", [0, 1], ids=["at once", "politely"])
def test_stopping_in_the_midst_of_logins_leaves_nothing_behind(tmp_path, seconds):
    with Peer() as peer:
        for _ in range(5):
            daemon = serve(tmp_path, peer.address, ajam_conf="[daemon]\ndrain=%d\n" % seconds)
            daemon.start()
            browsers = [threading.Thread(target=come_and_go_until_the_end, args=(daemon.address,)) for _ in range(8)]
            for browser in browsers:
                browser.start()
            logins = len(peer.lines(b"login"))
            peer.wait_for(lambda peer: len(peer.lines(b"login")) > logins + 20)
            daemon.close()
            for browser in browsers:
                browser.join()
            until(lambda: not peer.live())


def test_at_the_end_every_connection_to_the_pbx_logs_off(tmp_path):
    with Peer() as peer:
        with serve(tmp_path, peer.address) as daemon, Browser(daemon.address) as browser:
            browser.log_in()
            browser.action("ping")
            connections = {each.number for each in peer.live(events=True) + peer.live(events=False)}
        peer.wait_for(lambda peer: len(peer.lines(b"logoff")) == 2)
        off = {number for number, lines in peer.messages if b"Action: Logoff" in lines}
        assert len(connections) == 2 and off == connections
