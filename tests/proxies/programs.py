"""Each proxy with ajam's fragment in a configuration around it that would spoil things if the fragment let it.

That is: it compresses whatever it can, and gives up on a silent server after five seconds.
"""

import pathlib
import re
import shutil
from typing import Callable, NamedTuple

from tests import apache, nginx
from tests.proxies.fragments import AJAM, README, write
from tests.servers import ServerProcess, free_address

NGINX = """\
listen 127.0.0.1:{port} ssl;
ssl_certificate {certificate};
ssl_certificate_key {key};
gzip on;
gzip_types *;
gzip_http_version 1.0;
gzip_min_length 0;
proxy_read_timeout 5s;
include {fragment};
"""

APACHE_MODULES = ("proxy", "proxy_http", "proxy_wstunnel", "headers", "setenvif", "filter", "deflate", "ssl")
APACHE = """\
ProxyTimeout 5
SetOutputFilter DEFLATE
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
    SSLEngine on
    SSLCertificateFile {certificate}
    SSLCertificateKeyFile {key}
</VirtualHost>
Include {fragment}
"""

CADDY = """\
{{
    admin off
    auto_https off
    skip_install_trust
}}
(site) {{
    encode gzip {{
        minimum_length 1
    }}
    import {fragment}
    respond 404
}}
http://:{plain_port} {{
    bind 127.0.0.1
    import site
}}
https://:{port} {{
    bind 127.0.0.1
    tls {certificate} {key}
    import site
}}
"""

# There is no fragment for it: a frontend cannot be put together from pieces. The backend is README's.
HAPROXY = """\
defaults
    mode http
    timeout connect 5s
    timeout client 1h
    timeout server 5s

frontend browsers
    bind 127.0.0.1:{plain_port}
    bind 127.0.0.1:{port} ssl crt {both}
    acl ajam path_reg -i ^/asterisk/(a?(manager|rawman|mxml|mjson|events)|httpstatus|sounds|static(/.*)?)$
    acl pbx path_beg /pbx/
    acl asterisk path_reg -i ^/asterisk/(ari/.*|ws)$
    use_backend ajam if ajam
    use_backend ajam_as_pbx if pbx
    use_backend asterisk if asterisk
    http-request return status 404 if !ajam !pbx !asterisk

{backend}
backend ajam_as_pbx
    http-request set-header X-Forwarded-Prefix /pbx
    http-request replace-path /pbx/(.*) /asterisk/\\1
    http-response replace-header Location ^/asterisk/(.*) /pbx/\\1
    {settings}

backend asterisk
    timeout tunnel 1h
    server asterisk {asterisk}
"""


class Place(NamedTuple):
    """What a proxy is started with: a directory for its files, two (host, port)s, the files of a certificate."""

    directory: object
    ajam: tuple
    asterisk: tuple
    certificate: tuple


class Program(NamedTuple):
    """One proxy.

    missing()     why it cannot be started here, or ""
    start(place)  the running server, and the address at which it speaks TLS
    """

    missing: Callable
    start: Callable


def start_nginx(place):
    """See Program."""
    secure = free_address()
    upstream, fragment = (write(place.directory, "nginx/%s/ajam.conf" % kind, place.ajam, place.asterisk)
                          for kind in ("conf.d", "snippets"))
    more = NGINX.format(port=secure[1], certificate=place.certificate[0], key=place.certificate[1], fragment=fragment)
    return nginx.Nginx(place.directory, more, "include %s;" % upstream), secure


def start_apache(place):
    """See Program."""
    secure = free_address()
    fragment = write(place.directory, "apache2/conf-available/ajam.conf", place.ajam, place.asterisk)
    more = APACHE.format(port=secure[1], certificate=place.certificate[0], key=place.certificate[1], fragment=fragment)
    return apache.Apache(place.directory, more, APACHE_MODULES), secure


def start_caddy(place):
    """See Program."""
    plain, secure = free_address(), free_address()
    fragment = write(place.directory, "caddy/ajam.caddy", place.ajam, place.asterisk)
    path = place.directory / "Caddyfile"
    path.write_text(CADDY.format(plain_port=plain[1], port=secure[1], certificate=place.certificate[0],
                                 key=place.certificate[1], fragment=fragment))
    command = ["caddy", "run", "--config", str(path), "--adapter", "caddyfile"]
    return ServerProcess(command, plain, place.directory / "caddy.log"), secure


def start_haproxy(place):
    """See Program."""
    plain, secure = free_address(), free_address()
    both, path = place.directory / "both.pem", place.directory / "haproxy.cfg"
    both.write_text("".join(pathlib.Path(file).read_text() for file in place.certificate))
    backend = re.search(r"^    backend ajam\n(?:     .*\n)+", README.read_text(), re.MULTILINE)[0].replace(
        AJAM, "%s:%d" % place.ajam)
    path.write_text(HAPROXY.format(
        plain_port=plain[1], port=secure[1], both=both, backend=backend, settings=backend.partition("\n")[2],
        asterisk="%s:%d" % place.asterisk))
    return ServerProcess(["haproxy", "-db", "-f", str(path)], plain, place.directory / "haproxy.log"), secure


def missing(name):
    """What tells whether the program of that name is not installed."""
    return lambda: "" if shutil.which(name) else name + " is not installed"


PROGRAMS = {
    "nginx": Program(nginx.missing, start_nginx),
    "apache": Program(apache.missing, start_apache),
    "caddy": Program(missing("caddy"), start_caddy),
    "haproxy": Program(missing("haproxy"), start_haproxy),
}
