"""Files sent by a form to one of the `[post_mappings]` of http.conf, stored in its directory.

    Uploads   how many there may be at a time
    store     the body's parts to files, all of them or none
    _Parts    where one part of a multipart body ends and the next begins

Nothing a browser writes is trusted: of a file name only the last segment counts, however the
name is spelt; each file is written under a random name and moved into place when the whole
body was sound. Whether the session may do this is the caller's to ask, before the body is
read; no_session() and no_permission() are the answers if not. How long a body may be is the
server's to limit.

Source: reference.md 1.12, security.md row 15; RFC 2046 5.1.1, RFC 7578; Asterisk res/res_http_post.c.
"""

import contextlib
import logging
import os
import re
import tempfile
import threading
from urllib.parse import unquote_to_bytes

from ajam.errors import Limited, RequestError

STORED = "File successfully uploaded."  # text of the page, in the error page's form, with status 200

MAX_PARTS = 100  # a form has few fields; more are an attack
MAX_PART_HEAD = 8 * 1024  # bytes of a part's header lines
MAX_NAME = 255  # bytes; longer names no file system takes
READ_BYTES = 64 * 1024
FILE_MODE = 0o640
MEMORY_BYTES = 1024 * 1024  # of a body, before a file is made for it
RETRY_SECONDS = 5.0

log = logging.getLogger(__name__)

_BOUNDARY = re.compile(rb"""boundary=("?)([0-9A-Za-z'()+_,./:=?-]{1,70})\1[ \t]*(?:;|\Z)""", re.IGNORECASE)
_DISPOSITION = re.compile(rb"^content-disposition[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_FILENAME = re.compile(
    rb""";[ \t]*filename[ \t]*(?:=[ \t]*"(?P<quoted>[^"]*)"|=[ \t]*(?P<bare>[^";\s]*)"""
    rb"""|\*=[^';\s]*'[^';\s]*'(?P<encoded>[^;\s]*))""",
    re.IGNORECASE,
)
_UNFIT = re.compile(rb"\A\Z|\A\.|[\x00-\x1f\x7f/]")


def no_session():
    """The refusal for a request without a session that is logged in, in Asterisk's words."""
    return RequestError(403, "Access Denied", "Sorry, I cannot let you do that, Dave.")


def no_permission():
    """The refusal for a user without write permission `config`, in Asterisk's words."""
    return RequestError(401, "Unauthorized", "You are not authorized to make this request.")


class Uploads:
    """How many uploads there may be at a time. The lock guards the bodies that are under way."""

    def __init__(self, most):
        self._most = most
        self._lock = threading.Lock()
        self._under_way = set()

    def adopt(self, most):
        """Another limit from now on; what is under way goes on, and counts."""
        self._most = most

    def open(self, directory):
        """A new binary file for one body, which counts until it is closed; Limited 503 when there are too many.

        directory  where the upload is to go: the one place that ajam can be sure to be allowed to write
        """
        with self._lock:
            if len(self._under_way) >= self._most:
                raise Limited(503, "There are too many uploads at a time.", RETRY_SECONDS)
            body = Body(directory, self._under_way.discard)
            self._under_way.add(body)
        return body


class Body(tempfile.SpooledTemporaryFile):
    """The bytes of one body: in memory at first, when there are many in a file without a name in `directory`.

    leave(body)  is called when it is closed
    """

    def __init__(self, directory, leave):
        super().__init__(max_size=MEMORY_BYTES, dir=directory)
        self._leave = leave

    def close(self):
        """Gives everything back; any number of times."""
        try:
            super().close()
        finally:
            self._leave(self)


def store(request, directory):
    """Puts the files of a multipart body into `directory`; their names, bytes, in the order sent.

    request     its body is an open binary file at its start
    directory   path of the mapping's directory, which must exist

    A file of the same name is replaced. Parts that are no files are passed over. The caller
    answers with a page that says STORED, and ends the connection, as Asterisk does.

    Raises RequestError: 400 for a body that is not whole and well-formed, holds no file or
    names one that may not be; 500 when the disk fails. No half file is ever left, and no whole
    one either, unless it is the last step that fails: a name that is a directory's already.
    """
    directory = os.fsencode(directory)
    pending = []  # (name, path of the temporary file)
    try:
        for name, chunks in _files(_Parts(request)):
            descriptor, path = tempfile.mkstemp(prefix=b".upload-", dir=directory)
            pending.append((name, path))
            _write(descriptor, chunks)
        if not pending:
            raise _malformed()
        for name, path in pending:
            os.replace(path, os.path.join(directory, name))
    except OSError as error:
        log.error("an upload from %s to %s: %s", request.peer, os.fsdecode(directory), error.strerror)
        text = "The file could not be stored: %s." % error.strerror
        raise RequestError(500, "Server Error", text) from error
    finally:
        for _, path in pending:
            _remove(path)
    return tuple(name for name, _ in pending)


def _files(parts):
    """(name, iterator of its bytes in chunks) of each part that is a file."""
    for head, chunks in parts:
        name = _file_name(head)
        if name is not None:
            yield name, chunks


def _file_name(head):
    """The name under which a part is to be stored; None when the part is no file."""
    disposition = _DISPOSITION.search(head)
    parameter = disposition and _FILENAME.search(disposition[1])
    if not parameter:
        return None
    name = parameter["quoted"] or parameter["bare"] or unquote_to_bytes(parameter["encoded"] or b"")
    _, _, name = name.replace(b"\\", b"/").rpartition(b"/")
    if _UNFIT.search(name) or len(name) > MAX_NAME:
        raise RequestError(400, "Bad Request", "This file name is not allowed.")
    return name


def _write(descriptor, chunks):
    """`chunks` into the open file, safe on the disk before it gets its name."""
    with open(descriptor, "wb") as file:
        os.fchmod(descriptor, FILE_MODE)
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(descriptor)


def _remove(path):
    with contextlib.suppress(FileNotFoundError):  # it was moved into place
        os.unlink(path)


class _Parts:
    """Iterates over (head, chunks) of the parts of a multipart body, reading it only once.

    Each part's chunks may be read until the next part is asked for; what is left is skipped.
    """

    def __init__(self, request):
        boundary = _BOUNDARY.search(request.headers.get(b"content-type", b""))
        self._file = request.body
        first = self._file.read(READ_BYTES)
        if not (boundary and first):
            raise RequestError(400, "Bad Request", "Cannot find boundary marker in POST request.")
        self._delimiter = b"\r\n--" + boundary[2]
        self._buffer = b"\r\n" + first  # the first delimiter may stand without a line before it

    def __iter__(self):
        self._skip(self._chunks())
        for number, head in enumerate(iter(self._head, None)):
            if number == MAX_PARTS:
                raise _malformed()
            chunks = self._chunks()
            yield head, chunks
            self._skip(chunks)

    def _head(self):
        """What stands between a delimiter and the empty line; None behind the last delimiter."""
        while len(self._buffer) < 2:
            self._read_more()
        if self._buffer.startswith(b"--"):
            return None
        while b"\r\n\r\n" not in self._buffer[:MAX_PART_HEAD]:
            if len(self._buffer) >= MAX_PART_HEAD:
                raise _malformed()
            self._read_more()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        while len(self._buffer) < len(self._delimiter):
            self._read_more()
        padding, _, lines = head.partition(b"\r\n")
        # A delimiter within the head, or sharing the end of the empty line, is the end of a part to others.
        if padding.strip(b" \t") or self._delimiter in head + b"\r\n" + self._buffer[: len(self._delimiter) - 2]:
            raise _malformed()
        return lines.replace(b"\r\n", b"\n")

    def _chunks(self):
        """The bytes up to the next delimiter, which is consumed."""
        while True:
            before, found, behind = self._buffer.partition(self._delimiter)
            if found:
                self._buffer = behind
                yield before
                return
            held = len(self._delimiter) - 1  # as much may be the beginning of a delimiter
            yield before[:-held]
            self._buffer = before[-held:]
            self._read_more()

    def _read_more(self):
        more = self._file.read(READ_BYTES)
        if not more:
            raise _malformed()
        self._buffer += more

    @staticmethod
    def _skip(chunks):
        for _ in chunks:
            pass


def _malformed():
    return RequestError(400, "Bad Request", "There was an error parsing the request.")
