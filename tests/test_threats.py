"""tests/threats.py: no threat is forgotten, and every test that it names is there; and what no other test shows."""

import ast
import pathlib
import socket

import pytest

from tests.browser import Browser
from tests.fuzz.catalogue import BY_NAME
from tests.peer import Peer
from tests.serving import serve
from tests.threats import THREATS, table

TESTS = pathlib.Path(__file__).parent
ELSEWHERE = ("host", "port", "pbx", "server", "address", "asterisk", "url", "actionid", "channel")


def names_in(path):
    """The names of the tests in a file, those of classes as CLASS::NAME."""
    found = set()
    for node in ast.parse((TESTS / path).read_text("utf-8")).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = node.name + "::" if isinstance(node, ast.ClassDef) else ""
        found |= {prefix + each.name for each in inner
                  if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")}
    return found


def test_every_threat_is_there_once():
    assert [threat.number for threat in THREATS] == list(range(1, 45))
    assert {part for threat in THREATS for part in threat.parts} == set(range(1, 9))


@pytest.mark.parametrize("threat", THREATS, ids=[str(threat.number) for threat in THREATS])
def test_every_threat_names_tests_that_there_are(threat):
    assert len(set(threat.tests)) == len(threat.tests) > 0
    for test in threat.tests:
        path, _, name = test.partition("::")
        name, _, case = name.partition("[")
        assert name in names_in(path) if name else names_in(path), test
        assert not case or case[:-1] in BY_NAME, test


def test_the_table_has_a_paragraph_for_each():
    assert len(table().split("\n\n")) == len(THREATS)


def test_no_request_has_ajam_speak_to_anybody_else(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as stranger, Peer() as peer, serve(tmp_path, peer.address) as daemon:
        stranger.setblocking(False)
        there = "%s:%d" % stranger.getsockname()
        headers = tuple(("%s: %s" % (name, there)).encode() for name in (
            "X-Forwarded-Host", "X-Forwarded-Server", "X-Real-Host", "Forwarded", "Origin", "Referer"))
        with Browser(daemon.address) as browser:
            browser.log_in(**dict.fromkeys(ELSEWHERE, there))
            browser.action("Originate", **dict.fromkeys(ELSEWHERE, there))
            browser.request("/asterisk/rawman?action=login&username=admin&secret=s3cret", headers=headers[:3])
            browser.request("/asterisk/rawman?action=login&username=admin&secret=s3cret", headers=headers)
            browser.request("/asterisk/mxml?action=challenge&authtype=md5", headers=headers)
        with pytest.raises(BlockingIOError):
            stranger.accept()
