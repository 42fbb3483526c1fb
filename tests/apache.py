"""A real Apache from Debian's package, on a free port, with a configuration of the test's own."""

import shutil
import socket
import subprocess
import threading

MODULES = "/usr/lib/apache2/modules/mod_%s.so"
START_SECONDS = 15

CONFIGURATION = """\
ServerRoot "{directory}"
ServerName localhost
Listen 127.0.0.1:{port}
PidFile "{directory}/apache.pid"
ErrorLog "{directory}/error.log"
{modules}
{more}
"""


def missing():
    """Why no Apache can be started here, or ""."""
    return "" if shutil.which("apache2") else "apache2 is not installed"


class Apache:
    """Serves from its making to close(); a context manager.

    modules        names of the modules to load besides the most basic
    more           lines of configuration
    """

    def __init__(self, directory, more, modules=("proxy", "proxy_http")):
        self.address = free_address()
        names = ("mpm_event", "authz_core", *modules)
        path = directory / "apache.conf"
        path.write_text(CONFIGURATION.format(
            directory=directory, port=self.address[1], more=more,
            modules="\n".join("LoadModule %s_module %s" % (name, MODULES % name) for name in names)))
        self._log = directory / "error.log"
        self._process = subprocess.Popen(["apache2", "-f", str(path), "-DFOREGROUND"])
        self._wait()

    def _wait(self):
        """Returns once somebody answers at the address; a connection is refused until then."""
        for _ in range(START_SECONDS * 20):
            assert self._process.poll() is None, self._log.read_text()
            try:
                socket.create_connection(self.address).close()
                return
            except OSError:
                threading.Event().wait(0.05)
        raise AssertionError("apache2 did not start: " + self._log.read_text())

    def close(self):
        """Ends the server."""
        self._process.terminate()
        self._process.wait(START_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def free_address():
    """(host, port) on loopback that nobody had a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()
