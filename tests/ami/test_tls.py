"""ajam/ami over TLS, on loopback sockets: a PBX whose certificate is good, one whose is not, and one without TLS."""

import select
import socket
import ssl
import struct
import threading
import time

import pytest

from ajam.ami.accounts import Accounts
from ajam.ami.connection import Connection
from ajam.ami.feed import Feed, Timing
from ajam.ami.message import Action
from ajam.ami.tls import trusting
from ajam.errors import ConfigError, LoginRefused, PbxError, PbxUnreachable
from ajam.pause import HEAVY, Pause, readable
from ajam.secure import SecureSocket
from tests.ami.driving import Driver, begin, login
from tests.ami.test_wire import OUTPUTS
from tests.certificates import EC_KEY, Authority, Options, authority, localhost, openssl
from tests.clock import Clock

__all__ = ("authority", "localhost")

PATIENCE = 5.0  # seconds for what happens at once
STATUS = Action([b"Action: Status"])
LOGIN = login(b"Events: off")
TICK = b"Event: Tick\r\nPrivilege: call,all\r\nN: %d\r\n\r\n"
LARGE = b"".join((b"Response: Success\r\n", b"X: %s\r\n" % (b"x" * 900) * 1000, b"\r\n"))  # bytes of many records


class TlsFront:
    """TLS in front of a Peer, as Asterisk's own on port 5039: each connection has a thread, to copy both ways.

    cut  the most that goes into one record towards ajam
    """

    def __init__(self, behind, options, version=None, cut=65536):
        self._behind = behind
        self._cut = cut
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(options.certfile, options.privatekey)
        if version is not None:
            self._context.minimum_version = self._context.maximum_version = version
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self):
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(accepted,)))
            self._threads[-1].start()

    def _serve(self, accepted):
        try:
            with accepted, self._context.wrap_socket(accepted, server_side=True) as ours, \
                    socket.create_connection(self._behind) as theirs:
                while self._copy(ours, theirs):
                    pass
        except OSError:
            pass  # ajam does not like the certificate, or leaves

    def _copy(self, ours, theirs):
        ready = [ours] if ours.pending() else select.select([ours, theirs], [], [])[0]
        for source, sink in ((ours, theirs), (theirs, ours)):
            if source in ready:
                data = source.recv(65536)
                if not data:
                    return False
                for place in range(0, len(data), self._cut):
                    sink.sendall(data[place:place + self._cut])
        return True

    def close(self):
        """Ends it, once its connections have ended."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class FarEnd:
    """The PBX's end of a connection whose ciphertext passes through the test's hands; a context manager."""

    def __init__(self, accepted, context):
        self.socket = accepted
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def shake_hands(self):
        """A step of the handshake; True when it was the last."""
        self._incoming.write(self.socket.recv(65536))
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        finally:
            self.socket.sendall(self._outgoing.read())
        return True

    def enciphered(self, data):
        """The ciphertext of `data`."""
        self._tls.write(data)
        return self._outgoing.read()

    def read(self):
        """What ajam says next."""
        while True:
            try:
                return self._tls.read(65536)
            except ssl.SSLWantReadError:
                self._incoming.write(self.socket.recv(65536))

    def reads_token(self):
        """The ActionID of the ping behind an action."""
        said = b""
        while not said.endswith(b"\r\n\r\n") or b"ActionID: " not in said:
            said += self.read()
        return said.rpartition(b"ActionID: ")[2].split(b"\r\n")[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def shaken_pair(authority, options):
    """(SecureSocket, FarEnd) of a connection whose handshake is done."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certfile, options.privatekey)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        plain = socket.create_connection(listener.getsockname())
        theirs = FarEnd(listener.accept()[0], context)
    plain.setblocking(False)
    ours = SecureSocket(plain, trusting(authority.cafile), server_hostname="localhost")
    while ours.shake_hands():
        theirs.shake_hands()
        assert readable(ours, PATIENCE)
    while not theirs.shake_hands():
        pass
    return ours, theirs


def connection_on(secure, clock=time.monotonic):
    """A Connection whose banner has been read."""
    return Connection(secure, b"Asterisk Call Manager/11.0.0", clock)


def secure_driver(address, cafile, host="127.0.0.1", clock=time.monotonic):
    """A Driver that speaks TLS."""
    driver = Driver((host, address[1]), clock)
    driver.pbx.tls = trusting(cafile)
    return driver


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLSv1.2", "TLSv1.3"])
def driver(peer, authority, localhost, request):
    with TlsFront(peer.address, localhost, request.param) as front:
        yield secure_driver(front.address, authority.cafile)
        peer.drop_connections()


@pytest.fixture
def connection(driver):
    connection = driver.run(driver.pbx.connect())
    driver.run(connection.ask(LOGIN))
    yield connection
    connection.close()


# Actions


def test_any_output_comes_back_untouched(peer, driver, connection):
    for output in (*OUTPUTS.values(), LARGE):
        peer.script = lambda lines, _, output=output: output
        assert driver.run(connection.ask(STATUS)) == output


@pytest.mark.parametrize("cut", [1, 1000])
def test_an_output_is_put_together_however_records_cut_it(peer, authority, localhost, cut):
    peer.script = lambda lines, _: OUTPUTS["a list"]
    with TlsFront(peer.address, localhost, cut=cut) as front:
        driver = secure_driver(front.address, authority.cafile)
        connection = driver.run(driver.pbx.connect())
        driver.run(connection.ask(LOGIN))
        assert driver.run(connection.ask(STATUS)) == OUTPUTS["a list"]
        connection.close()
        peer.drop_connections()


def test_a_record_of_which_only_a_part_has_come_is_waited_for(authority, localhost):
    ours, theirs = shaken_pair(authority, localhost)
    with theirs:
        clock = Clock()
        work = connection_on(ours, clock).ask(STATUS, 7)
        begin(work)
        token = theirs.reads_token()
        record = theirs.enciphered(b"Response: Success\r\nActionID: " + token + b"\r\nPing: Pong\r\n\r\n")
        theirs.socket.sendall(record[:20])
        assert readable(ours, PATIENCE)
        assert isinstance(work.send(True), Pause)
        theirs.socket.sendall(record[20:])
        assert readable(ours, PATIENCE)
        with pytest.raises(StopIteration):
            work.send(True)
        ours.close()


def test_a_long_action_to_a_pbx_that_reads_slowly_arrives_whole(authority, localhost):
    ours, theirs = shaken_pair(authority, localhost)
    data = b"".join(b"%07d\n" % n for n in range(500000))
    heard = []

    def listen():
        while sum(map(len, heard)) < len(data):
            heard.append(theirs.read())
    with theirs:
        reader = threading.Thread(target=listen)
        connection = connection_on(ours)
        reader.start()
        connection.write(data)
        reader.join()
        ours.close()
    assert b"".join(heard) == data


def test_a_pbx_that_does_not_read_is_given_up(authority, localhost):
    ours, theirs = shaken_pair(authority, localhost)
    with theirs:
        with pytest.raises(PbxError, match="does not read"):
            connection_on(ours).write(b"x" * (1 << 24))
        ours.close()


def test_an_idle_connection_is_not_disturbed_by_tls_itself_but_by_its_end(peer, driver, connection):
    assert not connection.disturbed
    peer.drop_connections()
    assert readable(connection.socket, PATIENCE)
    assert connection.disturbed


def test_the_end_of_the_connection_without_an_answer_is_an_error(peer, driver, connection):
    peer.script = lambda lines, connection: connection.close()
    with pytest.raises(PbxError, match="closed the connection without an answer"):
        driver.run(connection.ask(STATUS))


# The handshake


def outcome(address, cafile, host="127.0.0.1"):
    """What comes of connecting: the sentence of the error."""
    driver = secure_driver(address, cafile, host)
    with pytest.raises(PbxUnreachable) as raised:
        driver.run(driver.pbx.connect())
    return str(raised.value)


@pytest.mark.parametrize("names, days, host, sentence", [
    ("DNS:pbx.example", 2, "127.0.0.1", "The PBX's certificate is for another host than 127.0.0.1"),
    ("DNS:pbx.example", 2, "localhost", "The PBX's certificate is for another host than localhost"),
    ("DNS:localhost", 2, "127.0.0.1", "The PBX's certificate is for another host than 127.0.0.1"),
    ("DNS:localhost", -1, "localhost", "The PBX's certificate has expired"),
], ids=["another host", "another name", "a name, but not the address", "expired"])
def test_a_certificate_that_is_not_good_is_refused_in_words(peer, authority, names, days, host, sentence):
    with TlsFront(peer.address, authority.issue("bad", names, days)) as front:
        assert outcome(front.address, authority.cafile, host) == sentence
    assert peer.messages == []


def test_a_certificate_of_an_authority_that_is_not_trusted_is_refused(peer, authority, localhost, tmp_path):
    other = Authority(tmp_path)
    with TlsFront(peer.address, localhost) as front:
        assert outcome(front.address, other.cafile) == "The PBX's certificate is signed by nobody whom ajam trusts"
        assert outcome(front.address, None) == "The PBX's certificate is signed by nobody whom ajam trusts"


@pytest.mark.parametrize("names, host", [("DNS:localhost", "localhost"), ("IP:127.0.0.1", "127.0.0.1"),
                                         ("", "localhost")], ids=["name", "address", "common name alone"])
def test_a_certificate_for_the_host_by_its_configured_name_is_taken(peer, authority, names, host):
    with TlsFront(peer.address, authority.issue("good", names)) as front:
        driver = secure_driver(front.address, authority.cafile, host)
        driver.run(driver.pbx.connect()).close()


def test_a_self_signed_certificate_may_be_named_itself(peer, tmp_path):
    own = Options(str(tmp_path / "own.pem"), str(tmp_path / "own.key"))
    openssl("req", "-x509", *EC_KEY, "-nodes", "-subj", "/CN=pbx", "-addext", "subjectAltName=DNS:localhost",
            "-keyout", own.privatekey, "-out", own.certfile)
    with TlsFront(peer.address, own) as front:
        driver = secure_driver(front.address, own.certfile, "localhost")
        driver.run(driver.pbx.connect()).close()


def test_a_pbx_that_speaks_no_tls_is_said_to(peer, authority):
    assert outcome(peer.address, authority.cafile) == "The PBX does not speak TLS on this port"


@pytest.mark.parametrize("linger", [False, True], ids=["politely", "by a reset"])
def test_a_pbx_that_ends_the_connection_in_the_handshake_is_said_to(authority, linger):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def accept():
            accepted, _ = listener.accept()
            accepted.recv(1)
            if linger:
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                accepted.recv(65536)
            accepted.close()
        thread = threading.Thread(target=accept)
        thread.start()
        assert outcome(listener.getsockname(), authority.cafile) == "The PBX ends every connection at once"
        thread.join()


def test_a_port_where_nobody_listens_cannot_be_reached(authority):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    assert outcome(address, authority.cafile) == "The PBX cannot be reached"


@pytest.mark.parametrize("speaks", [False, True], ids=["before the handshake", "after half of it"])
def test_a_pbx_that_falls_silent_has_as_long_as_for_its_banner(authority, speaks):
    clock = Clock()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        driver = secure_driver(listener.getsockname(), authority.cafile, clock=clock)
        work = driver.pbx.connect()
        pause = begin(work)
        assert driver.wait(pause)
        assert work.send(True) is HEAVY
        waits_for_hello = work.send(None)
        accepted, _ = listener.accept()
        with accepted:
            if speaks:
                accepted.sendall(b"\x16\x03\x03\x00")
                assert driver.wait(waits_for_hello)
                assert work.send(True) is HEAVY
                waits_for_hello = work.send(None)
            assert waits_for_hello.deadline == pause.deadline == clock.now + 5
            with pytest.raises(PbxUnreachable, match="does not answer"):
                work.send(False)


def test_who_gives_up_in_the_middle_of_a_handshake_leaves_nothing_behind(authority):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        work = secure_driver(listener.getsockname(), authority.cafile).pbx.connect()
        begin(work)
        assert work.send(True) is HEAVY
        work.send(None)
        accepted, _ = listener.accept()
        with accepted:
            work.close()
            accepted.settimeout(PATIENCE)
            while accepted.recv(65536):
                pass


# Whom to trust


def test_an_authority_that_is_not_there_is_a_mistake(tmp_path):
    with pytest.raises(ConfigError) as raised:
        trusting("/nowhere/ca.pem")
    assert str(raised.value) == ("/nowhere/ca.pem: cafile in [pbx] names it, but it cannot be read: "
                                 "No such file or directory; make it, or name another")


def test_an_authority_without_a_certificate_is_a_mistake(tmp_path):
    path = tmp_path / "ca.pem"
    path.write_text("no PEM\n")
    with pytest.raises(ConfigError, match="cafile in .pbx. names it, but it has no certificate in PEM form"):
        trusting(str(path))


def test_names_are_checked_and_tls_1_2_is_the_least(authority):
    for context in (trusting(authority.cafile), trusting(None)):
        assert context.check_hostname and context.verify_mode is ssl.CERT_REQUIRED
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2


# Feeds and accounts


def test_events_come_while_actions_go_the_other_way(peer, driver, connection):
    """Of one connection a thread reads while others write: neither may disturb the other's TLS."""
    connection.close()
    connection = driver.run(driver.pbx.connect())
    driver.run(connection.ask(login(b"Events: on")))
    peer.script = lambda lines, _: OUTPUTS["a list"]
    feed = Feed(connection, never, driver.notify, time.monotonic)
    feed.start()
    events = threading.Thread(target=lambda: [peer.send_event(TICK % n) for n in range(500)])
    events.start()
    outputs = []

    def ask():
        for _ in range(30):
            outputs.append(driver.run(feed.ask(STATUS, PATIENCE)))
    askers = [threading.Thread(target=ask) for _ in range(4)]
    for thread in askers:
        thread.start()
    for thread in (*askers, events):
        thread.join()
    try:
        driver.wait_for(lambda: feed.ring.last >= 500)
        assert outputs == [OUTPUTS["a list"]] * 120
        assert feed.up and feed.outages == 0
    finally:
        feed.close()
        feed.join()


def never():
    """A login that is refused."""
    raise LoginRefused("no")
    yield


def test_a_feed_that_is_closed_by_another_thread_logs_off_and_says_nothing_in_clear_text(authority, localhost):
    ours, theirs = shaken_pair(authority, localhost)
    with theirs:
        feed = Feed(connection_on(ours), never, lambda subject: None, time.monotonic, timing=Timing(silence=60))
        feed.start()
        feed.close()
        feed.join()
        assert feed.ended
        wire = b"".join(iter(lambda: theirs.socket.recv(65536), b""))
    record, rest = wire[:5 + int.from_bytes(wire[3:5], "big")], wire[5 + int.from_bytes(wire[3:5], "big"):]
    assert record[:2] == b"\x17\x03" and b"Logoff" not in wire
    assert rest == b"" or rest[:2] == b"\x15\x03"


def test_an_account_logs_in_and_asks_over_tls(peer, driver):
    accounts = Accounts(driver.pbx, driver.notify, lambda: 1, lambda name: False, lambda name: None)
    try:
        account = driver.run(accounts.log_in(login(), False)).account
        peer.script = lambda lines, _: OUTPUTS["a list"]
        assert driver.run(account.ask(STATUS)) == OUTPUTS["a list"]
        peer.send_event(TICK % 1)
        driver.wait_for(lambda: account.feed.ring.last)
    finally:
        accounts.close()
