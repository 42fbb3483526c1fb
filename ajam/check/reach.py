"""What will be reachable from where, in a plain sentence for each listener and each thing that asks for no login."""

import ipaddress
import socket as sockets

from ajam.app import OWN_URIS
from ajam.check.findings import ERROR, REMARK, WARNING, Finding
from ajam.listeners import Listener, url_of
from ajam.privileges import LABELS
from ajam.wanted import NOTHING_TO_SERVE, places

THIS_HOST = "for this host alone, and for those whom a proxy on it lets in"
ALL_HOSTS = "for every host that can send to it"
SMALLEST = {4: 8, 6: 16}  # bits of a network's prefix, by the version; one with fewer is no network of proxies
OUR_OWN = tuple(map(ipaddress.ip_network, ("fc00::/7", "fe80::/10")))  # wide, but nobody comes from there from afar


def examine_reach(settings):
    """Findings about who can reach what."""
    wanted = places(settings)
    if not wanted:
        yield Finding(ERROR, "%s/http.conf" % settings.directory, *NOTHING_TO_SERVE)
    for place in wanted:
        yield _listener(place, settings.http.prefix)
    if not (settings.manager.enabled and settings.manager.webenabled):
        yield Finding(WARNING, "%s/manager.conf" % settings.directory, "enabled and webenabled are not both yes, so no "
                      "manager URI is served", "write both under [general], or under [manager] in ajam.conf")
    yield from _without_login(settings)
    yield from _believed(settings)
    yield from _uploads(settings)


def is_beyond(settings):
    """True when a listener can be reached from other hosts."""
    return any(_is_beyond(place.host) for place in places(settings))


def _is_beyond(host):
    try:
        found = sockets.getaddrinfo(host, None, type=sockets.SOCK_STREAM, flags=sockets.AI_PASSIVE)
    except (OSError, UnicodeError):
        return False  # then nobody can, which another examination says
    return not all(ipaddress.ip_address(address[0].partition("%")[0]).is_loopback for _, _, _, _, address in found)


def _listener(place, prefix):
    where = url_of(Listener((place.host, place.port), place.secure)) + prefix + "/"
    if not _is_beyond(place.host):
        return Finding(REMARK, where, THIS_HOST)
    if place.secure:
        return Finding(REMARK, where, ALL_HOSTS)
    return Finding(WARNING, where, ALL_HOSTS + ", and secrets come in plain text",
                   "write bindaddr = 127.0.0.1 in http.conf, and tlsenable = yes, or have a proxy speak TLS")


def _without_login(settings):
    http, beyond = settings.http, is_beyond(settings)
    if http.enable_static and not _is_fenced(http, "static"):
        yield Finding(REMARK, http.prefix + "/static", "files are for everybody, without a login")
    if http.enable_status and not _is_fenced(http, "httpstatus"):
        yield Finding(WARNING if beyond else REMARK, http.prefix + "/httpstatus",
                      "tells everybody, without a login, what is bound where",
                      "write enable_status = no in http.conf" if beyond else "")


def _is_fenced(http, name):
    return any(("%s/%s" % (http.prefix, name)).startswith(restriction.path) for restriction in http.restrictions)


def _believed(settings):
    wide = [str(rule.network) for rule in settings.proxy.trusted.rules if rule.permits and _is_wide(rule.network)]
    if wide:
        yield Finding(WARNING, "%s/ajam.conf" % settings.directory, "trusted in [proxy] has %s: whoever comes from "
                      "there may claim any address, and so gets past permit, deny and limits" % ", ".join(wide),
                      "name the addresses of your proxies alone")


def _is_wide(network):
    return network.prefixlen < SMALLEST[network.version] and not any(
        network.version == own.version and network.subnet_of(own) for own in OUR_OWN)


def _uploads(settings):
    names = [user.name for user in settings.users.values() if user.secret and user.write & LABELS["config"]]
    for name, directory in settings.http.post_mappings:
        if name.lower() in OWN_URIS:
            yield Finding(WARNING, "%s/http.conf" % settings.directory, "[post_mappings] %s: that is a URI of ajam's "
                          "own, which comes first where it is served" % name, "write another name")
        yield Finding(REMARK, "%s/%s" % (settings.http.prefix, name), "files into %s from users with write = config: %s"
                      % (directory, ", ".join(names) or "there is none"))
