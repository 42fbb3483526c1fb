"""[limits] of ajam.conf: what each option bounds, what one more is told, and that a reload brings another bound."""

from contextlib import ExitStack, contextmanager

import pytest

from tests.browser import Browser
from tests.joint.conftest import PATIENT_HTTP_CONF
from tests.joint.site import Site, until
from tests.joint.test_limits_logins import ACCEPTED
from tests.serving import MANAGER_CONF, serve, write_configuration

MULTIPART = b"Content-Type: multipart/form-data; boundary=b"
FILE = b'--b\r\nContent-Disposition: form-data; name="f"; filename="%s"\r\n\r\n%s\r\n--b--\r\n'
STRANGERS_ALONE = "[proxy]\ntrusted=192.0.2.1\n"  # so that this host is none of the proxies, and counts


@pytest.fixture
def limited(peer, tmp_path, clock):
    """limited(lines): a Site with these lines in [limits], for the length of a block."""
    (tmp_path / "uploads").mkdir()
    http_conf = PATIENT_HTTP_CONF + "[post_mappings]\nuploads=%s/uploads\n" % tmp_path

    @contextmanager
    def limited(lines, **texts):
        texts = {"http_conf": http_conf, "ajam_conf": STRANGERS_ALONE + "[limits]\n" + lines, **texts}
        with serve(tmp_path, peer.address, clock, **texts) as daemon, Site(daemon, clock, tmp_path) as site:
            yield site
    return limited


def reload(site, peer, lines):
    """Has the site follow a configuration with other limits."""
    write_configuration(site.directory, peer.address, http_conf=PATIENT_HTTP_CONF, ajam_conf="[limits]\n" + lines)
    site.daemon.reload()


# Connections


def test_connections_per_address(limited):
    with limited("connections_per_address=2\n") as site, ExitStack() as stack:
        oldest, second, newcomer = (stack.enter_context(Browser(site.daemon.address)) for _ in range(3))
        assert newcomer.log_in().body == ACCEPTED
        assert oldest.read_reply() is None
        assert second.log_in().body == ACCEPTED
        assert stack.enter_context(Browser(site.daemon.address, source="127.0.0.2")).log_in().body == ACCEPTED


def test_a_trusted_proxy_has_as_many_as_it_needs(limited):
    with limited("", ajam_conf="[limits]\nconnections_per_address=1\n") as site, ExitStack() as stack:
        browsers = [stack.enter_context(Browser(site.daemon.address)) for _ in range(5)]
        assert {browser.log_in().body for browser in browsers} == {ACCEPTED}


def test_header_time(limited):
    with limited("header_time=3000\n") as site, Browser(site.daemon.address) as silent, \
            Browser(site.daemon.address) as slow:
        slow.send(b"GET / HTTP/1.1\r\n")
        seats = site.daemon.lobby._seats
        until(lambda: sorted(each.reader.started for each in list(seats.all)) == [False, True])
        site.pass_time(2.9)
        assert site.is_quiet(silent) and site.is_quiet(slow)
        site.pass_time(0.2)
        assert silent.read_reply() is None
        assert slow.read_reply().line == b"HTTP/1.1 400 Bad Request"


# Uploads


def begin_upload(site, cookie, size=100):
    """A browser that has sent all of an upload but its last byte, and that byte."""
    browser = site.browser(cookie)
    body = FILE % (b"name", b"x" * size)
    browser.send(b"POST /asterisk/uploads HTTP/1.1\r\nHost: h\r\nCookie: %s\r\n%s\r\nContent-Length: %d\r\n\r\n%s" % (
        cookie, MULTIPART, len(body), body[:-1]))
    return browser, body[-1:]


def upload(site, cookie, content=b"x"):
    """The reply to a whole one."""
    with Browser(site.daemon.address) as browser:
        browser.cookie = cookie
        return browser.request("/asterisk/uploads", "POST", FILE % (b"name", content), (MULTIPART,))


def is_full(site, cookie):
    """True when no upload can begin now."""
    return upload(site, cookie).status == 503


def test_uploads_at_a_time(limited):
    with limited("uploads=2\n") as site:
        cookie = site.logged_in().cookie
        under_way = [begin_upload(site, cookie) for _ in range(2)]
        until(lambda: is_full(site, cookie))
        reply = upload(site, cookie)
        assert reply.header(b"Retry-After") == b"5" and b"<p>There are too many uploads at a time.</p>" in reply.body
        for browser, last in under_way:
            browser.send(last)
            assert browser.read_reply().status == 200
        assert upload(site, cookie).status == 200


def test_an_upload_that_is_broken_off_counts_no_more(limited):
    with limited("uploads=1\n") as site:
        cookie = site.logged_in().cookie
        for _ in range(3):
            browser, _ = begin_upload(site, cookie)
            until(lambda: is_full(site, cookie))
            browser.close()
            until(lambda: not is_full(site, cookie))


def test_upload_bytes(limited, tmp_path):
    with limited("upload_bytes=3000000\n") as site:
        cookie = site.logged_in().cookie
        assert upload(site, cookie, b"x" * 2_900_000).status == 200
        assert (tmp_path / "uploads" / "name").stat().st_size == 2_900_000
        assert upload(site, cookie, b"y" * 3_000_000).status == 413
        assert (tmp_path / "uploads" / "name").stat().st_size == 2_900_000


# What the PBX sends


def long_answer(lines, connection):
    """An answer of some 100,000 bytes."""
    return b"Response: Success\r\n" + b"Line: %s\r\n" % (b"x" * 990) * 100 + b"\r\n"


def test_answer_bytes(limited, peer):
    peer.script = long_answer
    with limited("answer_bytes=90000\n") as site:
        browser = site.logged_in()
        reply = browser.action("status")
        assert reply.status == 503
        assert b"\r\nMessage: The answer is longer than 90000 bytes; " in reply.body
        assert browser.action("ping").status == 200


def test_answer_bytes_of_a_user_who_may_be_logged_in_once(limited, peer):
    peer.script = long_answer
    single = MANAGER_CONF.replace("webenabled=yes", "webenabled=yes\nallowmultiplelogin=no")
    with limited("answer_bytes=90000\n", manager_conf=single) as site:
        reply = site.logged_in().action("status")
        assert reply.status == 503


def missed(site, peer, browser, count):
    """How many of `count` events are gone when a browser asks for them afterwards."""
    place = browser.action("waitevent", timeout="0", since="").body.partition(b"Since: ")[2].split()[0].decode()
    ring = next(iter(site.sessions())).account.feed.ring
    last = ring.last + count
    for number in range(count):
        peer.send_event(b"Event: Newexten\r\nPrivilege: dialplan,all\r\nNumber: %d\r\n\r\n" % number)
    until(lambda: ring.last == last)
    dropped = browser.action("waitevent", timeout="0", since=place).body.partition(b"Dropped: ")[2].split()
    return int(dropped[0]) if dropped else 0


@pytest.mark.parametrize("lines", ["events=100\n", "event_bytes=5000\n"])
def test_events_and_event_bytes(limited, peer, lines):
    with limited(lines) as site:
        assert missed(site, peer, site.logged_in(), 2000) > 500


def test_a_reload_brings_other_bounds_to_whom_is_logged_in(limited, peer):
    peer.script = long_answer
    with limited("answer_bytes=200000\n") as site:
        browser = site.logged_in()
        assert browser.action("status").status == 200
        assert missed(site, peer, browser, 2000) == 0
        reload(site, peer, "answer_bytes=90000\nevents=100\nconnections_per_address=7\n")
        site.pass_time(11)  # the connection that has lain idle meanwhile is not used any more
        assert browser.action("status").status == 503
        assert missed(site, peer, browser, 2000) > 500
