"""ajam/web/origins.py: whose page has made a browser ask, and for which host."""

import pytest

from ajam.web.origins import Origins, Site

ALLOWED = ("https://crm.example.org", "http://pbx.example.org:8080", "chrome-extension://abcdef")
OWN, FOREIGN = Site.OWN, Site.FOREIGN


def site(origin=None, fetched=None, host=b"pbx.example.org", secure=False):
    """Whose page it is, by its Origin, Sec-Fetch-Site and Host, None for none."""
    told = {b"origin": origin, b"sec-fetch-site": fetched, b"host": host}
    return Origins(ALLOWED).site({name: value for name, value in told.items() if value is not None}, secure)


def test_who_says_nothing_of_a_page_is_none():
    assert site() is OWN


@pytest.mark.parametrize("origin, host, secure, expected", [
    (b"http://pbx.example.org", b"pbx.example.org", False, OWN),
    (b"http://pbx.example.org", b"pbx.example.org:80", False, OWN),
    (b"http://PBX.example.org", b"pbx.EXAMPLE.org", False, OWN),
    (b"https://pbx.example.org", b"pbx.example.org", True, OWN),
    (b"https://pbx.example.org:8089", b"pbx.example.org:8089", True, OWN),
    (b"http://192.0.2.10:8088", b"192.0.2.10:8088", False, OWN),
    (b"http://[2001:db8::1]:8088", b"[2001:DB8::1]:8088", False, OWN),
    (b"http://pbx.example.org", b"pbx.example.org:8088", False, FOREIGN),
    (b"http://pbx.example.org:8088", b"pbx.example.org", False, FOREIGN),
    (b"http://pbx.example.org", b"pbx.example.org:443", True, FOREIGN),
    (b"http://pbx.example.org", b"pbx.example.org", True, FOREIGN),
    (b"https://pbx.example.org", b"pbx.example.org", False, FOREIGN),
    (b"http://evil.example", b"pbx.example.org", False, FOREIGN),
    (b"http://pbx.example.org.evil.example", b"pbx.example.org", False, FOREIGN),
    (b"http://sub.pbx.example.org", b"pbx.example.org", False, FOREIGN),
    (b"http://pbx.example.org/", b"pbx.example.org", False, FOREIGN),
    (b"http://pbx.example.org@evil.example", b"pbx.example.org", False, FOREIGN),
    (b"http://pbx.example.org http://evil.example", b"pbx.example.org", False, FOREIGN),
    (b"pbx.example.org", b"pbx.example.org", False, FOREIGN),
    (b"null", b"pbx.example.org", False, FOREIGN),
    (b"null", b"null", False, FOREIGN),
    (b"", b"pbx.example.org", False, FOREIGN),
    (b"http://pbx.example.org", None, False, FOREIGN),
    (b"http://", b"", False, FOREIGN),
])
def test_where_only_the_origin_is_told_it_has_to_be_that_of_the_host_asked(origin, host, secure, expected):
    assert site(origin, None, host, secure) is expected


@pytest.mark.parametrize("origin", [None, b"null", b"http://pbx.example.org", b"https://outside.example"])
@pytest.mark.parametrize("fetched, expected", [
    (b"same-origin", OWN), (b"none", OWN), (b"same-site", FOREIGN), (b"cross-site", FOREIGN), (b"", FOREIGN),
    (b"Same-Origin", FOREIGN), (b"same-origin, cross-site", FOREIGN),
])
def test_what_the_browser_says_of_the_site_counts_more_for_it_knows_no_proxy(origin, fetched, expected):
    assert site(origin, fetched) is expected


@pytest.mark.parametrize("fetched", [None, b"cross-site", b"same-site"])
@pytest.mark.parametrize("origin", [
    b"https://crm.example.org", b"https://crm.example.org:443", b"HTTPS://CRM.example.org",
    b"http://pbx.example.org:8080", b"chrome-extension://abcdef",
])
def test_an_origin_that_is_named_is_allowed_wherever_it_is(origin, fetched):
    assert site(origin, fetched) is Site.ALLOWED


@pytest.mark.parametrize("origin", [
    b"http://crm.example.org", b"https://crm.example.org:444", b"https://crm.example.org.evil.example",
    b"https://xcrm.example.org", b"https://pbx.example.org:8080", b"null", b"*",
])
def test_only_the_very_origin_is_allowed(origin):
    assert site(origin, b"cross-site") is FOREIGN


# Hosts

HOSTS = ("pbx.example.org", ".example.net", "192.0.2.10", "[2001:db8::1]")


@pytest.mark.parametrize("host, served", [
    (b"pbx.example.org", True), (b"pbx.example.org:8088", True), (b"PBX.Example.org", True),
    (b"pbx.example.org.", True), (b"pbx.example.org:", True), (b"example.net", True), (b"a.b.example.net:1", True),
    (b"192.0.2.10:8088", True), (b"[2001:DB8::1]:8088", True), (None, True),
    (b"example.org", False), (b"x.pbx.example.org", False), (b"badexample.net", False),
    (b"example.net.evil.example", False),
    (b"localhost", False), (b"127.0.0.1", False), (b"192.0.2.100", False), (b"[2001:db8::2]", False), (b"", False),
    (b"evil.example:80:80", False), (b".", False),
])
def test_only_the_hosts_named_are_served(host, served):
    assert Origins(hosts=HOSTS).serves({} if host is None else {b"host": host}) is served


@pytest.mark.parametrize("host", [b"pbx.example.org", b"evil.example", b"127.0.0.1:1", b""])
def test_where_none_is_named_every_host_is_served(host):
    assert Origins().serves({b"host": host})
