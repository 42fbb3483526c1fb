"""What one would write in an hour: the same with http.server as it comes, to measure by how much ajam is faster.

    python3 -m tests.bench.stock PORT AMI_HOST AMI_PORT

A thread for each connection, send_response() and wfile, one connection to the PBX for each session.
"""

import http.server
import secrets
import socket
import sys
import threading
import urllib.parse
from http import cookies
from xml.sax.saxutils import quoteattr


class Session:
    """A user's connection to the PBX; one action at a time."""

    def __init__(self, ami, username, secret):
        self._lock = threading.Lock()
        self._socket = socket.create_connection(ami)
        self._file = self._socket.makefile("rb")
        self._file.readline()
        answer = self.ask("Action: Login\r\nUsername: %s\r\nSecret: %s\r\nEvents: off" % (username, secret))
        self.accepted = b"Success" in answer[0]
        if self.accepted:
            self._read_block()  # FullyBooted

    def ask(self, action):
        """The blocks of the answer, each a list of lines."""
        with self._lock:
            self._socket.sendall(action.encode() + b"\r\n\r\n")
            blocks = [self._read_block()]
            if b"EventList: start" in blocks[0]:
                while b"EventList: Complete" not in blocks[-1]:
                    blocks.append(self._read_block())
        return blocks

    def _read_block(self):
        lines = []
        while line := self._file.readline().rstrip(b"\r\n"):
            lines.append(line)
        return lines


class Handler(http.server.BaseHTTPRequestHandler):
    """rawman and mxml, by cookie."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each reply, a head and then a body, takes the 40 ms of a late ACK

    def do_GET(self):
        """Answers one request."""
        url = urllib.parse.urlsplit(self.path)
        asked = dict(urllib.parse.parse_qsl(url.query))
        morsel = cookies.SimpleCookie(self.headers.get("Cookie", "")).get("mansession_id")
        session = self.server.sessions.get(morsel.value if morsel else None)
        if session is None:
            body, id = b"Response: Error\r\nMessage: Permission denied\r\n\r\n", secrets.token_hex(8)
            if asked.get("action") == "login":
                session = self.server.sessions[id] = Session(self.server.ami, asked["username"], asked["secret"])
                body = b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
        else:
            id = morsel.value
            action = "\r\n".join("%s: %s" % (name.title(), value) for name, value in asked.items())
            body = (xml if url.path.endswith("mxml") else raw)(session.ask(action))
        self.reply(body, id)

    def reply(self, body, id):
        """Sends it."""
        self.send_response(200)
        self.send_header("Cache-Control", "no-cache, no-store")
        self.send_header("Content-Type", "text/plain")
        self.send_header("Set-Cookie", 'mansession_id="%s"; Version=1; Max-Age=60' % id)
        self.send_header("Pragma", "SuppressEvents")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def raw(blocks):
    """Blocks as the PBX said them."""
    return b"".join(b"\r\n".join(lines) + b"\r\n\r\n" for lines in blocks)


def xml(blocks):
    """Blocks as Asterisk writes them in XML."""
    out = []
    for lines in blocks:
        pairs = (line.decode("utf-8", "replace").partition(": ") for line in lines)
        out.append("<response type='object' id='unknown'><generic %s /></response>" % " ".join(
            "%s=%s" % (name.lower(), quoteattr(value)) for name, _, value in pairs))
    return ("<ajax-response>\n%s\n</ajax-response>\n" % "\n".join(out)).encode()


def main():
    """Serves until it is killed."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.sessions = {}
    server.ami = (sys.argv[2], int(sys.argv[3]))
    server.serve_forever()


if __name__ == "__main__":
    main()
