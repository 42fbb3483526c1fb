"""From the permit, deny and acl lines of a section, and from acl.conf, to an Acl.

Source: reference.md 5.2 and 5.5.
"""

from typing import NamedTuple, Tuple

from ajam.conf.acl import NOBODY, Acl, NamedRules, Rule
from ajam.conf.grammar import Pair, read
from ajam.conf.lines import mistake
from ajam.conf.options import pairs_named
from ajam.conf.tables import ACL_OPTIONS
from ajam.errors import ConfigError

_READERS = {option.name: option.reader for option in ACL_OPTIONS}


class RuleLines(NamedTuple):
    """What the lines of one section say: its own rules in order, and the names of lists with their lines."""

    rules: Tuple[Rule, ...]
    names: Tuple[Tuple[str, Pair], ...]


def read_rules(pairs):
    """The RuleLines of the permit, deny and acl lines among `pairs`.

    raises  ConfigError  a line that is not understood, with its place
    """
    rules, names = [], []
    for pair in pairs_named(pairs, _READERS):
        word = pair.name.lower()
        try:
            items = _READERS[word](pair.value)
        except ValueError as error:
            raise mistake(pair, "%s = %s %s" % (word, pair.value, error),
                          "write networks as 192.0.2.0/24 or 2001:db8::/32, several with commas") from None
        if word == "acl":
            names.extend((name, pair) for name in items)
        else:
            rules.extend(items)
    return RuleLines(tuple(rules), tuple(names))


class NamedAcls:
    """The lists of acl.conf, which is read only when somebody names one.

    path      of acl.conf
    warnings  a list to which sentences are added
    """

    def __init__(self, path, warnings):
        self._path = path
        self._warnings = warnings
        self._file = None

    @property
    def files(self):
        """What the answers depend on: (path, mtime in ns) of each file read."""
        return self._file.files if self._file else ()

    def acl(self, lines):
        """The Acl of these RuleLines; nobody passes a list that is missing or not understood.

        raises  ConfigError  acl.conf cannot be read, or has two sections of a name that is asked for
        """
        return Acl(lines.rules, tuple(self._named(name, pair) for name, pair in lines.names))

    def _named(self, name, pair):
        sections = self._sections(name)
        if len(sections) > 1:
            raise mistake(sections[1], "[%s] is there already" % name, "join the two or write [%s](+)" % name)
        if not sections:
            message = "there is no list %s in acl.conf, so nobody is let in" % name
            self._warnings.append(str(mistake(pair, message, "add [%s] to %s" % (name, self._path))))
            return NamedRules(name, NOBODY.rules)
        try:
            lines = read_rules(sections[0].pairs)
            for _, nested in lines.names:
                raise mistake(nested, "a list names another list", "write its permit and deny lines here")
        except ConfigError as error:
            self._warnings.append("%s: until then nobody is let in by the list %s" % (error, name))
            return NamedRules(name, NOBODY.rules)
        return NamedRules(name, lines.rules)

    def _sections(self, name):
        if self._file is None:
            self._file = read(self._path, optional=True, sections=("NAME",))
            self._warnings.extend(self._file.warnings)
        return self._file.named(name)
