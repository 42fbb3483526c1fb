"""Every option of http.conf, manager.conf and ajam.conf as tables, and how their values are read.

An option's reader turns the text of a line into a value in ajam's units (times in seconds); its
default is text too and goes through the same reader. The samples in etc/asterisk are held to
these tables by a test.

In http.conf and manager.conf a value that cannot be read counts as Asterisk counts it, the
default in its place (an on/off word: off), with a warning. In ajam.conf, which Asterisk does not
read, it is an error.

Source: reference.md 5.3 and 5.4.
"""

import difflib
import re
from typing import Any, Callable, NamedTuple, Optional, Tuple

from ajam.conf.acl import parse_rules
from ajam.conf.lines import mistake
from ajam.privileges import FALSE_WORDS, TRUE_WORDS, mask_from_labels

MAX_INT = 2**31 - 1  # what Asterisk keeps such numbers in
MAX_PREFIX = 79  # bytes with the slash; MAX_PREFIX of main/http.c less its NUL
MAX_SERVERNAME = 127  # bytes; of its buffer of 128 in main/http.c
MAX_PORT = 65535

HTTP_PORT = 8088
HTTPS_PORT = 8089
MANAGER_PORT = 5038


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


def switch(text):
    """True for on, False for off."""
    if text.lower() not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError("is neither yes nor no")
    return text.lower() in TRUE_WORDS


def number(low, high=MAX_INT):
    """A reader of whole numbers from `low` to `high`."""
    def read_number(text):
        if not re.fullmatch(r"[+-]?[0-9]{1,10}", text) or not low <= int(text) <= high:
            raise ValueError("is not a number from %d to %d" % (low, high))
        return int(text)
    return read_number


def milliseconds(low):
    """A reader of times of at least `low` ms, as seconds."""
    read_number = number(low)
    return lambda text: read_number(text) / 1000


def host(text):
    """An IPv4 address, an IPv6 address with or without brackets, or a name, as text without brackets."""
    if not text or re.search(r"[\s,/]", text):
        raise ValueError("is not an address")
    return text[1:-1] if text.startswith("[") and text.endswith("]") else text


def host_and_port(text):
    """`host`, `host:port`, `[v6]:port` or a bare IPv6 address as (host, port), HTTPS_PORT without one."""
    match = re.fullmatch(r"(\[[^]]*\]|[^:]*):([^:]*)", text)
    if not match:
        return host(text), HTTPS_PORT
    return host(match[1]), number(0, MAX_PORT)(match[2])


def something(value):
    """Any text but none."""
    if not value:
        raise ValueError("is empty")
    return value


def whole_path(value):
    """A path that means the same wherever ajam was started."""
    if not value.startswith("/"):
        raise ValueError("is not a whole path")
    return value


def at_most(limit, before=""):
    """A reader that puts `before` before any text and keeps `limit` characters, as Asterisk's buffers do."""
    return lambda value: (before + value if value else "")[:limit]


def redirect(value):
    """`target destination` as that pair."""
    target, _, destination = value.partition(" ")
    if not destination.strip():
        raise ValueError("has no destination: write redirect = TARGET DESTINATION")
    return target.strip(), destination.strip()


def list_names(value):
    """The names in an `acl=` line, as a tuple; none of them twice (reference.md 5.2)."""
    names = tuple(name.strip() for name in value.split(","))
    if len({name.lower() for name in names}) < len(names) or "" in names:
        raise ValueError("names a list twice or leaves a name out")
    return names


def permitted(value):
    """The rules of a `permit=` line."""
    return parse_rules(True, value)


def denied(value):
    """The rules of a `deny=` line."""
    return parse_rules(False, value)


TLS_OPTIONS = (
    Option("tlsenable", switch, "no", "serve HTTPS", ("sslenable",)),
    Option("tlsbindaddr", host_and_port, None, "address[:port] of HTTPS; bindaddr:8089 without it",
           ("sslbindaddr",)),
    Option("tlscertfile", something, "asterisk.pem", "PEM file of certificate, chain and perhaps key",
           ("sslcert", "tlscert")),
    Option("tlsprivatekey", something, None, "PEM file of the key, when tlscertfile has none",
           ("sslprivatekey",)),
    Option("tlscipher", something, None, "OpenSSL cipher list; OpenSSL's own choice without it",
           ("sslcipher",)),
    Option("tlsdisablev1", switch, "yes", "refuse TLS 1.0"),
    Option("tlsdisablev11", switch, "no", "refuse TLS 1.1"),
    Option("tlsdisablev12", switch, "no", "refuse TLS 1.2"),
    Option("tlsservercipherorder", switch, "yes", "let our order of ciphers decide, not the browser's"),
)

HTTP_OPTIONS = (
    Option("enabled", switch, "no", "serve plain HTTP at all"),
    Option("bindaddr", host, "127.0.0.1", "address or name to listen on"),
    Option("bindport", number(0, MAX_PORT), str(HTTP_PORT), "TCP port of plain HTTP"),
    Option("prefix", at_most(MAX_PREFIX, before="/"), "", "first part of every URI"),
    Option("servername", at_most(MAX_SERVERNAME), None, "Server header; empty leaves it out"),
    Option("enable_static", switch, "no", "serve files below /static", ("enablestatic",)),
    Option("enable_status", switch, "no", "serve /httpstatus"),
    Option("redirect", redirect, None, "TARGET DESTINATION: answer that path with another", repeated=True),
    Option("sessionlimit", number(1), None, "connections at a time"),
    Option("session_inactivity", milliseconds(1), "30000", "ms to wait for more of a request"),
    Option("session_keep_alive", milliseconds(0), "15000", "ms to wait for the next request; 0 closes"),
) + TLS_OPTIONS

MANAGER_OPTIONS = (
    Option("enabled", switch, "no", "Asterisk's manager interface at all"),
    Option("webenabled", switch, "no", "the manager over HTTP"),
    Option("port", number(1024, MAX_PORT), str(MANAGER_PORT), "TCP port of AMI"),
    Option("bindaddr", host, "[::]", "address that Asterisk's AMI listens on"),
    Option("httptimeout", number(1), "60", "s that a session over HTTP lives without a request"),
    Option("allowmultiplelogin", switch, "yes", "a user may be logged in more than once"),
    Option("authtimeout", number(1), "30", "s that a connection may take to log in"),
    Option("authlimit", number(1), "50", "connections that may be logging in at a time"),
)

ACL_OPTIONS = (
    Option("permit", permitted, None, "networks to let in", repeated=True),
    Option("deny", denied, None, "networks to keep out", repeated=True),
    Option("acl", list_names, None, "sections of acl.conf that must let in too", repeated=True),
)

USER_OPTIONS = (
    Option("secret", str, None, "password; without one nobody can log in as this user"),
    Option("read", mask_from_labels, "", "classes of events to be shown"),
    Option("write", mask_from_labels, "", "classes of actions to be allowed"),
    Option("allowmultiplelogin", switch, None, "as in [general], for this user"),
) + ACL_OPTIONS

RESTRICTION_OPTIONS = (Option("type", something, None, "restriction"),) + ACL_OPTIONS

STATIC_OPTION = Option("staticdir", whole_path, None, "directory of the files below /static")

PBX_OPTIONS = (
    Option("host", host, None, "where Asterisk's AMI is; manager.conf's bindaddr without it"),
    Option("port", number(1, MAX_PORT), None, "its TCP port; manager.conf's port without it"),
)


def read_options(table, pairs, warnings, overrides=()):
    """The value of every option of `table`, by its name.

    pairs      the Pairs of a file that Asterisk reads too
    warnings   a list; sentences about values that are passed over are added
    overrides  the Pairs of ajam.conf; an option that they name is theirs alone
    raises     ConfigError  an override cannot be read
    """
    return {option.name: _value(option, pairs, warnings, overrides) for option in table}


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
