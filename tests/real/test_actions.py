"""Every action that a real Asterisk lists, asked of its own AJAM and of ajam: the answers are the same."""

import re

import pytest

from tests.browser import Browser
from tests.real import actions, actions_system
from tests.real.bench import query
from tests.real.comparing import AS_LISTED, SAME, compare
from tests.real.differences import ELSEWHERE, PREPARED, REFUSED

FORM = (b"Content-Type: application/x-www-form-urlencoded",)
WAYS = {  # how a call is put, and what is added to it
    "raw by GET": ("GET", "rawman", ""),
    "XML by GET": ("GET", "mxml", ""),
    "HTML by POST": ("POST", "manager", ""),
    "raw by POST with an ActionID": ("POST", "rawman", "&ActionID=a-7"),
}
NAMED = re.compile(r"[A-Za-z]+(?=&|$)")

CALLS = actions.CALLS + actions_system.CALLS


def action_of(call):
    """The name of the action that is called."""
    return call.split("&")[0]


def bare(calls):
    """Each action of `calls` without any parameter, if that is not among them."""
    return tuple(sorted({action_of(call) for call in calls if NAMED.match(call)} - set(calls)))


class Visitor:
    """A browser that is logged in and stays so."""

    def __init__(self, address, username="admin", secret="s3cret"):
        self._browser = Browser(address)
        self._login = (username, secret)
        self._browser.log_in(*self._login)

    def ask(self, call, way):
        """The reply to a call, put in one of the WAYS."""
        method, uri, more = WAYS[way]
        target = "/asterisk/" + uri
        if method == "GET":
            return self._browser.request("%s?%s%s" % (target, query(call), more))
        return self._browser.request(target, method, (query(call) + more).encode(), FORM)

    def is_logged_in(self):
        """Whether the last call has left the session alone; if not, a new one is begun."""
        if b"Ping: Pong" in self._browser.action("Ping").body:
            return True
        self._browser.log_in(*self._login)
        return False

    def close(self):
        """Ends the connection."""
        self._browser.close()


@pytest.fixture(scope="module")
def visitors(bench):
    pair = [Visitor(side) for side in bench.sides]
    yield pair
    for visitor in pair:
        visitor.close()


def asked(bench, visitors, call, way):
    """The replies of both sides to a call."""
    replies = []
    for visitor in visitors:
        for before in PREPARED.get(action_of(call), ()):
            bench.act(before)
        replies.append(visitor.ask(bench.with_spares(call), way))
        bench.settle()
    return replies


def compare_all_ways(bench, visitors, call):
    """What comes of comparing the answers to a call, put in each way, and the sessions after it."""
    found = [in_way(way, *asked(bench, visitors, call, way)) for way in WAYS]
    theirs, ours = (visitor.is_logged_in() for visitor in visitors)
    found.append(SAME if theirs == ours else "logged in afterwards: Asterisk %s, ajam %s" % (theirs, ours))
    return found


def in_way(way, theirs, ours):
    found = compare(theirs, ours)
    return found if found in (SAME, AS_LISTED) else "%s: %s" % (way, found)


@pytest.mark.parametrize("call", CALLS + bare(CALLS))
def test_a_call_is_answered_as_by_asterisk(bench, visitors, call, compared):
    compared(bench, compare_all_ways(bench, visitors, call))


@pytest.mark.parametrize("call", REFUSED)
@pytest.mark.parametrize("way", WAYS)
def test_what_cannot_be_sent_to_the_pbx_is_refused(bench, visitors, call, way):
    theirs, ours = asked(bench, visitors, call, way)
    expected = REFUSED[call]
    assert ours.status == expected.status
    assert expected.message in ours.body
    assert theirs.status == 200 and expected.message not in theirs.body


def test_every_action_that_asterisk_lists_is_called(bench):
    listed = set(re.findall(r"^(\w+): .*\(Priv: ", bench.act("ListCommands").decode(), re.M))
    called = {action_of(call) for call in CALLS}
    assert listed - called == set(ELSEWHERE)
