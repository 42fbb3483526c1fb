"""ajam/conf/acl.py: who may come from where. The vectors are those of reference.md 5.2."""

import pytest

from ajam.conf.acl import NOBODY, Acl, NamedRules, parse_rules


def acl(*lines):
    """The Acl of lines like "deny 10.0.0.0/8"."""
    words = [line.split() for line in lines]
    return Acl(tuple(rule for word, text in words for rule in parse_rules(word == "permit", text)))


R1 = acl("deny 0.0.0.0/0.0.0.0", "permit 10.0.0.0/255.0.0.0", "permit 192.168.0.0/255.255.255.0")
R2 = acl("deny 10.0.0.0/8", "permit 10.0.0.0/8", "deny 10.0.0.0/16", "permit 10.0.0.0/24")
R4 = acl("deny ::/0", "permit fe80::/64", "deny fe80::ffff:0:0:0/80", "permit fe80::ffff:0:ffff:0/112")
R6 = acl("deny 10.0.0.0/8", "permit 10.0.0.0/8", "deny 10.0.0.0/16,!10.0.0.0/24")


@pytest.mark.parametrize("rules, address, allowed", [
    (R1, "10.1.1.5", True),
    (R1, "192.168.0.5", True),
    (R1, "192.168.1.5", False),
    (R1, "172.16.0.1", False),
    (R1, "fe80::1234", True),
    (R2, "10.0.0.1", True),
    (R2, "10.0.10.10", False),
    (R2, "10.1.1.5", True),
    (R6, "10.0.0.1", True),
    (R6, "10.0.10.10", False),
    (R6, "10.1.1.5", True),
    (R4, "fe80::ffff:1213:dead:beef", False),
    (R4, "fe80::ffff:0:ffff:abcd", True),
    (R4, "2001:db8::1", False),
    (R4, "10.0.0.1", True),
    (R4, "::ffff:10.0.0.1", True),
])
def test_the_last_rule_that_fits_decides_whatever_came_first(rules, address, allowed):
    assert rules.allows(address) is allowed


@pytest.mark.parametrize("item", [
    "1.3.3.7/-1", "1.3.3.7/33", "1.3.3.7/California", "1.3.3.7/255.255.255.255.255", "57.60.278.900/31",
    "EGGSOFDEATH/4000", "33.4.7.8.3/300030", "ff::ff::ff/3", "::ffff/129", "::ffff:255.255.255/128",
    ":1234:/15", "fe80::1234/255.255.255.0", "fe80::1/129", "10.0.0.0/", "10.0.0.0/ffff::", "", "!", "10/8",
    "localhost", "fe80::1%eth0", "10.0.0.1:80", "10.0.0.0/8/8", "10.0.0.0/+8", "10.0.0.0/1_6",
])
@pytest.mark.parametrize("line", ["%s", "10.0.0.0/8,%s", "%s,10.0.0.0/8"])
def test_what_is_no_network_is_refused_wherever_it_stands_in_the_list(line, item):
    with pytest.raises(ValueError, match="is not a network"):
        parse_rules(False, line % item)


@pytest.mark.parametrize("mask", ["255.0.255.0", "0.0.0.255", "127.0.0.0"])
def test_a_netmask_with_holes_is_refused_and_never_read_as_a_host_mask(mask):
    with pytest.raises(ValueError):
        parse_rules(True, "10.0.0.0/" + mask)


@pytest.mark.parametrize("item, network", [
    ("10.1.2.3", "10.1.2.3/32"),
    ("10.1.2.3/8", "10.0.0.0/8"),
    ("10.1.2.3/0", "0.0.0.0/0"),
    ("10.1.2.3/0.0.0.0", "0.0.0.0/0"),
    ("10.1.2.3/255.255.255.255", "10.1.2.3/32"),
    ("::ffff:10.1.2.3", "10.1.2.3/32"),
    ("::ffff:10.1.2.3/8", "10.0.0.0/8"),
    ("fe80::1", "fe80::1/128"),
    ("[fe80::1]", "fe80::1/128"),
    ("fe80::1/ffff:ffff::", "fe80::/32"),
    (" 10.0.0.0/8 ", "10.0.0.0/8"),
])
def test_a_network_is_written_with_bits_or_a_netmask_or_is_one_address(item, network):
    assert [(permits, str(found)) for permits, found in parse_rules(True, item)] == [(True, network)]


def test_an_exclamation_mark_turns_the_sense_of_one_item():
    assert [rule.permits for rule in parse_rules(False, "10.0.0.0/8,!10.1.0.0/16")] == [False, True]
    assert [rule.permits for rule in parse_rules(True, "!10.1.0.0/16")] == [False]


def test_without_rules_everybody_is_allowed():
    assert Acl().allows("192.0.2.7") and Acl().allows("2001:db8::7")


def test_permits_alone_keep_nobody_out():
    assert acl("permit 10.0.0.0/8").allows("192.0.2.7")


def test_ipv4_rules_hold_for_an_ipv4_browser_that_comes_over_an_ipv6_socket():
    assert not acl("deny 192.0.2.0/24").allows("::ffff:192.0.2.7")


def test_denying_all_of_ipv6_leaves_mapped_ipv4_alone():
    assert acl("deny ::/0").allows("::ffff:192.0.2.7")


def test_every_named_list_must_agree_and_so_must_the_own_rules():
    offices = NamedRules("offices", acl("deny 0.0.0.0/0", "permit 10.0.0.0/8").rules)
    daytime = NamedRules("daytime", acl("deny 10.9.0.0/16").rules)
    both = Acl(acl("deny 10.1.0.0/16").rules, (offices, daytime))
    assert both.allows("10.2.0.1")
    assert not both.allows("192.0.2.7")
    assert not both.allows("10.9.0.1")
    assert not both.allows("10.1.0.1")


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "::1", "::ffff:10.0.0.1", "fe80::1%eth0"])
def test_nobody_is_nobody(address):
    assert not NOBODY.allows(address)


@pytest.mark.parametrize("address", ["", "localhost", "10.0.0.1:80", "@"])
def test_what_is_no_address_is_never_allowed(address):
    assert not Acl().allows(address)


def test_the_zone_of_a_link_local_address_does_not_matter():
    assert R4.allows("fe80::1%eth0")


def test_rules_can_be_listed_as_sense_and_network():
    assert [(permits, network.with_netmask) for permits, network in R1.rules] == [
        (False, "0.0.0.0/0.0.0.0"),
        (True, "10.0.0.0/255.0.0.0"),
        (True, "192.168.0.0/255.255.255.0"),
    ]
