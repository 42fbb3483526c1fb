"""Whether the addresses to listen on can be had, and who has them.

A port that is taken is a warning: it may be free by the time it matters, and a check before the start
must not stop the boot. Whom this process may not see in /proc is asked over HTTP who he is.
"""

import errno
import http.client
import socket as sockets
import ssl

from ajam.check.findings import ERROR, REMARK, WARNING, Finding
from ajam.check.owners import owners_of
from ajam.client.address import near
from ajam.listeners import bound, remedy_for
from ajam.wanted import places

ASK_SECONDS = 3.0
LEVELS = {errno.EADDRNOTAVAIL: ERROR, errno.EACCES: ERROR}  # what else keeps from listening may pass
MOVE = {  # remedies by whether it is HTTPS
    False: "write another bindport under [http] in ajam.conf",
    True: "write another tlsbindaddr under [http] in ajam.conf",
}
TAKE_OVER = {
    False: "to have ajam serve in its place write enabled = no in http.conf and enabled = yes under [http] in "
           "ajam.conf; to have both " + MOVE[False],
    True: "to have ajam serve in its place write tlsenable = no in http.conf and tlsenable = yes under [http] in "
          "ajam.conf; to have both " + MOVE[True],
}
NO_REMEDY = {False: "", True: ""}
KNOWN = {  # by the name of a process: level, what it has the port for, remedies
    "ajam": (REMARK, "an ajam runs here", NO_REMEDY),
    "systemd": (REMARK, "systemd has this port, to hand it over to a service", NO_REMEDY),
    "asterisk": (WARNING, "Asterisk's own HTTP server has this port", TAKE_OVER),
}
SIGNS = (("ajam/", "ajam"), ("Asterisk/", "asterisk"))  # what is in `Server`, and who that is


def examine_ports(settings, owners=owners_of):
    """Findings about the address and port of each listener; owners(host, port) names who listens there."""
    for place in places(settings):
        yield from _examine(place, owners)


def _examine(place, owners):
    try:
        address, failure = _try_to_bind(place)
    except (OSError, UnicodeError) as error:
        yield Finding(ERROR, bound(place), "bindaddr is no address: %s" % error, "correct it in http.conf")
        return
    if failure is None:
        return
    if failure.errno == errno.EADDRINUSE:
        yield _taken(place, owners(address[0].partition("%")[0], address[1]))
    else:
        yield Finding(LEVELS.get(failure.errno, WARNING), bound(place), failure.strerror,
                      remedy_for(failure, place.secure))


def _try_to_bind(place):
    """(address, None) of the host's first address that can be had; else the last one and the OSError."""
    found = sockets.getaddrinfo(place.host, place.port, type=sockets.SOCK_STREAM, flags=sockets.AI_PASSIVE)
    for family, _, _, _, address in found:
        try:
            with sockets.socket(family, sockets.SOCK_STREAM) as socket:
                socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)  # as the daemon's
                socket.bind(address)
        except OSError as error:
            failure = error
        else:
            return address, None
    return address, failure


def _taken(place, owners):
    """The Finding about a port that somebody has: one of the Owners, where there are some to be seen."""
    who = next((owner for owner in owners if owner.is_ajam), owners[0] if owners else None)
    name = who and ("ajam" if who.is_ajam else who.name)
    if name not in KNOWN:
        server = server_of(place, ASK_SECONDS)
        name = next((known for sign, known in SIGNS if sign in server), name)
    unknown = (WARNING, "%s has this port" % (name or "another server"), {
        secure: "end it, or " + remedy for secure, remedy in MOVE.items()})
    level, what, remedies = KNOWN.get(name, unknown)
    return Finding(level, bound(place), what + (" (process %d)" % who.pid if who else ""), remedies[place.secure])


def server_of(place, seconds):
    """The `Server` that an HTTP server at the Place says it is; "" for none."""
    host, port, secure = place
    if secure:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # nothing is told to it
        connection = http.client.HTTPSConnection(near(host), port, timeout=seconds, context=context)
    else:
        connection = http.client.HTTPConnection(near(host), port, timeout=seconds)
    try:
        connection.request("HEAD", "/")
        return connection.getresponse().getheader("Server", "")
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()
