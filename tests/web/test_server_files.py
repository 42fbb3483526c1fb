"""ajam/web over real sockets: files as bodies of replies, and what may happen to them meanwhile."""

import socket

import pytest

from ajam.web.exchange import FileBody, Response
from tests.web.site import Site, wait_until

PATIENCE = 5.0  # seconds for what happens at once
LARGE = 30000000  # bytes; more than all buffers between two sockets hold


def test_a_file_that_is_shorter_than_announced_ends_the_connection(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"a" * 100)
    files = []

    def page(request):
        files.append(path.open("rb"))
        return Response(body=FileBody(files[0], 200))

    with Site({b"/file": page}) as site, socket.create_connection(site.address, PATIENCE) as browser:
        browser.sendall(b"GET /file HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n")
        said = b"".join(iter(lambda: browser.recv(65536), b""))
        assert said.endswith(b"Content-Length: 200\r\n\r\n" + b"a" * 100)
        assert files[0].closed


def test_a_file_that_shrinks_while_it_is_sent_ends_the_connection(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"a" * LARGE)
    with Site({b"/file": lambda request: Response(body=FileBody(path.open("rb"), LARGE))}) as site, \
            socket.create_connection(site.address, PATIENCE) as browser:
        browser.sendall(b"GET /file HTTP/1.1\r\nHost: h\r\n\r\n")
        said = len(browser.recv(1000))
        with path.open("rb+") as file:
            file.truncate(1000)
        said += sum(map(len, iter(lambda: browser.recv(65536), b"")))
        assert said < LARGE
        wait_until(lambda: site.lobby.connections == 0)


@pytest.mark.parametrize("method, length", [("GET", 5000000), ("HEAD", 5000000), ("GET", 0)])
def test_a_file_is_closed_when_it_is_sent(tmp_path, method, length):
    path, files = tmp_path / "file", []
    path.write_bytes(b"a" * length)

    def page(request):
        files.append(path.open("rb"))
        return Response(body=FileBody(files[-1], length))

    with Site({b"/file": page}) as site, site.browser() as browser:
        reply = browser.request("/file", method)
        assert reply.header(b"Content-Length") == b"%d" % length
        assert browser.request("/").body == b"home"
        assert files[0].closed


def test_a_file_is_closed_when_the_browser_has_gone(tmp_path):
    path, files = tmp_path / "file", []
    path.write_bytes(b"a" * LARGE)

    def page(request):
        files.append(path.open("rb"))
        return Response(body=FileBody(files[-1], LARGE))

    with Site({b"/file": page}) as site:
        with site.browser() as browser:
            browser.send(b"GET /file HTTP/1.1\r\nHost: h\r\n\r\n")
            assert browser.socket.recv(10)
        wait_until(lambda: files and files[0].closed)
