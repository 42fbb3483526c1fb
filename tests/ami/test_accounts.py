"""ajam/ami/accounts.py on a scripted PBX: every login asks the PBX, and few of them become a feed."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ajam.ami.account import GENERATION_SECONDS, LINGER_SECONDS
from ajam.ami.message import Action
from ajam.errors import LoginRefused, PbxUnreachable
from ajam.privileges import ALL
from tests.ami.driving import CHALLENGE, as_told, begin, login

BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
HANGUP = b"Event: Hangup\r\nPrivilege: call,all\r\n\r\n"
ACCEPTED = b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
FAILED = b"Response: Error\r\nMessage: Authentication failed\r\n\r\n"
IN_USE = b"Response: Error\r\nMessage: Login Already In Use\r\n\r\n"


def feeds(peer):
    return len(peer.live(events=True))


def test_the_first_login_becomes_the_feed(log_in, peer):
    answer = log_in()
    assert answer[:2] == (ACCEPTED, b"")
    assert (peer.connections, feeds(peer)) == (1, 1)
    assert repr(answer.account) == "Account(b'admin', 1 sessions, 0 actions)"


def test_later_logins_join_and_the_pbx_has_one_feed(log_in, driver, peer):
    first = log_in()
    second, third = log_in(), log_in(login(username=b"ADMIN"))
    assert first.account is second.account is third.account
    driver.wait_for(lambda: len(peer.live()) == 2)
    assert feeds(peer) == 1


def test_a_login_that_joins_is_asked_of_the_pbx_all_the_same(log_in, peer):
    log_in()
    answer = log_in(login(secret=b"wrong"))
    assert answer[:3] == (FAILED, b"", None)
    assert len(peer.lines(b"login")) == 2


@pytest.mark.parametrize("action", [
    login(secret=b"wrong"), login(username=b"nobody"), login(username=b""), Action([b"Action: Login"]),
], ids=["wrong secret", "unknown user", "empty name", "nothing"])
def test_a_refused_login_has_the_pbxs_answer_and_no_account(log_in, driver, peer, action):
    assert log_in(action)[:3] == (FAILED, b"", None)
    driver.wait_for(lambda: not peer.live())


@pytest.mark.parametrize("wants_boot", [False, True])
def test_fully_booted_is_told_to_who_wants_it_first_or_later(log_in, wants_boot):
    for _ in range(2):
        answer = log_in(wants_boot=wants_boot)
        assert answer.fully_booted == (BOOTED if wants_boot else b"")


def test_a_session_begins_behind_what_others_have_seen(log_in, driver, peer):
    first = log_in()
    peer.send_event(HANGUP)
    driver.wait_for(lambda: first.account.feed.ring.last == 1)
    second = log_in()
    assert (first.place, second.place) == (0, 1)


def test_what_comes_behind_the_first_login_is_in_the_ring(accounts, driver, peer):
    peer.scripted = ("ping",)
    peer.script = lambda lines, connection: HANGUP + b"Response: Success\r\n%s\r\n\r\n" % lines[1] + HANGUP
    account = driver.run(accounts.log_in(login(), True)).account
    assert as_told(account.feed.ring.after(0, ALL)) == ([HANGUP, HANGUP], 2, 0)


def test_the_clients_own_login_is_what_the_pbx_gets(log_in, peer):
    log_in(login(b"X-Extra: y", b"events: call", b"ActionID: 7"))
    assert peer.lines(b"login") == [
        [b"Action: Login", b"Username: admin", b"Secret: s3cret", b"X-Extra: y", b"ActionID: 7", b"Events: on"]]


# Generations


def test_a_changed_configuration_makes_a_new_account(log_in, configuration, driver, peer):
    old = log_in().account
    configuration.generation = 2
    new = log_in().account
    assert new is not old
    assert feeds(peer) == 2
    assert log_in().account is new


def test_an_account_of_ten_minutes_is_not_joined(log_in, clock):
    old = log_in().account
    clock.now += GENERATION_SECONDS
    assert log_in().account is not old


def test_after_a_reload_of_the_manager_an_account_is_not_joined(log_in, driver, peer):
    old = log_in().account
    peer.send_event(b"Event: Reload\r\nPrivilege: system,all\r\nModule: manager\r\n\r\n")
    driver.wait_for(lambda: old.feed.reloaded)
    assert log_in().account is not old


def test_an_account_that_became_old_during_a_login_is_not_joined(accounts, log_in, configuration, driver, peer):
    old = log_in().account
    with ThreadPoolExecutor() as pool, peer.frozen():
        late = pool.submit(log_in)
        driver.wait_for(lambda: peer.connections == 2)
        configuration.generation = 2
        assert not late.done()
    new = late.result().account
    assert new is not old
    peer.send_event(HANGUP)
    driver.wait_for(lambda: as_told(new.feed.ring.after(0, ALL))[0] == [HANGUP])


def test_a_browser_that_goes_away_before_the_events_are_on_leaves_no_connection(
        accounts, log_in, configuration, driver, peer):
    log_in()
    work = accounts.log_in(login(), False)
    pause = begin(work)
    configuration.generation = 2
    while not peer.lines(b"events"):
        driver.wait(pause)
        pause = work.send(True)
        driver.wait(pause)
    work.close()
    driver.wait_for(lambda: len(peer.live()) == 1)


def test_an_old_account_lives_as_long_as_its_sessions(accounts, log_in, configuration, clock, driver, peer):
    old = log_in().account
    configuration.generation = 2
    log_in()
    accounts.reap(clock.now + 1000)
    assert feeds(peer) == 2
    old.leave()
    accounts.reap(clock.now + LINGER_SECONDS + 0.1)
    driver.wait_for(lambda: feeds(peer) == 1)


# One connection only


def test_a_user_who_may_log_in_once_has_one_connection(log_in, configuration, driver, peer):
    configuration.single.add(b"admin")
    peer.single = (b"admin",)
    account = log_in().account
    assert log_in()[:3] == (IN_USE, b"", None)
    driver.run(account.feed.log_off())
    assert log_in().response == ACCEPTED


def test_his_place_is_free_at_the_first_look_after_his_session(accounts, log_in, configuration, clock, driver, peer):
    configuration.single.add(b"admin")
    peer.single = (b"admin",)
    log_in().account.leave()
    accounts.reap(clock.now + 0.1)
    driver.wait_for(lambda: not peer.live())
    assert log_in().response == ACCEPTED


def test_a_new_account_is_not_swept_away_before_its_session_has_begun(accounts, driver, configuration, clock, peer):
    configuration.single.add(b"admin")
    answer = driver.run(accounts.log_in(login(), False))
    accounts.reap(clock.now + 1000)
    assert answer.account.feed.up


# MD5


def test_a_challenge_and_the_login_with_its_key_go_over_one_connection(log_in_with_key, peer):
    assert log_in_with_key().response == ACCEPTED
    assert peer.connections == 1


def test_a_second_challenge_goes_over_the_connection_of_the_first(accounts, driver, peer):
    _, connection = driver.run(accounts.challenge(CHALLENGE))
    _, same = driver.run(accounts.challenge(CHALLENGE, connection))
    assert same is connection
    connection.close()


@pytest.mark.parametrize("known, single", [(b"s3cret", False), (None, True)], ids=["secret known", "secret not known"])
def test_without_the_secret_one_connection_does_all(log_in_with_key, configuration, driver, peer, known, single):
    configuration.secrets[b"admin"] = known
    peer.script = lambda lines, connection: b"Response: Success\r\n\r\n"
    account = log_in_with_key().account
    assert account.single is single
    assert driver.run(account.ask(Action([b"Action: Status"]))) == b"Response: Success\r\n\r\n"
    assert peer.connections == (1 if single else 2)


def test_without_the_secret_a_lost_feed_is_dead(accounts, log_in, log_in_with_key, driver, peer):
    account = log_in_with_key().account
    account.feed.hurry()
    peer.drop_connections()
    driver.wait_for(lambda: account.feed.refused)
    accounts.reap(0.0)
    assert log_in().response == ACCEPTED


# Without a login of the client's: digest


def test_a_user_whose_secret_is_right_joins_without_asking(accounts, log_in, driver, peer):
    account, place = driver.run(accounts.join(b"admin", b"s3cret"))
    assert driver.run(accounts.join(b"Admin", b"s3cret")) == (account, place)
    assert len(peer.lines(b"login")) == 1


def test_an_account_of_another_secret_is_not_joined(accounts, log_in, driver, peer):
    old, _ = driver.run(accounts.join(b"admin", b"s3cret"))
    peer.users = {b"admin": b"changed"}
    new, _ = driver.run(accounts.join(b"admin", b"changed"))
    assert new is not old
    assert log_in(login(secret=b"changed")).account is new


def test_an_account_that_the_pbx_has_refused_an_action_is_not_joined_with_a_key_either(
        log_in, log_in_with_key, configuration, driver, peer):
    configuration.secrets[b"admin"] = b"changed"
    old = log_in().account
    peer.users = {b"admin": b"changed"}
    with pytest.raises(LoginRefused):
        driver.run(old.ask(Action([b"Action: Status"])))
    assert log_in_with_key(b"changed").account is not old


def test_a_secret_that_the_pbx_does_not_know_is_a_refused_login(accounts, driver):
    with pytest.raises(LoginRefused):
        driver.run(accounts.join(b"admin", b"wrong"))


def test_a_user_who_is_in_already_is_told_so_not_ended(accounts, driver, configuration, peer):
    configuration.single.add(b"admin")
    peer.single = (b"admin",)
    driver.run(accounts.join(b"admin", b"s3cret"))
    with pytest.raises(PbxUnreachable, match="Login Already In Use"):
        driver.run(accounts.join(b"admin", b"s3cret"))
