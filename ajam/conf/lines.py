"""Configuration files as one stream of lines: comments gone, includes in their place.

This is the half of Asterisk's file language that configparser gets wrong; the other half,
sections and values, is grammar.py.

    text ; comment          text            a `;` anywhere, without a blank before it too
    text \\; more            text ; more     the only escape there is
    a ;-- block --; b       a  b            over many lines too, and nested; `;---` is no block
    #include "file"         its lines       globs and {a,b}; relative to the first file's directory
    #tryinclude file        its lines       nothing when it is missing
    #exec command           refused         a configuration file shall not run programs

Text is kept as the bytes of the file in ASCII with surrogateescape: no byte above 127 then
counts as a blank or as a letter; decode() turns a finished name or value into a str.

Source: reference.md 5.1; each rule was tried on Asterisk 16.28 and 22.10 by GetConfig. Ours is
stricter in what they pass over in silence: `--;` with no block open (they drop the rest of the
file), a line that is too long (they drop it), a file that includes itself, a broken #tryinclude.
"""

import glob
import os
import re
from typing import List, NamedTuple, Tuple

from ajam.errors import ConfigError

BLANKS = "".join(map(chr, range(33)))  # what Asterisk trims: the space and all C0 controls
MAX_LINE = 8190  # bytes without the newline; Asterisk's buffer of 8192 (main/config.c) holds no more
MAX_DEPTH = 10  # files within files; Asterisk's own bound

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MUST_EXIST = {"include": True, "tryinclude": False}
_QUOTES = {'"': '"', "<": ">"}
_DIRECTIVE = re.compile(r"#([^\x00-\x20]*)(.*)", re.DOTALL)
_BRACES = re.compile(r"(.*?)\{([^{}]*)\}(.*)")
_REMEDIES = {
    FileNotFoundError: "create it or name another directory; ajam's etc/asterisk has a sample to copy",
    PermissionError: "let the user that ajam runs as read it: chgrp to its group and chmod 640",
    IsADirectoryError: "name a file, or DIRECTORY/*.conf for all in it",
}


class Line(NamedTuple):
    """One line with something in it: its text, trimmed; its file; its number there, from 1."""

    text: str
    path: str
    line: int


class Lines(NamedTuple):
    """All lines of a file and its includes, as read.

    lines     tuple of Line, in reading order
    files     tuple of (path, mtime in ns) of whatever the result depends on: the files, the
              directory of a glob, and with 0 the optional file that is not there
    warnings  tuple of sentences, each with file and line
    """

    lines: Tuple[Line, ...]
    files: Tuple[Tuple[str, int], ...]
    warnings: Tuple[str, ...]


def read_lines(path, optional=False):
    """The Lines of the file at `path`; of none when it is missing and `optional`.

    raises  ConfigError  a file that cannot be read, or one of the mistakes of the module's docstring
    """
    reading = _Reading(os.path.dirname(path))
    if optional and not os.path.exists(path):
        return Lines((), ((path, 0),), ())
    reading.file(path, ())
    return Lines(tuple(reading.lines), tuple(reading.files), tuple(reading.warnings))


def decode(text):
    """Text of a Line as a str: UTF-8, and bytes that are none as surrogates, so that none is lost."""
    return text.encode("ascii", "surrogateescape").decode("utf-8", "surrogateescape")


def mistake(place, message, remedy):
    """A ConfigError to raise, or to keep as a warning with str(), about a Line, Pair or Section."""
    return ConfigError(place.path, place.line, message, remedy)


def mtime(path):
    """When the file or directory at `path` was last changed, in ns; 0 when there is none to be seen."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def uncomment(text, number, opened):
    """What is left of line `number` of a file without its comments, or None for a `--;` that closes nothing.

    opened  the line numbers of the block comments open where the line begins, outermost first;
            brought up to date
    """
    kept, begin, scan = [], 0, 0
    while (at := text.find(";", scan)) >= 0:
        if at > scan and text[at - 1] == "\\":
            scan = at + 1
            if not opened:
                kept.append(text[begin:at - 1])
                begin = at
        elif text.startswith(";--", at) and text[at + 3:at + 4] != "-":
            if not opened:
                kept.append(text[begin:at])
            opened.append(number)
            scan = at + 3
        elif at >= scan + 2 and text[at - 2:at] == "--":
            if not opened:
                return None
            opened.pop()
            begin = scan = at + 1
        elif opened:
            scan = at + 1
        else:
            return "".join(kept) + text[begin:at]
    return "".join(kept) + ("" if opened else text[begin:])


class _Reading:
    """One read_lines() at work: where relative includes are looked for, and what was found so far."""

    def __init__(self, directory):
        self.directory = directory
        self.lines: List[Line] = []
        self.files: List[Tuple[str, int]] = []
        self.warnings: List[str] = []

    def file(self, path, included):
        """Add the lines of the file at `path`; `included`: the #include Lines that led to it."""
        opened = []
        for number, text in enumerate(self._texts(path, included), 1):
            if len(text) > MAX_LINE:
                raise ConfigError(path, number, "this line is longer than %d bytes" % MAX_LINE,
                                  "spread the list over several lines of the same name")
            text = uncomment(text, number, opened)
            if text is None:
                raise ConfigError(path, number, "--; closes a block comment that was never opened",
                                  "write \\; if the semicolon belongs to the value")
            self._line(Line(text.strip(BLANKS), path, number), included)
        if opened:
            self.warnings.append(str(ConfigError(
                path, opened[-1], "this block comment never ends, the rest of the file is ignored",
                "close it with --;")))

    def _texts(self, path, included):
        try:
            with open(path, "rb") as file:
                self.files.append((path, os.fstat(file.fileno()).st_mtime_ns))
                data = file.read()
        except OSError as error:
            remedy = _REMEDIES.get(type(error), "see to it that it can be read")
            if included:
                message = "%s cannot be read: %s" % (path, error.strerror)
                raise mistake(included[-1], message, remedy) from None
            raise ConfigError(path, 0, "cannot be read: %s" % error.strerror, remedy) from None
        if data.startswith(_BYTE_ORDER_MARK):
            data = data[len(_BYTE_ORDER_MARK):]
        return data.decode("ascii", "surrogateescape").split("\n")

    def _line(self, line, included):
        if line.text.startswith("#"):
            self._directive(line, included)
        elif line.text:
            self.lines.append(line)

    def _directive(self, line, included):
        word, argument = _DIRECTIVE.fullmatch(line.text).groups()
        word, argument = word.lower(), _unquoted(argument.strip(BLANKS))
        if word == "exec":
            raise mistake(line, "#exec is refused: ajam runs no programs to learn its configuration",
                          "write what the program prints to a file and #include that")
        if word not in _MUST_EXIST:
            self.warnings.append(str(mistake(line, "unknown directive #%s is ignored" % decode(word),
                                             "a comment begins with ; and not with #")))
        elif not argument:
            raise mistake(line, "#%s without the name of a file" % word, "name one or remove the line")
        else:
            pattern = os.fsdecode(argument.encode("ascii", "surrogateescape"))
            self._include(line, pattern, _MUST_EXIST[word], included)

    def _include(self, line, pattern, must_exist, included):
        if len(included) == MAX_DEPTH:
            raise mistake(line, "files include one another more than %d deep" % MAX_DEPTH,
                          "look for a file that includes itself")
        paths = [path for choice in _choices(pattern) for path in self._matching(choice)]
        if must_exist and not paths:
            raise mistake(line, "there is no file %s to include" % pattern,
                          "create it, or write #tryinclude if it may be missing")
        for path in paths:
            self.file(path, included + (line,))

    def _matching(self, pattern):
        """The files that `pattern` stands for, in the order of their bytes; notes what is to be watched."""
        whole = os.path.join(self.directory, pattern)
        if glob.escape(pattern) != pattern:
            self.files.append((os.path.dirname(whole), mtime(os.path.dirname(whole))))
            return sorted(glob.glob(os.path.join(glob.escape(self.directory), pattern)), key=os.fsencode)
        if os.path.exists(whole):
            return [whole]
        self.files.append((whole, 0))
        return []


def _unquoted(argument):
    """`"file"` and `<file>` as `file`."""
    closing = _QUOTES.get(argument[:1])
    return argument[1:-1] if closing and len(argument) > 1 and argument.endswith(closing) else argument


def _choices(pattern):
    """`a{b,c}d` as abd and acd; Asterisk's globs have braces, Python's do not."""
    match = _BRACES.fullmatch(pattern)
    if not match:
        return [pattern]
    before, choices, after = match.groups()
    return [whole for choice in choices.split(",") for whole in _choices(before + choice + after)]
