"""The manager users as their address rules and rights meet ajam: who is shut out unawares, and who let in.

The PBX sees ajam's own address for every browser, and holds the user's rules against it; ajam holds
them against the browser's (reference.md 3.11). So a user's rules must admit both.
"""

import ipaddress
import socket as sockets

from ajam.check.findings import REMARK, WARNING, Finding
from ajam.check.reach import is_beyond
from ajam.conf.acl import Acl
from ajam.privileges import ALL, LABELS

LOOPBACK = "127.0.0.1"
DANGEROUS = ("system", "command", "originate", "config")  # each of them runs programs or makes calls
ENDS = {4: (0, 2**32 - 1), 6: (0, 2**128 - 1)}
ADDRESS = {4: ipaddress.IPv4Address, 6: ipaddress.IPv6Address}


def examine_users(settings):
    """Findings about each user; of none when the manager is not served."""
    if not (settings.manager.enabled and settings.manager.webenabled):
        return
    place = "%s/manager.conf" % settings.directory
    own, beyond = source_towards(settings.pbx.host, settings.pbx.port), is_beyond(settings)
    for user in settings.users.values():
        for what, remedy in _problems(user, own, beyond):
            yield Finding(WARNING, "%s: [%s]" % (place, user.name), what, remedy)
    yield from _behind_proxies(settings, place)


def _problems(user, own, beyond):
    """(what, remedy) pairs."""
    if not user.secret:
        yield "no secret, so nobody can log in", "write secret = ..., or remove the user"
    elif not any(map(user.acl.allows, spots(user.acl))):
        yield ("its rules let nobody in", "the last line that fits decides, so write deny lines first and permit lines "
                                          "below them")
    elif own and not user.acl.allows(own):
        yield ("its rules let browsers in, but not %s, from where ajam speaks to the PBX: the PBX refuses every login"
               % own, "if it is for browsers, add permit = %s below its deny lines" % own)
    rights = [label for label in DANGEROUS if user.write & LABELS[label]]
    if user.secret and beyond and rights and user.acl == Acl():
        yield ("no permit, deny or acl, so its secret alone keeps anybody from write = %s"
               % ("all" if user.write == ALL else ",".join(rights)),
               "write deny = 0.0.0.0/0, deny = ::/0 and a permit for each network that it is for")


def _behind_proxies(settings, place):
    """What a proxy on this host does to users whose rules admit this host and not everybody."""
    fenced = [user.name for user in settings.users.values()
              if user.secret and user.acl.allows(LOOPBACK) and not all(map(user.acl.allows, spots(user.acl)))]
    if not fenced:
        return
    names = "[%s]" % "], [".join(fenced)
    if settings.proxy.trusted.allows(LOOPBACK):
        yield Finding(REMARK, place, "%s: whoever comes through a proxy on this host that sends no X-Forwarded-For "
                                     "comes from this host, which the rules admit" % names)
    else:
        yield Finding(WARNING, place, "%s: the rules admit this host, and whoever comes through a proxy on it comes "
                                      "from it" % names, "name %s with trusted under [proxy] in ajam.conf" % LOOPBACK)


def source_towards(host, port):
    """The address of this host that a connection to `host` comes from; None when there is no way there."""
    try:
        family, _, _, _, address = sockets.getaddrinfo(host, port, type=sockets.SOCK_DGRAM)[0]
        with sockets.socket(family, sockets.SOCK_DGRAM) as socket:
            socket.connect(address)  # a datagram socket: nothing is sent
            return socket.getsockname()[0]
    except (OSError, UnicodeError):
        return None


def spots(acl):
    """Addresses, one at least of each stretch of IPv4 that the rules treat alike: the ends of all networks.

    IPv6 is left out unless a rule names it: hardly a deny line does, and most hosts have no IPv6 browsers.
    """
    networks = [rule.network for rules in (acl.rules, *(named.rules for named in acl.named)) for rule in rules]
    found = {(4, end) for end in ENDS[4]}
    for network in networks:
        first, last = int(network[0]), int(network[-1])
        found |= {(network.version, spot) for spot in (first - 1, first, last, last + 1)}
    return [str(ADDRESS[version](spot)) for version, spot in sorted(found)
            if ENDS[version][0] <= spot <= ENDS[version][1]]
