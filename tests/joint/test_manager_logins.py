"""Logins over HTTP on a scripted PBX (reference.md 2.5), and which of them share an account."""

import contextlib
import os

import pytest

from ajam.ami.account import GENERATION_SECONDS
from ajam.challenges import LIFETIME_SECONDS
from ajam.manager import REFUSED_SECONDS
from tests.joint.site import until
from tests.peer import header, md5_key

ACCEPTED = b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
FAILED = b"Response: Error\r\nMessage: Authentication failed\r\n\r\n"
IN_USE = b"Response: Error\r\nMessage: Login Already In Use\r\n\r\n"
DENIED = b"Response: Error\r\nMessage: Permission denied\r\n\r\n"
GOODBYE = b"Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n"
BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
HANGUP = b"Event: Hangup\r\nPrivilege: call,all\r\n\r\n"
RELOAD = b"Event: Reload\r\nPrivilege: system,all\r\nModule: manager\r\n\r\n"


@pytest.mark.parametrize("username, secret", [
    ("admin", "wrong"), ("admin", "S3CRET"), ("admin", ""), ("nobody", "s3cret"), ("", ""),
])
def test_a_refused_login_makes_no_session(site, browser, username, secret):
    reply = browser.log_in(username, secret)
    assert (reply.status, reply.body) == (200, FAILED)
    assert browser.action("Status").body == DENIED
    assert not site.sessions()


@pytest.mark.parametrize("fields", [{}, {"username": "admin"}, {"secret": "s3cret"}], ids=str)
def test_a_login_without_a_name_or_a_secret_is_refused(browser, fields):
    assert browser.action("login", **fields).body == FAILED


def test_a_login_whose_address_is_denied_never_reaches_the_pbx_and_is_told_a_second_later(site, peer):
    browser = site.begin("login", username="FENCED", secret="fenced", actionid="7")
    assert site.is_quiet(browser)
    site.pass_time(REFUSED_SECONDS)
    assert browser.read_reply().body == b"Response: Error\r\nActionID: 7\r\nMessage: Authentication failed\r\n\r\n"
    assert not peer.messages


@pytest.mark.parametrize("uri", ["manager", "mxml", "rawman"])
def test_a_login_at_any_uri_makes_a_session_for_all(browser, peer, uri):
    peer.script = lambda lines, connection: b"Response: Success\r\n\r\n"
    browser.log_in(uri=uri)
    assert browser.action("Status").body == b"Response: Success\r\n\r\n"


def test_a_login_by_head_makes_a_session(browser):
    browser.request("/asterisk/rawman?action=login&username=admin&secret=s3cret", "HEAD")
    assert browser.action("events", eventmask="on").body == b"Response: Success\r\nEvents: On\r\n\r\n"


def test_a_login_by_post_is_a_login_and_its_query_is_nothing(browser):
    assert browser.post("login", username="admin", secret="s3cret").body == ACCEPTED


def test_a_login_always_gets_a_new_id(site, browser):
    browser.cookie = b'mansession_id="deadbeefdeadbeefdeadbeefdeadbeef"'
    browser.log_in()
    assert browser.cookie != b'mansession_id="deadbeefdeadbeefdeadbeefdeadbeef"'
    assert site.browser(b'mansession_id="deadbeefdeadbeefdeadbeefdeadbeef"').action("Status").body == DENIED


def test_an_id_in_the_query_is_none(site, browser):
    browser.log_in()
    id = browser.cookie.split(b'"')[1].decode()
    assert site.browser().action("Status", mansession_id=id).body == DENIED


def test_who_is_logged_in_is_told_so_and_stays(browser, peer):
    browser.log_in()
    reply = browser.log_in("viewer", "viewer pass", actionid="7")
    assert reply.body == b"Response: Success\r\nActionID: 7\r\nMessage: Already authenticated\r\n\r\n"
    browser.action("Status")
    assert {header(lines, b"Username") for lines in peer.lines(b"login")} == {b"admin"}


@pytest.mark.parametrize("events, booted", [
    (None, b""), ("on", BOOTED), ("system,call", BOOTED), ("1", BOOTED), ("call", b""), ("off", b""), ("", b""),
    ("nonsense", b""),
])
def test_fully_booted_is_in_the_body_only_when_the_events_asked_for_include_system(site, events, booted):
    for _ in range(2):
        fields = {} if events is None else {"events": events}
        assert site.browser().log_in(**fields).body == ACCEPTED + booted


# Challenges


def challenge(browser, **fields):
    """The challenge that the browser gets, and its reply."""
    reply = browser.action("challenge", authtype="md5", **fields)
    return header(reply.body.split(b"\r\n"), b"Challenge"), reply


def log_in_with_key(browser, challenge, secret=b"s3cret"):
    key = md5_key(challenge, secret).decode()
    return browser.action("login", authtype="MD5", username="admin", key=key).body


def test_a_challenge_login_goes_over_the_connection_that_gave_the_challenge(browser, peer):
    given, reply = challenge(browser, actionid="7")
    assert reply.body == b"Response: Success\r\nActionID: 7\r\nChallenge: 100000001\r\n\r\n"
    before = browser.cookie
    assert log_in_with_key(browser, given) == ACCEPTED
    assert peer.connections == 1
    assert browser.cookie != before
    assert browser.action("events", eventmask="on").body == b"Response: Success\r\nEvents: On\r\n\r\n"


def test_a_challenge_is_bound_to_its_cookie(site, browser):
    given, _ = challenge(browser)
    assert log_in_with_key(site.browser(), given) == FAILED
    assert log_in_with_key(browser, given) == ACCEPTED


def test_a_challenge_is_good_for_one_login(browser):
    given, _ = challenge(browser)
    assert log_in_with_key(browser, given, b"wrong") == FAILED
    assert log_in_with_key(browser, given) == FAILED


def test_a_challenge_lasts_five_seconds(site, browser, peer):
    given, _ = challenge(browser)
    site.pass_time(LIFETIME_SECONDS + 0.1)
    until(lambda: not peer.live())
    assert log_in_with_key(browser, given) == FAILED


def test_a_second_challenge_of_one_browser_is_asked_on_the_same_connection(browser, peer):
    challenge(browser)
    given, _ = challenge(browser)
    assert peer.connections == 1
    assert log_in_with_key(browser, given) == ACCEPTED


def test_an_address_has_two_challenges_at_a_time(site, peer):
    browsers = [site.browser() for _ in range(3)]
    given = [challenge(browser)[0] for browser in browsers]
    until(lambda: len(peer.live()) == 2)
    assert [log_in_with_key(browser, each) for browser, each in zip(browsers, given)] == [FAILED, ACCEPTED, ACCEPTED]


def test_a_challenge_without_the_right_type_is_the_pbxs_to_refuse(browser, peer):
    peer.scripted = ("challenge",)
    peer.script = lambda lines, connection: b"Response: Error\r\nMessage: Must specify AuthType\r\n\r\n"
    assert browser.action("challenge").body == b"Response: Error\r\nMessage: Must specify AuthType\r\n\r\n"


def test_a_challenge_that_the_pbx_hangs_up_on_is_not_kept(browser, peer):
    def hang_up(lines, connection):
        connection.send(b"Response: Error\r\nMessage: No\r\n\r\n")
        connection.close()

    peer.scripted, peer.script = ("challenge",), hang_up
    assert browser.action("challenge").body == b"Response: Error\r\nMessage: No\r\n\r\n"
    peer.scripted = ()
    assert log_in_with_key(browser, challenge(browser)[0]) == ACCEPTED


# Accounts and generations


def feeds(peer):
    return len(peer.live(events=True))


def test_many_browsers_of_one_user_cost_the_pbx_one_feed(site, peer):
    for _ in range(5):
        site.logged_in()
    site.logged_in("ADMIN")
    assert feeds(peer) == 1
    site.logged_in("viewer", "viewer pass")
    assert feeds(peer) == 2


def test_a_touched_configuration_file_makes_the_next_login_a_new_account(site, peer):
    site.logged_in()
    os.utime(site.directory / "manager.conf", (1, 1))
    site.logged_in()
    assert feeds(peer) == 2
    site.logged_in()
    assert feeds(peer) == 2


def test_a_reload_of_the_manager_makes_the_next_login_a_new_account(site, peer):
    waiting = site.begin("waitevent", site.logged_in().cookie)
    peer.send_event(RELOAD)
    assert RELOAD in waiting.read_reply().body
    site.logged_in()
    assert feeds(peer) == 2


def test_after_ten_minutes_the_next_login_makes_a_new_account(site, peer):
    browser = site.logged_in()
    for _ in range(int(GENERATION_SECONDS // 50)):
        assert browser.action("events", eventmask="on").status == 200
        site.pass_time(50)
    site.logged_in()
    assert feeds(peer) == 2


# allowmultiplelogin=no


def test_a_single_user_has_one_connection_for_events_and_actions(site, peer):
    peer.script = lambda lines, connection: HANGUP + b"Response: Success\r\n\r\n" + RELOAD
    browser = site.logged_in("single", "s1ngle")
    assert browser.action("Status").body == b"Response: Success\r\n\r\n"
    assert peer.connections == 1
    assert HANGUP + RELOAD in browser.action("waitevent", timeout=5).body
    assert site.browser().log_in("single", "s1ngle").body == IN_USE


def test_a_single_users_logoff_is_told_when_the_pbx_has_let_him_go(site, peer):
    browser = site.logged_in("single", "s1ngle")
    with peer.frozen():
        leaving = site.begin("logoff", browser.cookie)
        assert site.is_quiet(leaving)
    assert leaving.read_reply().body == GOODBYE
    site.logged_in("single", "s1ngle")


def test_a_single_user_is_let_in_again_when_his_session_has_expired(site, peer):
    site.logged_in("single", "s1ngle")
    site.pass_time(61)
    site.pass_time(1)
    until(lambda: not peer.live())
    site.logged_in("single", "s1ngle")


def test_actions_of_a_single_user_come_back_to_their_own_requests(site, peer):
    peer.script = lambda lines, connection: b"Token: %s\r\n\r\n" % header(lines, b"Token")
    cookie = site.logged_in("single", "s1ngle").cookie
    with peer.frozen():
        browsers = [site.begin("echo", cookie, token=number) for number in range(10)]
    assert [browser.read_reply().body for browser in browsers] == [b"Token: %d\r\n\r\n" % n for n in range(10)]


# Strangers


def begin_sixteen_logins(site):
    """Browsers that log in at once, from as many addresses, lest they wait for one another (ajam/limiter.py)."""
    begun = [site.browser() for _ in range(16)]
    for number, browser in enumerate(begun):
        browser.send(b"GET /asterisk/rawman?action=login&username=admin&secret=s3cret HTTP/1.1\r\n"
                     b"Host: localhost\r\nX-Forwarded-For: 192.0.2.%d\r\n\r\n" % number)
    return begun


def test_at_most_sixteen_logins_are_at_the_pbx_at_a_time(site, peer):
    with peer.frozen():
        begun = begin_sixteen_logins(site)
        until(lambda: peer.connections == 16)
        begun.append(site.begin("login", username="viewer", secret="viewer pass"))
        until(lambda: site.daemon.pbx.strangers._waiting)
        assert peer.connections == 16
    assert [browser.read_reply().body for browser in begun] == [ACCEPTED] * 17


def test_who_waits_five_seconds_for_others_to_log_in_is_told_to_come_again(site):
    with contextlib.ExitStack() as others:
        for _ in range(16):
            others.enter_context(site.daemon.pbx.strangers.enter())
        late = site.begin("login", username="viewer", secret="viewer pass")
        until(lambda: site.daemon.pbx.strangers._waiting)
        site.pass_time(5)
        reply = late.read_reply()
    assert (reply.status, reply.header(b"Retry-After")) == (503, b"5")
    assert reply.body == b"Response: Error\r\nMessage: Too many logins at a time\r\n\r\n"


def test_browsers_that_go_away_during_a_login_give_their_places_back(site, peer):
    with peer.frozen():
        begun = begin_sixteen_logins(site)
        until(lambda: peer.connections == 16)
        for browser in begun:
            browser.close()
        until(lambda: site.daemon.lobby.connections == 0)
        late = site.begin("login", username="viewer", secret="viewer pass")
        until(lambda: peer.connections == 17)
    assert late.read_reply().body == ACCEPTED
