"""Proxies that pass on everything, as it comes, over one connection that all clients share: the worst case.

Each as Debian ships it, and where the program can be told to look less closely, as lenient as it goes.
"""

import shutil
from typing import Callable, NamedTuple

from tests import apache, nginx
from tests.servers import ServerProcess, free_address

SECONDS = 1  # between the bytes of a body, before the proxy gives it up

NGINX_UPSTREAM = "upstream ajam { server %s:%d; keepalive 1; }\nkeepalive_requests 1000000;\n"
NGINX = """\
client_body_timeout {seconds}s;
lingering_time 1s;
lingering_timeout 1s;
client_max_body_size 0;
{more}
location / {{
    proxy_pass http://ajam;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_pass_header Server;
    proxy_request_buffering off;
}}
"""
LENIENT_NGINX = "ignore_invalid_headers off;\nunderscores_in_headers on;\nmerge_slashes off;\n"

APACHE = """\
ServerLimit 1
StartServers 1
ThreadsPerChild 25
MaxRequestWorkers 25
MaxKeepAliveRequests 0
RequestReadTimeout header=20 body={seconds}
AllowEncodedSlashes NoDecode
{more}
ProxyPass "/" "http://{host}:{port}/" max=1 enablereuse=on nocanon
"""
LENIENT_APACHE = "HttpProtocolOptions Unsafe LenientMethods Allow0.9\nMergeSlashes off\n"

HAPROXY = """\
global
    nbthread 1
    tune.http.maxhdr 2000
    tune.bufsize 65536

defaults
    mode http
    timeout connect 5s
    timeout client {seconds}s
    timeout http-request 20s
    timeout server 10s
    http-reuse always

frontend browsers
    bind 127.0.0.1:{own_port}
    {more}
    default_backend ajam

backend ajam
    {more_behind}
    server ajam {host}:{port}
"""


class Proxy(NamedTuple):
    """One proxy.

    missing()                 why it cannot be started here, or ""
    start(directory, ajam)    the running server, in front of an ajam at (host, port)
    """

    missing: Callable
    start: Callable


def nginx_with(more):
    """What starts an nginx with these lines of configuration."""
    def start(directory, ajam):
        return nginx.Nginx(directory, NGINX.format(seconds=SECONDS, more=more), NGINX_UPSTREAM % ajam)
    return start


def apache_with(more):
    """What starts an Apache with these lines of configuration."""
    def start(directory, ajam):
        lines = APACHE.format(seconds=SECONDS, more=more, host=ajam[0], port=ajam[1])
        return apache.Apache(directory, lines, ("proxy", "proxy_http", "reqtimeout"))
    return start


def haproxy_with(more, more_behind):
    """What starts a HAProxy with a line of configuration on either side."""
    def start(directory, ajam):
        address, path = free_address(), directory / "haproxy.cfg"
        path.write_text(HAPROXY.format(seconds=SECONDS, own_port=address[1], host=ajam[0], port=ajam[1],
                                       more=more, more_behind=more_behind))
        return ServerProcess(["haproxy", "-db", "-f", str(path)], address, directory / "haproxy.log")
    return start


def missing_haproxy():
    """Why no HAProxy can be started here, or ""."""
    return "" if shutil.which("haproxy") else "haproxy is not installed"


PROXIES = {
    "nginx": Proxy(nginx.missing, nginx_with("")),
    "lenient nginx": Proxy(nginx.missing, nginx_with(LENIENT_NGINX)),
    "Apache": Proxy(apache.missing, apache_with("")),
    "lenient Apache": Proxy(apache.missing, apache_with(LENIENT_APACHE)),
    "HAProxy": Proxy(missing_haproxy, haproxy_with("", "")),
    "lenient HAProxy": Proxy(missing_haproxy, haproxy_with(
        "option accept-invalid-http-request", "option accept-invalid-http-response")),
}
