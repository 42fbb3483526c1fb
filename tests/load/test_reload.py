"""Reload under load: nobody notices but those whom the new configuration concerns."""

import signal
import socket
import subprocess
import sys

import pytest

from tests.browser import Browser
from tests.certificates import authority, localhost  # noqa: F401, fixtures
from tests.joint.digest import authorization
from tests.load.clients import QUIET_SECONDS, Asker, Crowd, Events, Listener, StrictBrowser, Waiter, script
from tests.load.service import (
    BUSY_HTTP_CONF, KEPT, PROJECT, ROOMY_MANAGER_CONF, Service, configure, https, refuses, wait_until)
from tests.peer import Peer
from tests.real.asterisk import free_port

RELOADS = 100
MISTAKES = (  # what is written by mistake: the texts, and the file and line that are to be named
    ({"http_conf": BUSY_HTTP_CONF + "[/x\n"}, "http.conf", "[/x"),
    ({"ajam_conf": "[http]\nbinport=1\n"}, "ajam.conf", "binport=1"),
)
NEWCOMER = "\n[newcomer]\nsecret=new one\nread=all\nwrite=all\n"
DIGEST = b"/asterisk/arawman?action=Echo&ActionID=7"


@pytest.fixture
def peer():
    """A PBX that answers everything."""
    with Peer(script, users={b"admin": b"s3cret", b"newcomer": b"new one"}) as peer:
        yield peer


@pytest.fixture
def service(tmp_path, peer):
    """A Service on it."""
    configure(tmp_path, peer)
    with Service(tmp_path) as service:
        yield service
        assert "Traceback" not in service.end(), service.log


def hang_up(service):
    """Reloads by the signal."""
    service.reload(lambda: service.signal(signal.SIGHUP))


def place_of(mistake, path):
    """`FILE:LINE: ` of the line that is the mistake."""
    return "%s:%d: " % (path, path.read_text().split("\n").index(mistake) + 1)


def command(directory, line, name="ajam.ctl"):
    """(True when it was done, what was said) of a command on the control socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(directory / name))
        client.sendall(line.encode() + b"\n")
        with client.makefile("rb") as answer:
            code, length = answer.readline().split()
            return code == b"0", answer.read(int(length)).decode()


def status_of(address, target, context=None):
    """The status that a newcomer gets for a target."""
    with StrictBrowser(address, context=context) as browser:
        return browser.request(target).status


def digest_status(address):
    """The status that the user newcomer gets by digest authentication."""
    with Browser(address) as browser:
        challenge = browser.request(DIGEST).header(b"WWW-Authenticate").decode()
        nonce = challenge.partition('nonce="')[2].partition('"')[0]
        credentials = authorization(nonce, DIGEST, username="newcomer", secret="new one")
        return browser.request(DIGEST, headers=(b"Authorization: " + credentials,)).status


def all_were_told(crowd, events):
    """Ends the crowd, and fails unless nobody was sent home and everyone was told every event once, in order."""
    crowd.finish(events)
    everything = list(range(1, events.last + 1))
    told = crowd.of(Waiter) + crowd.of(Listener)
    assert {client.name: client.seen for client in told if client.seen != everything} == {}
    assert [client.kinds for client in crowd.of(Listener) if client.kinds] == []
    assert [client.name for client in crowd.clients if client.home] == []


def test_a_hundred_reloads_fail_no_request_lose_no_event_and_end_no_stream_or_session(
        service, tmp_path, peer, localhost, authority):
    context = authority.client()
    secure = ("127.0.0.1", free_port())
    here = {}
    there = {
        "http_conf": BUSY_HTTP_CONF.replace("enable_status=yes", "enable_status=no")
        + https(localhost, secure[1]) + "sessionlimit=900\n",
        "manager_conf": ROOMY_MANAGER_CONF + NEWCOMER,
    }
    with Crowd(service.address, askers=15, visitors=5, counting=10, waiters=5, listeners=15) as crowd, \
            Events(peer) as events:
        events.start()
        by_tls = []
        for number in range(RELOADS):
            if number % 10 == 5:
                texts, name, mistake = MISTAKES[number // 10 % len(MISTAKES)]
                configure(tmp_path, peer, **texts)
                service.reload(lambda: service.signal(signal.SIGHUP), says=KEPT)
                said = service.log.rpartition(KEPT)[0].rpartition("\n")[2]
                assert place_of(mistake, tmp_path / name) in said
                continue
            changed = number % 2 == 0
            configure(tmp_path, peer, **(there if changed else here))
            hang_up(service)
            crowd.check()
            assert status_of(service.address, "/asterisk/httpstatus") == (404 if changed else 200)
            assert refuses(secure) is not changed
            if changed and len(by_tls) < 3:  # at the next reload they lose their door
                by_tls.append(Asker(secure, crowd.sessions[0], 1000 + number, context))
                by_tls[-1].start()
                wait_until(by_tls[-1].begun.is_set)
            if number % 20 in (0, 1):
                assert digest_status(service.address) == (200 if changed else 401)
        all_were_told(crowd, events)
    for client in by_tls:
        client.join(QUIET_SECONDS)
        assert client.home and not client.failure
    for cookie in crowd.sessions:
        with StrictBrowser(service.address, cookie) as browser:
            assert b"Ping: Pong" in browser.action("Ping").body
    assert min(client.done for client in crowd.clients) > 10


def test_a_reload_by_command_does_the_same(service, tmp_path, peer):
    with Crowd(service.address, askers=5, visitors=2, counting=3, listeners=5) as crowd, Events(peer) as events:
        events.start()
        for number in range(40):
            changed = number % 2 == 0
            configure(tmp_path, peer, BUSY_HTTP_CONF.replace("status=yes", "status=no") if changed else BUSY_HTTP_CONF)
            done, said = command(tmp_path, "module reload")
            assert done, said
            assert status_of(service.address, "/asterisk/httpstatus") == (404 if changed else 200)
        configure(tmp_path, peer, BUSY_HTTP_CONF + "[/x\n")
        done, said = command(tmp_path, "module reload")
        place = place_of("[/x", tmp_path / "http.conf")
        assert not done and place in said
        typed = subprocess.run([sys.executable, "-m", "ajam", "-C", str(tmp_path), "-rx", "module reload"],
                               cwd=PROJECT, capture_output=True, text=True)
        assert typed.returncode != 0 and place in typed.stdout + typed.stderr
        all_were_told(crowd, events)


def test_the_control_socket_moves_with_a_reload_whose_command_is_answered_at_the_old_one(service, tmp_path):
    path = tmp_path / "ajam.conf"
    for before, after in (("ajam.ctl", "new.ctl"), ("new.ctl", "ajam.ctl")):
        path.write_text(path.read_text().replace(before, after))
        assert command(tmp_path, "module reload", before)[0]
        assert not (tmp_path / before).exists()
        typed = subprocess.run([sys.executable, "-m", "ajam", "-C", str(tmp_path), "-rx", "core show uptime"],
                               cwd=PROJECT, capture_output=True, text=True)
        assert typed.returncode == 0, typed


def test_a_listener_that_moves_loses_nobody_who_comes_back_where_it_is(service, tmp_path, peer):
    with Crowd(service.address, askers=8, counting=4, waiters=2, listeners=6) as crowd, Events(peer) as events:
        events.start()
        before = service.address
        for _ in range(30):
            after = ("127.0.0.1", free_port())
            configure(tmp_path, peer, BUSY_HTTP_CONF.replace("bindport=0", "bindport=%d" % after[1]))
            crowd.move(after)
            hang_up(service)
            crowd.check()
            assert refuses(before)
            with StrictBrowser(after, crowd.sessions[0]) as browser:
                assert b"Ping: Pong" in browser.action("Ping").body
            before = after
        all_were_told(crowd, events)
