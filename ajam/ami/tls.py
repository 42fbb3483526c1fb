"""TLS to the PBX: whom ajam takes for it, and the handshake.

    context = trusting(cafile)                                     for Pbx
    socket = yield from secured(socket, context, host, deadline)   as ajam/pause.py says

The certificate must be signed by somebody in `cafile`, or by whom the system trusts, and be for the
host by whose name, or address, the configuration calls the PBX. TLS 1.2 is the least.
"""

import select
import selectors
import socket as sockets
import ssl
from typing import NamedTuple, Optional, Tuple

from ajam.errors import ConfigError, PbxUnreachable
from ajam.pause import HEAVY, Pause
from ajam.secure import SecureSocket

UNTRUSTED = "The PBX's certificate is signed by nobody whom ajam trusts"
OTHER_HOST = "The PBX's certificate is for another host than {host}"
REFUSED_CERTIFICATES = {  # by X509_V_ERR_..., openssl's x509_vfy.h
    9: "The PBX's certificate is not valid yet",
    10: "The PBX's certificate has expired",
    18: UNTRUSTED, 19: UNTRUSTED, 20: UNTRUSTED, 21: UNTRUSTED,
    62: OTHER_HOST, 64: OTHER_HOST,
}
NO_TLS = "The PBX does not speak TLS on this port"
TOO_OLD = "The PBX speaks no TLS of version 1.2 or later"
ENDED = "The PBX ends every connection at once"
FAILED_HANDSHAKES = {  # by OpenSSL's reason; some have changed from version to version
    "WRONG_VERSION_NUMBER": NO_TLS, "PACKET_LENGTH_TOO_LONG": NO_TLS, "RECORD_LAYER_FAILURE": NO_TLS,
    "UNSUPPORTED_PROTOCOL": TOO_OLD, "TLSV1_ALERT_PROTOCOL_VERSION": TOO_OLD,
    "UNEXPECTED_EOF_WHILE_READING": ENDED,
}


class Route(NamedTuple):
    """How the PBX is come to: its (host, port), and the ssl.SSLContext to speak TLS with, or None."""

    address: Tuple[str, int]
    tls: Optional[ssl.SSLContext]


def trusting(cafile):
    """A client's ssl.SSLContext that believes whom the PEM file `cafile` names, or for None whom the system does.

    raises  ConfigError  the file cannot be read, or has no certificate in it
    """
    try:
        context = ssl.create_default_context(cafile=cafile)
    except ssl.SSLError as error:
        raise ConfigError(cafile, 0, "cafile in [pbx] names it, but it has no certificate in PEM form",
                          "name the file of who has signed the PBX's certificate") from error
    except OSError as error:
        raise ConfigError(cafile, 0, "cafile in [pbx] names it, but it cannot be read: %s" % error.strerror,
                          "make it, or name another") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # CPython 3.13 sets it. What Asterisk's own ast_tls_cert signs has not all that it asks for.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def secured(socket, context, host, deadline):
    """A SecureSocket on `socket`, a connection to `host` under way, once hands are shaken.

    raises  PbxUnreachable  says why there is none; `socket` is closed then, or still the caller's to close
    """
    yield from _ready(socket, selectors.EVENT_WRITE, deadline)
    if socket.getsockopt(sockets.SOL_SOCKET, sockets.SO_ERROR):
        raise PbxUnreachable("The PBX cannot be reached")
    try:
        secure = SecureSocket(socket, context, server_hostname=host)
    except OSError as error:
        raise PbxUnreachable(ENDED) from error
    try:
        yield from _shake_hands(secure, host, deadline)
    except BaseException:
        secure.close()
        raise
    return secure


def _shake_hands(secure, host, deadline):
    while True:
        yield HEAVY
        try:
            event = secure.shake_hands()
        except OSError as error:
            raise PbxUnreachable(reason(error, host)) from error
        if not event:
            return
        yield from _ready(secure, event, deadline)


def _ready(socket, event, deadline):
    """Waits until `socket` is ready for a selectors event.

    A Pause waits for something readable; that is what an epoll object is once a socket in it is ready.
    """
    try:
        poller = select.epoll()
    except OSError as error:
        raise PbxUnreachable("The PBX cannot be reached: %s" % error.strerror) from error
    with poller:
        poller.register(socket, select.EPOLLIN if event == selectors.EVENT_READ else select.EPOLLOUT)
        if not (yield Pause(deadline, poller)):
            raise PbxUnreachable("The PBX does not answer")


def reason(error, host):
    """Why there is no TLS, in words, for what a handshake with `host` has raised."""
    if isinstance(error, ssl.SSLCertVerificationError):
        known = REFUSED_CERTIFICATES.get(error.verify_code)
        return known.format(host=host) if known else "The PBX's certificate is refused: %s" % error.verify_message
    if isinstance(error, ssl.SSLError) and error.reason not in (None, *FAILED_HANDSHAKES):
        return "The PBX and ajam agree on no TLS: %s" % error.reason.lower().replace("_", " ")
    return FAILED_HANDSHAKES.get(getattr(error, "reason", None), ENDED)
