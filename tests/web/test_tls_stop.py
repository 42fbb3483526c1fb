"""ajam/web over TLS: how a service ends. No reply goes out in clear text, and none that has begun is cut off."""

import threading

import pytest

from ajam.web.exchange import Begin, FileBody, Response
from tests.certificates import is_tls
from tests.web.secure import SecureSite
from tests.web.site import LONG, Gate, Line

PATIENCE = 5.0  # seconds for what happens at once
LARGE = 2 * 1024 * 1024  # bytes
ENDLESS = 32 * 1024 * 1024  # bytes; far more than all buffers between two sockets hold
CLIENTS = 16
SLOW = b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"


class Client(threading.Thread):
    """Asks for /large again and again, until the connection is closed between two replies.

    whole   how many replies came whole
    failed  what was wrong with one that did not
    """

    def __init__(self, browser, begun):
        super().__init__()
        self.browser = browser
        self.begun = begun
        self.whole = 0
        self.failed = None

    def run(self):
        """Goes on until the end."""
        while self.failed is None and self._ask():
            self.whole += 1
            self.begun.release()

    def _ask(self):
        try:
            self.browser.send(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
            first = self.browser._file.peek(1)
        except OSError:  # closed before this one was read
            return False
        if first:
            try:
                reply = self.browser.read_reply()
                assert (reply.status, len(reply.body)) == (200, LARGE)
            except Exception as error:
                self.failed = error
        return bool(first)


def from_memory(length, path):
    """A page of `length` bytes."""
    return lambda request: Response(body=b"a" * length)


def from_file(length, path):
    """The same, out of a file."""
    path.write_bytes(b"a" * length)
    return lambda request: Response(body=FileBody(path.open("rb"), length))


both_sources = pytest.mark.parametrize("source", [from_memory, from_file], ids=["from memory", "from a file"])


@both_sources
def test_every_reply_that_has_begun_under_load_arrives_whole(authority, localhost, tmp_path, source):
    begun = threading.Semaphore(0)
    with SecureSite(localhost, authority.client(), {b"/large": source(LARGE, tmp_path / "large")}) as site:
        clients = [Client(site.browser(), begun) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for _ in range(2 * CLIENTS):
            assert begun.acquire(timeout=6 * PATIENCE)
        site.stop(LONG)
        for client in clients:
            client.join()
            client.browser.close()
    assert [client.failed for client in clients] == [None] * CLIENTS
    assert all(client.whole for client in clients)


def trickle(line):
    """A stream that says something before it waits, and after it."""
    def page(request):
        yield Begin(Response())
        yield b"first"
        response = yield from line(request)
        yield response.body
    return page


@pytest.mark.parametrize("kind", ["a wait for the PBX", "an endless wait", "a stream"])
def test_what_waits_when_the_end_comes_is_told_so_in_tls(authority, localhost, kind):
    gate = Gate(endless=True)
    with Line() as line, SecureSite(localhost, authority.client(), {
            b"/slow": {"a wait for the PBX": line, "an endless wait": gate, "a stream": trickle(gate)}[kind]}) as site, \
            site.by_hand() as by_hand:
        by_hand.shake_hands()
        by_hand.socket.sendall(by_hand.enciphered(SLOW))
        assert (line if kind == "a wait for the PBX" else gate).entered.acquire(timeout=PATIENCE)
        site.settle()
        end = threading.Thread(target=site.stop, args=(LONG,))
        end.start()
        line.says(b"an answer")
        reply, was_notified = by_hand.read_to_end()
        end.join()
    assert is_tls(by_hand.wire) and was_notified
    assert reply.endswith({"a wait for the PBX": b"an answer", "an endless wait": b"late", "a stream": b"firstlate"}[kind])


@both_sources
def test_a_reply_cut_off_by_the_end_is_cut_off_in_tls(authority, localhost, tmp_path, source):
    page = source(ENDLESS, tmp_path / "large")
    with SecureSite(localhost, authority.client(), {b"/large": page}) as site, site.by_hand() as by_hand:
        by_hand.shake_hands()
        by_hand.socket.sendall(by_hand.enciphered(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n"))
        assert by_hand.listen()
        site.settle()
        site.stop()
        reply, _ = by_hand.read_to_end()
    assert is_tls(by_hand.wire) and len(reply) < ENDLESS


def test_the_end_is_said_to_idle_connections_in_tls(authority, localhost):
    with SecureSite(localhost, authority.client()) as site, site.by_hand() as by_hand:
        by_hand.shake_hands()
        site.settle()
        site.stop(LONG)
        assert by_hand.read_to_end() == (b"", True)
