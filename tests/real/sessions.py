"""What a browser does with its session, as scenarios: each is played to Asterisk's own AJAM and to ajam.

A scenario takes `visit`, which opens one more Browser to the same side, and returns or yields the
replies to compare. PLAYED names them all.
"""

import hashlib
import re
from urllib.parse import urlencode

FORM = b"Content-Type: application/x-www-form-urlencoded"
FORMATS = ("rawman", "mxml", "manager")


def strangers(visit):
    """Without a session."""
    for uri in FORMATS:
        for action in ("Ping", "Status", "None", "", "Events", "WaitEvent", "Filter", "ListCommands"):
            yield visit().action(action, uri=uri)


def logoff_of_a_stranger(visit):
    """Who is not logged in may log off."""
    return [visit().action("Logoff", ActionID="7")]


REFUSED = (
    {},
    {"username": "admin"},
    {"username": "admin", "secret": "wrong"},
    {"username": "admin", "secret": "S3CRET", "ActionID": "a<b"},
    {"username": "nobody", "secret": "s3cret"},
    {"username": "fenced", "secret": "fenced"},
    {"username": "mute", "secret": ""},
    {"username": "general", "secret": ""},
)


def logins_refused(visit):
    """Each for another reason; all at once, and all with the same words."""
    browsers = [visit() for _ in REFUSED]
    for browser, fields in zip(browsers, REFUSED):
        browser.send(b"GET /asterisk/rawman?%s HTTP/1.1\r\nHost: localhost\r\n\r\n"
                     % urlencode({"action": "login", **fields}).encode())
    for browser in browsers:
        yield browser.read_reply()
        yield browser.action("Ping")


def logins(visit):
    """Each in another way."""
    for fields in ({}, {"username": "ADMIN"}, {"ActionID": "7"}, {"Events": "off"}, {"Events": "call"},
                   {"Events": "nonsense"}, {"Events": ""}):
        browser = visit()
        yield browser.log_in(**fields)
        yield browser.action("Ping")
    for uri in FORMATS:
        browser = visit()
        yield browser.action("login", uri=uri, username="admin", secret="s3cret")
        yield browser.post("login", uri=uri, username="admin", secret="s3cret")


def login_that_asks_for_system_events(visit):
    """Is told at once that the PBX is booted."""
    for events in ("on", "system", "system,call", "1", "-1", "all"):
        yield visit().log_in(Events=events)


def second_login(visit):
    """Of one who is logged in: with the same name, another, a wrong secret."""
    browser = visit()
    yield browser.log_in()
    yield browser.log_in(ActionID="7")
    yield browser.log_in("viewer", "viewer pass")
    yield browser.log_in("admin", "wrong")
    yield browser.action("Ping")


def logoff(visit):
    """Ends the session."""
    browser = visit()
    browser.log_in()
    cookie = browser.cookie
    yield browser.action("Logoff", ActionID="7")
    browser.cookie = cookie
    yield browser.action("Ping")
    yield browser.action("Logoff")
    yield browser.log_in()
    yield browser.action("Logoff", uri="mxml")


def dead_cookies(visit):
    """Ids that nobody has, and cookies that are none."""
    for cookie in (b'mansession_id="deadbeef"', b"mansession_id=deadbeef", b'mansession_id=""',
                   b"mansession_id=", b"mansession_id=0", b"mansession_id=xyz", b"mansession_id",
                   b"other=1; mansession_id=12"):
        browser = visit()
        browser.cookie = cookie
        yield browser.action("Ping")


def cookies_in_many_spellings(visit):
    """As clients send them back."""
    browser = visit()
    login = browser.log_in()
    quoted = browser.cookie
    for cookie in (quoted, quoted.replace(b'"', b""), login.header(b"Set-Cookie"),
                   b"a=b; " + quoted + b"; c=d", b"mansession_id=12;" + quoted,
                   quoted.replace(b"mansession", b"MANSESSION")):
        browser.cookie = cookie
        yield browser.action("Ping")


def challenge(visit):
    """A login by MD5, with the right key."""
    browser = visit()
    asked = browser.action("Challenge", AuthType="MD5")
    yield asked
    yield browser.action("Login", AuthType="MD5", Username="admin", Key=key(asked))
    yield browser.action("Challenge", AuthType="md5")
    yield browser.action("Ping")


def key(reply):
    """The key that answers a challenge."""
    number = re.search(rb"Challenge: (\d+)", reply.body)[1]
    return hashlib.md5(number + b"s3cret").hexdigest()


def challenges_failed(visit):
    """With a wrong key, without a challenge, with another kind of challenge, with somebody else's."""
    browser = visit()
    yield browser.action("Challenge", AuthType="MD5", ActionID="7")
    yield browser.action("Login", AuthType="MD5", Username="admin", Key="0" * 32)
    yield visit().action("Login", AuthType="MD5", Username="admin", Key="0" * 32)
    yield visit().action("Challenge", AuthType="SHA")
    asked = visit().action("Challenge", AuthType="MD5")
    yield visit().action("Login", AuthType="MD5", Username="admin", Key=key(asked))


def few_rights(visit):
    """What a user without them hears to every kind of action."""
    browser = visit()
    yield browser.log_in("viewer", "viewer pass")
    for action in ("Ping", "Status", "CoreShowChannels", "Command", "Originate", "Hangup", "Getvar", "Setvar",
                   "ListCommands", "QueueStatus", "GetConfig", "UserEvent", "Filter", "None", "Reload"):
        yield browser.action(action)


def events_actions(visit):
    """All that an event mask may be."""
    browser = visit()
    browser.log_in()
    for mask in ("on", "off", "yes", "no", "true", "0", "1", "6", "call", "call,user", "s,call", "call, user",
                 "none", "all", "", "nonsense", "call,nonsense", "-1", "99999999999", "ON", "Call"):
        yield browser.action("Events", EventMask=mask, ActionID="7")
    yield browser.action("Events", uri="mxml")


def filters(visit):
    """Filters added, rightly and wrongly."""
    browser = visit()
    browser.log_in()
    for operation, pattern in (("Add", "Event: User"), ("Add", "!Event: X"), ("Add", "("), ("Add", ""),
                               ("Del", "x"), ("", "x"), ("", "")):
        yield browser.action("Filter", Operation=operation, Filter=pattern, ActionID="7")
    yield browser.action("Filter")
    yield browser.action("Ping")


def heads(visit):
    """HEAD does what GET does, and tells no more than its headers."""
    for uri in FORMATS:
        browser = visit()
        yield browser.request("/asterisk/%s?action=login&username=admin&secret=s3cret" % uri, "HEAD")
        yield browser.action("Ping", uri=uri)
        yield browser.request("/asterisk/%s?action=queuesummary" % uri, "HEAD")
        yield browser.request("/asterisk/%s" % uri, "HEAD")


def posts(visit):
    """Parameters of a POST stand in its body only, and only in a form."""
    browser = visit()
    browser.log_in()
    target = "/asterisk/rawman"
    yield browser.request(target + "?action=Ping", "POST", b"action=ListCategories", (FORM,))
    yield browser.request(target + "?action=Ping", "POST", b"", (FORM,))
    yield browser.request(target + "?action=Ping", "POST", b"action=Ping", ())
    yield browser.request(target, "POST", b"action=Ping", (b"Content-Type: text/plain",))
    yield browser.request(target, "POST", b"action=Ping", (FORM + b"; charset=utf-8",))
    yield browser.request(target, "POST", b"action=Ping", (FORM + b" ; charset=utf-8",))
    yield browser.request(target, "POST", b"action=Ping", (FORM.upper(),))
    yield browser.request(target, "POST", b"&&action=Ping&=&x&ActionID=%37", (FORM,))
    yield browser.request(target, "POST", b"action=Ping&x=" + b"y" * 900, (FORM,))


def other_methods(visit):
    """What is neither GET, HEAD nor POST."""
    for method in ("PUT", "DELETE", "PATCH", "FOO"):
        for uri in FORMATS:
            yield visit().request("/asterisk/%s?action=Ping" % uri, method)


def spellings_of_the_target(visit):
    """Which ones lead to the manager, and which nowhere."""
    for target in ("/asterisk/RAWMAN?action=Ping", "/ASTERISK/rawman/?action=Ping", "/asterisk/rawman",
                   "/asterisk/rawman?", "/asterisk/rawman?action", "/asterisk/rawman/x", "/rawman", "/",
                   "/asterisk", "/asterisk/", "/asterisk/raw%6dan", "/asterisk/none"):
        yield visit().request(target)


def one_login_at_a_time(visit):
    """A user of `allowmultiplelogin=no`."""
    first = visit()
    yield first.log_in("single", "only one")
    yield first.action("Ping")
    yield visit().log_in("single", "only one")
    yield first.action("CoreShowChannels")
    yield first.action("Logoff")
    second = visit()
    yield second.log_in("single", "only one")
    yield second.action("Logoff")


PLAYED = (
    strangers, logoff_of_a_stranger, logins_refused, logins, login_that_asks_for_system_events,
    second_login, logoff, dead_cookies, cookies_in_many_spellings, challenge, challenges_failed,
    few_rights, events_actions, filters, heads, posts, other_methods, spellings_of_the_target,
    one_login_at_a_time,
)
