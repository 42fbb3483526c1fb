"""What a configuration asks of the parts of a daemon, each in the part's own words."""

from ajam.ami.ring import Bounds
from ajam.ami.tls import trusting
from ajam.listeners import Place
from ajam.web.timing import Timing

CONNECTIONS = 512  # where http.conf names no sessionlimit; with eviction, unlike Asterisk's 100

NOTHING_TO_SERVE = ("enabled is not yes, and tlsenable neither, so there is nothing to serve",
                    "to have ajam serve where Asterisk does not, write enabled=yes under [http] in ajam.conf")


def places(settings):
    """Where the configuration wants to listen."""
    http = settings.http
    wanted = [Place(http.bindaddr, http.bindport, False)] if http.enabled else []
    if http.tls.enabled:
        wanted.append(Place(http.tls.bindaddr, http.tls.bindport, True))
    return wanted


def place_of_pbx(settings):
    """The (host, port) of AMI."""
    return settings.pbx.host, settings.pbx.port


def timing(settings):
    """The lobby's Timing that the configuration asks for."""
    http, limits = settings.http, settings.limits
    return Timing(
        first_byte=limits.header_time, head=limits.header_time, body=http.session_inactivity,
        keep_alive=http.session_keep_alive, send=http.session_inactivity, connections=http.sessionlimit or CONNECTIONS,
        connections_per_address=limits.connections_per_address, handshakes=limits.handshakes)


def tls_of_pbx(settings):
    """The ssl.SSLContext to speak to the PBX with, None without TLS; ConfigError for a cafile that is none."""
    return trusting(settings.pbx.cafile) if settings.pbx.tls else None


def bounds(limits):
    """How much is kept of what the PBX sends."""
    return Bounds(limits.answer_bytes, limits.events, limits.event_bytes)
