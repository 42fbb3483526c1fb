"""The certificate that HTTPS is served with, and what of TLS is spoken.

TLS 1.2 is the least, whatever the options say (security.md row 19), and where they name no ciphers each
connection has a secret of its own: what was recorded cannot be read with the key. A certificate that is
renewed is taken up by refresh(): connections from then on see it, those that stand keep theirs.

Source: reference.md 1.11 and 5.3 for the options.
"""

import datetime
import os
import ssl

from ajam.errors import ConfigError

PROTOCOLS = ["http/1.1"]  # for ALPN, RFC 7301: so that nothing but HTTP is taken for it

# What CPython takes by itself since 3.10, where it was built to; 3.9, and what was built to follow OpenSSL, take more.
# Source: CPython Modules/_ssl.c, PY_SSL_DEFAULT_CIPHER_STRING (bpo-43998).
CIPHERS = "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM"

KEY = b" KEY-----"  # how the line ends that begins a key in PEM form, of any kind (RFC 7468, RFC 5915)

# What a browser has done that no connection came of, by OpenSSL's reason; some have changed from version to version.
NO_TLS = "it does not speak TLS"
TOO_OLD = "it speaks no version of TLS that is served here"
UNTRUSTED = "it does not trust the certificate"
FAILED_HANDSHAKES = {
    "HTTP_REQUEST": "it speaks plain HTTP to the port of HTTPS", "HTTPS_PROXY_REQUEST": "it takes this for a proxy",
    "WRONG_VERSION_NUMBER": NO_TLS, "PACKET_LENGTH_TOO_LONG": NO_TLS, "RECORD_LAYER_FAILURE": NO_TLS,
    "UNSUPPORTED_PROTOCOL": TOO_OLD, "VERSION_TOO_LOW": TOO_OLD, "TLSV1_ALERT_PROTOCOL_VERSION": TOO_OLD,
    "NO_SHARED_CIPHER": "it offers no cipher that is served here; see tlscipher in http.conf",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not know who has signed the certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": UNTRUSTED, "SSLV3_ALERT_CERTIFICATE_UNKNOWN": UNTRUSTED,
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": UNTRUSTED,
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "to it the certificate has expired",
}

# What is wrong and what to do about it; the latter two by OpenSSL's reason.
NO_CERTIFICATE = ("tlscertfile names it, but it has no certificate in PEM form",
                  "name a file with the server's certificate and behind it those that lead to its root")
NO_KEY = ("it has no key in PEM form", "name the key's file with tlsprivatekey, or append the key to tlscertfile")
DAMAGED = ("this key, or one of the certificates in tlscertfile, is damaged", "have them made anew")
OTHER_KEY = ("the key is not that of the certificate in tlscertfile",
             "name a certificate and the key that it was made for")
WRONG_KEY = {"KEY_VALUES_MISMATCH": OTHER_KEY, "KEY_TYPE_MISMATCH": OTHER_KEY, "NO_CERTIFICATE_ASSIGNED": OTHER_KEY}
TOO_WEAK = {
    "EE_KEY_TOO_SMALL": ("its key is too short for this host's OpenSSL", "have one made with 2048 bits at least"),
    "CA_MD_TOO_WEAK": ("it is signed in a way too weak for this host's OpenSSL", "have it signed with SHA-256"),
}


class Certificates:
    """What HTTPS is served with: `context` for whoever comes now.

    options  has the fields of conf's TlsSettings: certfile, privatekey, cipher, disablev12, servercipherorder
    context  ssl.SSLContext
    expires  when the certificate does: datetime in UTC

    Raises ConfigError, as refresh() does.
    """

    def __init__(self, options):
        self._options = options
        self._seen = None
        self.context = self.expires = None
        self.refresh()

    def refresh(self):
        """Reads the files anew; for a mistake in them raises ConfigError, and what was before goes on to count."""
        self._seen = self._look()  # before reading: what changes meanwhile is a change
        expires = read_expiry(self._options.certfile)
        self.context = server_context(self._options)
        self.expires = expires

    def changed(self):
        """True when one of the files is not what the last refresh(), good or bad, has found."""
        return self._look() != self._seen

    def _look(self):
        return tuple(map(fingerprint, files(self._options)))


def files(options):
    """The paths of certificate and key; the same twice when one file has both."""
    return options.certfile, options.privatekey or options.certfile


def fingerprint(path):
    """What changes when the file does; None when it is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def server_context(options):
    """A new SSLContext as the options say; ConfigError says which one is wrong."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if options.disablev12 else ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    if not options.servercipherorder:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(PROTOCOLS)
    set_ciphers(context, CIPHERS if options.cipher is None else options.cipher)
    load_key_pair(context, *files(options))
    return context


def set_ciphers(context, names):
    """Restricts `context` to a cipher list; of TLS 1.3 all are good and stay."""
    try:
        context.set_ciphers(names)
    except ssl.SSLError as error:
        raise ConfigError("tlscipher = %s" % names, 0, "this host's OpenSSL knows no such cipher",
                          "remove tlscipher for ajam's own choice, or take names from `openssl ciphers`") from error


def load_key_pair(context, certificate, key):
    """Gives `context` certificate and key; never asks for a passphrase."""
    def refuse_passphrase():
        raise ConfigError(key, 0, "the key has a passphrase, and nobody is there to type it",
                          "have `openssl pkey` write it without one")
    if KEY not in read_file("tlsprivatekey", key):
        raise ConfigError(key, 0, *NO_KEY)
    try:
        context.load_cert_chain(certificate, key, refuse_passphrase)
    except ssl.SSLError as error:
        if error.reason in TOO_WEAK:
            raise ConfigError(certificate, 0, *TOO_WEAK[error.reason]) from error
        raise ConfigError(key, 0, *WRONG_KEY.get(error.reason, DAMAGED)) from error


def read_expiry(path):
    """When the first certificate in a PEM file expires, as datetime in UTC; ConfigError when there is none."""
    read_file("tlscertfile", path)
    try:
        # Private, and the only way in the library: SSLContext.get_ca_certs() passes over all that are no CA's.
        fields = ssl._ssl._test_decode_cert(path)
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError(path, 0, *NO_CERTIFICATE) from error
    seconds = ssl.cert_time_to_seconds(fields["notAfter"])
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def reason(error):
    """Why a browser's handshake has failed, in words, for an OSError; None when the browser just went away."""
    if not isinstance(error, ssl.SSLError) or isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return None
    name = error.reason or "no reason is known"
    return FAILED_HANDSHAKES.get(name, name.lower().replace("_", " "))


def read_file(option, path):
    """The bytes of the file that an option names, for OpenSSL does not say which one it could not read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError as error:
        raise ConfigError(path, 0, "%s names it, but there is no such file" % option,
                          "make it or name another") from error
    except OSError as error:
        raise ConfigError(path, 0, "%s names it, but it cannot be read: %s" % (option, error.strerror),
                          "have the user that ajam runs as be allowed to read it") from error
