"""`ajam tail`: events as they come, through outages of every kind, until it is ended."""

import os
import signal
import subprocess
import sys

import pytest

from ajam.client.events import Message, as_block, messages
from ajam.client.tail import remark
from ajam.sessions import Session
from tests.joint.relay import Relay
from tests.joint.test_client import url
from tests.serving import HTTP_CONF, serve
from tests.web.site import wait_until

RUN_SECONDS = 60
CALL = b"Event: Newchannel\r\nPrivilege: call,all\r\nChannel: SIP/%d\r\n\r\n"
HANGUP = b"Event: Hangup\r\nPrivilege: call,all\r\nChannel: SIP/%d\r\nVariable: a=1\r\nVariable: b=2\r\n\r\n"


@pytest.fixture
def begin():
    """Starts an `ajam tail` as admin; what goes on is ended with the test."""
    processes = []

    def begin(where, *arguments):
        environment = {**os.environ, "HOME": "/nonexistent", "AJAM_URL": where, "AJAM_USER": "admin",
                       "AJAM_SECRET": "s3cret"}
        processes.append(subprocess.Popen([sys.executable, "-m", "ajam", "tail", *arguments], env=environment,
                                          stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        if not process.stdout.closed:
            process.communicate()


def listens(daemon):
    """Returns once a stream of the Daemon's has told all there is, and waits for more."""
    subjects = daemon.lobby._waiters._by_subject
    wait_until(lambda: any(isinstance(subject, Session) for subject in list(subjects)), RUN_SECONDS)


def block(process):
    """The next lines that a tail prints, up to an empty one."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line == b"\n":
            break
    return b"".join(lines)


def test_events_are_printed_as_lines(begin, daemon, peer):
    process = begin(url(daemon))
    listens(daemon)
    peer.send_event(HANGUP % 1)
    assert block(process) == (
        b"Event: Hangup\nPrivilege: call,all\nChannel: SIP/1\nVariable: a=1\nVariable: b=2\n\n")


def test_events_are_printed_as_objects(begin, daemon, peer):
    process = begin(url(daemon), "--json")
    listens(daemon)
    peer.send_event(HANGUP % 1)
    assert process.stdout.readline() == (
        b'{"Event": "Hangup", "Privilege": "call,all", "Channel": "SIP/1", "Variable": ["a=1", "b=2"]}\n')


def test_only_those_that_were_asked_for_are_printed(begin, daemon, peer):
    process = begin(url(daemon), "event=Hangup", "event=Newstate", "Channel=SIP/2")
    listens(daemon)
    for event in (CALL % 2, HANGUP % 1, HANGUP % 2):
        peer.send_event(event)
    assert block(process).startswith(b"Event: Hangup\nPrivilege: call,all\nChannel: SIP/2\n")


@pytest.mark.parametrize("with_signal, code", [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_signal_ends_it_quietly(begin, daemon, with_signal, code):
    process = begin(url(daemon))
    listens(daemon)
    process.send_signal(with_signal)
    assert process.communicate(timeout=RUN_SECONDS) == (b"", b"")
    assert process.returncode == code


def test_nobody_reading_any_more_ends_it_quietly_at_the_next_event(begin, daemon, peer):
    process = begin(url(daemon))
    listens(daemon)
    peer.send_event(HANGUP % 1)
    process.stdout.readline()
    process.stdout.close()
    peer.send_event(HANGUP % 2)
    assert process.wait(RUN_SECONDS) == 0
    assert process.stderr.read() == b""
    process.stderr.close()


def test_nobody_reading_any_more_ends_it_at_the_next_sign_of_life(begin, site):
    process = begin(url(site.daemon))
    listens(site.daemon)
    process.stdout.close()
    site.pass_time(16)
    assert process.wait(RUN_SECONDS) == 0
    assert process.stderr.read() == b""
    process.stderr.close()


def test_when_it_ends_its_session_does(begin, site):
    process = begin(url(site.daemon))
    listens(site.daemon)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=RUN_SECONDS)
    wait_until(lambda: not site.sessions(), RUN_SECONDS)


def test_that_the_pbx_goes_and_comes_is_said_on_stderr(begin, daemon, peer):
    process = begin(url(daemon), "event=Hangup")
    listens(daemon)
    peer.drop_connections()
    assert process.stderr.readline() == b"ajam: the PBX is away\n"
    assert process.stderr.readline() == b"ajam: the PBX is back\n"
    peer.send_event(HANGUP % 1)
    assert block(process).startswith(b"Event: Hangup\n")


def test_a_connection_that_is_lost_is_made_anew_and_no_event_is_missed(begin, daemon, peer):
    with Relay(daemon.address) as relay:
        process = begin("http://127.0.0.1:%d/asterisk" % relay.address[1], "event=Hangup")
        listens(daemon)
        peer.send_event(HANGUP % 1)
        assert b"SIP/1\n" in block(process)
        relay.cut()
        for number in (2, 3):
            peer.send_event(HANGUP % number)
        assert [block(process)[:60].split()[5] for _ in range(2)] == [b"SIP/2", b"SIP/3"]
        assert process.stderr.readline().endswith(b"; trying again\n")
        assert process.stderr.readline() == b"ajam: connected again\n"
        process.kill()
        process.communicate()


def test_an_ajam_that_is_started_anew_is_found_and_what_was_missed_is_said(begin, tmp_path, peer):
    with serve(tmp_path, peer.address) as daemon:
        where, port = url(daemon), daemon.address[1]
        process = begin(where, "event=Hangup")
        listens(daemon)
        peer.send_event(HANGUP % 1)
        assert b"SIP/1\n" in block(process)
    with serve(tmp_path, peer.address, http_conf=HTTP_CONF.replace("bindport=0", "bindport=%d" % port)):
        assert process.stderr.readline() == b"ajam: the session is over: ajam is being stopped\n"
        said = [process.stderr.readline() for _ in range(2)]
        while said[-1].endswith(b"; trying again\n"):
            said.append(process.stderr.readline())
        assert said[0].endswith(b"; trying again\n")
        assert said[-1] == b"ajam: connected again\n"
        assert process.stderr.readline() == b"ajam: events may have been missed\n"
        peer.send_event(HANGUP % 2)
        assert b"SIP/2\n" in block(process)
        process.kill()
        process.communicate()


def test_a_session_that_is_ended_is_begun_anew(begin, site, peer):
    process = begin(url(site.daemon), "event=Hangup")
    listens(site.daemon)
    [session] = site.sessions()
    session.owner.end(session)
    assert process.stderr.readline() == b"ajam: the session is over: the session has ended\n"
    assert process.stderr.readline().endswith(b": the stream has ended; trying again\n")
    assert process.stderr.readline() == b"ajam: connected again\n"
    listens(site.daemon)
    peer.send_event(HANGUP % 1)
    assert block(process).startswith(b"Event: Hangup\n")


# The stream's lines

@pytest.mark.parametrize("kind, data, words", [
    (b"gap", b'{"dropped": 3}', "3 events were missed"),
    (b"gap", b'{"dropped": null}', "events may have been missed"),
    (b"news", b"{}", "news"),
])
def test_what_is_no_event_is_said_in_words(kind, data, words):
    assert remark(Message(kind, data, b"")) == words


def test_lines_are_messages_at_an_empty_one():
    lines = [b"id: a-1\n", b"\n", b":\n", b"\n", b"id: a-2\n", b"data: {}\n", b"\n", b"event: gap\r\n", b"data:x\r\n",
             b"data: y\r\n", b"\r\n", b"event: down\n"]
    assert list(messages(lines)) == [
        Message(b"message", b"", b"a-1"), Message(b"message", b"", b"a-1"), Message(b"message", b"{}", b"a-2"),
        Message(b"gap", b"x\ny", b"a-2")]


def test_what_a_caller_calls_himself_does_not_reach_into_the_terminal():
    assert as_block(b'{"CallerIDName": "\\u001b[2J\\u009b\\r\\nEvent: X"}') == (
        b"CallerIDName: \\x1b[2J\\x9b\\x0d\\x0aEvent: X\n\n")


def test_an_event_as_lines_has_all_its_values_and_text_as_it_was():
    data = '{"Event": "X", "Variable": ["a=1", "b"], "Opaque-data": "one\\ntwo", "Name": "\u00e9"}'.encode()
    assert as_block(data) == "Event: X\nVariable: a=1\nVariable: b\none\ntwo\nName: \u00e9\n\n".encode()
