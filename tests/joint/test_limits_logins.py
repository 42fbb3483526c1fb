"""Failed logins, sessions and streams over HTTP, within their limits and beyond (ajam.conf, [limits])."""

import json
import re

import pytest

from ajam.limiter import FREE_FACTOR
from ajam.manager import REFUSED_SECONDS
from tests.clock import Clock
from tests.joint.conftest import MANAGER_CONF_OF_MANY, PATIENT_HTTP_CONF
from tests.joint.digest import authorization
from tests.joint.site import Site, until
from tests.joint.test_manager_logins import ACCEPTED, FAILED, IN_USE, challenge, log_in_with_key
from tests.serving import serve

FREE = 5
ELSEWHERE = b"X-Forwarded-For: 198.51.100.9"  # from a proxy that is trusted, for it is on this host
DIGEST = b"/asterisk/arawman?action=events&eventmask=on"


def fail(browser, times, username="admin"):
    """Logs in wrongly so many times; returns the last reply."""
    for _ in range(times):
        reply = browser.log_in(username, "wrong")
    return reply


def log_in_from(browser, line, username="admin", secret="s3cret"):
    """A login whose request has a further header line."""
    return browser.request("/asterisk/rawman?action=login&username=%s&secret=%s" % (username, secret), headers=(line,))


# Failed logins


def test_within_the_limit_a_wrong_login_is_answered_as_ever(browser):
    for _ in range(FREE):
        reply = fail(browser, 1)
        assert (reply.status, reply.header(b"Retry-After"), reply.body) == (200, None, FAILED)


def test_beyond_it_the_answer_is_429_and_never_gets_to_the_pbx(site, browser, peer):
    fail(browser, FREE)
    until(lambda: not peer.live())
    asked = peer.connections
    for secret in ("wrong", "s3cret"):
        reply = browser.log_in("admin", secret)
        assert (reply.line, reply.header(b"Retry-After")) == (b"HTTP/1.1 429 Too Many Requests", b"2")
        assert reply.body == FAILED
    assert peer.connections == asked
    assert not site.sessions()


def test_when_its_time_has_come_the_right_one_is_let_in_and_all_is_forgiven(site, browser):
    fail(browser, FREE)
    site.pass_time(1.5)
    assert browser.log_in().header(b"Retry-After") == b"1"
    site.pass_time(0.5)
    assert browser.log_in().body == ACCEPTED
    assert fail(site.browser(), FREE).status == 200


def test_each_further_failure_doubles_the_delay(site, browser):
    fail(browser, FREE)
    for seconds in (2, 4, 8):
        assert browser.log_in().header(b"Retry-After") == b"%d" % seconds
        site.pass_time(seconds)
        assert fail(browser, 1).status == 200


@pytest.mark.parametrize("uri, content_type, body", [
    ("rawman", b"text/plain", rb"Response: Error\r\nActionID: 7\r\nMessage: Authentication failed\r\n\r\n"),
    ("manager", b"text/html", rb".*<td>Response</td><td>Error</td>.*<td>Authentication failed</td>.*"),
    ("mxml", b"text/xml", rb".* response='Error' actionid='7' message='Authentication failed' .*"),
    ("mjson", b"application/json", rb"\[\{.*\}\]\n"),
])
def test_it_is_the_same_body_in_every_form(site, browser, uri, content_type, body):
    replies = []
    for _ in range(FREE + 1):
        replies.append(browser.log_in("admin", "wrong", uri=uri, actionid="7"))
        browser.cookie = b""
    assert [reply.status for reply in replies] == [200] * FREE + [429]
    assert len({reply.body for reply in replies}) == 1
    assert replies[-1].header(b"Content-type") == content_type
    assert re.fullmatch(body, replies[-1].body, re.DOTALL)
    if uri == "mjson":
        assert json.loads(replies[-1].body)[0]["Message"] == "Authentication failed"


@pytest.mark.parametrize("username", ["admin", "nobody", ""])
def test_users_who_are_there_and_who_are_not_are_refused_alike(browser, username):
    replies = [fail(browser, 1, username) for _ in range(FREE + 1)]
    assert [reply.status for reply in replies] == [200] * FREE + [429]
    assert {reply.body for reply in replies} == {FAILED}


def test_a_user_whose_address_rules_keep_him_out_is_counted_too(site, peer):
    for _ in range(FREE):
        browser = site.begin("login", username="fenced", secret="fenced")
        assert site.is_quiet(browser)
        site.pass_time(REFUSED_SECONDS)
        assert browser.read_reply().status == 200
    assert site.browser().log_in("fenced", "fenced").status == 429
    assert not peer.messages


def test_one_users_failures_delay_neither_another_nor_the_same_from_elsewhere(site, browser):
    fail(browser, FREE)
    assert browser.log_in("admin").status == 429
    assert site.browser().log_in("viewer", "viewer pass").body == ACCEPTED
    assert log_in_from(site.browser(), ELSEWHERE).body == ACCEPTED


def test_an_address_is_limited_whomever_it_tries(site, browser):
    for number in range(FREE_FACTOR * FREE):
        assert fail(browser, 1, "user%d" % number).status == 200
    assert browser.log_in("viewer", "viewer pass").status == 429
    assert log_in_from(site.browser(), ELSEWHERE).body == ACCEPTED


def test_of_many_addresses_that_guess_one_users_secret_each_has_one_guess(site, browser):
    for number in range(FREE_FACTOR * FREE):
        assert log_in_from(browser, b"X-Forwarded-For: 10.0.0.%d" % number, secret="wrong").status == 200
    assert log_in_from(browser, ELSEWHERE, secret="wrong").status == 200
    assert log_in_from(browser, ELSEWHERE, secret="wrong").status == 429
    assert browser.log_in().body == ACCEPTED


def test_who_is_logged_in_goes_on(site, browser):
    working = site.logged_in()
    fail(browser, FREE)
    assert browser.log_in().status == 429
    assert working.action("events", eventmask="on").status == 200
    assert b"Already authenticated" in working.log_in().body


def test_a_login_without_an_answer_is_no_failure(site, peer):
    peer.close()
    for _ in range(2 * FREE):
        assert site.browser().log_in().status == 503


def test_a_browser_that_goes_away_before_the_answer_has_failed(site, peer):
    """A right secret is answered at once, a wrong one a second later: who does not wait for that shall not guess more."""
    with peer.frozen():
        begun = [site.begin("login", username="admin", secret="wrong") for _ in range(FREE)]
        until(lambda: peer.connections == FREE)
        for browser in begun:
            browser.close()
        until(lambda: site.daemon.lobby.connections == 0)
    assert site.browser().log_in().status == 429


def test_a_user_who_is_in_use_is_no_failure(site):
    site.logged_in("single", "s1ngle")
    for _ in range(FREE + 1):
        reply = site.browser().log_in("single", "s1ngle")
        assert (reply.status, reply.body) == (200, IN_USE)


def test_a_wrong_key_for_a_challenge_is_a_failure(browser):
    for _ in range(FREE):
        given, _ = challenge(browser)
        assert log_in_with_key(browser, given, b"wrong") == FAILED
    given, _ = challenge(browser)
    reply = browser.action("login", authtype="MD5", username="admin", key="0" * 32)
    assert (reply.status, reply.body) == (429, FAILED)


def test_no_record_of_a_limited_login_holds_the_secret_and_one_says_how_long_it_is(browser, caplog):
    fail(browser, FREE)
    browser.log_in()
    assert "127.0.0.1 has failed too often and may log in as 'admin' in 2 s" in caplog.text


def test_a_reload_brings_another_number_and_forgets_nothing(site, browser):
    fail(browser, FREE)
    assert browser.log_in().status == 429
    with open(site.directory / "ajam.conf", "a", encoding="ascii") as file:
        file.write("[limits]\nfailed_logins=6\n")
    site.daemon.reload()
    assert browser.log_in().status == 429
    site.pass_time(2)
    assert fail(browser, 1).status == 200
    assert browser.log_in().status == 429


# Digest


def nonce_of(reply):
    """The nonce of a 401."""
    return re.search(rb'nonce="([0-9a-f]+)"', reply.header(b"WWW-authenticate"))[1].decode()


def ask(browser, nonce="", secret="s3cret", count=1, username="admin"):
    """A request with digest credentials, or without for no nonce."""
    headers = (b"Authorization: " + authorization(nonce, DIGEST, count, username, secret),) if nonce else ()
    return browser.request(DIGEST, headers=headers)


def test_wrong_digests_are_failures_and_beyond_the_limit_429(browser, peer):
    nonce = nonce_of(ask(browser))
    for count in range(FREE):
        assert ask(browser, nonce, "wrong", count + 1).status == 401
    for secret in ("wrong", "s3cret"):
        reply = ask(browser, nonce, secret, 10)
        assert (reply.status, reply.header(b"Retry-After"), reply.header(b"WWW-authenticate")) == (429, b"2", None)
        assert b"<p>Authentication failed</p>" in reply.body
    assert not peer.messages


def test_digests_and_logins_are_counted_together(browser):
    fail(browser, FREE)
    assert ask(browser, nonce_of(ask(browser))).status == 429


def test_asking_without_credentials_is_no_failure(browser):
    assert {ask(browser).status for _ in range(10 * FREE)} == {401}


def test_a_stale_nonce_is_no_failure_and_no_success(site, browser):
    nonce = nonce_of(ask(browser))
    site.pass_time(61)
    fail(browser, FREE - 1)
    for count in range(2 * FREE):
        reply = ask(browser, nonce, count=count + 1)
        assert reply.status == 401 and b"stale=true" in reply.header(b"WWW-authenticate")
    fail(browser, 1)
    assert browser.log_in().status == 429


def test_a_digest_session_goes_on_whoever_fails_from_the_same_address(site, browser):
    nonce = nonce_of(ask(browser))
    assert ask(browser, nonce).status == 200
    site.pass_time(50)
    fail(site.browser(), FREE)
    assert ask(site.browser(), nonce_of(ask(browser))).status == 429
    assert ask(browser, nonce, count=2).status == 200
    site.pass_time(11)
    fail(site.browser(), 1)
    assert ask(site.browser(), nonce_of(ask(browser))).status == 429
    assert ask(browser, nonce_of(ask(browser, nonce, count=3))).status == 200


# Sessions


@pytest.fixture
def crowded(peer, tmp_path):
    """ajam with room for four sessions, two of a user, three from an address, and two streams of each."""
    clock = Clock()
    conf = "[limits]\nsessions=4\nsessions_per_user=2\nsessions_per_address=3\nstreams_per_session=2\n"
    with serve(tmp_path, peer.address, clock, http_conf=PATIENT_HTTP_CONF, manager_conf=MANAGER_CONF_OF_MANY,
               ajam_conf=conf) as daemon, Site(daemon, clock, tmp_path) as site:
        until(lambda: daemon.pbx.banner)
        yield site


def newcomer(site, username="admin", secret="s3cret", address="10.0.0.1"):
    """A browser that is logged in from an address."""
    browser = site.browser()
    line = b"X-Forwarded-For: " + address.encode()
    assert log_in_from(browser, line, username, secret.replace(" ", "+")).body == ACCEPTED
    site.clock.now += 1
    return browser


def is_in(browser):
    """True while its session is there."""
    return browser.action("events", eventmask="on").body == b"Response: Success\r\nEvents: On\r\n\r\n"


def test_of_one_user_the_session_goes_that_is_idle_longest(crowded):
    first, second = newcomer(crowded), newcomer(crowded, address="10.0.0.2")
    assert is_in(first)
    crowded.clock.now += 1
    third = newcomer(crowded, address="10.0.0.3")
    assert [is_in(browser) for browser in (first, second, third)] == [True, False, True]
    assert len(crowded.sessions()) == 2


def test_another_users_sessions_stay(crowded):
    other = newcomer(crowded, "viewer", "viewer pass")
    for number in range(3):
        newcomer(crowded, address="10.0.0.%d" % number)
    assert is_in(other)


def test_from_one_address_the_session_goes_that_is_idle_longest(crowded):
    browsers = [newcomer(crowded, *user) for user in (
        ("admin", "s3cret"), ("viewer", "viewer pass"), ("viewer", "viewer pass"), ("admin", "s3cret"))]
    assert [is_in(browser) for browser in browsers] == [False, True, True, True]


def test_an_ipv6_network_counts_as_one_address(crowded):
    browsers = [newcomer(crowded, *user, address) for user, address in (
        (("admin", "s3cret"), "2001:db8::1"), (("viewer", "viewer pass"), "2001:db8::2"),
        (("viewer", "viewer pass"), "2001:db8::3"), (("admin", "s3cret"), "2001:db8::4"))]
    assert [is_in(browser) for browser in browsers] == [False, True, True, True]


def test_of_all_the_session_goes_that_is_idle_longest(crowded):
    browsers = [newcomer(crowded, *user, "10.0.0.%d" % number) for number, user in enumerate((
        ("admin", "s3cret"), ("admin", "s3cret"), ("viewer", "viewer pass"), ("viewer", "viewer pass"),
        ("single", "s1ngle")))]
    assert [is_in(browser) for browser in browsers] == [False, True, True, True, True]
    assert len(crowded.sessions()) == 4


def test_a_busy_session_stays_and_when_all_are_busy_the_newcomer_is_refused(crowded):
    waiting = [crowded.begin("waitevent", newcomer(crowded).cookie)]
    idle = newcomer(crowded)
    newcomer(crowded)
    assert not is_in(idle)
    waiting.append(crowded.begin("waitevent", newcomer(crowded).cookie))
    reply = crowded.browser().log_in()
    assert (reply.status, reply.header(b"Retry-After")) == (503, b"5")
    assert reply.body == b"Response: Error\r\nMessage: Too many sessions\r\n\r\n"
    assert crowded.is_quiet(waiting[0]) and crowded.is_quiet(waiting[1])


def test_a_session_that_had_to_go_never_comes_back(crowded):
    gone = newcomer(crowded)
    for _ in range(2):
        newcomer(crowded)
    assert not is_in(gone)
    for browser in (gone, crowded.browser(gone.cookie)):
        assert b"Permission denied" in browser.action("Status").body


def test_a_digest_session_is_limited_as_well(crowded):
    for _ in range(5):
        browser = crowded.browser()
        assert ask(browser, nonce_of(ask(browser))).status == 200
    assert len(crowded.sessions()) == 2


# Streams and waits


def begin_stream(site, cookie):
    """A browser that has begun to read a stream, and the stream's head."""
    browser = site.browser(cookie)
    browser.send(b"GET /asterisk/events HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n" % cookie)
    return browser, browser.read_reply(bodiless=True)


def test_a_stream_too_many_is_refused_at_once_and_the_others_go_on(crowded):
    cookie = newcomer(crowded).cookie
    streams = [begin_stream(crowded, cookie) for _ in range(3)]
    assert [head.status for _, head in streams] == [200, 200, 503]
    assert streams[2][1].header(b"Retry-After") == b"5"
    streams[0][0].close()
    until(lambda: begin_stream(crowded, cookie)[1].status == 200)


def test_a_wait_with_since_counts_as_a_stream(crowded):
    cookie = newcomer(crowded).cookie
    streams = [begin_stream(crowded, cookie) for _ in range(2)]
    reply = crowded.browser(cookie).action("waitevent", since="")
    assert (reply.status, reply.header(b"Retry-After")) == (503, b"5")
    assert reply.body == b"Response: Error\r\nMessage: Too many streams of one session\r\n\r\n"
    assert all(head.status == 200 for _, head in streams)


def test_a_classic_wait_sends_the_older_one_home_however_many_there_were(crowded):
    cookie = newcomer(crowded).cookie
    waits = [crowded.begin("waitevent", cookie)]
    for _ in range(5):
        browser = crowded.browser(cookie)
        browser.send_action("waitevent")
        assert waits[-1].read_reply().body == b""
        waits.append(browser)
    assert crowded.is_quiet(waits[-1])


@pytest.mark.parametrize("line", ["failed_logins=0", "sessions=0", "streams_per_session=x", "sessions_per_user=-1"])
def test_a_limit_that_lets_nothing_through_is_a_mistake(tmp_path, peer, line):
    with pytest.raises(Exception, match="ajam.conf:2: .* is not a number from 1 to"):
        serve(tmp_path, peer.address, ajam_conf="[limits]\n%s\n" % line)
