"""Rows about actions that are the PBX's to allow and to answer: ajam adds no right, and changes no line."""

import pytest

from tests.browser import Browser
from tests.peer import header

DENIED = b"Response: Error\r\nMessage: Permission denied\r\n\r\n"
QUEUED = b"Response: Success\r\nMessage: Originate successfully queued\r\n\r\n"
SENT = b"Response: Success\r\nMessage: Event Sent\r\n\r\n"


@pytest.mark.parametrize("application", ["System", "system", " TrySystem ", "Exec", "AGI", "MixMonitor"])
def test_row_4b_who_may_have_the_pbx_run_a_program_is_decided_by_the_pbx_from_the_users_own_login(
        peer, daemon, browser, application):
    peer.script = lambda lines, connection: QUEUED if connection.user == b"admin" else DENIED
    fields = {"channel": "Local/1@c", "application": application, "data": "true"}
    browser.log_in()
    assert browser.action("Originate", **fields).body == QUEUED
    with Browser(daemon.address) as viewer:
        viewer.log_in("viewer", "viewer pass")
        for name in ("Originate", "ORIGINATE", "originate"):
            assert viewer.action(name, **fields).body == DENIED
    asked = [lines for _, lines in peer.messages if header(lines, b"action").lower() == b"originate"]
    assert {header(lines, b"application") for lines in asked} == {application.strip().encode()}
    assert len(asked) == 4


def test_row_35_every_header_of_a_user_event_gets_there_in_order_and_none_besides(peer, browser):
    peer.script = lambda lines, connection: SENT
    browser.log_in()
    peer.messages.clear()
    fields = ("UserEvent", "Load"), ("First", "1"), ("Second", "a: b"), ("First", "2")
    assert browser.action("UserEvent", *fields).body == SENT
    assert peer.lines(b"userevent") == [
        [b"action: UserEvent", b"UserEvent: Load", b"First: 1", b"Second: a: b", b"First: 2"]]
