"""ajam/manager.py over HTTP, on a scripted PBX: sessions, logins and what ajam answers itself."""

import re

GOODBYE = b"Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n"
DENIED = b"Response: Error\r\nMessage: Permission denied\r\n\r\n"


def test_a_login_answers_as_asterisk_does_and_sets_the_cookie(browser):
    reply = browser.log_in()
    assert reply.line == b"HTTP/1.1 200 OK"
    assert reply.body == b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
    names = [header.split(b":")[0] for header in reply.headers]
    assert names == [b"Server", b"Date", b"Cache-Control", b"Content-type", b"Set-Cookie", b"Pragma", b"Content-Length"]
    assert re.fullmatch(rb'mansession_id="[0-9a-f]{32}"; Version=1; Max-Age=60; HttpOnly; SameSite=Strict',
                        reply.header(b"Set-Cookie"))


def test_without_a_session_every_action_is_denied(browser):
    assert browser.action("Status").body == DENIED


def test_an_action_goes_to_the_pbx_and_its_output_comes_back_untouched(peer, browser):
    peer.script = lambda lines, connection: b"Any bytes\n at all \xff\r\n\r\n\r\nand more\r\n\r\n"
    browser.log_in()
    assert browser.action("Status").body == b"Any bytes\n at all \xff\r\n\r\n\r\nand more\r\n\r\n"
    assert peer.actions() == [b"status"]


def test_a_logoff_takes_the_cookie_away(browser):
    browser.log_in()
    reply = browser.action("Logoff")
    assert reply.body == GOODBYE
    assert reply.header(b"Set-Cookie") == b'mansession_id=""; Version=1; Max-Age=0; HttpOnly; SameSite=Strict'
    assert browser.action("Status").body == DENIED


def test_an_event_ends_a_wait(peer, browser):
    browser.log_in()
    browser.send_action("waitevent")
    peer.send_event(b"Event: Hangup\r\nPrivilege: call,all\r\n\r\n")
    assert browser.read_reply().body == (
        b"Response: Success\r\nMessage: Waiting for Event completed.\r\n\r\n"
        b"Event: Hangup\r\nPrivilege: call,all\r\n\r\nEvent: WaitEventComplete\r\n\r\n")
