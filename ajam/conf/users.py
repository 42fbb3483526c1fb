"""The manager users of manager.conf.

A user whose address rules hold a mistake is not loaded by Asterisk. Here he stays, but nobody's
address is his: an ajam that did not know him would ask the PBX, which sees ajam's address and not
the browser's, and older Asterisks let him in with the rules that they understood.

Source: reference.md 5.2 and 5.4.
"""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Optional

from ajam.conf.acl import NOBODY, Acl
from ajam.conf.lines import mistake
from ajam.conf.options import pairs_named, read_options, unknown_options
from ajam.conf.rules import read_rules
from ajam.conf.tables import ACL_OPTIONS, USER_OPTIONS
from ajam.errors import ConfigError
from ajam.privileges import LABELS, unknown_labels

MAX_USERNAME = 79  # bytes; Asterisk's buffer of 80 (main/manager.c) less its NUL

# Options of a user that Asterisk sees to, whoever is logged in.
_OF_ASTERISK = ("displayconnects", "writetimeout", "setvar")
_CLASSES = ("read", "write")
_KNOWN_CLASSES = "known are %s and all, in small letters, with commas and no blanks between them" % ", ".join(LABELS)
_EVENT_FILTER = "eventfilter"  # eventfilter(action(exclude),...) is a name too


@dataclass(frozen=True)
class User:
    """One manager user as manager.conf has him.

    secret       None when he has none and cannot log in; never shown by repr()
    read, write  masks of classes of events and actions (ajam.privileges)
    """

    name: str
    secret: Optional[str] = field(default=None, repr=False)
    acl: Acl = Acl()
    read: int = 0
    write: int = 0
    allowmultiplelogin: bool = True


def read_users(file, multiple, named_acls, warnings):
    """The users of manager.conf, a Mapping from lower-case name to User.

    file      its ConfigFile; each section but [general] is a user
    multiple  allowmultiplelogin of [general], for users who do not say
    warnings  a list to which sentences are added
    raises    ConfigError  acl.conf is needed and wrong (NamedAcls.acl)

    A second section of one name goes on with the first one's options, but its address rules are
    the user's only ones, as in Asterisk.
    """
    found = {}
    for section in file.sections:
        if not section.template and section.name.lower() != "general":
            name = section.name[:MAX_USERNAME]
            found.setdefault(name.lower(), []).append(section)
    return MappingProxyType({
        name: _user(sections, multiple, named_acls, warnings) for name, sections in found.items()
    })


def _user(sections, multiple, named_acls, warnings):
    name = sections[0].name[:MAX_USERNAME]
    pairs = [pair for section in sections for pair in section.pairs]
    for again in sections[1:]:
        message = "[%s] is there already; only the last one's permit, deny and acl count" % name
        warnings.append(str(mistake(again, message, "join the two or write [%s](+)" % name)))
    for error in unknown_options(USER_OPTIONS, [pair for pair in pairs if not _is_for_asterisk(pair)]):
        warnings.append(str(error))
    warnings.extend(_unknown_classes(pairs))
    values = read_options(USER_OPTIONS[:-len(ACL_OPTIONS)], pairs, warnings)
    if values["allowmultiplelogin"] is None:
        values["allowmultiplelogin"] = multiple
    return User(name=name, acl=_acl(sections, named_acls, warnings), **values)


def _unknown_classes(pairs):
    """A sentence for each line of classes in which some are none; Asterisk passes those over without a word."""
    for pair in pairs_named(pairs, _CLASSES):
        unknown = ", ".join("'%s'" % label for label in unknown_labels(pair.value))
        if unknown:
            yield str(mistake(pair, "%s = %s: %s is no class and counts nothing" % (pair.name, pair.value, unknown),
                              _KNOWN_CLASSES))


def _is_for_asterisk(pair):
    return pair.name.lower().startswith(_EVENT_FILTER) or pair.name.lower() in _OF_ASTERISK


def _acl(sections, named_acls, warnings):
    """The last section's Acl; NOBODY when any of them has a mistake in its own."""
    acls = [_acl_or_nobody(section, named_acls, warnings) for section in sections]
    return NOBODY if NOBODY in acls else acls[-1]


def _acl_or_nobody(section, named_acls, warnings):
    try:
        lines = read_rules(section.pairs)
    except ConfigError as error:
        warnings.append("%s: until then %s cannot log in" % (error, section.name))
        return NOBODY
    return named_acls.acl(lines)
