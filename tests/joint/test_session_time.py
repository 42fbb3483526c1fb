"""A session ends at a certain age, however much it is used, where the configuration says so (ajam.conf, session_time)."""

import pytest

from tests.joint.conftest import PATIENT_HTTP_CONF
from tests.joint.site import Site, until
from tests.joint.test_limits_logins import ask, begin_stream, is_in, nonce_of
from tests.serving import serve

SECONDS = 3600
STEP = 30  # a session that is used so often does not expire


def site_with(tmp_path, peer, clock, session_time):
    """A Daemon whose sessions may get that old."""
    return serve(tmp_path, peer.address, clock, http_conf=PATIENT_HTTP_CONF,
                 ajam_conf="[limits]\nsession_time=%d\n" % session_time)


@pytest.fixture
def site(peer, clock, tmp_path):
    """ajam whose sessions last for an hour."""
    with site_with(tmp_path, peer, clock, SECONDS) as daemon, Site(daemon, clock, tmp_path) as site:
        until(lambda: daemon.pbx.banner)
        yield site


def use(site, browser, seconds):
    """Uses its session for so long."""
    for _ in range(seconds // STEP):
        assert is_in(browser)
        site.pass_time(STEP)


def test_a_session_that_is_used_ends_at_its_age_and_its_user_logs_in_anew(site):
    browser = site.logged_in()
    use(site, browser, SECONDS)
    assert not is_in(browser)
    assert site.sessions() == []
    assert b"Authentication accepted" in browser.log_in().body
    assert is_in(browser)


def test_a_stream_and_a_wait_end_with_it(site):
    cookie = site.logged_in().cookie
    stream, head = begin_stream(site, cookie)
    waiting = site.begin("waitevent", cookie)
    assert head.status == 200
    site.pass_time(SECONDS - 1)
    waiting.read_reply()  # the longest wait there is was over
    waiting = site.begin("waitevent", cookie)
    assert site.is_quiet(waiting)
    site.pass_time(1)
    assert b"WaitEventComplete" in waiting.read_reply().body
    assert b"event: end" in until(lambda: stream.socket.recv(65536))
    assert site.sessions() == []


def test_a_digest_session_ends_too_and_the_next_request_begins_another(site):
    browser = site.browser()
    nonce, numbers = nonce_of(ask(browser)), []
    for _ in range(SECONDS // STEP + 1):
        reply = ask(browser, nonce, count=int(site.clock.now))
        if reply.status == 401:  # the nonce is too old, the session lives on under the next
            nonce = nonce_of(reply)
            reply = ask(browser, nonce, count=int(site.clock.now))
        assert reply.status == 200
        numbers += [session.number for session in site.sessions()]
        site.pass_time(STEP)
    assert numbers == [1] * (SECONDS // STEP) + [2]


@pytest.mark.parametrize("session_time", [0, 10 * SECONDS])
def test_without_it_or_before_it_no_age_ends_a_session_that_is_used(tmp_path, peer, clock, session_time):
    with site_with(tmp_path, peer, clock, session_time) as daemon, Site(daemon, clock, tmp_path) as site:
        browser = site.logged_in()
        use(site, browser, 2 * SECONDS)
        assert is_in(browser)


def test_a_reload_brings_another_age(site, peer):
    browser = site.logged_in()
    use(site, browser, 600)
    (site.directory / "ajam.conf").write_text(
        (site.directory / "ajam.conf").read_text().replace("session_time=%d" % SECONDS, "session_time=60"))
    site.daemon.reload()
    assert not is_in(browser)
