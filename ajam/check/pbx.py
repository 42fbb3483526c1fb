"""Whether the PBX's manager interface answers where the configuration says, and what answers if not.

    plain AMI, SSH       speak first
    HTTP, TLS            wait to be spoken to: a request, then a handshake is tried on whoever is silent
    nobody               refuses, or takes connections and is silent (a frozen PBX)

A PBX that is down is a warning: ajam starts without it and goes on trying.
"""

import contextlib
import functools
import socket as sockets
import ssl
from typing import NamedTuple

from ajam.ami.tls import reason, trusting
from ajam.ami.wire import Banner
from ajam.check.findings import REMARK, WARNING, Finding, of_error
from ajam.errors import ConfigError, PbxUnreachable
from ajam.listeners import bound

LISTEN_SECONDS = 3.0  # for each attempt; a PBX says its banner at once
RECEIVE_BYTES = 1024
REQUEST = b"HEAD / HTTP/1.0\r\n\r\n"
OPENINGS = (("ssh", b"SSH-"), ("http", b"HTTP/"))

OUR_NAME = "the host under [pbx] in ajam.conf"  # as which it was called
PORT = "write the host and port of its AMI under [pbx] in ajam.conf (port in manager.conf, as a rule 5038)"
NO_NAME = ("correct host under [pbx] in ajam.conf, or have this host know the name: a line in /etc/hosts, or DNS; ajam "
           "goes on trying")
SAYS_NO = {  # by what was heard: what it is, and what to do
    "ami over tls": ("AMI answers over TLS, and ajam is to speak plain text to it",
                     "write tls = yes under [pbx] in ajam.conf, or there the port of plain AMI"),
    "plain ami": ("AMI answers in plain text, and ajam is to speak TLS to it",
                  "remove tls = yes under [pbx] in ajam.conf, or write there the port of AMI over TLS (mostly 5039)"),
    "http": ("HTTP answers, not AMI", PORT),
    "tls": ("something answers over TLS that is not AMI: HTTPS, as it seems", PORT),
    "ssh": ("SSH answers, not AMI", PORT),
    "other": ("what answers is not AMI", PORT),
    "silent": ("it takes connections and says nothing", "see whether Asterisk is frozen, and whether that is its AMI"),
    "closed": ("it ends every connection at once", "see whether Asterisk is starting or has reached its authlimit"),
}


class Heard(NamedTuple):
    """What somebody said within the time: the bytes, and what they make him, a key of SAYS_NO or "ami"."""

    kind: str
    said: bytes = b""


NOTHING = Heard("unreachable")


def examine_pbx(settings, seconds=LISTEN_SECONDS):
    """One Finding: that AMI answers, or what is in the way; each attempt takes `seconds` at most."""
    pbx = settings.pbx
    try:
        context = trusting(pbx.cafile) if pbx.tls else None
    except ConfigError as error:
        yield of_error(error)
        return
    address = (pbx.host, pbx.port)
    yield _examine(functools.partial(hear, address, seconds), context, "PBX " + bound(address))


def _examine(listen, context, place):
    try:
        heard = listen(context)
    except ssl.SSLCertVerificationError as error:
        return Finding(WARNING, place, reason(error, OUR_NAME),
                       "name there with host whom it is for, and with cafile the file of who has signed it")
    except (sockets.gaierror, UnicodeError) as error:  # UnicodeError: it could be no name at all (RFC 1035 2.3.4)
        why = error.strerror if isinstance(error, OSError) else "labels have 1 to 63 characters"
        return Finding(WARNING, place, "there is no address for that name: %s" % why, NO_NAME)
    except OSError as error:
        return _failed(error, _listened(listen, None) if context else NOTHING, place)
    if heard.kind == "ami":
        banner = heard.said.partition(b"\n")[0].decode("latin-1").strip()
        return Finding(REMARK, place, banner + (", over TLS" if context else ""))
    if heard.kind in ("silent", "closed"):
        return _no("tls" if context else _kind_when_spoken_to(listen, heard.kind), place)
    return _no(heard.kind, place)


def _failed(error, plain, place):
    """What to say of a connection that was not to be had, when `plain` is what was Heard without TLS."""
    if plain is NOTHING:
        return Finding(WARNING, place, "it cannot be reached: %s" % (getattr(error, "strerror", None) or error),
                       "start Asterisk, with enabled = yes in its manager.conf; ajam goes on trying")
    if plain.kind in ("silent", "closed") and isinstance(error, ssl.SSLError):
        return Finding(WARNING, place, reason(error, OUR_NAME), "see the tls options of [general] in its manager.conf")
    return _no("plain ami" if plain.kind == "ami" else plain.kind, place)


def _no(kind, place):
    return Finding(WARNING, place, *SAYS_NO[kind])


def _kind_when_spoken_to(listen, kind):
    """What somebody is who did not speak first; `kind` when he understands neither HTTP nor TLS."""
    if _listened(listen, None, REQUEST).kind == "http":
        return "http"
    curious = ssl.create_default_context()
    curious.check_hostname, curious.verify_mode = False, ssl.CERT_NONE  # nothing is told to it
    heard = _listened(listen, curious)
    if heard is NOTHING:
        return kind
    return "ami over tls" if heard.kind == "ami" else "tls"


def _listened(listen, *what):
    try:
        return listen(*what)
    except OSError:
        return NOTHING


def hear(address, seconds, context=None, request=b""):
    """What is Heard at a (host, port), behind a TLS handshake when there is an SSLContext; OSError, UnicodeError."""
    with contextlib.ExitStack() as held:
        socket = held.enter_context(sockets.create_connection(address, seconds))
        if context is not None:
            socket = held.enter_context(context.wrap_socket(socket, server_hostname=address[0]))
        socket.sendall(request)
        try:
            said = socket.recv(RECEIVE_BYTES)
        except sockets.timeout:
            return Heard("silent")
        return Heard(_kind_of(said), said) if said else Heard("closed")


def _kind_of(said):
    try:
        Banner().feed(said)
    except PbxUnreachable:
        return next((kind for kind, opening in OPENINGS if said.startswith(opening)), "other")
    return "ami"
