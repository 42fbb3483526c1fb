"""A PBX that breaks its protocol, seen from browsers: the right words, nobody else's answer, and back by itself.

What clients see of a real Asterisk that goes away is in tests/real/test_faults.py; of one that restarts, cuts
off or no longer accepts a user, in tests/joint/test_manager_lost.py; of a host at the end of its means, in
tests/joint/test_faults_of_the_host.py.
"""

import contextlib
import threading

import pytest

from ajam.pause import readable
from tests.joint.conftest import PATIENT_HTTP_CONF
from tests.joint.site import Site, until
from tests.load.clients import answer_to, script
from tests.peer import Peer
from tests.serving import serve


def error_of(reply):
    """(status, Retry-After, Message) of a reply of rawman."""
    return reply.status, reply.header(b"Retry-After"), reply.body.partition(b"Message: ")[2].rstrip(b"\r\n").decode()


# What answers at the PBX's address is no manager interface, or a broken one

NOT_A_MANAGER = "What answers there is not a manager interface"
SILENT = "The PBX does not answer"
BANNERS = {
    "an HTTP server's": (b"HTTP/1.1 400 Bad Request\r\n\r\n", NOT_A_MANAGER),
    "TLS's": (b"\x15\x03\x01\x00\x02\x02\x46", NOT_A_MANAGER),
    "garbage": (bytes(range(256)), NOT_A_MANAGER),
    "one without an end": (b"Asterisk Call Manager/" + b"9" * 10000, NOT_A_MANAGER),
    "half of one, then silence": (b"Asterisk Call Man", SILENT),
    "silence": (b"", SILENT),
}
SHUT = "The PBX closed the connection without an answer"
LATE = "The PBX did not answer in time"
LOGINS = {  # what a login is answered with before the connection ends, or None for silence
    "silence": (None, LATE),
    "garbage": (bytes(range(256)), SHUT),
    "half a message": (b"Response: Success\r\nMessage: Authentication acc", SHUT),
    "nothing": (b"", SHUT),
}


@contextlib.contextmanager
def site_before(peer, clock, directory):
    """A Site in front of another PBX; its clock stands still."""
    with serve(directory, peer.address, clock, http_conf=PATIENT_HTTP_CONF) as daemon, \
            Site(daemon, clock, directory) as site:
        yield site
        peer.drop_connections()


def reply_in_time(site, browser):
    """The browser's reply, for which time passes as long as none comes."""
    until(lambda: readable(browser.socket, 0.1) or site.pass_time(1))
    return browser.read_reply()


@pytest.mark.parametrize("banner", BANNERS)
def test_what_says_no_banner_is_told_and_sent_nothing(tmp_path, clock, banner):
    said, message = BANNERS[banner]
    with Peer(banner=said) as peer, site_before(peer, clock, tmp_path) as site:
        browser = site.browser()
        browser.send_action("login", username="admin", secret="s3cret")
        until(lambda: peer.connections == 2)  # the first was ajam's own look
        assert error_of(reply_in_time(site, browser)) == (503, b"5", message)
        assert peer.messages == []


@pytest.mark.parametrize("answer", LOGINS)
def test_a_login_that_is_not_answered_well_begins_no_session(tmp_path, clock, answer):
    said, message = LOGINS[answer]
    over = threading.Event()

    def answer_login(lines, connection):
        if said is None:
            over.wait()
        else:
            connection.send(said)
            connection.close()

    with Peer(answer_login, scripted=("login",)) as peer, site_before(peer, clock, tmp_path) as site:
        browser = site.browser()
        browser.send_action("login", username="admin", secret="s3cret")
        until(lambda: peer.lines(b"login"))
        status, retry, told = error_of(reply_in_time(site, browser))
        assert (status, retry, told.partition(";")[0]) == (503, b"5", message)
        assert not site.sessions() and len(peer.lines(b"login")) == 1
        over.set()
        peer.scripted = ()
        assert b"Authentication accepted" in browser.log_in().body


# What answers does so wrongly

BROKEN = {
    "garbage": bytes(range(256)) * 4,
    "half a message": b"Response: Success\r\nMess",
    "half a list": b"Response: Success\r\nEventList: start\r\n\r\nEvent: Item\r\n\r\n",
}


@pytest.mark.parametrize("broken", BROKEN)
def test_an_answer_that_breaks_off_is_an_error_and_the_next_request_gets_its_own(site, peer, broken):
    def break_off(lines, connection):
        connection.send(BROKEN[broken])
        connection.close()

    session = site.logged_in()
    peer.script = break_off
    assert error_of(session.action("Echo", ActionID=1)) == (
        503, b"5", SHUT + "; the outcome of the action is not known")
    peer.script = script
    for number in (b"2", b"3"):
        assert session.action("Echo", ActionID=number).body == answer_to(number)


def test_what_nobody_has_asked_for_is_told_to_nobody(site, peer):
    peer.script = script
    session = site.logged_in()
    assert session.action("Echo", ActionID=1).body == answer_to(b"1")
    waiting = site.begin("waitevent", session.cookie, timeout=30)
    for connection in peer.live():
        connection.send(answer_to(b"1") + b"Response: Goodbye\r\n\r\nEvent: Item\r\nActionID: 1\r\n\r\n")
    idle = site.sessions()[0].account._idle
    until(lambda: idle[0].connection.disturbed)
    assert site.is_quiet(waiting)
    assert session.action("Echo", ActionID=2).body == answer_to(b"2")
