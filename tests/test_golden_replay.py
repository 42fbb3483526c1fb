"""What real Asterisks answered, played to ajam by a scripted PBX: the same comes out over HTTP.

tests/data/golden/README says what is there. Not one byte is made here: the peer writes what a real
manager wrote, and the body is held against what that Asterisk's own AJAM gave for the same parameters.
"""

import json
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest

from tests.browser import Browser
from tests.conftest import no_leaks
from tests.peer import Peer, header
from tests.serving import serve

GOLDEN = Path(__file__).parent / "data" / "golden"
WIRES = {"14": "1.4", "16": "16", "22": "16"}  # how the peer speaks besides the answers
BANNERS = {"14": b"Asterisk Call Manager/1.0", "16": b"Asterisk Call Manager/5.0.4",
           "22": b"Asterisk Call Manager/11.0.0"}
SERVERS = {"14": b"Asterisk/1.4.0", "16": b"Asterisk/16.28.0", "22": b"Asterisk/22.10.1"}

ANSWERS = [path for version in WIRES for path in sorted(GOLDEN.glob(version + "/*.json"))]
OWN = ("events-off",)  # a session's mask is ajam's own: it answers in the words of 1.8 and later
ANSWERS_OF_THE_PBX = [path for path in ANSWERS if path.parent.name != "14" or path.stem not in OWN]
ANSWERS_OF_TODAY = [path for path in ANSWERS if path.parent.name != "14"]

WAITED = b"Response: Success\r\nMessage: Waiting for Event completed.\r\n\r\nEvent: "
CUTS = (1, 7, 1000, 1 << 20)  # bytes in one piece of an event stream


def name_of(path):
    """14/ping"""
    return "%s/%s" % (path.parent.name, path.stem)


def load(path):
    """A golden answer; its texts are bytes but for the parameters."""
    answer = json.loads(path.read_text("utf-8"))
    return {key: value if key == "params" else value.encode("latin-1") for key, value in answer.items()}


def with_action_id(ami, action_id):
    """What the manager writes for an action that carries `action_id`; b"" for one that carries none."""
    if action_id:
        return ami.replace(b"{ActionID}", action_id)
    return ami.replace(b"ActionID: {ActionID}\r\n", b"")


class Tape:
    """A script for a Peer: the golden answers of one version, found by the lines of the action."""

    def __init__(self, version):
        self._answers = {}
        for path in ANSWERS:
            if path.parent.name == version:
                answer = load(path)
                lines = ("%s: %s" % tuple(pair) for pair in answer["params"])
                self._answers[self._key(lines)] = answer["ami"]

    @staticmethod
    def _key(lines):
        return tuple(line.lower() for line in lines)

    def __call__(self, lines, connection):
        key = self._key(line.decode("latin-1") for line in lines if not line.lower().startswith(b"actionid:"))
        return with_action_id(self._answers[key], header(lines, b"ActionID"))


@pytest.fixture(scope="module", autouse=True)
def nothing_leaks():
    with no_leaks():
        yield


@pytest.fixture(scope="module", params=WIRES)
def version(request):
    return request.param


@pytest.fixture(scope="module")
def peer(version):
    banner = BANNERS[version] + b"\r\n"
    with Peer(Tape(version), WIRES[version], banner=banner, scripted=("coresettings",)) as peer:
        yield peer


@pytest.fixture(scope="module")
def daemon(peer, tmp_path_factory):
    with serve(tmp_path_factory.mktemp("replay"), peer.address) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def browser(daemon):
    with Browser(daemon.address) as browser:
        browser.log_in()
        yield browser


def answers(paths):
    """Has a test run for each of `paths`, on the daemon of its version."""
    cases = [pytest.param(path.parent.name, path, id=name_of(path)) for path in paths]
    return pytest.mark.parametrize("version, path", cases, indirect=["version"])


def get(browser, uri, params):
    """The reply to the parameters, in their order, as a query."""
    return browser.request("/asterisk/%s?%s" % (uri, urlencode([tuple(pair) for pair in params])))


@answers(ANSWERS_OF_THE_PBX)
def test_raw_over_http_is_asterisks_to_the_byte(browser, path):
    answer = load(path)
    reply = get(browser, "rawman", answer["params"])
    assert (reply.status, reply.header(b"Content-type")) == (200, b"text/plain")
    assert reply.body == answer["raw"]


@answers(ANSWERS_OF_TODAY)
@pytest.mark.parametrize("uri, key, kind", [("mxml", "xml", b"text/xml"), ("manager", "html", b"text/html")],
                         ids=["xml", "html"])
def test_xml_and_html_over_http_are_asterisks_to_the_byte(browser, path, uri, key, kind):
    answer = load(path)
    reply = get(browser, uri, answer["params"])
    assert (reply.status, reply.header(b"Content-type")) == (200, kind)
    assert reply.body == answer[key]


@answers(ANSWERS_OF_THE_PBX)
def test_an_action_id_of_the_client_comes_back_wherever_asterisk_puts_it(browser, path):
    answer = load(path)
    reply = get(browser, "rawman", [*answer["params"], ("ActionID", "click:7 <b>")])
    assert reply.body == with_action_id(answer["ami"], b"click:7 <b>")


@answers(ANSWERS)
@pytest.mark.parametrize("uri", ["mxml", "manager"])
def test_an_action_id_of_the_client_is_in_every_format(browser, path, uri):
    answer = load(path)
    body = get(browser, uri, [*answer["params"], ("ActionID", "click:7 <b>")]).body
    expected = 1 if path.stem in OWN else answer["ami"].count(b"{ActionID}")
    assert body.count(b"click:7 &lt;b&gt;") == expected
    if uri == "mxml":
        objects = ElementTree.fromstring(body).findall("response/generic[@actionid='click:7 <b>']")
        assert len(objects) == expected


@pytest.mark.parametrize("version", ["14"], indirect=True)
def test_the_events_action_is_answered_in_todays_words_whatever_the_pbx(browser):
    assert browser.action("Events", EventMask="off").body == b"Response: Success\r\nEvents: Off\r\n\r\n"


def test_the_server_header_tells_the_version_of_the_pbx(version, browser):
    assert browser.action("Ping").header(b"Server").startswith(SERVERS[version])


# Event streams


def blocks_of(stream):
    """The blocks of an event stream, each with its empty line."""
    return [block + b"\r\n\r\n" for block in stream.split(b"\r\n\r\n")[:-1]]


def marker(label):
    """An event that stands for the end of the stream."""
    return b"Event: UserEvent\r\nPrivilege: %b,all\r\nUserEvent: EndOfTape\r\n\r\n" % label.encode()


def play(peer, stream, size):
    """Has the peer send the stream in pieces of `size` bytes."""
    for start in range(0, len(stream), size):
        peer.send_event(stream[start:start + size])


def wait_until(browser, last):
    """The events of as many WaitEvents as it takes to see `last`, which is left out."""
    events = b""
    while not events.endswith(last):
        reply = browser.action("WaitEvent")
        assert reply.body.startswith(WAITED)
        assert reply.body.endswith(b"\r\n\r\nEvent: WaitEventComplete\r\n\r\n")
        events += b"".join(blocks_of(reply.body)[1:-1])
    return events[:-len(last)]


@pytest.fixture
def watcher(daemon):
    with Browser(daemon.address) as watcher:
        yield watcher
        watcher.action("Logoff")


@pytest.mark.parametrize("size", CUTS)
def test_every_event_is_told_in_order_however_the_network_cuts_the_stream(version, peer, watcher, size):
    stream = (GOLDEN / ("events-%s.txt" % version)).read_bytes()
    watcher.log_in(Events="on")
    play(peer, stream + marker("call"), size)
    assert wait_until(watcher, marker("call")) == stream


@pytest.mark.parametrize("mask, labels", [
    ("call", ["call"]),
    ("user", ["user"]),
    ("call,user", ["call", "user"]),
    ("66", ["call", "user"]),
    ("user,dialplan", ["user", "dialplan"]),
])
def test_a_session_is_told_what_is_in_its_mask_and_nothing_else(version, peer, watcher, mask, labels):
    stream = (GOLDEN / ("events-%s.txt" % version)).read_bytes()
    watcher.log_in(Events=mask)
    play(peer, stream + marker(labels[0]), 1000)
    told = wait_until(watcher, marker(labels[0]))
    lines = [b"Privilege: %b,all" % label.encode() for label in labels]
    assert told == b"".join(block for block in blocks_of(stream) if block.split(b"\r\n")[1] in lines)
    assert told


def test_a_mask_that_is_changed_holds_for_what_has_come_already(version, peer, watcher):
    stream = (GOLDEN / ("events-%s.txt" % version)).read_bytes()
    watcher.log_in(Events="call")
    watcher.action("Events", EventMask="user")
    play(peer, stream + marker("user"), 1000)
    assert wait_until(watcher, marker("user")) == b"".join(
        block for block in blocks_of(stream) if b"\r\nPrivilege: user,all\r\n" in block)
