"""Who may come from where: the `permit`, `deny` and `acl` lines of a manager user or of a path.

Rules are tried in the order written, and the last one whose network holds the address decides;
an address that none holds is allowed. So `deny=0.0.0.0/0` comes first and the `permit` lines
after it; permits alone keep nobody out. IPv4 rules are for IPv4 (also when it comes as
::ffff:a.b.c.d), IPv6 rules for the rest: `deny=0.0.0.0/0` stops no IPv6 address.

Source: reference.md 5.2. Stricter than Asterisk in one thing: a netmask with holes
(255.0.255.0) is a mistake here, for it is one in every known case.
"""

import ipaddress
from dataclasses import dataclass
from typing import NamedTuple, Tuple, Union

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


class NoNetwork(ValueError):
    """An item of a permit or deny line that is none; it is the argument."""


class Rule(NamedTuple):
    """One item of a permit or deny line: addresses within `network` are permitted, or denied."""

    permits: bool
    network: Network


class NamedRules(NamedTuple):
    """The rules of one section of acl.conf, as some `acl=` line names it."""

    name: str
    rules: Tuple[Rule, ...]


@dataclass(frozen=True)
class Acl:
    """All lines of one user or path: its own rules in order, and the lists that it names.

    An Acl of nothing allows everybody.
    """

    rules: Tuple[Rule, ...] = ()
    named: Tuple[NamedRules, ...] = ()

    def allows(self, address):
        """True when the own rules and every named list let `address` pass; what is no address never does.

        address  text without port: "192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7", "fe80::1%eth0"
        """
        try:
            address = _unmapped(ipaddress.ip_address(address.partition("%")[0]))
        except ValueError:
            return False
        return all(_allow(rules, address) for rules in (self.rules, *(named.rules for named in self.named)))


def parse_rules(permits, text):
    """The Rules of one `permit=` (permits True) or `deny=` (False) line, as a tuple in the order written.

    text    "10.0.0.0/8,!10.1.0.0/255.255.0.0,fe80::/10": networks with a prefix length or a
            netmask, or single addresses; `!` turns the sense of that item round
    raises  ValueError  an item is no network; the message is a predicate, and shows it when there are others
    """
    items = [item.strip() for item in text.split(",")]
    try:
        return tuple(_rule(permits, item) for item in items)
    except NoNetwork as error:
        raise ValueError("is not a network" if len(items) == 1 else "has %s, which is not a network"
                         % (error.args[0] or "an empty item")) from None


def _allow(rules, address):
    allowed = True
    for permits, network in rules:
        if address.version == network.version and address in network:
            allowed = permits
    return allowed


def _rule(permits, item):
    turned = item.startswith("!")
    try:
        return Rule(permits != turned, _network(item[turned:]))
    except ValueError:
        raise NoNetwork(item) from None


def _network(text):
    address, slash, mask = text.partition("/")
    if address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    if "%" in text:
        raise ValueError("a network has no zone")
    address = _unmapped(ipaddress.ip_address(address))
    length = _prefix_length(mask, address) if slash else address.max_prefixlen
    return ipaddress.ip_network((address, length), strict=False)


def _prefix_length(mask, address):
    """How many leading bits count; `mask` is that number or a netmask of the address's family.

    ip_network() could read both, but takes 0.0.0.255 for a host mask, which is /24: Asterisk does not.
    """
    if mask.isascii() and mask.isdigit():
        return int(mask)
    mask = _unmapped(ipaddress.ip_address(mask))
    ones = bin(int(mask))[2:].zfill(mask.max_prefixlen).rstrip("0")
    if mask.version != address.version or "0" in ones:
        raise ValueError("not a netmask")
    return len(ones)


def _unmapped(address):
    return getattr(address, "ipv4_mapped", None) or address


NOBODY = Acl(parse_rules(False, "0.0.0.0/0,::/0"))  # in place of a list that cannot be known
