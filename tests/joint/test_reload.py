"""Reload: what counts from then on, what lives on, and that a mistake changes nothing."""

import pytest

from ajam.conf.lines import mtime
from ajam.errors import AjamError, ConfigError
from tests.browser import Browser
from tests.joint.site import until
from tests.peer import Peer
from tests.real.asterisk import free_port
from tests.serving import HTTP_CONF, MANAGER_CONF, serve, write_configuration

FILE = b'--b\r\nContent-Disposition: form-data; name="f"; filename="name"\r\n\r\nx\r\n--b--\r\n'
UPLOAD = (b"POST /asterisk/uploads HTTP/1.1\r\nHost: h\r\nCookie: %s\r\n"
          b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n%s")


@pytest.fixture
def peer():
    """A PBX."""
    with Peer(users={b"admin": b"s3cret", b"viewer": b"viewer pass"}) as peer:
        yield peer


@pytest.fixture
def change(tmp_path, peer):
    """Writes another configuration for the same PBX: change(http_conf=..., ...)."""
    def write(address=None, **texts):
        write_configuration(tmp_path, address or peer.address, **texts)
    return write


@pytest.fixture
def daemon(tmp_path, peer):
    """A serving Daemon."""
    with serve(tmp_path, peer.address) as daemon:
        yield daemon


def status_of(daemon, target):
    """The status that a newcomer gets for a target."""
    with Browser(daemon.address) as browser:
        return browser.request(target).status


def test_pages_prefix_redirects_and_restrictions_are_those_of_the_new_files(daemon, change):
    assert [status_of(daemon, "/asterisk/httpstatus"), status_of(daemon, "/pbx/httpstatus")] == [200, 404]
    change(http_conf=HTTP_CONF.replace("prefix=asterisk", "prefix=pbx\nredirect=/ /pbx/static/index.html")
           + "[/pbx/rawman]\ntype=restriction\ndeny=0.0.0.0/0\n")
    daemon.reload()
    assert [status_of(daemon, target) for target in (
        "/asterisk/httpstatus", "/pbx/httpstatus", "/", "/pbx/rawman?action=ping")] == [404, 200, 302, 403]


def test_a_connection_and_a_session_from_before_go_on(daemon, change):
    with Browser(daemon.address) as browser:
        browser.log_in()
        change(http_conf=HTTP_CONF.replace("prefix=asterisk", "prefix=pbx"))
        daemon.reload()
        assert b"Ping: Pong" in browser.request("/pbx/rawman?action=ping").body


def test_a_wait_goes_on_and_is_told_what_comes(daemon, change, peer):
    with Browser(daemon.address) as browser:
        browser.log_in(events="on")
        browser.action("waitevent", timeout="0")
        browser.send_action("waitevent", timeout="30")
        until(lambda: {session.wait for session in daemon.manager.sessions._sessions.values()} - {None})
        change()
        daemon.reload()
        peer.send_event(b"Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: 7\r\n\r\n")
        assert b"Uniqueid: 7\r\n" in browser.read_reply().body


def test_users_and_their_addresses_are_those_of_the_new_files(daemon, change):
    with Browser(daemon.address) as browser:
        assert b"Authentication accepted" in browser.log_in("viewer", "viewer pass").body
    change(manager_conf=MANAGER_CONF + "deny=0.0.0.0/0\n")
    daemon.reload()
    with Browser(daemon.address) as browser:
        assert b"Authentication failed" in browser.log_in("viewer", "viewer pass").body


@pytest.mark.parametrize("texts, feeds", [({}, 1), ({"manager_conf": MANAGER_CONF + "[more]\nsecret=m\n"}, 2)],
                         ids=["nothing has changed", "rights may have changed"])
def test_a_login_after_it_joins_those_before_it_when_nothing_has_changed(daemon, change, peer, texts, feeds):
    with Browser(daemon.address) as one, Browser(daemon.address) as other:
        one.log_in()
        if texts:
            change(**texts)
        daemon.reload()
        other.log_in()
        assert len(peer.live(events=True)) == feeds
        assert all(b"Pong" in browser.action("ping").body for browser in (one, other))


def test_how_long_a_session_lives_counts_from_its_next_request_on(daemon, change):
    with Browser(daemon.address) as browser:
        assert b"Max-Age=60;" in browser.log_in().header(b"Set-Cookie")
        change(manager_conf=MANAGER_CONF.replace("webenabled=yes", "webenabled=yes\nhttptimeout=7"))
        daemon.reload()
        assert b"Max-Age=7;" in browser.action("ping").header(b"Set-Cookie")


def test_keep_alive_and_limits_are_those_of_the_new_files(daemon, change):
    with Browser(daemon.address) as browser:
        assert browser.request("/asterisk/httpstatus").header(b"Connection") != b"close"
    change(http_conf=HTTP_CONF + "session_keep_alive=0\n")
    daemon.reload()
    with Browser(daemon.address) as browser:
        assert browser.request("/asterisk/httpstatus").header(b"Connection") == b"close"
        assert browser.read_reply() is None


def test_another_port_answers_and_the_old_one_refuses_but_keeps_who_is_there(daemon, change):
    before = daemon.address
    with Browser(before) as browser:
        browser.log_in()
        port = free_port()
        change(http_conf=HTTP_CONF.replace("bindport=0", "bindport=%d" % port))
        daemon.reload()
        assert daemon.address == ("127.0.0.1", port)
        assert status_of(daemon, "/asterisk/httpstatus") == 200
        with pytest.raises(ConnectionRefusedError):
            Browser(before)
        assert b"Pong" in browser.action("ping").body


@pytest.fixture
def move(daemon, change):
    """Has a reload shut the door and open another one: move(http_conf, ...), of which the port is its own."""
    def reload(http_conf=HTTP_CONF, **texts):
        change(http_conf=http_conf.replace("bindport=0", "bindport=%d" % free_port()), **texts)
        daemon.reload()
    return reload


def test_who_came_by_a_door_that_is_shut_has_the_configuration_that_counts_now(daemon, move):
    closed = HTTP_CONF.replace("enable_status=yes", "enable_status=no")
    restricted = HTTP_CONF + "[/asterisk/static]\ntype=restriction\ndeny=0.0.0.0/0\n"
    with Browser(daemon.address) as one, Browser(daemon.address) as two:
        assert [browser.request("/asterisk/httpstatus").status for browser in (one, two)] == [200, 200]
        move(closed)
        assert one.request("/asterisk/httpstatus").status == 404
        move(restricted)
        assert two.request("/asterisk/static/ajam.js").status == 403


def test_who_came_by_a_door_that_is_shut_has_one_reply_more(daemon, move):
    with Browser(daemon.address) as browser, Browser(daemon.address) as waiting:
        browser.log_in()
        waiting.log_in(events="on")
        waiting.action("waitevent", timeout="0")
        waiting.send_action("waitevent", timeout="1")
        until(lambda: {session.wait for session in daemon.manager.sessions._sessions.values()} - {None})
        move()
        for each, reply in ((browser, browser.action("ping")), (waiting, waiting.read_reply())):
            assert b"Response: Success" in reply.body and reply.header(b"Connection") == b"close"
            assert each.read_reply() is None
        with Browser(daemon.address) as back:
            back.cookie = browser.cookie
            assert b"Pong" in back.action("ping").body


def test_a_stream_by_a_door_that_is_shut_goes_on(daemon, move, peer):
    with Browser(daemon.address) as browser:
        browser.log_in()
        browser.send(b"GET /asterisk/events HTTP/1.1\r\nHost: h\r\nCookie: %s\r\n\r\n" % browser.cookie)
        while browser._file.readline() != b"\r\n":
            pass
        move()
        peer.send_event(b"Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: 7\r\n\r\n")
        assert any(b'"Uniqueid": "7"' in line for line in iter(browser._file.readline, b""))


def test_another_pbx_is_logged_in_to_and_sessions_live_on(daemon, change, peer):
    with Peer() as other, Browser(daemon.address) as browser:
        browser.log_in()
        change(other.address)
        daemon.reload()
        until(lambda: other.live(events=True) and not peer.live())
        assert b"Pong" in until(lambda: (reply := browser.action("ping")).status == 200 and reply).body
        assert other.lines(b"ping")


def test_of_another_pbx_the_version_is_asked_for_though_nobody_is_logged_in(daemon, change, caplog):
    until(lambda: daemon.pbx.software == "16.0.0")
    with Peer(version="1.4") as other:
        change(other.address)
        daemon.reload()
        until(lambda: daemon.pbx.software == "1.4.0" and not other.live())
        assert caplog.text.count("port %d answers: Asterisk Call Manager/1.0" % other.address[1]) == 1


def test_what_many_feeds_leave_behind_at_the_old_pbx_says_nothing_of_the_new_one(daemon, change, peer, caplog):
    with Peer(users=peer.users) as other, Browser(daemon.address) as one, Browser(daemon.address) as two:
        one.log_in()
        two.log_in("viewer", "viewer pass")
        change(other.address)
        daemon.reload()
        until(lambda: len(other.live(events=True)) == 2 and not peer.live())
        assert "was lost" not in caplog.text and "goes on trying" not in caplog.text
        assert daemon.pbx.link.up


def test_an_upload_from_before_counts_among_those_that_there_may_be(daemon, change, tmp_path):
    conf = {"http_conf": HTTP_CONF + "[post_mappings]\nuploads=%s\n" % tmp_path, "ajam_conf": "[limits]\nuploads=1\n"}
    change(**conf)
    daemon.reload()
    with Browser(daemon.address) as first, Browser(daemon.address) as second, Browser(daemon.address) as third:
        first.log_in()
        first.send(UPLOAD % (first.cookie, len(FILE), FILE[:-1]))
        until(lambda: daemon._uploads._under_way)
        daemon.reload()
        second.send(UPLOAD % (first.cookie, len(FILE), FILE))
        assert b"There are too many uploads at a time." in second.read_reply().body
        change(**dict(conf, ajam_conf="[limits]\nuploads=2\n"))
        daemon.reload()
        third.send(UPLOAD % (first.cookie, len(FILE), FILE))
        assert third.read_reply().status == 200
        first.send(FILE[-1:])
        assert first.read_reply().status == 200


@pytest.mark.parametrize("texts, message", [
    ({"http_conf": HTTP_CONF + "[/x\n"}, "http.conf:8: "),
    ({"ajam_conf": "[http]\nbinport=1\n"}, "ajam.conf:2: unknown option binport has no effect; did you mean bindport?"),
    ({"http_conf": HTTP_CONF.replace("enabled=yes", "enabled=no")}, "nothing to serve; to have ajam serve where"),
    ({"http_conf": HTTP_CONF.replace("bindaddr=127.0.0.1", "bindaddr=192.0.2.1")}, "cannot listen on 192.0.2.1:0"),
], ids=["grammar", "option", "disabled", "address"])
def test_a_mistake_is_named_and_the_old_configuration_stays(daemon, change, texts, message):
    settings, application, listeners = daemon.settings, daemon.application, daemon.listeners
    change(**{"http_conf": HTTP_CONF, **texts})
    with pytest.raises(AjamError, match="(?s)%s" % message.replace("?", r"\?").replace("[", r"\[")):
        daemon.reload()
    assert (daemon.settings, daemon.application, daemon.listeners) == (settings, application, listeners)
    assert status_of(daemon, "/asterisk/httpstatus") == 200
    change()
    daemon.reload()
    assert status_of(daemon, "/asterisk/httpstatus") == 200


def test_a_missing_file_is_a_mistake_too(daemon, tmp_path):
    (tmp_path / "manager.conf").unlink()
    with pytest.raises(ConfigError, match="manager.conf"):
        daemon.reload()
    assert status_of(daemon, "/asterisk/httpstatus") == 200


def test_it_says_when_it_was_and_warns_of_what_is_passed_over(daemon, change, caplog):
    assert daemon.reloaded is None
    change(http_conf=HTTP_CONF + "bindprot=1\n")
    daemon.reload()
    assert daemon.started <= daemon.reloaded <= daemon.clock()
    assert "unknown option bindprot has no effect; did you mean bindport?" in caplog.text
    assert "the configuration is read anew: Serving http://127.0.0.1:" in caplog.text
    assert [time for path, time in daemon.settings.files] == [mtime(path) for path, _ in daemon.settings.files]
