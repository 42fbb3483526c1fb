"""A real nginx from Debian's package, on a free port, with a location of the test's own."""

import shutil
import socket
import subprocess
import threading

from tests.apache import free_address

START_SECONDS = 15

CONFIGURATION = """\
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {more}
    }}
}}
"""


def missing():
    """Why no nginx can be started here, or ""."""
    return "" if shutil.which("nginx") else "nginx is not installed"


class Nginx:
    """Serves from its making to close(); a context manager. `more` are lines for its server block."""

    def __init__(self, directory, more):
        self.address = free_address()
        path = directory / "nginx.conf"
        path.write_text(CONFIGURATION.format(directory=directory, port=self.address[1], more=more))
        self._process = subprocess.Popen(["nginx", "-c", str(path), "-e", str(directory / "error.log")],
                                         stderr=subprocess.DEVNULL)
        self._wait(directory / "error.log")

    def _wait(self, log):
        for _ in range(START_SECONDS * 20):
            assert self._process.poll() is None, log.read_text()
            try:
                socket.create_connection(self.address).close()
                return
            except OSError:
                threading.Event().wait(0.05)
        raise AssertionError("nginx did not start: " + log.read_text())

    def close(self):
        """Ends the server."""
        self._process.terminate()
        self._process.wait(START_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
