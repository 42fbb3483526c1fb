"""How the value of an option is read: from the text after `=` to a value in ajam's units.

A reader raises ValueError with a predicate ("is not an address") for text that it cannot read.
Times become seconds here and nowhere else.

Source: reference.md 5.3 and 5.4.
"""

import ipaddress
import re

from ajam.conf.acl import NOBODY, Acl, parse_rules
from ajam.privileges import FALSE_WORDS, TRUE_WORDS

MAX_INT = 2**31 - 1  # what Asterisk keeps such numbers in
MAX_PREFIX = 79  # bytes with the slash; MAX_PREFIX of main/http.c less its NUL
MAX_SERVERNAME = 127  # bytes; of its buffer of 128 in main/http.c
MAX_PORT = 65535

HTTPS_PORT = 8089

WITH_PORT = re.compile(r"[^][:]+:[0-9]+|\[[^][:]+:[0-9]+\]|\[[^][]*\]:[0-9]+")  # host:1, [host:1], [host]:1


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
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if not bare or re.search(r"[\s,/\[\]]", bare) or ":" in bare and not is_ipv6(bare):
        raise ValueError("is not an address")
    return bare


def is_ipv6(text):
    """True for an IPv6 address, with a zone or without."""
    try:
        return bool(ipaddress.IPv6Address(text))
    except ValueError:
        return False


def host_beside(option):
    """A reader of `host`, for where an option of that name has the port."""
    def read_host(text):
        try:
            return host(text)
        except ValueError:
            if WITH_PORT.fullmatch(text):
                raise ValueError("has a port, which does not belong there but in " + option) from None
            raise
    return read_host


def host_and_port(text):
    """`host`, `host:port`, `[v6]:port` or a bare IPv6 address as (host, port), HTTPS_PORT without one."""
    match = re.fullmatch(r"(\[[^]]*\]|[^:]*):([^:]*)", text)
    if not match:
        return host(text), HTTPS_PORT
    try:
        port = number(0, MAX_PORT)(match[2])
    except ValueError as error:
        raise ValueError("has the port %s, which %s" % (match[2] or "of no digits", error)) from None
    try:
        return host(match[1]), port
    except ValueError as error:
        raise ValueError("has the host %s, which %s" % (match[1] or "of no letters", error)) from None


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


def origin(value):
    """One origin as a browser writes it: scheme, host and perhaps port, in lower case (RFC 6454 6.1)."""
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", value.lower()):
        raise ValueError("is not an origin like https://crm.example.org or http://192.0.2.80:8080")
    return value.lower()


def host_names(value):
    """Names of hosts with commas between them, as a tuple in lower case; one with a dot before it means all below."""
    names = tuple(name.strip().lower() for name in value.split(",")) if value else ()
    for name in names:
        if not re.fullmatch(r"\.?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]", name):
            raise ValueError("is not a list of host names without ports")
    return names


def networks(value):
    """Networks and addresses, as an Acl that allows those alone; an empty value allows nobody."""
    return Acl(NOBODY.rules + (parse_rules(True, value) if value else ()))


def one_of(*words):
    """A reader of one of these lower-case words."""
    def read_word(value):
        if value.lower() not in words:
            raise ValueError("is none of " + ", ".join(words))
        return value.lower()
    return read_word
