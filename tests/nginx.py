"""A real nginx from Debian's package, on a free port, with a location of the test's own."""

import os
import shutil

from tests.servers import ServerProcess, free_address

CONFIGURATION = """\
daemon off;
{user}
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
    {around}
    server {{
        listen 127.0.0.1:{port};
        {more}
    }}
}}
"""
USER = "" if os.geteuid() else "user root;"  # nobody cannot reach a test's directory


def missing():
    """Why no nginx can be started here, or ""."""
    return "" if shutil.which("nginx") else "nginx is not installed"


class Nginx(ServerProcess):
    """Serves from its making to close(); a context manager.

    more    lines for its server block
    around  lines for the http block around it
    """

    def __init__(self, directory, more, around=""):
        address = free_address()
        path, log = directory / "nginx.conf", directory / "error.log"
        path.write_text(CONFIGURATION.format(directory=directory, port=address[1], more=more, around=around, user=USER))
        super().__init__(["nginx", "-c", str(path), "-e", str(log)], address, log)
