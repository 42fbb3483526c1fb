"""The files of a directory, as a source for web/static.py.

    find     the File of a name
    _open    the way from its real path to an open regular file

A name is resolved, then opened segment by segment from the directory down, where no segment may
be a link any more. So a symbolic link within the directory works, one that leads out of it does
not, and swapping a file for a link between the two steps gains nothing. What is no regular file
is refused, unlike in Asterisk.
"""

import errno
import os
import stat

from ajam.web.exchange import FileBody
from ajam.web.routes import not_found
from ajam.web.static import File, denied

MAX_PATH = 1024  # bytes, with the directory; Asterisk's own bound
MAX_IN_MEMORY = 64 * 1024  # bytes; a larger file is sent from where it lies

_DIRECTORY = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC  # O_PATH: Linux, Python 3.10
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY  # a FIFO must not hold us, a terminal not become ours


class Directory:
    """A directory, which need not exist; nothing of it stays open between requests."""

    def __init__(self, path):
        self._path = os.fsencode(path)

    def find(self, rest):
        """The File that `rest` names; a large one is open, and the caller's to close.

        raises  RequestError  404 where there is no file, 403 for one outside, too long a name, what may
                              not be read and what is no regular file
        """
        if len(self._path) + 1 + len(rest) > MAX_PATH:
            raise denied()
        root, segments = self._resolve(rest)
        file = _open(root, segments)
        status = os.fstat(file.fileno())
        seconds = status[stat.ST_MTIME]
        return File(tuple(segments), seconds, b'"%d"' % seconds, _body(file, status.st_size))

    def _resolve(self, rest):
        """The real directory, and the segments of the file's real path below it."""
        root = os.path.realpath(self._path)
        path = os.path.realpath(os.path.join(root, rest))
        if path == root:
            raise not_found()
        if os.path.commonpath((root, path)) != root:
            raise denied()
        return root, os.path.relpath(path, root).split(b"/")


def _open(root, segments):
    """The regular file at `segments` below `root`, open; no segment is followed as a link."""
    try:
        file = _open_beneath(root, segments)
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        raise _REFUSALS[error.errno]() from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise denied()
    return file


def _open_beneath(root, segments):
    *directories, name = segments
    here = os.open(root, _DIRECTORY)
    try:
        for directory in directories:
            below = os.open(directory, _DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        return open(name, "rb", opener=lambda path, flags: os.open(path, flags | _FILE, dir_fd=here))
    finally:
        os.close(here)


def _body(file, size):
    """What is sent of an open file: a small one is read and closed."""
    if size > MAX_IN_MEMORY:
        return FileBody(file, size)
    with file:
        return file.read(size)


_REFUSALS = {  # errors not named here are ours, not the browser's
    errno.ENOENT: not_found,
    errno.ENOTDIR: not_found,
    errno.EISDIR: not_found,
    errno.ELOOP: not_found,
    errno.ENAMETOOLONG: not_found,
    errno.EACCES: denied,
    errno.EPERM: denied,
    errno.ENXIO: denied,  # a socket, or a FIFO of a strange kind
}
