"""/-/metrics of a serving ajam: every number is what it says."""

import datetime
import shutil
import subprocess

import pytest

from ajam.watch import expiry
from tests.browser import Browser
from tests.exposition import read
from tests.joint.digest import authorization
from tests.joint.site import until
from tests.joint.test_manager_digest import nonce_of

PROMTOOL = shutil.which("promtool")
EVENT = b"Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: 1\r\n\r\n"


def scrape(site):
    """The numbers now, as exposition.read() gives them."""
    with Browser(site.daemon.address) as browser:
        reply = browser.request("/-/metrics")
    assert (reply.status, reply.header(b"Content-Type")) == (200, b"text/plain; version=0.0.4; charset=utf-8")
    return read(reply.body.decode())


def number(site, name, **labels):
    return scrape(site).get(name, {}).get(tuple(labels.items()))


def test_all_that_readme_promises_is_there(site):
    site.logged_in().action("ping")
    names = set(scrape(site))
    assert names >= {
        "ajam_http_requests_total", "ajam_http_request_duration_seconds_bucket", "ajam_sessions", "ajam_waits",
        "ajam_streams", "ajam_connections", "ajam_ring_events", "ajam_ring_dropped_total",
        "ajam_ami_round_trip_seconds_bucket", "ajam_ami_reconnects_total", "ajam_ami_up", "ajam_logins_failed_total",
        "ajam_tls_handshakes_failed_total",
        "ajam_build_info", "ajam_threads", "process_start_time_seconds", "process_resident_memory_bytes",
        "process_open_fds"}


@pytest.mark.skipif(PROMTOOL is None, reason="there is no promtool")
def test_promtool_finds_nothing_to_say(site):
    browser = site.logged_in()
    browser.action("ping")
    site.begin("waitevent", browser.cookie, timeout=5)
    with Browser(site.daemon.address) as other:
        page = other.request("/-/metrics").body
    said = subprocess.run([PROMTOOL, "check", "metrics"], input=page, capture_output=True)
    assert (said.returncode, said.stdout, said.stderr) == (0, b"", b"")


@pytest.mark.parametrize("path, uri, status", [
    ("/asterisk/rawman?action=ping", "rawman", 200), ("/ASTERISK/RawMan?action=ping", "rawman", 200),
    ("/asterisk/static/index.html", "static", 200), ("/asterisk/static/nothing", "static", 404),
    ("/asterisk/httpstatus", "httpstatus", 200), ("/asterisk/events", "events", 403),
    ("/asterisk/no%0asuch", "other", 404), ("/", "other", 404), ("/-/healthy", "-/healthy", 200),
    ("/-/nothing", "other", 404),
])
def test_a_request_is_counted_under_one_of_a_few_words(site, path, uri, status):
    site.browser().request(path)
    until(lambda: number(site, "ajam_http_requests_total", uri=uri, status=str(status)) == 1)


def test_what_is_no_request_is_counted_too(site):
    browser = site.browser()
    browser.send(b"nonsense\r\n\r\n")
    browser.read_reply()
    until(lambda: number(site, "ajam_http_requests_total", uri="other", status="400") == 1)


def test_a_thousand_paths_make_no_more_series_than_one(site):
    browser = site.browser()
    for index in range(1000):
        browser.request("/asterisk/x%d" % index)
    until(lambda: number(site, "ajam_http_requests_total", uri="other", status="404") == 1000)
    until(lambda: len(scrape(site)["ajam_http_requests_total"]) == 2)  # that, and the scrapes


def test_a_waitevent_is_kept_apart_from_what_is_answered_at_once(site, peer):
    browser = site.logged_in()
    wait = site.begin("waitevent", browser.cookie, timeout=40)
    site.pass_time(20)
    peer.send_event(EVENT)
    assert b"Hangup" in wait.read_reply().body
    until(lambda: number(site, "ajam_http_request_duration_seconds_count", uri="waitevent") == 1)
    told = scrape(site)
    assert told["ajam_http_request_duration_seconds_sum"][("uri", "waitevent"),] == 20
    assert told["ajam_http_request_duration_seconds_sum"][("uri", "rawman"),] == 0


def test_sessions_waits_streams_and_connections_are_counted_while_they_last(site):
    def numbers():
        """What is counted now; the connection of the look before may not have gone yet."""
        return [number(site, "ajam_" + name) for name in ("sessions", "waits", "streams", "connections")]

    until(lambda: numbers() == [0, 0, 0, 1])
    browser = site.logged_in()
    nonce_of(site.browser().request("/asterisk/arawman?action=ping"))  # no session comes of that
    wait = site.begin("waitevent", browser.cookie, timeout=40)
    stream = site.browser(browser.cookie)
    stream.send(b"GET /asterisk/events HTTP/1.1\r\nHost: x\r\nCookie: %s\r\n\r\n" % browser.cookie)
    stream.read_reply()
    until(lambda: numbers() == [1, 1, 1, 5])
    wait.close()
    stream.close()
    until(lambda: numbers() == [1, 0, 0, 3])
    browser.action("logoff")
    until(lambda: number(site, "ajam_sessions") == 0)


def test_events_are_counted_while_they_are_kept_and_when_they_fall_off(site, peer):
    site.logged_in()
    ring = site.sessions()[0].account.feed.ring
    before = ring.last
    ring._max_events = 10
    for _ in range(11):
        peer.send_event(EVENT * 100)
    until(lambda: ring.last == before + 1100)
    told = scrape(site)
    kept, dropped = told["ajam_ring_events"][()], told["ajam_ring_dropped_total"][()]
    assert kept + dropped == ring.last and dropped > 1000


def test_what_fell_off_stays_counted_when_its_ring_is_gone(site, peer):
    browser = site.logged_in()
    account = site.sessions()[0].account
    account.feed.ring.dropped = 7
    browser.action("logoff")
    for _ in range(2):
        site.pass_time(11)
        until(lambda: account.feed.ended)
    until(lambda: not site.daemon.manager.accounts.links[1])
    assert (number(site, "ajam_ring_events"), number(site, "ajam_ring_dropped_total")) == (0, 7)


def test_every_way_to_be_refused_is_a_failed_login(site):
    site.browser().log_in("admin", "wrong")
    site.browser().log_in("nobody", "wrong")
    target = b"/asterisk/arawman?action=ping"
    line = authorization(nonce_of(site.browser().request(target)), target, secret="wrong")
    assert site.browser().request(target, headers=(b"Authorization: " + line,)).status == 401
    site.begin("login", username="fenced", secret="fenced")
    until(lambda: number(site, "ajam_logins_failed_total") == 4)
    site.logged_in()
    assert number(site, "ajam_logins_failed_total") == 4


def test_actions_are_timed_and_the_link_is_up(site, peer):
    peer.script = lambda lines, connection: b"Response: Success\r\n\r\n"
    browser = site.logged_in()
    before = number(site, "ajam_ami_round_trip_seconds_count")
    browser.action("status")
    assert number(site, "ajam_ami_round_trip_seconds_count") == before + 1
    assert (number(site, "ajam_ami_up"), number(site, "ajam_ami_reconnects_total")) == (1, 0)
    peer.drop_connections()
    until(lambda: number(site, "ajam_ami_reconnects_total") == 1)
    assert number(site, "ajam_ami_up") == 1


def test_the_link_is_down_when_the_pbx_is_gone(site, peer):
    site.logged_in()
    peer.close()
    until(lambda: number(site, "ajam_ami_up") == 0)


def test_without_https_nothing_is_said_of_a_certificate(site):
    assert number(site, "ajam_tls_certificate_expiry_timestamp_seconds") is None


class Certificates:
    """What metrics see of web.tls.Certificates."""

    def __init__(self, expires):
        self.expires = expires


@pytest.mark.parametrize("certificates, seconds", [
    (None, None), (Certificates(None), None),
    (Certificates(datetime.datetime(2031, 1, 1, tzinfo=datetime.timezone.utc)), 1924992000.0),
], ids=["no HTTPS", "unknown", "known"])
def test_when_a_certificate_expires_is_told_in_seconds(certificates, seconds):
    assert expiry(certificates) == seconds
