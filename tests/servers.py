"""Other people's server programs, started by tests on free ports and ended by them."""

import socket
import subprocess
import threading

START_SECONDS = 15


def free_address():
    """(host, port) on loopback that nobody had a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()


class ServerProcess:
    """A program that serves at `address`, from its making to close(); a context manager.

    log  the file where it says what is wrong; what it writes to its outputs goes there too
    """

    def __init__(self, command, address, log):
        self.address = address
        self._log = log
        with open(log, "ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
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
        self.close()
        raise AssertionError("it did not start: " + self._log.read_text())

    def close(self):
        """Ends the server."""
        self._process.terminate()
        self._process.wait(START_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
