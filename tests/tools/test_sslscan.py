"""sslscan: TLS 1.2 and 1.3, nothing weak, nothing that was ever broken."""

import shutil
import subprocess
from xml.etree import ElementTree

import pytest

from tests.certificates import EC_KEY
from tests.tools.conftest import TLS

SSLSCAN = shutil.which("sslscan")
PATIENCE_SECONDS = 100
KEYS = {"elliptic curve": EC_KEY, "RSA": ("-newkey", "rsa:2048")}

pytestmark = pytest.mark.skipif(SSLSCAN is None, reason="sslscan is not installed")


@pytest.fixture(params=KEYS.values(), ids=KEYS)
def found(request, serve, authority):
    """What sslscan has found, as an XML element, for a certificate with a key of either kind."""
    options = authority.issue("scanned-" + request.param[1].partition(":")[0], key=request.param)
    address = "%s:%d" % serve(TLS % (options.certfile, options.privatekey)).addresses["https"]
    scan = subprocess.run([SSLSCAN, "--xml=-", address], check=True, stdout=subprocess.PIPE, timeout=PATIENCE_SECONDS)
    return ElementTree.fromstring(scan.stdout).find("ssltest")


def test_there_is_nothing_to_object_to(found):
    spoken = {(each.get("type"), each.get("version")) for each in found.iter("protocol") if each.get("enabled") == "1"}
    assert spoken == {("tls", "1.2"), ("tls", "1.3")}
    ciphers = list(found.iter("cipher"))
    assert {cipher.get("sslversion") for cipher in ciphers} == {"TLSv1.2", "TLSv1.3"}
    assert {cipher.get("strength") for cipher in ciphers} <= {"strong", "acceptable"}
    assert [cipher.get("cipher") for cipher in ciphers if int(cipher.get("bits")) < 128] == []
    assert {each.get("vulnerable") for each in found.iter("heartbleed")} == {"0"}
    assert {each.get("supported") for each in found.iter("renegotiation")} == {"0"}
    assert {each.get("supported") for each in found.iter("compression")} <= {"0"}
    assert {each.text for each in found.iter("expired")} == {"false"}


def test_what_was_recorded_cannot_be_read_with_the_key(found):
    assert [cipher.get("cipher") for cipher in found.iter("cipher")
            if not (cipher.get("curve") or cipher.get("dhebits"))] == []
