"""Asterisk's own HTTP server, as far as a proxy can tell: takes WebSockets, and answers all else in a sentence."""

import socketserver
import threading


class _Handler(socketserver.StreamRequestHandler):
    def handle(self):
        lines = [line.rstrip(b"\r\n") for line in iter(self.rfile.readline, b"\r\n") if line]
        if not lines:
            return
        self.server.asked.append(lines[0].decode("latin-1"))
        if b"upgrade: websocket" in (line.lower() for line in lines):
            self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            self.wfile.write(self.rfile.read(4))
        else:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nAsterisk")


class AsterisksOwn(socketserver.ThreadingTCPServer):
    """Serves from its making to close(); a context manager. `asked` has the request lines that came."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked = []
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,))
        self._thread.start()

    def __exit__(self, *_):
        self.shutdown()
        self._thread.join()
        self.server_close()
