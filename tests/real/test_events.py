"""Events, told by Asterisk's own AJAM and by ajam at the same time: the same, in the same order."""

import contextlib
import re
import time
from typing import NamedTuple

import pytest

from tests.browser import Browser
from tests.real.bench import query
from tests.real.comparing import compare
from tests.real.differences import TOLD, UNSEEN

VAIN = b"Response: Success\r\nMessage: Waiting for Event completed.\r\n\r\nEvent: WaitEventComplete\r\n\r\n"

# Calls that come and go, a conference, a queue; what a dialplan says; values with markup and strange bytes.
HAPPENINGS = (
    "UserEvent&UserEvent=Note&Text=a<b+%26+%22c%22&text=2&Empty=&%26%C3%A9=x&Bytes=%FF%01",
    "Originate&Channel=Local/300@default/n&Application=Wait&Data=1&ChannelId={new}",
    "Originate&Channel=Local/100@default/n&Context=default&Exten=300&Priority=1&ChannelId={new}&Async=yes",
    "Setvar&Channel={spare}&Variable=NOTE&Value=a<b",
    "Redirect&Channel={member}&Context=default&Exten=300&Priority=1",
    "QueuePause&Interface=Local/200@default&Paused=yes&Queue=support",
    "DBPut&Family=spare&Key=one&Val=1",
    "ModuleLoad&Module=none&LoadType=reload",
    "Hangup&Channel={spare}",
)


class Session(NamedTuple):
    """A session that is told of what happens: its login, and what it does before and after it happens."""

    login: dict
    before: str = "Ping"
    after: str = "Ping"


MASKS = ("on", "call", "user", "call,user", "system", "off", "1", "cdr,dialplan", "all", "s,user", "Call")
SESSIONS = {
    **{"Events=" + mask: Session({"Events": mask}) for mask in MASKS},
    "no Events": Session({}),
    "few rights": Session({"username": "viewer", "secret": "viewer pass"}),
    "another mask later": Session({"Events": "user"}, after="Events&EventMask=call"),
    "a filter that includes": Session({"Events": "on"}, "Filter&Operation=Add&Filter=Event:+UserEvent"),
    "a filter that excludes": Session({"Events": "on"}, "Filter&Operation=Add&Filter=!Channel:+Local"),
}


@contextlib.contextmanager
def pair_of_browsers(bench, username="admin", secret="s3cret", **fields):
    """A Browser at each side, logged in alike."""
    with contextlib.ExitStack() as opened:
        browsers = [opened.enter_context(Browser(side)) for side in bench.sides]
        for browser in browsers:
            browser.log_in(username, secret, **fields)
        yield browsers


def wait(browser, uri="rawman", timeout=""):
    """Sends a WaitEvent and does not wait for its reply."""
    browser.send(b"GET /asterisk/%s?action=WaitEvent%s HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n"
                 % (uri.encode(), timeout.encode(), browser.cookie))


def told(browser):
    """What a browser is told that waits for no time at all, without what the table TOLD takes out."""
    body = browser.action("WaitEvent", Timeout=0).body
    for row in TOLD:
        body = re.sub(row.pattern, row.replacement, body, flags=re.S)
    return body


def fall_silent(bench):
    """Waits until nothing has happened in the PBX for a second."""
    with Browser(bench.asterisk.http) as watcher:
        watcher.log_in(Events="on")
        begun, body = 0.0, b""
        while body != VAIN or time.monotonic() - begun < 0.9:  # an event that it may not see ends a wait, too
            begun = time.monotonic()
            body = watcher.action("WaitEvent", Timeout=1).body


@pytest.fixture(scope="module")
def history(bench):
    """What each of SESSIONS was told, at either side, of one and the same happenings."""
    with contextlib.ExitStack() as opened:
        pairs = {}
        for name, session in SESSIONS.items():
            pairs[name] = opened.enter_context(pair_of_browsers(bench, **session.login))
            for browser in pairs[name]:
                do(browser, session.before)
        for call in HAPPENINGS:
            bench.act(bench.with_spares(call))
        bench.settle()
        fall_silent(bench)
        for name, session in SESSIONS.items():
            for browser in pairs[name]:
                do(browser, session.after)
        return {name: [told(browser) for browser in pair] for name, pair in pairs.items()}


def do(browser, call):
    """Has a browser make a call."""
    assert b"Response: Success" in browser.request("/asterisk/rawman?" + query(call)).body


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_is_told_the_same_events(history, name):
    theirs, ours = history[name]
    assert ours == theirs


@pytest.mark.parametrize("name, seen, unseen", [
    ("Events=on", b"Event: Newexten", b"Event: None"),
    ("Events=user", b"Event: UserEvent", b"Event: Hangup"),
    ("Events=call", b"Event: Hangup", b"Event: UserEvent"),
    ("Events=off", b"Event: Newexten", b"Event: None"),
    ("few rights", b"Event: Hangup", b"Event: UserEvent"),
    ("another mask later", b"Event: Hangup", b"Event: UserEvent"),
    ("a filter that includes", b"Event: UserEvent", b"Event: Hangup"),
    ("a filter that excludes", b"Event: UserEvent", b"Event: Hangup"),
])
def test_these_happenings_can_tell_sessions_apart(history, name, seen, unseen):
    theirs, _ = history[name]
    assert seen in theirs and unseen not in theirs


def test_a_filter_keeps_even_what_ajam_does_for_it_from_its_session(bench):
    with pair_of_browsers(bench, Events="on") as browsers:
        for browser in browsers:
            browser.action("Filter", Operation="Add", Filter="Event: UserEvent")
            browser.action("UserEvent", UserEvent="Seen")
            body = browser.action("WaitEvent", Timeout=5).body
            assert b"UserEvent: Seen" in body and b"SuccessfulAuth" not in body


@pytest.fixture
def couples(bench):
    """Two Browsers at each side on one session, to which nothing has to be told: first ones, second ones."""
    with pair_of_browsers(bench, Events="user") as first, contextlib.ExitStack() as opened:
        second = [opened.enter_context(Browser(side)) for side in bench.sides]
        for one, other in zip(first, second):
            other.cookie = one.cookie
            has_been_read(other)  # ajam logs in for it, an event that would end Asterisk's waits
        fall_silent(bench)
        for browser in first:
            told(browser)
        yield first, second


@pytest.fixture
def waiting(couples):
    """The first Browser at each side."""
    return couples[0]


@pytest.fixture
def sharing(couples):
    """The second Browser at each side."""
    return couples[1]


@pytest.mark.parametrize("uri", ["rawman", "mxml", "manager"])
def test_an_event_wakes_who_waits(bench, waiting, uri, compared):
    for browser in waiting:
        wait(browser, uri)
    bench.act("UserEvent&UserEvent=Note&Text=a<b")
    compared(bench, [compare(*(browser.read_reply() for browser in waiting))])


def test_a_wait_in_vain_ends_when_its_timeout_says(bench, waiting, compared):
    found = []
    for uri, timeout, seconds in (
            ("rawman", "0", 0), ("rawman", "1", 1), ("mxml", "0x2", 2), ("manager", "01", 1),
            ("rawman", "1.9&ActionID=7", 1), ("mxml", "%2b1&ActionID=7", 1)):
        begun = time.monotonic()
        for browser in waiting:
            wait(browser, uri, "&Timeout=" + timeout)
        found.append(compare(*(browser.read_reply() for browser in waiting)))
        assert seconds - 0.1 < time.monotonic() - begun < seconds + 1.5
    compared(bench, found)


def test_an_event_that_a_session_may_not_see_ends_no_wait_of_ours(bench, waiting):
    begun = time.monotonic()
    for browser in waiting:
        wait(browser, timeout="&Timeout=2")
    bench.act("Setvar&Variable=UNSEEN&Value=x")
    theirs, ours = ((browser.read_reply().body, time.monotonic() - begun) for browser in waiting)
    assert theirs[0] == ours[0]
    assert theirs[1] < 1.5 < ours[1], UNSEEN


@pytest.mark.parametrize("uri", ["rawman", "mxml", "manager"])
def test_a_second_wait_sends_the_first_one_home(bench, waiting, sharing, uri, compared):
    for one, other in zip(waiting, sharing):
        wait(one, uri)
        has_been_read(other)
        wait(other, uri)
    displaced = [browser.read_reply() for browser in waiting]
    bench.act("UserEvent&UserEvent=Note&Text=x")
    compared(bench, [compare(*displaced), compare(*(browser.read_reply() for browser in sharing))])


def test_a_logoff_ends_a_wait(bench, waiting, sharing, compared):
    for one, other in zip(waiting, sharing):
        wait(one)
        has_been_read(other)
        other.action("Logoff")
    compared(bench, [compare(*(browser.read_reply() for browser in waiting))])


def has_been_read(browser):
    """By the time these have been answered, what was sent before on another connection has been read."""
    for _ in range(20):
        browser.action("Ping")
