"""Where the log goes, and what a line of it looks like.

    to the journal         <4>192.0.2.7 failed to authenticate as 'admin'          sd-daemon(3)
    elsewhere              2024-05-01T12:30:00.123+02:00 WARNING: 192.0.2.7 failed to authenticate as 'admin'
    as json                {"time": "2024-05-01T12:30:00.123+02:00", "level": "WARNING", "logger": ..., "message": ...}

A record is one line whatever is in it: what is not printable is escaped. Only the traceback of a
mistake of ours has lines of its own, each with "  | " before it, so that none can be taken for a record.
What is secret is never logged; nothing here takes it out again.
"""

import contextlib
import json
import logging
import os
import re
import sys
from datetime import datetime
from logging.handlers import WatchedFileHandler
from typing import NamedTuple

from ajam.conf.sections import LogSettings
from ajam.deferred import Deferred
from ajam.errors import AjamError

ON_STDERR = LogSettings(file=None, format="text", access=True)
PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))  # sd-daemon(3)
DEBUG_PRIORITY = 7
TRACE = "  | "
PATH = re.compile(rb"[^?;&=#%]*(?:%(?!3f|3b|26|3d|23)[^?;&=#%]*)*", re.IGNORECASE)
PATH_BYTES = 256


class LogError(AjamError):
    """The log file cannot be written."""


class AccessLine(NamedTuple):
    """The message of a record of the logger "ajam.access": one request and its reply.

    path     without the query, quotes and backslashes escaped; "" when no request could be read
    size     bytes of the body
    seconds  from the request's end to the reply's
    """

    peer: str
    method: str
    path: str
    status: int
    size: int
    seconds: float

    def __str__(self):
        request = "%s %s" % (self.method, self.path) if self.path else "-"
        return '%s "%s" %d %d %.6f' % (self.peer, request, self.status, self.size, self.seconds)


def path_shown(path):
    """A path as bytes, without its query, for an AccessLine: short, quotes and backslashes escaped.

    It ends before the first `?`, `;`, `&`, `=` or `#`, escaped or not, for behind such there may be a
    secret of a client that has put its query together wrong.
    """
    path = PATH.match(path).group()[:PATH_BYTES]
    return path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').decode("ascii", "backslashreplace")


def set_up(settings=ON_STDERR, stream=None, environment=os.environ):
    """Has the process log as `settings`, a conf.sections.LogSettings, say; again after a reload.

    stream       stands for stderr, the default
    raises       LogError  the file cannot be written; the log goes on as before
    """
    if settings.file is not None:
        sink, layout = LogFile(settings.file), DATED
    else:
        stream = stream or sys.stderr
        sink = LogStream(stream)
        layout = JOURNAL if is_journal(stream, environment) else DATED
    sink.setFormatter(FORMATTERS[settings.format](layout))
    for handler in own_handlers():
        handler.adopt(sink)
        break
    else:
        logging.root.addHandler(Deferred(sink))
    logging.root.setLevel(logging.INFO)
    # What no line shows is not looked for, half the time of a record (Logging HOWTO, Optimization).
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def reopen():
    """Opens the log file anew, if there is one, as after its rotation; LogError when it cannot, the old one stays."""
    for handler in own_handlers():
        handler.flush()  # into the old one
        handler.sink.reopen()


def flush():
    """Returns when all that was logged is written, after a second at the latest."""
    for handler in own_handlers():
        handler.flush()


def own_handlers():
    """The handlers that set_up() has installed."""
    return [handler for handler in logging.root.handlers if isinstance(handler, Deferred)]


def is_journal(stream, environment):
    """True when `stream` is the journal's socket: JOURNAL_STREAM names device and inode (systemd.exec(5))."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):  # closed, or no file at all
        return False
    return environment.get("JOURNAL_STREAM") == "%d:%d" % (found.st_dev, found.st_ino)


class LogStream(logging.StreamHandler):
    """To stderr. When that has been closed, what would be written there is lost and all else goes on."""

    def write_all(self, records):
        """Writes them with one call."""
        try:
            self.stream.write("".join(self.format(record) + "\n" for record in records))
            self.flush()
        except Exception:
            self.handleError(records[0])

    def reopen(self):
        """Nothing: it is not ours to open."""

    def handleError(self, record):
        """A line could not be written, and there is nowhere to say so."""


class LogFile(WatchedFileHandler):
    """To a file, which another process may rename or remove: then one of that name is begun at the next line."""

    def __init__(self, path):
        try:
            super().__init__(path, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise unwritable(path, error) from error
        self._failing = False

    def write_all(self, records):
        """Writes them with one call; a full disk, or a directory that has gone, must not stop what is logged about."""
        text = "".join(self.format(record) + "\n" for record in records)
        try:
            with self.lock:
                self.reopenIfNeeded()
                self.stream = self.stream or self._open()  # without one since the directory went
                self.stream.write(text)
                self.stream.flush()
        except OSError:
            self.handleError(records[0])

    def handleError(self, record):
        """Says on stderr, once, that the file cannot be written."""
        if not self._failing:
            self._failing = True
            print("ajam: %s" % unwritable(self.baseFilename, sys.exc_info()[1]), file=sys.stderr)

    def reopen(self):
        """As reopen() of the module."""
        try:
            opened = self._open()
        except OSError as error:
            raise unwritable(self.baseFilename, error) from error
        with self.lock:
            old, self.stream = self.stream, opened
            self._statstream()
            self._failing = False
        if old is not None:
            with contextlib.suppress(OSError):
                old.close()

    def close(self):
        """Closes the file; what a full disk did not take is lost."""
        with contextlib.suppress(OSError):
            super().close()


def unwritable(path, error):
    """The LogError for a file that cannot be written."""
    why = error.strerror if isinstance(error, OSError) else str(error)
    return LogError("the log file %s cannot be written: %s; correct `file` in [log] of ajam.conf, or let ajam's "
                    "user write there" % (path, why))


# What a line looks like


class Timestamps:
    """When, in local time with its offset, to the millisecond: ISO 8601."""

    def __init__(self):
        self._made = (0, "", "")

    def __call__(self, record):
        """The time of `record` as text; what is the same for a whole second is made once."""
        second = int(record.created)
        made, before, behind = self._made
        if made != second:
            text = datetime.fromtimestamp(second).astimezone().isoformat()
            before, behind = text[:19], text[19:]
            self._made = (second, before, behind)
        return "%s.%03d%s" % (before, record.msecs, behind)


time_of = Timestamps()


def priority(record):
    """The record's level as the journal has it: "<4>"."""
    return "<%d>" % next((number for level, number in PRIORITIES if record.levelno >= level), DEBUG_PRIORITY)


class Layout(NamedTuple):
    """What stands before a text line, and before every line, its traceback's and json's too: record -> text."""

    head: object
    mark: object


JOURNAL = Layout(priority, priority)
DATED = Layout(lambda record: "%s %s: " % (time_of(record), record.levelname), lambda record: "")


class TextFormatter(logging.Formatter):
    """Records as lines of words."""

    def __init__(self, layout):
        super().__init__()
        self._layout = layout

    def format(self, record):
        """The record's line, and its traceback's lines."""
        line = self._layout.head(record) + one_line(record.getMessage())
        if not record.exc_info:
            return line
        mark = self._layout.mark(record) + TRACE
        trace = self.formatException(record.exc_info).split("\n")
        return "\n".join([line, *(mark + one_line(each) for each in trace)])


class JsonFormatter(logging.Formatter):
    """Records as objects, one a line."""

    def __init__(self, layout):
        super().__init__()
        self._layout = layout

    def format(self, record):
        """The record's line: time, level, logger, message; the fields of an AccessLine; a traceback."""
        entry = {"time": time_of(record), "level": record.levelname, "logger": record.name,
                 "message": well_formed(record.getMessage())}
        if isinstance(record.msg, AccessLine):
            entry.update(record.msg._asdict())
        if record.exc_info:
            entry["traceback"] = well_formed(self.formatException(record.exc_info))
        return self._layout.mark(record) + json.dumps(entry)


FORMATTERS = {"text": TextFormatter, "json": JsonFormatter}


def one_line(text):
    """`text` without control characters, line ends and whatever else is not printable: those escaped as in \\x1b."""
    return text if text.isprintable() else "".join(
        each if each.isprintable() else escaped(ord(each)) for each in text)


def escaped(number):
    """The escape of a character: \\x0a, \\u2028, \\U000e0001."""
    return ("\\x%02x" if number < 0x100 else "\\u%04x" if number < 0x10000 else "\\U%08x") % number


def well_formed(text):
    """`text` without halves of surrogate pairs, which no JSON reader needs to take."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
