"""ajam/secure.py on loopback sockets: a TLS connection that does as a plain one that does not block."""

import select
import socket
import ssl
import threading

import pytest

from ajam.pause import readable, writable
from ajam.secure import SecureSocket
from tests.certificates import authority, localhost

__all__ = ("authority", "localhost")

PATIENCE = 5.0  # seconds for what happens at once
MOMENT = 0.1  # seconds for what must not happen
RECORD = 16 * 1024  # bytes, the most that a record holds
MUCH = 8 * 1024 * 1024  # bytes


@pytest.fixture
def plain():
    """Two connected sockets."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = socket.create_connection(listener.getsockname())
        other, _ = listener.accept()
    for each in (one, other):
        each.setblocking(False)
    with one, other:
        yield one, other


@pytest.fixture
def pair(plain, authority, localhost):
    """(the client's, the server's) SecureSocket of a connection whose handshake is done."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*localhost[:2])
    ours = SecureSocket(plain[0], authority.client(), server_hostname="localhost")
    theirs = SecureSocket(plain[1], server, server_side=True)
    while any([ours.shake_hands(), theirs.shake_hands()]):
        assert select.select([ours, theirs], [], [], PATIENCE)[0]
    theirs.send(b"hello")
    assert read(ours, 5) == b"hello"  # and what TLS has to say itself before
    yield ours, theirs
    ours.close()
    theirs.close()


def read(secure, length):
    """So many bytes; fails when they do not come."""
    data = bytearray()
    while len(data) < length:
        assert readable(secure, PATIENCE)
        try:
            piece = secure.recv(RECORD)
        except BlockingIOError:
            continue
        assert piece
        data += piece
    return data


def write(secure, data):
    """Sends all of `data`, as a socket that does not block is written to."""
    while True:
        try:
            assert secure.send(data) == len(data)
            return
        except BlockingIOError:
            assert writable(secure, PATIENCE)


def test_where_there_is_nothing_to_read_it_says_so_as_a_socket_does(pair):
    for each in pair:
        with pytest.raises(BlockingIOError):
            each.recv(1)


def test_what_a_record_holds_is_read_at_once_for_no_selector_would_tell_of_the_rest(pair):
    ours, theirs = pair
    theirs.send(b"x" * RECORD)
    assert readable(ours, PATIENCE)
    assert ours.recv(10) == b"x" * RECORD


def test_where_there_is_no_room_it_says_so_as_a_socket_does_and_takes_the_same_bytes_again(pair):
    ours, theirs = pair
    data = b"".join(b"%07d\n" % n for n in range(4 * MUCH // 8))
    with pytest.raises(BlockingIOError):
        theirs.send(data)
    heard = []
    reader = threading.Thread(target=lambda: heard.append(read(ours, len(data))))
    reader.start()
    write(theirs, data)
    reader.join()
    assert heard == [data]


def test_nothing_may_be_sent_and_that_is_no_error(pair):
    assert pair[0].send(b"") == 0


def test_what_is_sent_after_a_shutdown_for_reading_is_still_enciphered(pair):
    """ssl.SSLSocket's own would let it out in clear text."""
    ours, theirs = pair
    theirs.shutdown(socket.SHUT_RD)
    theirs.send(b"a secret thing")
    assert read(ours, 14) == b"a secret thing"


def test_the_end_is_read_after_a_shutdown_by_another_thread(pair):
    ours, theirs = pair
    thread = threading.Thread(target=ours.shutdown, args=(socket.SHUT_RDWR,))
    thread.start()
    thread.join()
    for each in pair:
        assert readable(each, PATIENCE)
        assert each.recv(RECORD) == b""


def test_who_parts_says_so_in_tls_and_keeps_a_plain_socket_that_can_send_nothing(pair):
    ours, theirs = pair
    with theirs.part() as rest:
        assert readable(ours, PATIENCE)
        assert ours.recv(RECORD) == b""
        ours.send(b"something more")
        assert readable(rest, PATIENCE)
        assert rest.recv(RECORD)
        with pytest.raises(BrokenPipeError):
            rest.send(b"in clear text")


def test_it_may_be_closed_any_number_of_times(pair):
    for _ in range(2):
        pair[0].close()


def test_one_who_has_gone_before_there_was_any_tls_is_an_error_as_of_sockets(plain, authority):
    ours, theirs = plain
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    theirs.close()
    assert readable(ours, PATIENCE)
    with pytest.raises(OSError):
        SecureSocket(ours, authority.client(), server_hostname="localhost").shake_hands()


def test_only_one_thread_at_a_time_is_in_openssl_which_bears_no_more(plain, authority):
    in_send, in_recv, at_once = threading.Event(), threading.Event(), []

    class Watched(ssl.SSLSocket):
        """Tells when it is sent to, stays there for a moment, and then whether it was read from meanwhile."""

        def send(self, data, flags=0):
            in_send.set()
            at_once.append(in_recv.wait(MOMENT))
            raise BrokenPipeError

        def recv(self, size=1024, flags=0):
            in_recv.set()
            raise BrokenPipeError

    context = authority.client()
    context.sslsocket_class = Watched
    secure = SecureSocket(plain[0], context, server_hostname="localhost")
    threads = [threading.Thread(target=attempt, args=(secure.send, b"x")),
               threading.Thread(target=attempt, args=(secure.recv, 1))]
    threads[0].start()
    assert in_send.wait(PATIENCE)
    threads[1].start()
    for thread in threads:
        thread.join()
    secure.close()
    assert at_once == [False] and in_recv.is_set()


def attempt(action, *arguments):
    """Does something that is going to fail."""
    with pytest.raises(BrokenPipeError):
        action(*arguments)


def test_one_thread_may_read_while_another_writes(pair):
    data, heard = bytes(range(256)) * (MUCH // 256), {}

    def listen(secure):
        heard[secure] = read(secure, len(data))

    def speak(secure):
        for place in range(0, len(data), 1000):
            write(secure, data[place:place + 1000])
    threads = [threading.Thread(target=work, args=(each,)) for each in pair for work in (listen, speak)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [heard.get(each) == data for each in pair] == [True, True]
