"""What an option is, and how all of a table of options are read.

An option's default is text, as an administrator would write it, and goes through the option's
own reader (conf/readers.py). The tables are in conf/tables.py.

In http.conf and manager.conf a value that cannot be read counts as Asterisk counts it, the
default in its place (an on/off word: off), with a warning. In ajam.conf, which Asterisk does not
read, it is an error.
"""

import difflib
from typing import Any, Callable, NamedTuple, Optional, Tuple

from ajam.conf.lines import mistake
from ajam.conf.readers import switch
from ajam.errors import ConfigError, raise_all


class Option(NamedTuple):
    """One option: what it is called, how it is read, what it is without a line, what it is for.

    reader    from the text after `=` to the value; raises ValueError with a predicate ("is ...")
    default   text as an administrator would write it; None when there is no value without a line
    aliases   other names of the same option
    repeated  True when every line counts, and the value is a tuple; else the last one does
    """

    name: str
    reader: Callable[[str], Any]
    default: Optional[str]
    help: str
    aliases: Tuple[str, ...] = ()
    repeated: bool = False

    @property
    def names(self):
        """The name and its aliases."""
        return (self.name,) + self.aliases


def read_options(table, pairs, warnings, overrides=()):
    """The value of every option of `table`, by its name.

    pairs      the Pairs of a file that Asterisk reads too
    warnings   a list; sentences about values that are passed over are added
    overrides  the Pairs of ajam.conf; an option that they name is theirs alone
    raises     ConfigError  overrides cannot be read
    """
    values, mistakes = {}, []
    for option in table:
        try:
            values[option.name] = _value(option, pairs, warnings, overrides)
        except ConfigError as error:
            mistakes.append(error)
    raise_all(mistakes)
    return values


def pairs_named(pairs, names):
    """Those `pairs` that have one of these lower-case names."""
    return [pair for pair in pairs if pair.name.lower() in names]


def unknown_options(table, pairs):
    """A ConfigError, to raise or to warn with, for each of `pairs` that is in no way in `table`."""
    known = [name for option in table for name in option.names]
    for pair in pairs:
        if pair.name.lower() not in known:
            near = difflib.get_close_matches(pair.name.lower(), known, 1)
            remedy = "did you mean %s?" % near[0] if near else "remove it; known are " + ", ".join(known)
            yield mistake(pair, "unknown option %s has no effect" % pair.name, remedy)


def _value(option, pairs, warnings, overrides):
    own = pairs_named(overrides, option.names)
    lines = own or pairs_named(pairs, option.names)
    if option.repeated:
        found = [_read(option, pair, None, warnings, bool(own)) for pair in lines]
        return tuple(value for value in found if value is not None)
    if not lines:
        return None if option.default is None else option.reader(option.default)
    instead = "no" if option.reader is switch else option.default
    return _read(option, lines[-1], instead, warnings, bool(own))


def _read(option, pair, instead, warnings, strict):
    try:
        return option.reader(pair.value)
    except ValueError as error:
        message = "%s = %s %s" % (pair.name, pair.value, error)
        if strict:
            raise mistake(pair, message, "correct the value or remove the line") from None
        taken = "the line is ignored" if instead is None else "%s is taken instead" % (instead or "nothing")
        warnings.append(str(mistake(pair, "%s, %s" % (message, taken), "correct the value")))
        return None if instead is None else option.reader(instead)
