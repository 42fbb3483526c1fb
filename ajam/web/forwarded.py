"""Who sent a request that came through a proxy, and what it asked the proxy for.

    X-Forwarded-For: 127.0.0.1, 203.0.113.9, 10.0.0.2      and 10.0.0.1 is connected to us
                     |          |            |                 |
                     anything   the browser  trusted           trusted

Each proxy writes at the right end the address that is connected to it. So the list is read from
the right, as long as those who wrote are trusted; the first address that is no trusted proxy is
the browser's, and what stands to its left is the browser's own invention. When all are trusted
the leftmost is it. When what a trusted proxy wrote is no address (`unknown`), the request is
refused: the proxy's own address in its place would let the world in where `permit=127.0.0.1`
lets in this host. Where a trusted proxy writes no list, its own address is all there is.

    X-Forwarded-Proto   "https": the browser came over TLS, whatever the proxy came over
    X-Forwarded-Host    the Host that the browser named
    X-Forwarded-Prefix  what the browser's path began with in place of our prefix; nothing but
                        the `uri` of digest credentials is held against it

From anybody who is not trusted none of them counts. The headers are a custom, not a standard:
RFC 7239 1 speaks of them; nginx, Apache, Caddy and HAProxy write them as above.
"""

import ipaddress
import re

from ajam.web.heads import HOST, bad

FORWARDED = (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-prefix")
MAX_PROXIES = 16  # in one list; nobody has so many, and each has to be looked up
SECURE = {b"https": True, b"http": False}

# 192.0.2.7  192.0.2.7:4711  [2001:db8::7]  [2001:db8::7]:4711  2001:db8::7; a zone behind IPv6 is passed over
IPV6 = rb"([0-9A-Fa-f]*:[0-9A-Fa-f:.]+)(?:%[\w.~%-]+)?"
ADDRESS = re.compile(rb"(?:([0-9.]+)|\[" + IPV6 + rb"\])(?::[0-9]{1,5})?|" + IPV6)


def is_forwarded(headers):
    """True when a proxy, or somebody who would like to be one, has told whom it speaks for."""
    one, two, three, four = FORWARDED
    return one in headers or two in headers or three in headers or four in headers


def as_sent(request, trusts, prefix=""):
    """The Request as its browser sent it to the first proxy: `peer`, `secure`, `target` and the header `host`.

    `path` and `query` stay what is asked of us.

    trusts   address -> whether that is a proxy to be believed
    prefix   ours, as in Routes: "" or "/asterisk"
    raises   RequestError  400 for a trusted proxy that names no address or no host
    """
    if not trusts(request.peer):
        return request
    addresses, scheme, host, outside = (request.headers.get(name, b"") for name in FORWARDED)
    return request._replace(
        peer=browser_address(addresses, trusts) or request.peer,
        secure=SECURE.get(last(scheme).lower(), request.secure),
        target=outside_target(request.target, prefix.encode("utf-8", "surrogateescape"), outside),
        headers=with_host(request.headers, last(host)))


def browser_address(addresses, trusts):
    """The browser's address in the value of an X-Forwarded-For, as text; None when there is none in it at all."""
    address = None
    for proxies, element in enumerate(filter(None, map(bytes.strip, reversed(addresses.split(b","))))):
        address = read_address(element)
        if address is None or proxies > MAX_PROXIES:
            raise bad("X-Forwarded-For does not tell where the request is from")
        if not trusts(address):
            break
    return address


def read_address(element):
    """An address as a proxy may spell it, as in Request.peer; None when it is none. IPv4 inside IPv6 is IPv4."""
    match = ADDRESS.fullmatch(element)
    if match is None:
        return None
    try:
        address = ipaddress.ip_address(match[match.lastindex].decode("ascii"))
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def last(values):
    """The last of a list of values: of several proxies the nearest one's word."""
    return values.rpartition(b",")[2].strip()


def outside_target(target, prefix, outside):
    """`target` with `outside` in place of our prefix; as it is when that is b"" or `target` is not below the prefix."""
    if not outside or target[:len(prefix)].lower() != prefix.lower():
        return target
    return outside.rstrip(b"/") + target[len(prefix):]


def with_host(headers, host):
    """`headers` with `host` as the Host; as they are when that is b""."""
    if not host:
        return headers
    if not HOST.fullmatch(host):
        raise bad("X-Forwarded-Host names no host")
    return {**headers, b"host": host}
