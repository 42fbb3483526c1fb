"""Asterisk's configuration language: a file as sections of ordered name-value pairs.

    [template](!)           a template: others inherit from it, it is no section itself
    [name](template,other)  a section that begins with copies of their pairs
    [name](+)               more of the first [name] that is there already
    [name](+var=value&...)  ... of the first whose pairs match those expressions
    name = value            one pair; `=>` is the same
    name += text            text added to the last pair of that name

lines.py has taken comments and includes out; configparser does sections and pairs. It forgets a
name that is repeated and joins sections of one name, and here both are the language: order decides
(deny before permit), and two [name] are two sections. So each line goes in with its number
before it ("[3]", "4 deny = ..."), which makes all of them different, and that number leads back to
file and line afterwards.

Source: reference.md 5.1, tried on Asterisk 16.28 and 22.10 by GetConfig.
"""

import configparser
import re
from typing import NamedTuple, Tuple

from ajam.conf.lines import BLANKS, decode, mistake, read_lines

_HEADER = re.compile(r"\[([^]]*)\](?:\(([^)]*)\))?")
_PAIR = "write name = value"
_TEMPLATES = {"": (False,), "include": (False, True), "restrict": (True,)}


class Pair(NamedTuple):
    """`name = value` and where it was written; the name as spelt there (they compare in any case)."""

    name: str
    value: str
    path: str
    line: int


class Section(NamedTuple):
    """`[name]` with its pairs in order, inherited ones included; path and line are those of its header."""

    name: str
    pairs: Tuple[Pair, ...]
    template: bool
    path: str
    line: int


class ConfigFile(NamedTuple):
    """What one file and its includes say.

    sections  tuple of Section in order, templates and duplicates included
    files     tuple of (path, mtime in ns) of all that was read (lines.Lines)
    warnings  tuple of sentences: "file:line: what; remedy"
    """

    path: str
    sections: Tuple[Section, ...]
    files: Tuple[Tuple[str, int], ...]
    warnings: Tuple[str, ...]

    def named(self, name):
        """The sections called `name` in any case, templates left out."""
        return tuple(s for s in self.sections if s.name.lower() == name.lower() and not s.template)


def read(path, optional=False, sections=("general",)):
    """The file at `path` as a ConfigFile; without sections when it is missing and `optional`.

    sections  names of those that it may begin with, to be told to who has forgotten that line

    raises  ConfigError  a file that cannot be read, a line before the first section, a header that
                         does not end, a section named in (...) that does not exist; nothing is
                         half read
    """
    found = read_lines(path, optional)
    building = _Building()
    parser, misread = _parse(found.lines, sections)
    for header in parser.sections():
        building.open(found.lines[int(header)])
        for key, value in parser.items(header):
            number, _, name = key.partition(" ")
            building.add(found.lines[int(number)], name, value)
    warnings = [str(mistake(line, "a line without = is ignored", _PAIR)) for line in misread]
    warnings = found.warnings + tuple(warnings + building.warnings)
    return ConfigFile(path, building.sections(), found.files, warnings)


def _parse(lines, sections):
    """A parser that has read the numbered `lines`, and the Lines that it could make nothing of."""
    parser = configparser.RawConfigParser(
        strict=False, delimiters=("=>", "="), comment_prefixes=(), inline_comment_prefixes=(),
    )
    parser.optionxform = str
    misread = []
    try:
        parser.read_file("[%d]" % n if line.text.startswith("[") else "%d %s" % (n, line.text)
                         for n, line in enumerate(lines))
    except configparser.MissingSectionHeaderError as error:
        line = lines[error.lineno - 1]
        raise mistake(line, "this line stands before the first [section]",
                      "put %s above it" % " or ".join("[%s]" % section for section in sections)) from None
    except configparser.ParsingError as error:
        misread = [lines[number - 1] for number, _ in error.errors]
    return parser, misread


class _Draft:
    """A section that may still grow."""

    def __init__(self, name, line):
        self.name = name
        self.line = line
        self.pairs = []
        self.template = False

    def finished(self):
        """The Section."""
        pairs = tuple(pair._replace(name=decode(pair.name), value=decode(pair.value)) for pair in self.pairs)
        return Section(decode(self.name), pairs, self.template, self.line.path, self.line.line)

    def matches(self, criteria):
        """Whether some pair fits each `name=value`, both regular expressions found anywhere in it."""
        return all(
            any(re.search(name, pair.name) and re.search(value, pair.value) for pair in self.pairs)
            for name, value in criteria
        )


class _Building:
    """The sections so far; the last one opened is the one that pairs go to."""

    def __init__(self):
        self.warnings = []
        self._drafts = []
        self._current = None

    def sections(self):
        """All of them, finished."""
        return tuple(draft.finished() for draft in self._drafts)

    def open(self, line):
        """Begin the section of a header line, or go on with the one that its (+) names."""
        name, options = self._header(line)
        draft = fresh = _Draft(name, line)
        for option in options:
            if option == "!":
                draft.template = True
            elif option.startswith("+"):
                draft = self._extended(draft, option[1:], line)
            else:
                draft.pairs += self._base(option, line).pairs
        if draft is fresh:
            self._drafts.append(draft)
        self._current = draft

    def add(self, line, name, value):
        """Take one pair in; `line` has the text that name and value were cut from."""
        before, _, after = line.text.partition("=")
        appends = before.endswith("+")
        name = (name[:-1] if appends else name).strip(BLANKS)
        name = name[1:] if name.startswith("\\") else name
        if not name:
            self.warnings.append(str(mistake(line, "a value without a name is ignored", _PAIR)))
            return
        pairs = self._current.pairs
        values = [pair.value for pair in pairs if pair.name == name] if appends else []
        if values:
            # the first of equal pairs is changed; the blank after +=, which configparser drops, is kept
            place = [pair[:2] for pair in pairs].index((name, values[-1]))
            pairs[place] = Pair(name, (values[-1] + after).strip(BLANKS), line.path, line.line)
        else:
            text = after if appends else value  # += has no arrow: "+=> x" means "> x"
            pairs.append(Pair(name, text.strip(BLANKS), line.path, line.line))

    def _header(self, line):
        match = _HEADER.match(line.text)
        if not match:
            raise mistake(line, "this section header has no ]", "write [name]")
        name, options = match.groups()
        rest = line.text[match.end():]
        if rest.lstrip(BLANKS).startswith("("):
            if options is None and not rest.startswith("("):
                self.warnings.append(str(mistake(line, "what follows [%s] is ignored" % decode(name),
                                                 "write the ( right after the ]")))
            elif options is None:
                raise mistake(line, "this section header has no )", "write [name](...)")
        return name, [] if options is None else options.split(",")

    def _extended(self, draft, criteria, line):
        """The section that a header with a + goes on with; what the header gathered before moves there."""
        criteria = [criterion.partition("=")[::2] for criterion in criteria.split("&") if criterion]
        templates = "".join(value for name, value in criteria if name.upper() == "TEMPLATES").lower()
        wanted = [criterion for criterion in criteria if criterion[0].upper() != "TEMPLATES"]
        for known in self._find(draft.name, _TEMPLATES.get(templates, ()), wanted, line):
            if draft not in self._drafts:
                known.pairs += draft.pairs
                known.template |= draft.template
            return known
        raise mistake(line, "there is no [%s] yet that could be added to" % decode(draft.name),
                      "remove the + or put the section it means above")

    def _base(self, name, line):
        for known in self._find(name, (False, True), (), line):
            return known
        raise mistake(line, "there is no [%s] to inherit from" % decode(name),
                      "put it above; no blanks are allowed within ( )")

    def _find(self, name, templates, criteria, line):
        try:
            return [draft for draft in self._drafts if draft.name.lower() == name.lower()
                    and draft.template in templates and draft.matches(criteria)]
        except re.error as error:
            raise mistake(line, "(+...) is not a regular expression: %s" % error,
                          "write (+name=value)") from None
