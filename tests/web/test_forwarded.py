"""ajam/web/forwarded.py: whom a proxy speaks for, and which proxies are believed."""

import ipaddress

import pytest

from ajam.errors import RequestError
from ajam.web.exchange import Request
from ajam.web.forwarded import MAX_PROXIES, as_sent, is_forwarded

PROXIES = [ipaddress.ip_network(each) for each in ("127.0.0.0/8", "::1", "10.0.0.0/24", "2001:db8:f::/64")]
NAMES = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-prefix")


def trusts(address):
    return any(ipaddress.ip_address(address) in network for network in PROXIES)


def sent(peer="127.0.0.1", prefix="/asterisk", target=b"/asterisk/rawman?action=ping", secure=False, **forwarded):
    """What as_sent() makes of a request: for_=, proto=, host= and prefix_= are its X-Forwarded-... headers."""
    headers = {b"host": b"inside:8088", b"cookie": b"c"}
    headers.update((b"x-forwarded-" + name.strip("_").encode(), value) for name, value in forwarded.items())
    path, _, query = target.partition(b"?")
    return as_sent(Request("GET", target, path, query, headers, b"", peer, secure), trusts, prefix)


def refusal(**forwarded):
    with pytest.raises(RequestError) as caught:
        sent(**forwarded)
    return caught.value.status, caught.value.close


# Where it is from


@pytest.mark.parametrize("value, browser", [
    (b"203.0.113.9", "203.0.113.9"),
    (b"198.51.100.1, 203.0.113.9", "203.0.113.9"),
    (b"198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
    (b"127.0.0.1, 203.0.113.9, 127.0.0.1, 10.0.0.2", "203.0.113.9"),
    (b"203.0.113.9,10.0.0.2", "203.0.113.9"),
    (b" 203.0.113.9 \t,\t10.0.0.2 ", "203.0.113.9"),
    (b"2001:db8::7, 2001:db8:f::1", "2001:db8::7"),
    (b"10.0.0.3", "10.0.0.3"),
    (b"10.0.0.9, 10.0.0.3, 127.0.0.1", "10.0.0.9"),
    (b"nonsense, 203.0.113.9", "203.0.113.9"),
    (b"<script>, unknown, , 203.0.113.9, 10.0.0.2", "203.0.113.9"),
], ids=["one", "a forged one before it", "two proxies", "this host forged", "no blanks", "blanks and tabs", "IPv6",
        "only a proxy", "only proxies: the leftmost", "nonsense of the browser", "more nonsense"])
def test_the_rightmost_address_that_is_no_trusted_proxy_is_the_browsers(value, browser):
    assert sent(for_=value).peer == browser


@pytest.mark.parametrize("element, browser", [
    (b"192.0.2.7:4711", "192.0.2.7"),
    (b"192.0.2.7:", None),
    (b"192.0.2.7:471100", None),
    (b"192.0.2.7:http", None),
    (b"[2001:db8::7]", "2001:db8::7"),
    (b"[2001:db8::7]:4711", "2001:db8::7"),
    (b"2001:DB8:0:0::7", "2001:db8::7"),
    (b"2001:db8::7:4711", "2001:db8::7:4711"),
    (b"[2001:db8::7", None),
    (b"2001:db8::7]", None),
    (b"::ffff:192.0.2.7", "192.0.2.7"),
    (b"[::ffff:192.0.2.7]:4711", "192.0.2.7"),
    (b"::ffff:c000:207", "192.0.2.7"),
    (b"fe80::1%eth0", "fe80::1"),
    (b"[fe80::1%25eth0]:4711", "fe80::1"),
    (b"[fe80::1%eth0.7]:4711", "fe80::1"),
    (b"192.0.2.7%eth0", None),
    (b"[192.0.2.7]", None),
    (b"192.0.2.007", None),
    (b"192.0.2.256", None),
    (b"192.0.2", None),
    (b"3221225991", None),
    (b"0xc0000207", None),
    (b"192.0.2.7/32", None),
    (b'"192.0.2.7"', None),
    (b"for=192.0.2.7", None),
    (b"unknown", None),
    (b"_hidden", None),
    (b"-", None),
    (b"unix:", None),
    (b"localhost", None),
    (b"pbx.example", None),
    (b"192.0.2.7 192.0.2.8", None),
    ("١٩٢.0.2.7".encode(), None),
    (b"\xff", None),
    (b"1" * 8000, None),
], ids=repr)
def test_an_address_is_read_however_a_proxy_spells_it_and_nothing_else_is(element, browser):
    for value in (element, b"198.51.100.1, " + element, b"198.51.100.1, " + element + b", 10.0.0.2"):
        if browser is None:
            assert refusal(for_=value) == (400, True)
        else:
            assert sent(for_=value).peer == browser


@pytest.mark.parametrize("value", [b"", b" ", b",", b", ,"])
def test_an_empty_list_is_none_so_that_the_proxys_own_address_counts(value):
    assert sent(for_=value, peer="10.0.0.1").peer == "10.0.0.1"
    assert sent(proto=b"https", peer="10.0.0.1").peer == "10.0.0.1"


def test_empty_elements_are_passed_over():
    assert sent(for_=b", 203.0.113.9,, 10.0.0.2,").peer == "203.0.113.9"


@pytest.mark.parametrize("peer", ["192.0.2.80", "2001:db8::80", "10.0.1.1"])
def test_nobody_else_is_believed(peer):
    request = sent(peer=peer, for_=b"127.0.0.1", proto=b"https", host=b"forged", prefix_=b"/forged")
    assert (request.peer, request.secure, request.headers[b"host"]) == (peer, False, b"inside:8088")
    assert request.target == b"/asterisk/rawman?action=ping"
    assert sent(peer=peer, for_=b"unknown").peer == peer


def test_nobody_has_so_many_proxies():
    chain = b"203.0.113.9" + b", 127.0.0.1" * MAX_PROXIES
    assert sent(for_=chain).peer == "203.0.113.9"
    assert refusal(for_=chain + b", 127.0.0.1") == (400, True)
    assert refusal(for_=b",127.0.0.1" * 3000) == (400, True)


# How it came, and for whom


@pytest.mark.parametrize("value, over_tls, secure", [
    (b"https", False, True), (b"HTTPS", False, True), (b"http, https", False, True), (b"https,http ", False, False),
    (b"http", True, False), (b"http", False, False), (b"", True, True), (b"", False, False), (b"wss", False, False),
    (b"httpsx", False, False), (b"on", True, True),
])
def test_the_scheme_is_the_browsers(value, over_tls, secure):
    assert sent(proto=value, secure=over_tls).secure is secure


@pytest.mark.parametrize("value, host", [
    (b"pbx.example", b"pbx.example"), (b"pbx.example:8443", b"pbx.example:8443"), (b"[2001:db8::7]", b"[2001:db8::7]"),
    (b"forged.example, pbx.example", b"pbx.example"), (b"", b"inside:8088"),
])
def test_the_host_is_the_one_that_the_browser_named_to_the_nearest_proxy(value, host):
    request = sent(host=value)
    assert (request.headers[b"host"], request.headers[b"cookie"]) == (host, b"c")


@pytest.mark.parametrize("value", [b"a b", b"user@h", b"h/p", b"###", b"[h]", b"h:x"])
def test_what_is_no_host_is_refused(value):
    assert refusal(host=value) == (400, True)


# What digest credentials are held against


@pytest.mark.parametrize("value, prefix, target, seen", [
    (b"/pbx", "/asterisk", b"/asterisk/arawman?a=%2f", b"/pbx/arawman?a=%2f"),
    (b"/pbx/", "/asterisk", b"/ASTERISK/arawman", b"/pbx/arawman"),
    (b"/", "/asterisk", b"/asterisk/arawman", b"/arawman"),
    (b"/a/b", "", b"/arawman", b"/a/b/arawman"),
    (b"", "/asterisk", b"/asterisk/arawman", b"/asterisk/arawman"),
    (b"/pbx", "/asterisk", b"/elsewhere", b"/elsewhere"),
])
def test_the_target_is_the_one_that_the_browser_asked_for_and_the_path_is_ours(value, prefix, target, seen):
    request = sent(prefix_=value, prefix=prefix, target=target)
    assert (request.target, request.path) == (seen, target.partition(b"?")[0])


# Whether there is anything to look at


@pytest.mark.parametrize("name", NAMES)
def test_one_of_the_headers_is_enough(name):
    assert is_forwarded({b"host": b"h", name.encode(): b""})


def test_a_request_without_them_is_not_looked_at():
    assert not is_forwarded({b"host": b"h", b"x-forwarded": b"x", b"forwarded": b"for=192.0.2.7", b"via": b"1.1 proxy"})
