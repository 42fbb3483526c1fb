"""The files under /static/: sent as Asterisk sends them, wherever they come from.

    StaticFiles.respond   refusal or reply, in Asterisk's order of checks
    source.find(rest)     the File of that name: web/directory.py, web/archive.py, web/kept.py

A name is first refused by its look alone, then looked for by the source, and what was found is
held against the names of private directories once more: a link may have led there.

Stricter than Asterisk: dot-files at any depth, backslashes and control characters are refused.

Source: reference.md 1.8, security.md row 14; Asterisk main/http.c, static_callback().
"""

import contextlib
import re
from email.utils import formatdate
from typing import NamedTuple, Tuple, Union

from ajam.errors import RequestError
from ajam.web.exchange import FileBody, Response
from ajam.web.routes import not_found

MAX_TYPE = 79  # bytes of a media type; Asterisk's own bound

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


class File(NamedTuple):
    """A file that a source has found.

    segments  of its real path below the source: (b"gui", b"app.js")
    seconds   when it was changed last, in whole seconds since 1970
    etag      as in the header, quotes included
    body      bytes, or a FileBody that is to be sent or closed
    """

    segments: Tuple[bytes, ...]
    seconds: int
    etag: bytes
    body: Union[bytes, FileBody]


class StaticFiles:
    """The files of one source.

    source.find(rest)  the File that `rest` names, a name that looks fit and like a file's; raises
                       RequestError: 404 where there is no file, 403 where there is one that is
                       not for browsers
    source.has(rest)   True when it does so at once; a disk may be slow
    """

    def __init__(self, source):
        self._source = source

    def has(self, rest):
        """True when respond() does without the disk."""
        return self._source.has(rest)

    def respond(self, request, rest, authenticated):
        """The Response with the file that `rest` names; 304 when the browser has it already.

        rest            what follows `/static/` in the path, percent-decoded, bytes
        authenticated   True when the request's session is logged in: `private` directories need it

        Raises RequestError: 403 for names that are never served, 404 where there is no file.
        """
        if _UNFIT.search(rest):
            raise denied()
        if rest.endswith(b"/"):
            raise not_found()
        file = self._source.find(rest)
        with contextlib.ExitStack() as held:
            if isinstance(file.body, FileBody):
                held.enter_context(file.body.file)
            if not authenticated and (_is_private(rest.split(b"/")) or _is_private(file.segments)):
                raise denied()
            headers = (
                b"Content-type: " + _media_type(rest),
                b"ETag: " + file.etag,
                b"Last-Modified: " + formatdate(file.seconds, usegmt=True).encode("ascii"),
            )
            if request.headers.get(b"if-none-match") == file.etag:
                return Response(304, b"", headers, "Not Modified", cacheable=True)
            held.pop_all()  # the sender closes it
            return Response(200, file.body, headers, cacheable=True)


def denied():
    """There may be such a file, but it is not for browsers."""
    return RequestError(403, "Access Denied", "You do not have permission to access the requested URL.")


def _is_private(segments):
    """True below a directory `private`; in any case of letters, for file systems that ignore it."""
    return b"private" in (segment.lower() for segment in segments[:-1])


def _media_type(rest):
    """The type for what follows the last dot; Asterisk looks for the dot in directory names too."""
    _, dot, extension = rest.rpartition(b".")
    extension = extension if dot and extension else b"plain"
    return TYPES.get(extension.lower(), b"text/" + extension)[:MAX_TYPE]
