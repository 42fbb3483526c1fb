"""Where a program on this host reaches the ajam that a configuration describes."""

from ajam.conf import settings as configuration
from ajam.errors import AjamError, ConfigError
from ajam.listeners import bound

NEAR = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # every address -> one of them


class NoAddress(AjamError):
    """It is not known where ajam is."""


def near(host):
    """The host to connect to where something listens on `host`."""
    return NEAR.get(host, host)


def default_url(directory):
    """The URL of what the configuration in `directory` serves: plain HTTP where there is that, else HTTPS.

    raises  NoAddress  it cannot be read, or does not tell
    """
    try:
        http = configuration.load(directory).http
    except ConfigError as error:
        raise NoAddress("%s; or say with --url where ajam is" % error) from error
    scheme, host, port = (("http", http.bindaddr, http.bindport) if http.enabled
                          else ("https", http.tls.bindaddr, http.tls.bindport))
    if not (http.enabled or http.tls.enabled) or not port:
        raise NoAddress("%s/http.conf does not tell where ajam is; say it with --url" % directory)
    return "%s://%s%s" % (scheme, bound((near(host), port)), http.prefix)
