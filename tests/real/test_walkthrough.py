"""An administrator's first quarter of an hour: from his own files to pages behind Apache, on a real PBX."""

import re
import subprocess
import sys

import pytest

from tests import apache
from tests.browser import Browser
from tests.real.asterisk import free_port
from tests.real.bench import PROJECT

HTTP_CONF = """\
[general]
enabled = yes
enablestatic = yes
bindaddr = 127.0.0.2
bindport = %d
prefix = asterisk
"""

LISTED = """\
HTTP Server Status:
Prefix: /asterisk
Server: Asterisk/%s ajam/...
Server Enabled and Bound to 127.0.0.2:%d

Enabled URI's:
/asterisk/amanager => HTML Manager Event Interface w/Digest authentication
/asterisk/aevents => Manager Event Stream w/Digest authentication
/asterisk/arawman => Raw HTTP Manager Event Interface w/Digest authentication
/asterisk/manager => HTML Manager Event Interface
/asterisk/events => Manager Event Stream
/asterisk/amjson => JSON Manager Event Interface w/Digest authentication
/asterisk/rawman => Raw HTTP Manager Event Interface
/asterisk/static/... => Asterisk HTTP Static Delivery
/asterisk/mjson => JSON Manager Event Interface
/asterisk/amxml => XML Manager Event Interface w/Digest authentication
/asterisk/mxml => XML Manager Event Interface

Enabled Redirects:
  None.

Path Restrictions:
  None.
"""


@pytest.fixture
def walk(bench, tmp_path):
    """(address, directory) of an ajam started as README says, on files of its own."""
    port = free_port()
    (tmp_path / "http.conf").write_text(HTTP_CONF % port)
    (tmp_path / "manager.conf").write_text(bench.asterisk.text("manager.conf"))
    (tmp_path / "ajam.conf").write_text("[daemon]\nroot=yes\nsocket=%s/ajam.ctl\n" % tmp_path)
    process = subprocess.Popen([sys.executable, "-m", "ajam", "-C", str(tmp_path)], cwd=PROJECT,
                               stderr=subprocess.PIPE, text=True)
    try:
        lines = iter(process.stderr.readline, "")
        assert any("serving http://127.0.0.2:%d/asterisk/" % port in line for line in lines)
        yield ("127.0.0.2", port), tmp_path
    finally:
        process.terminate()
        _, rest = process.communicate()
    assert process.returncode == 0
    assert "Traceback" not in rest


def visit(address):
    """Logs in by the HTML view and reads the same state in every form, as a browser would."""
    with Browser(address) as browser:
        page = browser.log_in(uri="manager")
        assert page.header(b"Content-type") == b"text/html"
        assert b"<td>Message</td><td>Authentication accepted</td>" in page.body
        assert re.match(rb'mansession_id="[0-9a-f]{32}"', browser.cookie)
        assert browser.action("status").body.startswith(
            b"Response: Success\r\nEventList: start\r\nMessage: Channel status will follow\r\n\r\n")
        assert browser.action("status", uri="mxml").body.startswith(
            b"<ajax-response>\n<response type='object' id='unknown'><generic response='Success'")
        assert b"<td>Event</td><td>StatusComplete</td>" in browser.action("status", uri="manager").body
        static = browser.request("/asterisk/static/index.html")
        assert (static.status, static.header(b"Content-type")) == (200, b"text/html")
        assert browser.action("logoff").body.startswith(b"Response: Goodbye")


def test_the_walk_through_from_own_files_to_every_view(walk):
    visit(walk[0])


def test_show_http_lists_it_all(walk, bench):
    (_, port), directory = walk
    done = subprocess.run([sys.executable, "-m", "ajam", "show", "http", "-C", str(directory)], cwd=PROJECT,
                          capture_output=True, text=True)
    listed = re.sub(r"ajam/\S+", "ajam/...", done.stdout)
    assert listed == LISTED % (bench.version + ".0.0", port)


@pytest.mark.skipif(bool(apache.missing()), reason=apache.missing() or "-")
def test_the_same_through_a_real_apache_on_another_port(walk, tmp_path):
    (host, port), _ = walk
    directive = 'ProxyPass "/asterisk" "http://%s:%d/asterisk"' % (host, port)
    with apache.Apache(tmp_path, directive) as proxy:
        visit(proxy.address)
