"""nikto: six thousand questions that have brought down or opened other servers, and what it has to say of ajam."""

import re
import shutil
import subprocess

import pytest

NIKTO = shutil.which("nikto")
PATIENCE_SECONDS = 110
# What it says of ajam, and why that is as it should be.
EXPECTED = (
    r"\+ Server: Asterisk/16\.0\.0 ajam/[0-9.]+",  # `servername=` in http.conf leaves it out
    r"\+ The anti-clickjacking X-Frame-Options header is not present\.",  # the policy's frame-ancestors says the same
    r"\+ Uncommon header '(content-security-policy|referrer-policy|x-content-type-options)' found, .*",
    r"\+ Cookie mansession_id created without the httponly flag",  # it has HttpOnly; nikto knows it in lower case only
    r"\+ OSVDB-3092: /asterisk/manager/: May be a web server or site manager\.",  # that it is
    r"\+ No CGI Directories found .*",
    r"\+ Allowed HTTP Methods: GET, HEAD, POST, OPTIONS ",  # and it has not found a use for them
)

pytestmark = pytest.mark.skipif(NIKTO is None, reason="nikto is not installed")


@pytest.mark.parametrize("root", ["", "/asterisk"])
def test_it_finds_nothing_that_is_not_meant_to_be_so(serve, tmp_path, root):
    service = serve()
    host, port = service.address
    scan = subprocess.run([NIKTO, "-host", host, "-port", str(port), "-root", root, "-nointeractive"], check=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=tmp_path, timeout=PATIENCE_SECONDS)
    said = scan.stdout.decode("latin-1")
    findings = re.search(r"\+ Start Time: .*\n-+\n((?:\+ .*\n)*?)\+ \d{4} items checked: 0 error", said)
    assert findings, said
    assert [line for line in findings[1].splitlines() if not any(re.fullmatch(each, line) for each in EXPECTED)] == []
    assert "Traceback" not in service.log
