"""Who may come from where, and who a proxy speaks for: networks as plain numbers, lists walked by hand."""

import ipaddress
from typing import NamedTuple, Tuple

from ajam.conf.acl import Acl, NamedRules, parse_rules
from ajam.errors import RequestError
from ajam.web.exchange import Request
from ajam.web.forwarded import MAX_PROXIES, as_sent, is_forwarded
from tests.fuzz.cases import Property
from tests.fuzz.chance import mutated, noise, scraps

BITS = {4: 32, 6: 128}
MAPPED = 0xFFFF << 32  # ::ffff:0.0.0.0
BASES = {4: (0, 0x0A000000, 0x7F000001, 0xC0000207, 0xFFFFFFFF),
         6: (0, 1, 0xFE80 << 112, (0xFE80 << 112) + 0xFFFF00001213, (0x20010DB8 << 96) + 7, MAPPED - 1, 2 ** 128 - 1)}
PIECES = (
    b"10.0.0.0", b"::", b"::ffff:", b"1.2.3.4", b"fe80::", b"/", b"/8", b"/33", b"/129", b"/-1", b"/+8",
    b"/255.0.255.0", b"/ffff::", b"!", b"!!", b",", b" ", b"%eth0", b"[", b"]", b".", b":", b"0", b"08", b"/\xd9\xa1",
    b"256", b"x",
)


class Line(NamedTuple):
    """A permit or deny line: its text, and what each item means as (permits, version, address, length)."""

    permits: bool
    text: str
    meaning: Tuple[Tuple[bool, int, int, int], ...]


class Rules(NamedTuple):
    """A user's own lines, those of the lists that he names, and addresses as (text, version, number)."""

    own: Tuple[Line, ...]
    named: Tuple[Tuple[Line, ...], ...]
    addresses: Tuple[Tuple[str, int, int], ...]


def generate_rules(random):
    """Lines around few addresses, and the addresses at their edges."""
    own = tuple(line(random) for _ in range(random.randint(0, 5)))
    named = tuple(tuple(line(random) for _ in range(random.randint(0, 3))) for _ in range(random.choice((0, 0, 1, 2))))
    addresses = tuple(address(random, one) for each in (own, *named) for one in each) + (address(random, None),)
    return Rules(own, named, addresses)


def line(random):
    """One line of one to three items."""
    permits = random.random() < 0.5
    items = [item(random, permits) for _ in range(random.choice((1, 1, 2, 3)))]
    return Line(permits, random.choice((",", ", ", " ,\t")).join(text for text, _ in items),
                tuple(each for _, each in items))


def item(random, permits):
    """(text, meaning) of one item."""
    version, turned = random.choice((4, 4, 6)), random.random() < 0.25
    number = random.choice(BASES[version]) ^ (random.getrandbits(BITS[version]) & random.choice((0, 0, 255)))
    length = random.choice((0, 8, 16, 24, BITS[version] - 1, BITS[version], random.randint(0, BITS[version])))
    mask = spelt(random, version, (2 ** length - 1) << (BITS[version] - length))
    mask = random.choice(("/%d" % length, "/" + mask)) if length < BITS[version] or random.random() < 0.5 else ""
    host = spelt(random, version, number)
    host = "[%s]" % host if version == 6 and random.random() < 0.2 else host
    return "!" * turned + host + mask, (permits != turned, version, number, length)


def spelt(random, version, number):
    """One of the ways in which an address may be written."""
    if version == 4:
        plain = ipaddress.IPv4Address(number)
        return random.choice((str(plain), str(plain), "::ffff:%s" % plain, "::FFFF:%x:%x" % divmod(number, 65536)))
    plain = ipaddress.IPv6Address(number)
    return random.choice((str(plain), plain.exploded, str(plain).upper()))


def address(random, line):
    """(text, version, number) of an address, near one of the line's networks when there is one."""
    if line is None:
        version = random.choice((4, 6))
        number = random.getrandbits(BITS[version])
    else:
        _, version, number, length = random.choice(line.meaning)
        behind = BITS[version] - length
        other = random.getrandbits(behind) if behind else 0
        number ^= random.choice((0, 1, 1 << min(behind, BITS[version] - 1), other))
    text = spelt(random, version, number)
    if version == 6 and number >> 32 == MAPPED >> 32:
        version, number = 4, number & 0xFFFFFFFF
    return text + ("%eth0" if ":" in text and random.random() < 0.1 else ""), version, number


def check_rules(case):
    """Of the rules that hold an address the last one decides, in each list by itself."""
    acl = Acl(parsed(case.own), tuple(NamedRules("x", parsed(lines)) for lines in case.named))
    for text, version, number in case.addresses:
        expected = all(verdict(lines, version, number) for lines in (case.own, *case.named))
        assert acl.allows(text) is expected, (text, expected)


def parsed(lines):
    """The Rules of some lines, one behind the other."""
    return tuple(rule for each in lines for rule in parse_rules(each.permits, each.text))


def verdict(lines, version, number):
    """What the lines say about an address, by its bits."""
    allowed = True
    for each in lines:
        for permits, family, base, length in each.meaning:
            if family == version and number >> (BITS[version] - length) == base >> (BITS[version] - length):
                allowed = permits
    return allowed


def generate_nonsense(random):
    """Text in place of a line, and of an address."""
    good = line(random).text.encode()
    text = random.choice((mutated(random, good, PIECES), scraps(random, PIECES, 6), noise(random, 8)))
    return text.decode("utf-8", "surrogateescape"), scraps(random, PIECES, 5).decode("utf-8", "surrogateescape")


def check_nonsense(case):
    """A line is read or is no network; what is no address is never let in."""
    text, place = case
    try:
        rules = parse_rules(True, text)
    except ValueError as error:
        assert "is not a network" in str(error)
    else:
        assert len(rules) == text.count(",") + 1
    if Acl().allows(place):
        ipaddress.ip_address(place.partition("%")[0])


# Who a proxy speaks for

TRUSTED = tuple(map(ipaddress.ip_network, ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "2001:db8:1::/48")))
FRIENDS = ("127.0.0.1", "10.0.0.1", "10.9.8.7", "::1", "2001:db8:1::5")
STRANGERS = ("203.0.113.9", "192.0.2.7", "2001:db8:2::7", "::", "0.0.0.0", "11.0.0.1")
JUNK = (
    b"unknown", b"_hidden", b"1.2.3", b"1.2.3.4.5", b"256.1.1.1", b"010.0.0.1", b"10.0.0.1:x", b"10.0.0.1:123456",
    b"[::1", b"::1]", b"[10.0.0.1]", b"10.0.0.1 127.0.0.1", b"for=10.0.0.1", b'"10.0.0.1"', b"\xff", b"::ffff:1.2.3",
    b"1::2::3", b"[::1]80", b"localhost",
)
SCHEMES = {  # whether it came over TLS, by X-Forwarded-Proto
    b"": None, b"https": True, b"http": False, b"HTTPS": True, b"ftp": None, b"http, https": True, b"https,http": False,
    b"https ": True,
}
HOSTS = {  # what the browser named, by X-Forwarded-Host
    b"": b"own", b"pbx.example.org": b"pbx.example.org", b"a, [::1]:80": b"[::1]:80", b"a,b": b"b",
    b"a b": None, b"a/b": None, b"x@y": None,
}


class Proxied(NamedTuple):
    """A request that came from `peer`: the list that it carries as (spelling, address or None for junk), and more."""

    peer: str
    addresses: Tuple[Tuple[bytes, object], ...]
    commas: bytes
    scheme: bytes
    host: bytes
    secure: bool


def generate_proxied(random):
    """A list as proxies make it, or others."""
    peer = random.choice(FRIENDS * 2 + STRANGERS)
    known = random.choice((FRIENDS * 4 + STRANGERS, FRIENDS, STRANGERS))
    count = random.choice((0, 1, 2, 3, 4, random.randint(MAX_PROXIES - 1, MAX_PROXIES + 3)))
    junk = random.choice((0, 0, 0.2))
    addresses = tuple((random.choice(JUNK), None) if random.random() < junk else element(random, random.choice(known))
                      for _ in range(count))
    commas = random.choice((b",", b", ", b" ,, ,"))
    scheme, host = random.choice(list(SCHEMES)), random.choice(list(HOSTS))
    return Proxied(peer, addresses, commas, scheme, host, random.random() < 0.5)


def element(random, address):
    """(spelling, address) of an element, as one of the proxies writes it."""
    plain = ipaddress.ip_address(address)
    text = random.choice((address, plain.exploded.upper()))
    port = random.choice(("", ":%d" % random.randint(0, 65535)))
    if plain.version == 4:
        return random.choice((text + port, "::ffff:" + address, "[::ffff:%s]%s" % (address, port))).encode(), address
    zone = random.choice(("", "", "%eth0"))
    return random.choice((text + zone, "[%s%s]%s" % (text, zone, port))).encode(), address


def check_proxied(case):
    """The browser is the first from the right whom nobody trusts, or the last of the trusted."""
    headers = {b"host": b"own", b"x-forwarded-for": case.commas.join(spelling for spelling, _ in case.addresses),
               b"x-forwarded-proto": case.scheme, b"x-forwarded-host": case.host}
    request = Request("GET", b"/", b"/", b"", headers, b"", case.peer, case.secure)
    assert is_forwarded(headers)
    expected = walked(case)
    try:
        sent = as_sent(request, trusts)
    except RequestError as error:
        assert error.status == 400 and expected is None, (error, expected)
    else:
        assert (sent.peer, sent.secure, sent.headers[b"host"]) == expected, (sent, expected)


def trusts(address):
    """True for a proxy to be believed."""
    return any(ipaddress.ip_address(address) in network for network in TRUSTED)


def walked(case):
    """(peer, secure, host) by the docstring of ajam/web/forwarded.py; None for a refusal."""
    if not trusts(case.peer):
        return case.peer, case.secure, b"own"
    browser = case.peer
    for place, (_, address) in enumerate(reversed(case.addresses)):
        if address is None or place > MAX_PROXIES:
            return None
        browser = address
        if not trusts(address):
            break
    host, secure = HOSTS[case.host], SCHEMES[case.scheme]
    return None if host is None else (browser, case.secure if secure is None else secure, host)


PROPERTIES = (
    Property("rules", generate_rules, check_rules, 200),
    Property("networks", generate_nonsense, check_nonsense, 500),
    Property("proxies", generate_proxied, check_proxied, 500),
)
