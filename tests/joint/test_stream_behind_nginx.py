"""An event stream through a real nginx that buffers replies: what happens arrives as it happens."""

import time

import pytest

from tests import nginx
from tests.browser import Browser
from tests.joint.test_stream import CALL, EventSource

PROXY = """\
proxy_buffering on;
location /asterisk/ { proxy_pass http://%s:%d/asterisk/; }
"""


@pytest.mark.skipif(bool(nginx.missing()), reason=nginx.missing() or "-")
def test_an_event_arrives_at_once_through_a_buffering_proxy(site, peer, tmp_path):
    with nginx.Nginx(tmp_path, PROXY % site.daemon.address) as proxy, Browser(proxy.address) as browser:
        browser.log_in()
        source = EventSource(browser, protocol=b"HTTP/1.0")
        assert source.head[0] == b"HTTP/1.1 200 OK"
        assert list(source.message()) == ["id"]
        for number in range(3):
            sent = time.monotonic()
            peer.send_event(CALL % number)
            assert source.event()[0]["Channel"] == "SIP/%d" % number
            assert time.monotonic() - sent < 1
