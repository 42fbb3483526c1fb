"""The certificate of HTTPS: whether it can be served, and for how long."""

import datetime

from ajam.check.findings import ERROR, WARNING, Finding, of_error
from ajam.errors import ConfigError
from ajam.web.tls import Certificates

ENOUGH = datetime.timedelta(days=30)
RENEW = "renew it; a running ajam picks up the new file by itself"


def now():
    """The time of day, as certificates have it."""
    return datetime.datetime.now(datetime.timezone.utc)


def examine_certificate(settings, clock=now):
    """Findings about the certificate and its key."""
    tls = settings.http.tls
    if not tls.enabled:
        return
    try:
        expires = Certificates(tls).expires
    except ConfigError as error:
        yield of_error(error)
        return
    left = expires - clock()
    if left <= datetime.timedelta():
        yield Finding(ERROR, tls.certfile, "the certificate expired on %s" % expires.date(), RENEW)
    elif left < ENOUGH:
        yield Finding(WARNING, tls.certfile, "the certificate expires on %s, in %d days" % (expires.date(), left.days),
                      RENEW)
