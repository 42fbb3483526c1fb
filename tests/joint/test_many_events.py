"""Many events and long parameters: they are worked on by a worker, and nobody else waits for that."""

import threading

import pytest

from ajam.ami.message import Action
from ajam.pause import HEAVY, Pause
from ajam.privileges import ALL
from ajam.selection import Selection
from ajam.sessions import Sessions
from ajam.stream import SLICE_EVENTS, stream
from ajam.waitevent import FEW, wait_since
from ajam.web.exchange import Begin
from tests.clock import Clock
from tests.joint.stand_ins import Account

HANGUP = b"Event: Hangup\r\nPrivilege: call,all\r\n\r\n"


@pytest.fixture
def session():
    account = Account()
    account.feed.instance, account.feed.up, account.feed.outages = "5f0c2a91", True, 0
    return Sessions(60, Clock(), lambda subject: None).begin(account, 0, ALL, "192.0.2.7")


def append(session, count):
    session.account.feed.ring.append([HANGUP] * count)


def test_a_stream_that_is_far_behind_has_a_worker_for_each_slice(session):
    append(session, 2 * SLICE_EVENTS + FEW + 1)
    work = stream(session, Selection(), b"5f0c2a91-0", Clock())
    assert isinstance(next(work), Begin) and next(work) == b"id: 5f0c2a91-0\n\n"
    for count in (SLICE_EVENTS, SLICE_EVENTS, FEW + 1):
        assert next(work) is HEAVY
        assert next(work).count(b"data: ") == count
    assert isinstance(next(work), Pause)
    append(session, FEW)
    assert work.send(True).count(b"data: ") == FEW
    work.close()


@pytest.mark.parametrize("count, heavy", [(FEW, False), (FEW + 1, True)])
def test_a_wait_that_is_far_behind_is_for_a_worker(session, count, heavy):
    append(session, count)
    work = wait_since(session, Action([b"Since: 5f0c2a91-0"]), Selection(), Clock())
    if heavy:
        assert next(work) is HEAVY
    with pytest.raises(StopIteration) as ended:
        next(work)
    assert ended.value.value.count(b"Event: Hangup") == count


@pytest.mark.parametrize("parts, thread", [(2, "lobby"), (2000, "worker")])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_long_parameters_are_read_by_a_worker(site, monkeypatch, method, parts, thread):
    read = []
    monkeypatch.setattr("ajam.manager.Action.of_pairs", lambda pairs: (
        read.append((len(pairs), threading.current_thread().name)), Action([b"Action: None"]))[1])
    text = "&" * (parts - 1)
    browser = site.browser()
    if method == "GET":
        browser.request("/asterisk/rawman?" + text)
    else:
        browser.request("/asterisk/rawman", "POST", text.encode(), (
            b"Content-Type: application/x-www-form-urlencoded",))
    assert read == [(parts, thread)]
