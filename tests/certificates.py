"""Certificates for the tests, made by the real `openssl`: an authority of our own and what it signs.

Whoever wants the fixture imports it: `from tests.certificates import authority`.
"""

import shutil
import ssl
import subprocess
from datetime import datetime, timedelta, timezone
from typing import NamedTuple, Optional

import pytest

OPENSSL = shutil.which("openssl")
LOCALHOST = "DNS:localhost,IP:127.0.0.1"
EC_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


class Options(NamedTuple):
    """What http.conf says about TLS, as ajam/web/tls.py wants to have it."""

    certfile: str
    privatekey: Optional[str] = None
    cipher: Optional[str] = None
    disablev12: bool = False
    servercipherorder: bool = True


YEAR = timedelta(365)
SETTINGS = """\
[ca]
default_ca=all
[all]
database=%s
new_certs_dir=%s
default_md=sha256
rand_serial=yes
unique_subject=no
policy=any
[any]
commonName=supplied
"""


class Authority:
    """Signs certificates; all of it in one directory.

    cafile  its own certificate
    """

    def __init__(self, directory):
        self._directory = directory
        self.cafile = str(directory / "ca.pem")
        self._key = str(directory / "ca.key")
        openssl("req", "-x509", *EC_KEY, "-nodes", "-subj", "/CN=The authority", "-days", "3",
                "-keyout", self._key, "-out", self.cafile)

    def issue(self, name, names=LOCALHOST, days=2, key=EC_KEY):
        """Options with a new certificate in NAME.pem and its key in NAME.key.

        names  as in subjectAltName; "" for a certificate with nothing but `localhost` as its common name
        days   until it expires; -1 for one that has
        key    arguments of `openssl req` for the key's kind
        """
        certificate, key_file, request = (str(self._directory / (name + end)) for end in (".pem", ".key", ".csr"))
        openssl("req", *key, "-nodes", "-subj", "/CN=localhost", "-keyout", key_file, "-out", request)
        extensions = self._directory / (name + ".ext")
        extensions.write_text("subjectAltName=%s\n" % names if names else "")
        today = datetime.now(timezone.utc)
        begin, end = (each.strftime("%Y%m%d%H%M%SZ") for each in (today - YEAR, today + timedelta(days)))
        openssl("ca", "-batch", "-notext", "-config", self._settings(), "-in", request,
                "-cert", self.cafile, "-keyfile", self._key, "-startdate", begin, "-enddate", end,
                "-extfile", str(extensions), "-out", certificate)  # not x509: new ones date no certificate back
        return Options(certificate, key_file)

    def _settings(self):
        """The path of what `openssl ca` wants to be told in a file."""
        path, index = self._directory / "ca.cnf", self._directory / "index"
        index.touch()
        path.write_text(SETTINGS % (index, self._directory))
        return str(path)

    def client(self, version=None):
        """A client's ssl.SSLContext that trusts this authority, and speaks one version of TLS or any."""
        context = ssl.create_default_context(cafile=self.cafile)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # ours are as plain as ast_tls_cert's
        if version is not None:
            context.minimum_version = context.maximum_version = version
        return context


def openssl(*arguments):
    """Runs `openssl`."""
    subprocess.run([OPENSSL, *arguments], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def is_tls(wire):
    """True when `wire` is TLS records, of which the last may be cut short: type, version 3.x, length, RFC 8446 5.1."""
    while wire:
        if wire[0] not in (20, 21, 22, 23) or wire[1:2] not in (b"", b"\x03"):
            return False
        wire = wire[5 + int.from_bytes(wire[3:5], "big"):]
    return True


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    if OPENSSL is None:
        pytest.skip("no openssl to make certificates with")
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def localhost(authority):
    """Options with a certificate for this host."""
    return authority.issue("localhost")
