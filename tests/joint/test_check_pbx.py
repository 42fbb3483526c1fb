"""`ajam check` at the PBX's address: AMI, and everybody else who may answer there."""

import contextlib
import re
import socket
import ssl
import threading

import pytest

from ajam.check.pbx import examine_pbx
from ajam.conf import settings as configuration
from tests.certificates import authority, localhost  # fixtures
from tests.serving import write_configuration

SECONDS = 1.0  # for which whoever is silent is listened to
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
PAGE = b"HTTP/1.1 404 Not Found\r\nServer: Asterisk/22.10.0\r\nContent-Length: 0\r\n\r\n"


class Stranger:
    """Whoever listens at the address; a context manager.

    talk(connection)  what is done with each connection before it is closed, OSError and all
    """

    def __init__(self, talk):
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = self._listener.getsockname()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(10)
                self._talk(connection)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def says(data):
    """One who says that, unasked, and waits for the other's end."""
    def talk(connection):
        connection.sendall(data)
        connection.recv(1000)
    return talk


def answers(data):
    """One who says that to whoever speaks first."""
    def talk(connection):
        if connection.recv(1000).startswith(b"HEAD / "):
            connection.sendall(data)
    return talk


def is_silent(connection):
    """One who takes what comes and says nothing."""
    while connection.recv(1000):
        pass


def hangs_up(connection):
    """One who ends every connection at once."""


def over_tls(certificate, talk, change=lambda context: None):
    """One who does all that over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certfile, certificate.privatekey)
    change(context)

    def talk_over_tls(connection):
        with context.wrap_socket(connection, server_side=True) as secured:
            talk(secured)
    return talk_over_tls


def lines_about(directory, address, options=""):
    """What is found at an address, with more lines for [pbx]."""
    write_configuration(directory, address)
    with (directory / "ajam.conf").open("a") as file:
        file.write("[pbx](+)\n" + options)
    return [str(finding) for finding in examine_pbx(configuration.load(directory), SECONDS)]


@pytest.mark.parametrize("talk, line", [
    (says(BANNER), r"remark: PBX 127.0.0.1:\d+: Asterisk Call Manager/11.0.0"),
    (says(PAGE), r"warning: PBX 127.0.0.1:\d+: HTTP answers, not AMI; write the host and port of its AMI .*5038.*"),
    (answers(PAGE), r"warning: PBX 127.0.0.1:\d+: HTTP answers, not AMI; .*"),
    (says(b"SSH-2.0-OpenSSH_9.2\r\n"), r"warning: PBX 127.0.0.1:\d+: SSH answers, not AMI; .*"),
    (says(b"220 mail\r\n"), r"warning: PBX 127.0.0.1:\d+: what answers is not AMI; .*"),
    (is_silent, r"warning: PBX 127.0.0.1:\d+: it takes connections and says nothing; .*"),
    (hangs_up, r"warning: PBX 127.0.0.1:\d+: it ends every connection at once; .*"),
], ids=["AMI", "HTTP unasked", "HTTP", "SSH", "mail", "silence", "hanging up"])
def test_who_answers_in_plain_text(tmp_path, talk, line):
    with Stranger(talk) as stranger:
        [found] = lines_about(tmp_path, stranger.address)
    assert re.fullmatch(line, found)


@pytest.mark.parametrize("talk, options, line", [
    (says(BANNER), "tls=yes\ncafile={0}\n",
     r"remark: PBX 127.0.0.1:\d+: Asterisk Call Manager/11.0.0, over TLS"),
    (says(BANNER), "tls=yes\n",
     r"warning: PBX .*: The PBX's certificate is signed by nobody .*; name .* with cafile .*"),
    (says(BANNER), "", r"warning: PBX .*: AMI answers over TLS, and ajam is to speak plain text to it; .*tls = yes.*"),
    (answers(PAGE), "", r"warning: PBX .*: something answers over TLS that is not AMI: .*"),
    (answers(PAGE), "tls=yes\ncafile={0}\n",
     r"warning: PBX .*: something answers over TLS that is not AMI: .*"),
], ids=["AMI", "nobody has signed", "AMI in plain text wanted", "HTTPS", "HTTPS with tls"])
def test_who_answers_over_tls(tmp_path, authority, localhost, talk, options, line):
    with Stranger(over_tls(localhost, talk)) as stranger:
        [found] = lines_about(tmp_path, stranger.address, options.format(authority.cafile))
    assert re.fullmatch(line, found)


@pytest.mark.parametrize("talk, line", [
    (says(BANNER), r"warning: PBX .*: AMI answers in plain text, and ajam is to speak TLS to it; remove tls = yes .*"),
    (says(b"SSH-2.0-OpenSSH_9.2\r\n"), r"warning: PBX .*: SSH answers, not AMI; .*"),
], ids=["AMI", "SSH"])
def test_who_answers_in_plain_text_where_tls_is_wanted(tmp_path, talk, line):
    with Stranger(talk) as stranger:
        [found] = lines_about(tmp_path, stranger.address, "tls=yes\n")
    assert re.fullmatch(line, found)


def test_tls_that_cannot_be_agreed_upon_is_said(tmp_path, authority, localhost):
    def refuses_all(context):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0")
    with Stranger(over_tls(localhost, says(BANNER), refuses_all)) as stranger:
        [found] = lines_about(tmp_path, stranger.address, "tls=yes\ncafile=%s\n" % authority.cafile)
    assert re.fullmatch(r"warning: PBX .*: The PBX and ajam agree on no TLS: .*; see the tls options .*", found)


@pytest.mark.parametrize("tls", ["", "tls=yes\n"], ids=["plain text", "TLS"])
@pytest.mark.parametrize("name", ["nowhere.invalid", "pbx..example.org", "x" * 64], ids=["unknown", "no label", "long"])
def test_a_name_without_an_address_has_a_remedy_that_speaks_of_names(tmp_path, name, tls):
    [found] = lines_about(tmp_path, (name, 5038), tls)
    assert re.fullmatch(
        "warning: PBX %s:5038: there is no address for that name: .*; correct host under .pbx. in ajam.conf, or have "
        "this host know the name: a line in /etc/hosts, or DNS; ajam goes on trying" % name, found)


def test_silence_where_tls_is_wanted_is_said(tmp_path):
    with Stranger(is_silent) as stranger:
        [found] = lines_about(tmp_path, stranger.address, "tls=yes\n")
    assert re.fullmatch(r"warning: PBX .*: it takes connections and says nothing; .*", found)


@pytest.mark.parametrize("options", ["", "tls=yes\n"])
def test_a_pbx_that_is_down_is_a_warning(tmp_path, options):
    [found] = lines_about(tmp_path, ("127.0.0.1", 1), options)
    assert found.startswith("warning: PBX 127.0.0.1:1: it cannot be reached: Connection refused; start Asterisk")


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_a_mistake(tmp_path, text):
    path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text)
    [found] = lines_about(tmp_path, ("127.0.0.1", 1), "tls=yes\ncafile=%s\n" % path)
    assert found.startswith("error: %s: cafile in [pbx] names it, but it " % path)
