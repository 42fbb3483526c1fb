"""A browser of few words: raw bytes to ajam and back, so that every byte of a reply is seen."""

import socket
from typing import NamedTuple
from urllib.parse import urlencode


class Reply(NamedTuple):
    """A reply taken apart: status line, header lines as they stood, body."""

    line: bytes
    headers: tuple
    body: bytes

    @property
    def status(self):
        """The status code as a number."""
        return int(self.line.split()[1])

    def header(self, name):
        """The value of the first header of that name, whatever its case; None without one."""
        for each in self.headers:
            key, _, value = each.partition(b":")
            if key.lower() == name.lower():
                return value.strip()
        return None


class Browser:
    """One keep-alive connection, which remembers the session's cookie; a context manager.

    address  (host, port) of ajam
    source   an address of this host to come from
    """

    def __init__(self, address, timeout=10.0, source=None):
        self.address = address
        self.socket = socket.create_connection(address, timeout, source and (source, 0))
        self.cookie = b""
        self._file = self.socket.makefile("rb")

    def send(self, data):
        """Sends bytes as they are."""
        self.socket.sendall(data)

    def read_reply(self, bodiless=False):
        """The next reply; None when the server has ended the connection."""
        line = self._file.readline()
        if not line:
            return None
        headers = []
        while True:
            header = self._file.readline()
            if header in (b"\r\n", b""):
                break
            headers.append(header.rstrip(b"\r\n"))
        reply = Reply(line.rstrip(b"\r\n"), tuple(headers), b"")
        body = b"" if bodiless else self._file.read(int(reply.header(b"Content-Length") or 0))
        cookie = reply.header(b"Set-Cookie")
        if cookie is not None:
            self.cookie = cookie.split(b";")[0]
        return reply._replace(body=body)

    def request(self, target, method="GET", body=b"", headers=()):
        """Sends a request and returns its reply; `headers` are whole lines as bytes."""
        lines = [b"%s %s HTTP/1.1" % (method.encode(), target.encode() if isinstance(target, str) else target),
                 b"Host: localhost", *headers]
        if self.cookie:
            lines.append(b"Cookie: " + self.cookie)
        if body or method == "POST":
            lines.append(b"Content-Length: %d" % len(body))
        self.send(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        return self.read_reply(bodiless=method == "HEAD")

    def action(self, name, *pairs, uri="rawman", **fields):
        """The reply to an action at /asterisk/URI by GET; parameters as (name, value) pairs and keywords."""
        query = urlencode([("action", name), *pairs, *fields.items()])
        return self.request("/asterisk/%s?%s" % (uri, query))

    def send_action(self, name, *pairs, uri="rawman", **fields):
        """As action(), but leaves the reply to read_reply()."""
        query = urlencode([("action", name), *pairs, *fields.items()])
        self.send(b"GET /asterisk/%s?%s HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n" % (
            uri.encode(), query.encode(), self.cookie))

    def post(self, name, *pairs, uri="rawman", **fields):
        """As action(), by POST."""
        body = urlencode([("action", name), *pairs, *fields.items()]).encode()
        return self.request("/asterisk/%s" % uri, "POST", body, (b"Content-Type: application/x-www-form-urlencoded",))

    def log_in(self, username="admin", secret="s3cret", **fields):
        """Logs in and returns the reply."""
        return self.action("login", username=username, secret=secret, **fields)

    def close(self):
        """Ends the connection."""
        self._file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
