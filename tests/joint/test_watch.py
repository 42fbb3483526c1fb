"""ajam/watch.py over HTTP: healthy, ready, and who may know."""

import pytest

from tests.browser import Browser
from tests.joint.site import until
from tests.peer import Peer
from tests.serving import HTTP_CONF, serve

PLACES = ("/-/healthy", "/-/ready", "/-/metrics")


def ask(address, path, method="GET", headers=()):
    with Browser(address) as browser:
        return browser.request(path, method, headers=headers)


def told(reply):
    return reply.status, reply.body


def test_it_is_healthy_while_it_serves_whatever_the_pbx_does(site, peer):
    assert told(ask(site.daemon.address, "/-/healthy")) == (200, b"ajam serves\n")
    peer.close()
    reply = ask(site.daemon.address, "/-/healthy")
    assert (reply.status, reply.header(b"Content-Type")) == (200, b"text/plain; charset=utf-8")
    assert reply.header(b"Cache-Control") == b"no-cache, no-store"


@pytest.mark.parametrize("place", PLACES)
def test_head_gets_the_same_head(site, place):
    reply = ask(site.daemon.address, place, "HEAD")
    assert (reply.status, reply.body) == (200, b"")
    assert int(reply.header(b"Content-Length")) > 5


@pytest.mark.parametrize("path, method, status", [
    ("/-/", "GET", 404), ("/-/nothing", "GET", 404), ("/-/healthy/", "GET", 404), ("/-/HEALTHY", "GET", 404),
    ("/-/healthy?x=y", "GET", 200), ("/asterisk/-/healthy", "GET", 404), ("/-/metrics", "POST", 501),
    ("/-/ready", "DELETE", 501),
])
def test_there_is_nothing_else(site, path, method, status):
    assert ask(site.daemon.address, path, method).status == status


@pytest.mark.parametrize("conf", [
    HTTP_CONF.replace("prefix=asterisk", "prefix="), HTTP_CONF + "[/-/]\ntype=restriction\ndeny=0.0.0.0/0\n",
    HTTP_CONF + "redirect=/-/healthy /elsewhere\n",
], ids=["no prefix", "a restriction", "a redirect"])
def test_it_is_there_whatever_else_is_configured(tmp_path, peer, conf):
    with serve(tmp_path, peer.address, http_conf=conf) as daemon:
        assert ask(daemon.address, "/-/healthy").status == 200


def test_probes_need_not_know_the_names_of_this_host(tmp_path, peer):
    with serve(tmp_path, peer.address, ajam_conf="[http]\nallowed_hosts=pbx.example.org\n") as daemon:
        assert ask(daemon.address, "/-/healthy").status == 200
        assert ask(daemon.address, "/asterisk/static/index.html").status == 421


# Who may know


@pytest.mark.parametrize("place", (*PLACES, "/-/nothing"))
def test_who_is_not_permitted_is_told_nothing(tmp_path, peer, place):
    with serve(tmp_path, peer.address, ajam_conf="[watch]\npermit=192.0.2.0/24\n") as daemon:
        reply = ask(daemon.address, place)
        assert reply.status == 403 and b"serves" not in reply.body
        assert ask(daemon.address, "/asterisk/static/index.html").status == 200


@pytest.mark.parametrize("browser, status", [("192.0.2.7", 200), ("203.0.113.9", 403)])
def test_behind_a_trusted_proxy_it_is_the_browser_who_needs_the_permission(tmp_path, peer, browser, status):
    forwarded = (b"X-Forwarded-For: " + browser.encode(),)
    with serve(tmp_path, peer.address, ajam_conf="[watch]\npermit=192.0.2.0/24\n") as daemon:
        assert ask(daemon.address, "/-/healthy", headers=forwarded).status == status


def test_by_default_a_proxy_on_this_host_does_not_let_the_world_look(site):
    assert ask(site.daemon.address, "/-/metrics", headers=(b"X-Forwarded-For: 203.0.113.9",)).status == 403


# Ready


def test_it_is_ready_while_a_feed_stands_and_nobody_is_asked(site, peer):
    site.logged_in()
    before = peer.connections
    site.pass_time(6)
    assert told(ask(site.daemon.address, "/-/ready")) == (200, b"the PBX answers\n")
    assert peer.connections == before


def test_without_a_feed_the_pbx_is_asked_every_five_seconds_at_most(site, peer):
    site.pass_time(6)
    for seconds, connections in ((0, 1), (4.9, 1), (0.2, 2), (0, 2)):
        site.pass_time(seconds)
        assert ask(site.daemon.address, "/-/ready").status == 200
        assert peer.connections == connections
    until(lambda: not peer.live())


def test_it_is_not_ready_while_the_pbx_is_away_and_says_why(site, peer):
    address = peer.address
    peer.close()
    site.pass_time(6)
    assert told(ask(site.daemon.address, "/-/ready")) == (
        503, b"not ready: The PBX cannot be reached\n")
    with Peer(address=address):
        assert ask(site.daemon.address, "/-/ready").status == 503  # as known for 5 s
        site.pass_time(6)
        assert ask(site.daemon.address, "/-/ready").status == 200


def test_a_pbx_that_has_stopped_is_waited_for_by_one_request_and_by_no_thread(site, peer):
    site.pass_time(6)
    with peer.frozen():
        asking = site.browser()
        asking.send(b"GET /-/ready HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: peer.connections == 1)
        for _ in range(20):
            assert ask(site.daemon.address, "/-/ready").status == 200  # as was known last
        assert peer.connections == 1
        assert site.is_quiet(asking)
        site.pass_time(6)
        assert told(asking.read_reply()) == (503, b"not ready: The PBX does not answer\n")


def test_one_who_asks_and_leaves_harms_nobody(site, peer):
    site.pass_time(6)
    with peer.frozen():
        with Browser(site.daemon.address) as asking:
            asking.send(b"GET /-/ready HTTP/1.1\r\nHost: x\r\n\r\n")
            until(lambda: peer.connections == 1)
    site.pass_time(6)
    assert ask(site.daemon.address, "/-/ready").status == 200
