"""Whether a running ajam could take commands: the socket for `ajam -rx`, and the group that may use it."""

import grp
import os

from ajam.check.files import user_name
from ajam.check.findings import WARNING, Finding
from ajam.control import ANOTHER, obstacle


def examine_control(settings):
    """Findings about [daemon] socket and group."""
    path = settings.daemon.socket
    found = obstacle(path)
    if found is None and not os.access(os.path.dirname(path), os.W_OK | os.X_OK, effective_ids=True):
        found = "%s cannot write to its directory" % user_name(), "let the user that ajam runs as do so, or " + ANOTHER
    if found is not None:
        what, remedy = found
        yield Finding(WARNING, path, "no commands will be taken (ajam -rx): %s" % what, remedy)
    if settings.daemon.group is not None:
        yield from _group(settings.daemon.group, "%s/ajam.conf" % settings.directory)


def _group(name, place):
    """What is amiss with the group: ajam could not give its socket to it."""
    number = number_of(name)
    if number is None:
        yield Finding(WARNING, place, "group = %s in [daemon]: there is no such group, so only its owner may use the "
                                      "socket" % name, "name another, or make it: groupadd %s" % name)
    elif os.geteuid() != 0 and number not in (os.getegid(), *os.getgroups()):
        yield Finding(WARNING, place, "group = %s in [daemon]: %s is not in it, so only its owner may use the socket"
                      % (name, user_name()), "put the user that ajam runs as into it: usermod -aG %s USER" % name)


def number_of(name):
    """The number of a group that is named, or numbered; None when there is none of that name."""
    if name.isdigit():
        return int(name)
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None
