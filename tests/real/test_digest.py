"""The digest URIs, asked by curl: the same replies as from Asterisk's own AJAM, challenges included."""

import re
import shutil
import subprocess

import pytest

from tests.browser import Reply
from tests.real.comparing import compare

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")

SECONDS = 10
RIGHT = ("--user", "admin:s3cret")


def curl(address, *arguments):
    """All replies that curl gets, each challenge before what it brought."""
    uris = (re.sub(r"\{(\w+)\}", r"http://%s:%d/asterisk/\1" % address, argument) for argument in arguments)
    done = subprocess.run(["curl", "--disable", "--silent", "--include", "--digest", *uris], timeout=SECONDS,
                          stdout=subprocess.PIPE, check=True)
    return list(replies(done.stdout))


def replies(data):
    """The replies one behind the other in `data`; curl leaves out a challenge's body when it goes on."""
    while data:
        head, _, data = data.partition(b"\r\n\r\n")
        line, *headers = head.split(b"\r\n")
        reply = Reply(line, tuple(headers), b"")
        length = 0 if data.startswith(b"HTTP/") else int(reply.header(b"Content-Length"))
        yield reply._replace(body=data[:length])
        data = data[length:]


CALLS = {
    "right": (*RIGHT, "{arawman}?action=Ping"),
    "XML": (*RIGHT, "{amxml}?action=QueueSummary"),
    "HTML": (*RIGHT, "{amanager}?action=QueueSummary"),
    "POST": (*RIGHT, "--data", "action=Ping&ActionID=7", "{arawman}"),
    "HTML by POST": (*RIGHT, "--data", "action=Ping", "{amanager}"),
    "twice": (*RIGHT, "{arawman}?action=Ping", "{amxml}?action=CoreSettings"),
    "a Login, which is none": (*RIGHT, "{arawman}?action=Login&username=viewer&secret=wrong"),
    "a Logoff, and on": (*RIGHT, "{arawman}?action=Logoff", "{arawman}?action=Ping"),
    "an event mask": (*RIGHT, "{arawman}?action=Events&EventMask=user"),
    "no action": (*RIGHT, "{arawman}"),
    "another spelling of the name": ("--user", "ADMIN:s3cret", "{arawman}?action=Ping"),
    "a user with few rights": ("--user", "viewer:viewer pass", "{arawman}?action=Command&Command=none"),
    "a wrong secret": ("--user", "admin:wrong", "{arawman}?action=Ping"),
    "nobody": ("--user", "nobody:s3cret", "{arawman}?action=Ping"),
    "who may not come from here": ("--user", "fenced:fenced", "{arawman}?action=Ping"),
    "without credentials": ("{arawman}?action=Ping",),
    "a login by cookie at the same URI": ("{arawman}?action=login&username=admin&secret=s3cret",),
}


@pytest.mark.parametrize("arguments", CALLS.values(), ids=CALLS)
def test_curl_hears_the_same(bench, arguments, compared):
    theirs, ours = (curl(side, *arguments) for side in bench.sides)
    assert len(theirs) == len(ours)
    compared(bench, [compare(*pair) for pair in zip(theirs, ours)])
