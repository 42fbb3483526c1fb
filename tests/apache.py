"""A real Apache from Debian's package, on a free port, with a configuration of the test's own."""

import shutil

from tests.servers import ServerProcess, free_address

MODULES = "/usr/lib/apache2/modules/mod_%s.so"

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


class Apache(ServerProcess):
    """Serves from its making to close(); a context manager.

    modules        names of the modules to load besides the most basic
    more           lines of configuration
    """

    def __init__(self, directory, more, modules=("proxy", "proxy_http")):
        address = free_address()
        names = ("mpm_event", "authz_core", *modules)
        path = directory / "apache.conf"
        path.write_text(CONFIGURATION.format(
            directory=directory, port=address[1], more=more,
            modules="\n".join("LoadModule %s_module %s" % (name, MODULES % name) for name in names)))
        super().__init__(["apache2", "-f", str(path), "-DFOREGROUND"], address, directory / "error.log")
