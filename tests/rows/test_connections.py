"""Rows about connections: how much may come on one, for how long, and where a request ends."""

import pytest

from tests.browser import Browser
from tests.peer import Peer
from tests.rows.time_passing import is_over, is_silent, let_pass
from tests.serving import HTTP_CONF, serve
from tests.web.site import wait_until

FORM = b"POST /asterisk/rawman HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
PING = b"GET /asterisk/rawman?action=ping HTTP/1.1\r\nHost: x\r\n"
DENIED = b"Response: Error\r\nMessage: Permission denied\r\n\r\n"
ACCEPTED = b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"


def exchange(browser, data):
    """The reply to raw bytes."""
    browser.send(data)
    return browser.read_reply()


# 1, 2: sizes


@pytest.mark.parametrize("length", [b"40961", b"999999999", b"%d" % 2**63, b"%d" % 2**64, b"9" * 5000],
                         ids=["one too many", "9 digits", "2^63", "2^64", "5000 digits"])
def test_row_1_a_huge_content_length_is_refused_before_anything_of_it_comes(browser, length):
    reply = exchange(browser, FORM + b"Content-Length: %b\r\n\r\n" % length)
    assert reply.line == b"HTTP/1.1 413 Request Entity Too Large"
    assert reply.header(b"Connection") == b"close"
    assert browser.read_reply() is None


def test_row_1_chunks_that_add_up_to_too_much_are_refused(browser):
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    reply = exchange(browser, FORM + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 3)
    assert (reply.status, reply.header(b"Connection")) == (413, b"close")


def test_row_1_a_form_of_the_greatest_size_is_served(browser):
    assert browser.post("ping", filling="x" * (40960 - len("action=ping&filling="))).body == DENIED


@pytest.mark.parametrize("headers", [
    [b"X-%d: y" % number for number in range(100)],
    [b"Cookie: a=b"] * 1000,
    [b"Cookie: " + b"a" * 65536],
    [b"X-Long: " + b"a" * 8190],
    [b"X-%d: " % number + b"a" * 8000 for number in range(5)],
], ids=["101 headers", "1000 cookies", "a cookie of 64 KiB", "a header of 8 KiB", "40 KiB in all"])
def test_row_2_more_headers_than_anybody_needs_are_refused(browser, headers):
    reply = browser.request("/asterisk/rawman?action=ping", headers=headers)
    assert (reply.status, reply.header(b"Connection")) == (431, b"close")


@pytest.mark.parametrize("headers", [
    [b"X-%d: y" % number for number in range(99)],
    [b"Cookie: " + b'\\"' * 4000],
    [b"Cookie: " + b";" * 8000],
    [b"Cookie: " + b"=" * 8000],
], ids=["100 headers", "quotes", "semicolons", "equal signs"])
def test_row_2_as_many_as_may_come_are_served(browser, headers):
    assert browser.request("/asterisk/rawman?action=ping", headers=headers).body == DENIED


# 3: times


def test_row_3_who_says_nothing_is_let_go_after_ten_seconds(browser, pass_time):
    pass_time(9)
    assert not is_over(browser)
    pass_time(1)
    assert is_over(browser)


def test_row_3_a_head_that_drips_has_ten_seconds_in_all(browser, pass_time):
    for byte in (b"G", b"E", b"T"):
        browser.send(byte)
        pass_time(3)
    browser.send(b" ")
    assert is_silent(browser)
    pass_time(1)
    reply = browser.read_reply()
    assert reply.line == b"HTTP/1.1 400 Bad Request"
    assert b"<p>Timeout</p>" in reply.body
    assert browser.read_reply() is None


def test_row_3_a_body_that_drips_has_session_inactivity_in_all(peer, tmp_path, clock):
    conf = HTTP_CONF + "session_inactivity=20000\n"
    with serve(tmp_path, peer.address, clock, http_conf=conf) as daemon, Browser(daemon.address) as browser:
        browser.send(FORM + b"Content-Length: 100\r\n\r\n")
        for _ in range(4):
            browser.send(b"x")
            assert is_silent(browser)
            let_pass(daemon, clock, 5)
        assert browser.read_reply().status == 400


def test_row_3_an_idle_connection_is_kept_for_session_keep_alive(peer, tmp_path):
    conf = HTTP_CONF + "session_keep_alive=50\n"
    with serve(tmp_path, peer.address, http_conf=conf) as daemon, Browser(daemon.address) as browser:
        assert [browser.action("ping").body for _ in range(2)] == [DENIED] * 2
        assert browser.read_reply() is None


# 4, 42: numbers


def test_row_4_connections_without_a_request_keep_nobody_out(peer, tmp_path):
    with serve(tmp_path, peer.address, http_conf=HTTP_CONF + "sessionlimit=3\n") as daemon:
        silent = [Browser(daemon.address) for _ in range(10)]
        with Browser(daemon.address) as browser:
            assert browser.log_in().body == ACCEPTED
        assert [each.read_reply() for each in silent[:8]] == [None] * 8
        for each in silent:
            each.close()


def test_row_4_a_pbx_that_is_away_is_told_of_at_once_in_the_format_asked_for(tmp_path):
    with Peer() as gone:
        pass
    with serve(tmp_path, gone.address) as daemon, Browser(daemon.address) as browser:
        reply = browser.action("Login", uri="mxml", Username="admin", Secret="s3cret")
    assert (reply.status, reply.header(b"Retry-After")) == (503, b"5")
    assert b"<generic response='Error' message='The PBX cannot be reached' />" in reply.body


def test_row_4_a_browser_that_leaves_in_the_middle_disturbs_nobody(peer, daemon, browser):
    peer.script = lambda lines, connection: b"x: y\r\n" * 200000 + b"\r\n"
    browser.log_in()
    for _ in range(3):
        with Browser(daemon.address) as leaver:
            leaver.send(PING.replace(b"ping", b"big") + b"Cookie: " + browser.cookie + b"\r\n\r\n")
            peer.wait_for(lambda peer: b"big" in peer.actions())
        peer.messages.clear()
    assert len(browser.action("Big").body) == 1200002


def test_row_42_when_all_connections_are_busy_a_newcomer_is_closed_without_a_word(peer, tmp_path, standstill):
    with serve(tmp_path, peer.address, http_conf=HTTP_CONF + "sessionlimit=2\n") as daemon:
        with Browser(daemon.address) as first, Browser(daemon.address) as second:
            first.log_in()
            for browser in (first, second):
                browser.send(PING.replace(b"ping", b"slow") + b"Cookie: " + first.cookie + b"\r\n\r\n")
            peer.wait_for(lambda peer: peer.actions() == [b"slow", b"slow"])
            with Browser(daemon.address) as newcomer:
                assert newcomer.read_reply() is None
            standstill()
            assert [browser.read_reply().status for browser in (first, second)] == [200, 200]


# 7: numbers in what is sent


@pytest.mark.parametrize("value", [b"-1", b"+1", b"1_0", b"0x10", b"12abc", b"", b"1 2", b"\xb2", b"1,1"])
def test_row_7_a_content_length_that_is_no_plain_number_is_refused(browser, value):
    reply = exchange(browser, FORM + b"Content-Length: %b\r\n\r\n" % value)
    assert reply.line == b"HTTP/1.1 400 Bad Request"
    assert b"<p>Invalid Content-Length in request!</p>" in reply.body
    assert browser.read_reply() is None


@pytest.mark.parametrize("size", [b"-1", b"+1", b"0x1", b"1_0", b"", b" 1", b"1" * 16, b"0" * 2000])
def test_row_7_a_chunk_size_that_is_no_plain_number_is_refused(browser, size):
    reply = exchange(browser, FORM + b"Transfer-Encoding: chunked\r\n\r\n%b\r\nx\r\n0\r\n\r\n" % size)
    assert (reply.status, reply.header(b"Connection")) == (400, b"close")


@pytest.mark.parametrize("timeout", [
    "9" * 5000, "-" + "9" * 5000, "0x" + "f" * 5000, "0" * 5000 + "7", "1e999", "%s",
], ids=["nines", "minus nines", "0xf...", "zeros", "1e999", "a format"])
def test_row_7_a_wait_with_any_timeout_ends_before_its_session_does(browser, pass_time, timeout):
    browser.log_in()
    wait = PING.replace(b"ping", b"waitevent&timeout=" + timeout.encode())
    browser.send(wait + b"Cookie: " + browser.cookie + b"\r\n\r\n")
    wait_until(lambda: pass_time(50) or not is_silent(browser))
    assert browser.read_reply().body.endswith(b"Event: WaitEventComplete\r\n\r\n")


@pytest.mark.parametrize("mask, answer", [
    ("9" * 500, b"Response: Error\r\nMessage: Invalid event mask\r\n\r\n"),
    ("9" * 7000, b"Response: Error\r\nMessage: Invalid event mask\r\n\r\n"),
    ("0" * 500, b"Response: Success\r\nEvents: Off\r\n\r\n"),
    ("4294967296", b"Response: Success\r\nEvents: Off\r\n\r\n"),
    ("99999999999", b"Response: Success\r\nEvents: On\r\n\r\n"),
], ids=["500 nines", "7000 nines", "500 zeros", "2^32", "11 nines"])
def test_row_7_a_mask_of_digits_is_what_c_makes_of_them(browser, mask, answer):
    browser.log_in()
    assert browser.action("Events", EventMask=mask).body == answer


# 17, 25, 30, 31, 46, 47: where a request ends, and a reply


def test_row_17_no_error_has_a_body_for_head(browser):
    reply = browser.request("/nowhere", "HEAD")
    assert reply.status == 404
    assert int(reply.header(b"Content-Length")) > 0
    assert browser.action("ping").body == DENIED


def test_row_17_head_performs_the_action(peer, browser):
    assert browser.request("/asterisk/rawman?action=login&username=admin&secret=s3cret", "HEAD").status == 200
    browser.request("/asterisk/rawman?action=status", "HEAD")
    assert peer.actions() == [b"status"]


@pytest.mark.parametrize("broken", [
    b"Content-Length: x\r\n\r\n",
    b"Content-Length: 50000\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\nx\r\n",
], ids=["no length", "too long", "no chunk"])
def test_row_25_a_broken_form_leaves_no_session_behind_and_keeps_none_alive(daemon, browser, pass_time, broken):
    with Browser(daemon.address) as stranger:
        assert exchange(stranger, FORM + broken).status in (400, 413)
    assert len(daemon.manager.sessions) == 0
    browser.log_in()
    with Browser(daemon.address) as other:
        assert exchange(other, FORM + b"Cookie: " + browser.cookie + b"\r\n" + broken).status in (400, 413)
    assert len(daemon.manager.sessions) == 1
    pass_time(60.1)
    wait_until(lambda: len(daemon.manager.sessions) == 0)


def test_row_30_a_request_may_come_in_any_number_of_pieces(browser):
    body = b"action=login&username=admin&secret=s3cret"
    request = FORM + b"Content-Length: %d\r\n\r\n" % len(body) + body
    for start in range(len(request)):
        browser.send(request[start:start + 1])
    assert browser.read_reply().body == ACCEPTED


@pytest.mark.parametrize("head, status", [
    (b"GET /" + b"x" * 8190 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 8190 + b"\r\n\r\n", 431),
], ids=["request line", "header line"])
def test_row_31_the_rest_of_an_overlong_line_is_not_the_next_line(peer, daemon, browser, head, status):
    browser.log_in()
    with Browser(daemon.address) as sender:
        sender.send(head + PING.replace(b"ping", b"hidden") + b"Cookie: " + browser.cookie + b"\r\n\r\n")
        assert sender.read_reply().status == status
        assert sender.read_reply() is None
    assert peer.actions() == []


@pytest.mark.parametrize("value", [b"close", b"Close", b"CLOSE", b"keep-alive, close"])
def test_row_46_what_comes_behind_a_last_request_is_ignored(peer, browser, value):
    browser.log_in()
    cookie = b"Cookie: " + browser.cookie + b"\r\n"
    browser.send(PING.replace(b"ping", b"first") + cookie + b"Connection: " + value + b"\r\n\r\n"
                 + PING.replace(b"ping", b"second") + cookie + b"\r\n")
    assert browser.read_reply().header(b"Connection") == b"close"
    assert browser.read_reply() is None
    assert peer.actions() == [b"first"]


def test_row_47_an_old_client_is_answered_and_the_connection_ends(browser):
    reply = exchange(browser, b"GET /asterisk/rawman?action=ping HTTP/1.0\r\n\r\n")
    assert (reply.body, reply.header(b"Connection")) == (DENIED, b"close")
    assert browser.read_reply() is None


def test_row_47_an_old_client_that_asks_for_it_may_stay(browser):
    request = b"GET /asterisk/rawman?action=ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    assert [exchange(browser, request).body for _ in range(2)] == [DENIED] * 2
