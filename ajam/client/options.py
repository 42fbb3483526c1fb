"""What `ajam call` and `ajam tail` have in common: where, as whom, and how it ends.

0 as the command says; 2 the command line, or who or where, is wrong or missing; 3 ajam or the PBX is
not there, or does not let us in; 4 what has come cannot be written; 130 Ctrl-C.
"""

import argparse
import os
import re
import ssl
import sys

from ajam.client.address import NoAddress, default_url
from ajam.client.identity import HOW_TO_SAY, NoIdentity, find_identity
from ajam.client.remote import Refused, Remote, Unreachable
from ajam.conf.readers import MAX_PORT, is_ipv6
from ajam.logs import one_line

EXIT_CODES = {NoAddress: 2, NoIdentity: 2, Unreachable: 3, Refused: 3}
UNWRITTEN = 4  # neither 1, for the answer may have been a good one, nor 3, behind which one tries again
INTERRUPTED = 130  # 128 and SIGINT, as a shell has it

LABEL = r"[A-Za-z0-9_-]{1,63}"  # of a host's name; RFC 1035 2.3.4
HOST = r"\[(?P<ipv6>[^]@]+)\]|%s(?:\.%s)*\.?" % (LABEL, LABEL)
PATH = r'/[!"$->@-~]*'  # a blank, and letters beyond ASCII, would have to be written in another way
URL = re.compile("https?://(?:%s)(?::(?P<port>[0-9]{1,5}))?(?:%s)?" % (HOST, PATH))

EPILOG = """\
User and secret are those of manager.conf. They are taken from --secret-file, or from AJAM_USER and
AJAM_SECRET in the environment, or from ~/.config/ajam. Such a file has two lines, user = NAME and
secret = SECRET, and nobody but its owner may read it. A secret is never an argument: everybody on
this host can read those with ps.

The exit status is 2 when the command line, user, secret or URL is wrong or missing, 3 when ajam or
the PBX is not there or does not let the user in, 4 when what has come cannot be written, 130 after
Ctrl-C, %s.
"""


def add_options(parser, further):
    """The options of both; `further` says what else the exit status may be."""
    parser.allow_abbrev = False  # --secret would be taken for --secret-file
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG % further
    parser.set_defaults(unwritten=UNWRITTEN)
    parser.add_argument("--url", metavar="URL", help="where ajam is, with its prefix: http://127.0.0.1:8088/asterisk "
                        "(default: AJAM_URL in the environment, or what the configuration says)")
    parser.add_argument("--user", metavar="NAME", help="manager user")
    parser.add_argument("--secret-file", metavar="FILE", help="file of user and secret")
    parser.add_argument("--cacert", metavar="FILE", help="PEM file of who may have signed the certificate of ajam")
    parser.add_argument("--json", action="store_true", help="JSON in place of lines")


def pair(text):
    """`Name=value` as (name, value), in bytes."""
    name, equals, value = os.fsencode(text).partition(b"=")
    if not (name and equals):
        raise argparse.ArgumentTypeError("%r is not Name=value" % text)
    return name, value


def with_remote(work, options):
    """What work(Remote) returns as an exit code, or that of what went wrong, which is said on stderr."""
    try:
        with remote_of(options, os.environ) as remote:
            return work(remote)
    except tuple(EXIT_CODES) as error:
        print("ajam: %s" % error, file=sys.stderr)
        return EXIT_CODES[type(error)]
    except KeyboardInterrupt:
        return INTERRUPTED


def remote_of(options, environment):
    """The Remote that options, environment and configuration describe; raises NoAddress, NoIdentity."""
    url = options.url or environment.get("AJAM_URL") or default_url(options.directory)
    check_url(url)
    identity = find_identity(options.user, options.secret_file, environment)
    try:
        return Remote(url, identity, options.cacert)
    except ssl.SSLError as error:
        raise NoAddress("%s: no certificate in PEM form is in it; name another file with --cacert" % options.cacert
                        ) from error
    except OSError as error:
        raise NoAddress("%s: no certificates to be read: %s; name another file with --cacert" % (
            options.cacert, error.strerror)) from error


def check_url(url):
    """Raises NoAddress when there is no ajam at such a URL; it may have a secret in it, and is not quoted then."""
    if is_url(url):
        return
    if "@" in url:
        raise NoAddress("no user or secret belongs into the URL: ps shows it; " + HOW_TO_SAY)
    raise NoAddress("%s: not a URL like http://127.0.0.1:8088/asterisk, in ASCII and without blanks" % one_line(url))


def is_url(text):
    """True for where an ajam may be: a scheme, a host, perhaps a port, perhaps a path, and nothing else."""
    parts = URL.fullmatch(text)
    if not parts or not 0 < int(parts["port"] or 1) <= MAX_PORT:
        return False
    return parts["ipv6"] is None or is_ipv6(parts["ipv6"])
