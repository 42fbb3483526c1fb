"""The files and directories that the configuration names: who may read what is secret, and what ajam can use."""

import os
import pwd
import re
import stat

from ajam.check.findings import ERROR, REMARK, WARNING, Finding
from ajam.web import tls

SECRET = re.compile(rb"^\s*secret\s*=|^-----BEGIN [A-Z ]*PRIVATE KEY-----", re.MULTILINE | re.IGNORECASE)
MAX_BYTES = 1024 * 1024  # looked at of a file
ROOT = "root reads everything, and ajam does not serve as root; whether its own user can read all is not known"


def examine_modes(settings):
    """Findings about files that others on this host may read, and hold a secret, or may write."""
    for path in secret_files(settings):
        try:
            mode = os.stat(path).st_mode
        except OSError:
            continue  # what cannot be read is said elsewhere
        if not stat.S_ISREG(mode):
            continue
        if mode & stat.S_IWOTH:
            yield Finding(ERROR, path, "every user of this host may write it", "chmod o-rwx %s" % path)
        elif mode & stat.S_IROTH and _holds_a_secret(path):
            yield Finding(WARNING, path, "every user of this host may read the secrets in it", "chmod o-rwx %s" % path)


def secret_files(settings):
    """The paths of all files that ajam reads before it serves, each once."""
    paths = [path for path, _ in settings.files]
    if settings.http.tls.enabled:
        paths += tls.files(settings.http.tls)
    return tuple(dict.fromkeys(paths))


def _holds_a_secret(path):
    try:
        with open(path, "rb") as file:
            return bool(SECRET.search(file.read(MAX_BYTES)))
    except OSError:
        return False


def examine_directories(settings):
    """Findings about the directories of static files, uploads and the log."""
    http = settings.http
    if http.staticdir:
        yield from _directory("staticdir", http.staticdir, os.R_OK | os.X_OK, "read")
        yield from _writable_by_all("staticdir", http.staticdir)
    for name, path in http.post_mappings:
        yield from _directory("[post_mappings] %s" % name, path, os.W_OK | os.X_OK, "write to")
    if settings.log.file:
        yield from _directory("[log] file", os.path.dirname(settings.log.file), os.W_OK | os.X_OK, "write to", ERROR)


def _directory(name, path, needed, verb, level=WARNING):
    if not os.path.isdir(path):
        yield Finding(level, path, "%s: there is no such directory" % name, "make it, or name another")
    elif not os.access(path, needed, effective_ids=True):
        yield Finding(level, path, "%s: %s cannot %s it" % (name, user_name(), verb),
                      "let the user that ajam runs as %s it" % verb)


def _writable_by_all(name, path):
    if os.path.isdir(path) and os.stat(path).st_mode & stat.S_IWOTH:
        yield Finding(ERROR, path, "%s: every user of this host may put pages there" % name, "chmod o-w %s" % path)


def examine_user(settings):
    """A Finding that says as whom all this was looked at."""
    place = "user " + user_name()
    if settings.daemon.root:
        yield Finding(WARNING, "%s/ajam.conf" % settings.directory, "root may serve, who may do everything here",
                      "remove root = yes from [daemon]")
    if os.geteuid() == 0:
        yield Finding(REMARK, place, ROOT, "to know it: runuser -u USER -- ajam check")
        return
    readable = [path for path in secret_files(settings) if os.access(path, os.R_OK, effective_ids=True)]
    yield Finding(REMARK, place, "can read %s" % ", ".join(readable))


def user_name():
    """The name of the user that this process runs as, or his number when he has none."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return "user %d" % os.geteuid()
