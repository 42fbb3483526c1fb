"""The files under /static/: sent as Asterisk sends them, and none from outside their directory.

    respond        refusal or reply, in Asterisk's order of checks
    _open          the way from a name to an open regular file

A name is first refused by its look alone, then resolved, then opened segment by segment from
the directory down, where no segment may be a link any more. So a symbolic link within the
directory works, one that leads out of it does not, and swapping a file for a link between
the two steps gains nothing.

Stricter than Asterisk: dot-files at any depth, backslashes and control characters are refused,
and so is whatever is no regular file.

Source: reference.md 1.8, security.md row 14; Asterisk main/http.c, static_callback().
"""

import contextlib
import errno
import os
import re
import stat
from email.utils import formatdate

from ajam.errors import RequestError
from ajam.web.exchange import FileBody, Response

MAX_PATH = 1024  # bytes, with the directory; Asterisk's own bound
MAX_TYPE = 79  # bytes of a media type; Asterisk's own bound
MAX_IN_MEMORY = 64 * 1024  # bytes; a larger file is sent from where it lies

TYPES = {  # by extension; any other x is text/x, as in Asterisk
    b"png": b"image/png",
    b"xml": b"text/xml",
    b"jpg": b"image/jpeg",
    b"js": b"application/x-javascript",
    b"wav": b"audio/x-wav",
    b"mp3": b"audio/mpeg",
    b"svg": b"image/svg+xml",
    b"svgz": b"image/svg+xml",
    b"gif": b"image/gif",
    b"html": b"text/html",
    b"htm": b"text/html",
    b"css": b"text/css",
    b"cnf": b"text/plain",
    b"cfg": b"text/plain",
    b"bin": b"application/octet-stream",
    b"sbn": b"application/octet-stream",
    b"ld": b"application/octet-stream",
    # Ours: browsers refuse to run or play these as text/x.
    b"mjs": b"application/x-javascript",
    b"wasm": b"application/wasm",
    b"ogg": b"audio/ogg",
    b"mp4": b"video/mp4",
    b"webm": b"video/webm",
}

# Nothing; a first byte that Asterisk finds funny; a byte that no file for a browser has in
# its name; a segment that begins with a dot ("..", too).
_UNFIT = re.compile(rb"\A\Z|\A[ ./|~@#$%^&*()]|[\x00-\x1f\x7f\\]|/\.")

_DIRECTORY = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC  # O_PATH: Linux, Python 3.10
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY  # a FIFO must not hold us, a terminal not become ours


class StaticFiles:
    """The files of one directory, which need not exist; keeps nothing open between requests."""

    def __init__(self, directory):
        self._directory = os.fsencode(directory)

    def respond(self, request, rest, authenticated):
        """The Response with the file that `rest` names; 304 when the browser has it already.

        rest            what follows `/static/` in the path, percent-decoded, bytes
        authenticated   True when the request's session is logged in: `private` directories need it

        Raises RequestError: 403 for names that are never served, 404 where there is no file.
        """
        if _UNFIT.search(rest) or len(self._directory) + 1 + len(rest) > MAX_PATH:
            raise _denied()
        with contextlib.ExitStack() as held:
            root, segments = self._resolve(rest)
            file = held.enter_context(_open(root, segments))
            if not authenticated and (_is_private(rest.split(b"/")) or _is_private(segments)):
                raise _denied()
            response = _reply(request, rest, file, os.fstat(file.fileno()))
            if isinstance(response.body, FileBody):
                held.pop_all()  # the sender closes it
            return response

    def _resolve(self, rest):
        """The real directory, and the segments of the file's real path below it."""
        if rest.endswith(b"/"):
            raise _not_found()
        root = os.path.realpath(self._directory)
        path = os.path.realpath(os.path.join(root, rest))
        if path == root:
            raise _not_found()
        if os.path.commonpath((root, path)) != root:
            raise _denied()
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
        raise _denied()
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


def _is_private(segments):
    """True below a directory `private`; in any case of letters, for file systems that ignore it."""
    return b"private" in (segment.lower() for segment in segments[:-1])


def _reply(request, rest, file, status):
    seconds = status[stat.ST_MTIME]
    etag = b'"%d"' % seconds
    headers = (
        b"Content-type: " + _media_type(rest),
        b"ETag: " + etag,
        b"Last-Modified: " + formatdate(seconds, usegmt=True).encode("ascii"),
    )
    if request.headers.get(b"if-none-match") == etag:
        return Response(304, b"", headers, "Not Modified", cacheable=True)
    small = status.st_size <= MAX_IN_MEMORY
    body = file.read(status.st_size) if small else FileBody(file, status.st_size)
    return Response(200, body, headers, cacheable=True)


def _media_type(rest):
    """The type for what follows the last dot; Asterisk looks for the dot in directory names too."""
    _, dot, extension = rest.rpartition(b".")
    extension = extension if dot and extension else b"plain"
    return TYPES.get(extension.lower(), b"text/" + extension)[:MAX_TYPE]


def _denied():
    return RequestError(403, "Access Denied", "You do not have permission to access the requested URL.")


def _not_found():
    text = "The requested URL was not found on this server."
    return RequestError(404, "Not Found", text, close=False)


_REFUSALS = {  # errors not named here are ours, not the browser's
    errno.ENOENT: _not_found,
    errno.ENOTDIR: _not_found,
    errno.EISDIR: _not_found,
    errno.ELOOP: _not_found,
    errno.ENAMETOOLONG: _not_found,
    errno.EACCES: _denied,
    errno.EPERM: _denied,
    errno.ENXIO: _denied,  # a socket, or a FIFO of a strange kind
}
