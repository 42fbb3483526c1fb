"""ajam/commands.py and ajam/status.py: what a running ajam answers to the words of Asterisk's console.

The layouts are those that Asterisk 16.28 and 22.10 print; tests/real/test_commands.py holds them against it.
"""

import re
import time

import pytest

from ajam import __version__
from ajam.commands import COMMANDS, answer, duration, next_words
from ajam.conf.acl import Acl, parse_rules
from ajam.conf.sections import Restriction
from ajam.conf.users import User
from ajam.privileges import ALL, LABELS
from ajam.sessions import Sessions
from ajam.status import show_connected, show_http, show_user, show_users
from tests.joint.digest import authorization
from tests.joint.stand_ins import Account

CONNECTED = """\
  Username         IP Address                                               Start       Elapsed     Session   HttpCnt   ReadPerms   WritePerms
  admin            127.0.0.1                                                1795410440  100         1         0         2147483647  2147483647
  viewer           2001:db8::7                                              1795410535  5           2         1         0000000514  0000000512
  fromtherealtime  192.0.2.7                                                1795410540  0           3         1         unknown     unknown
3 users connected.
"""
SETTINGS = """\

Global Settings:
----------------
  Manager (AMI):             Yes            
  Web Manager (AMI/HTTP):    Yes            
  TCP Bindaddress:           127.0.0.1:%-5d
  HTTP Timeout (seconds):    60             
  TLS Enable:                No             
  Allow multiple login:      Yes            
"""
USERS = """\

username
--------
admin
viewer
single
fenced
-------------------
4 manager users configured.
"""
VIEWER = """\

          username: viewer
            secret: <Set>
               ACL: no
         read perm: call,reporting
        write perm: reporting
allowmultiplelogin: yes
"""
FENCED = """\

          username: fenced
            secret: (N/A)
               ACL: yes
         read perm: system,call,log,verbose,command,agent,user,config,dtmf,reporting,cdr,dialplan,originate,agi,cc,aoc,\
test,security,message,all
        write perm: <none>
allowmultiplelogin: no
ACL: (unnamed)
---------------------------------------------
  0:  deny - 0.0.0.0/0.0.0.0
  1: allow - 10.0.0.0/255.0.0.0
"""
BOTH_STATUS = """\
HTTP Server Status:
Prefix: /asterisk
Server: Asterisk/22.10.1
Server Enabled and Bound to 127.0.0.1:8088

HTTPS Server Enabled and Bound to 127.0.0.1:8089

Enabled URI's:
/asterisk/httpstatus => Asterisk HTTP General Status
/asterisk/static/... => Asterisk HTTP Static Delivery

Enabled Redirects:
  / => /asterisk/static/index.html

Path Restrictions:
  Path: /asterisk/rawman
    ACL: (unnamed)
    ---------------------------------------------
      0:  deny - 0.0.0.0/0.0.0.0
  Path: /asterisk/mxml
    No ACL configured
"""


@pytest.fixture
def told(daemon):
    """A function from a command to the text of its answer, which is that it was done."""
    def tell(command):
        found = answer(daemon, command)
        assert found.done, found.text
        return found.text
    return tell


@pytest.fixture
def refused(daemon):
    """A function from a command to the text of its answer, which is that it was refused."""
    def tell(command):
        found = answer(daemon, command)
        assert not found.done
        return found.text
    return tell


# Words


@pytest.mark.parametrize("line", [
    "manager show users", "MANAGER Show Users", "  manager\tshow   users ", "\"manager\" show 'users'"])
def test_a_command_is_known_in_any_case_with_any_blanks_and_quotes(told, line):
    assert told(line) == USERS


@pytest.mark.parametrize("line, topic", [
    ("foo bar", "core show help"),
    ("manager show", "core show help manager show"),
    ("manager show foo", "core show help manager show"),
    ("man sho users", "core show help man"),
    ("m", "core show help m"),
])
def test_an_unknown_or_abbreviated_command_is_none_and_the_help_for_it_is_named(told, refused, line, topic):
    assert refused(line) == "No such command '%s' (type '%s' for other possible commands)\n" % (line, topic)
    assert told(topic)


def test_nothing_asked_for_is_nothing_answered(told):
    assert told("") == told("  ") == ""


def test_an_open_quote_is_refused(refused):
    assert refused('manager show user "viewer') == 'No closing quotation in: manager show user "viewer\n'


@pytest.mark.parametrize("line", [
    "manager show user", "manager show user viewer twice", "manager show users all", "core show uptime minutes",
    "manager kick session", "module reload http"])
def test_wrong_arguments_are_answered_with_the_usage(told, refused, line):
    command = " ".join(line.split()[:3 if line.split()[0] != "module" else 2])
    assert refused(line).startswith("Usage: " + command)
    assert refused(line).rstrip() == told("help " + command).rstrip()


# Help


def test_help_lists_every_command_and_its_summary_sorted(told):
    lines = told("help").splitlines()
    assert lines == sorted(lines) and len(lines) == len(COMMANDS)
    assert "manager show connected         -- List the users that are logged in" in lines
    assert "core show uptime [seconds]     -- Show uptime information" in lines
    assert "reload                         -- The same as module reload" in lines
    assert told("core show help") == told("HELP") == told("help")


@pytest.mark.parametrize("topic, names", [
    ("core stop", ["core stop gracefully", "core stop now"]),
    ("core st", ["core stop gracefully", "core stop now"]),
    ("http", ["http show status"]),
])
def test_help_on_a_beginning_lists_what_begins_so(told, topic, names):
    assert [line.partition(" -- ")[0].strip() for line in told("help " + topic).splitlines()] == names


def test_help_on_a_whole_command_is_its_own_page_though_others_begin_so(told):
    assert told("help manager show user") == (
        "Usage: manager show user <user>\n"
        "       Shows what manager.conf says about the user, as far as ajam reads it.\n")


def test_help_on_nothing_that_there_is_is_refused(refused):
    assert refused("help foo") == "No such command 'foo'.\n"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.words)
def test_every_command_has_a_page_and_fits_the_list(told, command):
    page = told("help " + command.words)
    assert page.startswith("Usage: " + command.words) and page.count("\n") >= 2
    assert len(command.words) <= 30 and max(map(len, page.splitlines())) <= 80


@pytest.mark.parametrize("beginning, words", [
    ("", ["core", "help", "http", "logger", "manager", "module", "reload", "show"]),
    ("core ", ["reload", "show", "stop"]),
    ("Core STOP ", ["gracefully", "now"]),
    ("manager show user ", []),
    ("foo ", []),
])
def test_the_words_that_may_follow(beginning, words):
    assert next_words(beginning) == words


# HTTP


def test_http_show_status_tells_what_is_served_and_where(told, daemon):
    text = told("http show status")
    assert text.startswith("HTTP Server Status:\nPrefix: /asterisk\nServer: Asterisk/")
    assert "\nServer Enabled and Bound to 127.0.0.1:%d\n\nEnabled URI's:\n" % daemon.address[1] in text
    assert "\n/asterisk/rawman => Raw HTTP Manager Event Interface\n" in text
    assert text.endswith("\nPath Restrictions:\n  None.\n")
    assert told("show http") == text


def test_https_redirects_and_restrictions_are_listed_as_asterisk_does(daemon):
    http = daemon.settings.http._replace(
        redirects=(("/", "/asterisk/static/index.html"),),
        restrictions=(Restriction("/asterisk/rawman", Acl(parse_rules(False, "0.0.0.0/0"))),
                      Restriction("/asterisk/mxml", Acl())))
    routes = daemon.application.routes
    kept = [route for route in routes.routes if route.name in ("httpstatus", "static")]
    text = show_http(http, "Asterisk/22.10.1", Listed(routes.prefix, kept), "127.0.0.1:8088", "127.0.0.1:8089")
    assert text == BOTH_STATUS


class Listed:
    """Routes of which only the listing counts."""

    def __init__(self, prefix, routes):
        self.prefix = prefix
        self.routes = routes


# The manager


def test_connected_users_are_listed_as_asterisk_does_with_a_number_for_each_session(clock):
    sessions = Sessions(60, clock)
    users = {"admin": User("admin", read=ALL, write=ALL),
             "viewer": User("viewer", read=LABELS["call"] | LABELS["reporting"], write=LABELS["reporting"])}
    listed = []
    for name, peer, later in ((b"admin", "127.0.0.1", 95), (b"viewer", "2001:db8::7", 5),
                              (b"fromtherealtimedatabase", "192.0.2.7", 0)):
        account = Account()
        account.name = name
        listed.append(sessions.begin(account, 0, 0, peer))
        clock.now += later
    sessions.release(listed[0])
    assert show_connected(listed, users, clock.now, 1795410540.5) == CONNECTED


def test_sessions_of_either_kind_are_connected_and_their_ids_are_not_told(told, site):
    assert told("manager show connected").endswith("\n0 users connected.\n")
    browser = site.logged_in()
    challenge = browser.request("/asterisk/arawman?action=ping").header(b"WWW-authenticate").decode()
    nonce = re.search('nonce="([^"]+)"', challenge)[1]
    target = b"/asterisk/arawman?action=ping"
    credentials = authorization(nonce, target, username="viewer", secret="viewer pass")
    assert site.browser().request(target, headers=(b"Authorization: " + credentials,)).status == 200
    listing = told("manager show connected")
    _, admin, viewer, count = listing.splitlines()
    assert admin.split()[:2] == ["admin", "127.0.0.1"] and admin.split()[4:] == ["1", "0", "2147483647", "2147483647"]
    assert viewer.split()[0] == "viewer" and viewer.split()[4:] == ["2", "0", "0000000514", "0000000512"]
    assert abs(int(admin.split()[2]) - time.time()) < 60
    assert count == "2 users connected."
    for session in site.sessions():
        assert not [id for id in session.ids if id[:8] in listing]


def test_waits_are_counted_as_requests_in_progress(told, site):
    browser = site.logged_in()
    site.begin("waitevent", browser.cookie)
    assert told("manager show connected").splitlines()[1].split()[5] == "1"


def test_kicking_a_session_ends_it_and_sends_its_wait_home_and_no_other(told, refused, site):
    first, second = site.logged_in(), site.logged_in()
    waiting = site.begin("waitevent", first.cookie)
    assert told("manager kick session 1") == "Kicking manager session connected using number 1\n"
    assert b"WaitEventComplete" in waiting.read_reply().body
    assert b"Permission denied" in first.action("ping").body
    assert b"Pong" in second.action("ping").body
    assert refused("manager kick session 1") == "No manager session found using number 1\n"
    assert told("manager show connected").endswith("\n1 users connected.\n")


@pytest.mark.parametrize("number, text", [
    ("9999", "No manager session found using number 9999\n"),
    ("9" * 900, "No manager session found using number %s\n" % ("9" * 900)),
    ("abc", "Invalid session number: abc\n"),
    ("-1", "Invalid session number: -1\n"),
])
def test_kicking_nobody_is_refused(refused, number, text):
    assert refused("manager kick session " + number) == text


def test_manager_show_settings_is_laid_out_as_asterisks(told, daemon):
    assert told("manager show settings") == SETTINGS % daemon.pbx.address[1]


def test_manager_show_users(told):
    assert told("manager show users") == USERS
    assert show_users({}).endswith("\n-------------------\n0 manager users configured.\n")


def test_manager_show_user_in_any_case(told):
    assert told("manager show user viewer") == told("manager show user VIEWER") == VIEWER


def test_manager_show_user_tells_of_address_rules_and_a_missing_secret():
    rules = Acl(parse_rules(False, "0.0.0.0/0") + parse_rules(True, "10.0.0.0/8"))
    assert show_user(User("fenced", acl=rules, read=ALL, allowmultiplelogin=False)) == FENCED


def test_manager_show_user_of_nobody_is_refused(refused):
    assert refused("manager show user nobody") == "There is no manager called nobody\n"


@pytest.mark.parametrize("command", [command.words for command in COMMANDS if "show" in command.words])
def test_no_secret_is_told(daemon, command):
    text = answer(daemon, command + " admin" * ("user" in command.split())).text
    assert text and "s3cret" not in text


# The process


@pytest.mark.parametrize("seconds, text", [
    (0, "0 seconds"),
    (1, "1 second"),
    (59, "59 seconds"),
    (60, "1 minute"),
    (685, "11 minutes, 25 seconds"),
    (3600 + 2, "1 hour, 2 seconds"),
    (86400 * 9 + 3600 * 2, "1 week, 2 days, 2 hours"),
    (86400 * (2 * 365 + 14 + 1) + 61, "2 years, 2 weeks, 1 day, 1 minute, 1 second"),
])
def test_a_duration_is_told_in_words(seconds, text):
    assert duration(seconds) == text


def test_the_uptime_is_told_in_words_or_seconds_and_a_reload_counts_anew(told, site):
    site.pass_time(3605)
    assert told("core show uptime") == "System uptime: 1 hour, 5 seconds\nLast reload: 1 hour, 5 seconds\n"
    told("module reload")
    site.pass_time(3)
    assert told("core show uptime SECONDS") == "System uptime: 3608\nLast reload: 3\n"


def test_the_versions_of_ajam_and_of_the_pbx_are_told(told, daemon):
    ours, theirs = told("core show version").splitlines()
    assert re.fullmatch(r"ajam %s on Python 3\.\d+\.\S+, Linux" % re.escape(__version__), ours)
    assert theirs == "Asterisk %s at 127.0.0.1:%d" % (daemon.pbx.software, daemon.pbx.address[1])


def test_a_pbx_that_was_never_seen_has_no_version(told, daemon):
    daemon.pbx.banner = None
    assert told("core show version").splitlines()[1] == (
        "The PBX at 127.0.0.1:%d has not been reached yet" % daemon.pbx.address[1])


@pytest.mark.parametrize("words", ["module reload", "reload", "core reload", "manager reload"])
def test_reload_has_what_was_changed_count(told, site, words):
    path = site.directory / "http.conf"
    path.write_text(path.read_text().replace("enable_status=yes", "enable_status=no") + "redirect=/ /here\n")
    assert told(words) == "The configuration in %s has been read anew.\n" % site.directory
    assert "=> /here\n" in told("http show status") and "/httpstatus" not in told("http show status")


def test_reload_tells_what_may_surprise(told, site):
    path = site.directory / "http.conf"
    path.write_text(path.read_text() + "bindprt=1\n")
    warning, done = told("module reload").splitlines()
    assert warning.startswith("%s:" % path) and "did you mean bindport?" in warning


def test_reload_with_a_mistake_is_refused_with_its_place_and_what_was_stays(told, refused, site):
    before = told("http show status")
    (site.directory / "ajam.conf").write_text("[http]\nbindport=many\n")
    text = refused("module reload")
    assert text.startswith("%s/ajam.conf:2: bindport = many is not a number" % site.directory)
    assert text.endswith("; the old configuration stays\n")
    assert told("http show status") == before


def test_logger_reload_says_where_the_log_goes(told):
    assert told("logger reload") == "The log goes to stderr.\n"


@pytest.mark.parametrize("command, text", [
    ("core stop gracefully", "ajam ends; replies in progress get 5 seconds.\n"),
    ("core stop now", "ajam ends now.\n"),
])
def test_a_stop_is_answered_before_it_is_done(daemon, command, text):
    found = answer(daemon, command)  # what is done afterwards is done in tests/joint/test_console.py
    assert (found.done, found.text) == (True, text) and callable(found.afterwards)
