"""ajam/web/digest.py: what counts as a right, fresh and unrepeated digest.

The headers of curl 7.88, wget 1.21 and Python's urllib were captured while Asterisk 22.10.1
answered 200 to them.
"""

import re
import time
import tracemalloc

import pytest

from ajam.web.digest import LIFETIME, MAX_NONCES, Nonces, Verdict, challenge, check, parse_authorization

TARGET = b"/asterisk/arawman?action=ping"
CURL = (
    b'Digest username="admin", realm="asterisk", nonce="7e182c2f", uri="/asterisk/arawman?action=ping", '
    b'cnonce="YTQ3ZGU4YzczZGI4MjI0MTNlNTBjM2EzNDE0NGVjMDc=", nc=00000001, qop=auth, '
    b'response="5fa66ad6bdb7b42026040b46c5a76dd5", opaque="7e182c2f", algorithm=MD5'
)
RESPONSE = b"5fa66ad6bdb7b42026040b46c5a76dd5"
WGET = (
    b'Digest username="admin", realm="asterisk", nonce="21d7b6d6", uri="/asterisk/arawman?action=ping", '
    b'response="ebc9b2e284060bcab73425938a837dd1", qop=auth, nc=00000001, cnonce="6507200b", '
    b'opaque="21d7b6d6", algorithm="MD5"'
)
URLLIB = (
    b'Digest username="admin", realm="asterisk", nonce="18df16d8", uri="/asterisk/arawman?action=ping", '
    b'response="e1ac868942bc6e8c633452ab3cae7e91", opaque="18df16d8", algorithm="MD5", qop=auth, '
    b'nc=00000001, cnonce="13ebd00d8c6b1732"'
)
RFC_2617 = (  # section 3.5
    b'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
    b'uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b", '
    b'response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
ADMIN = {"realm": b"asterisk", "username": b"admin", "secret": b"s3cret"}


class Clock:
    """A clock that stands until it is moved."""

    now = 1000.0

    def __call__(self):
        return self.now


def counted():
    """A source of "random" bytes: 0, 1, 2 ... in as many bytes as asked for."""
    numbers = iter(range(10 ** 9))
    return lambda size: next(numbers).to_bytes(size, "big")


def right(fields, method="GET", target=TARGET, **changed):
    return check(fields, method, target, **dict(ADMIN, **changed))


@pytest.mark.parametrize("header", [CURL, WGET, URLLIB], ids=["curl", "wget", "urllib"])
def test_what_asterisk_accepted_from_real_clients_is_right(header):
    assert right(parse_authorization(header))


def test_the_example_of_rfc_2617_is_right():
    mufasa = {"realm": b"testrealm@host.com", "username": b"Mufasa", "secret": b"Circle Of Life"}
    assert check(parse_authorization(RFC_2617), "GET", b"/dir/index.html", **mufasa)


def test_every_field_is_read_in_lower_case_without_quotes():
    assert parse_authorization(CURL) == {
        "username": b"admin", "realm": b"asterisk", "nonce": b"7e182c2f", "uri": TARGET,
        "cnonce": b"YTQ3ZGU4YzczZGI4MjI0MTNlNTBjM2EzNDE0NGVjMDc=", "nc": b"00000001", "qop": b"auth",
        "response": b"5fa66ad6bdb7b42026040b46c5a76dd5", "opaque": b"7e182c2f", "algorithm": b"MD5",
    }


@pytest.mark.parametrize("header", [
    CURL.replace(b"Digest", b"dIGEST"),
    CURL.replace(b"username", b"UserName"),
    CURL.replace(b", ", b","),
    CURL.replace(b", ", b" ,\t "),
    CURL.replace(b'name="', b'name = "').replace(b"nc=", b"nc\t=  "),
    CURL.replace(b", algorithm=MD5", b""),
    CURL.replace(b"MD5", b"md5"),
    CURL.replace(b"qop=auth", b'qop="auth"').replace(b"nc=00000001", b'nc="00000001"'),
    CURL.replace(b'"admin"', b"admin").replace(b'"/asterisk/arawman?action=ping"', TARGET),
    CURL.replace(b'"admin"', b'"\\admi\\n"'),
    CURL.replace(RESPONSE, b"5FA66AD6BDB7B42026040B46C5A76DD5"),
    CURL + b', auth-param="x, y=\\"z\\"", ',
], ids=range(12))
def test_case_blanks_quotes_and_unknown_fields_do_not_matter(header):
    assert right(parse_authorization(header))


def test_a_name_with_quotes_and_backslashes_arrives_as_it_was_typed():
    assert parse_authorization(CURL.replace(b"admin", b'a\\"b\\\\c'))["username"] == b'a"b\\c'


@pytest.mark.parametrize("header", [
    b"",
    b"Digest",
    b"Digest ",
    CURL.replace(b"Digest", b"Basic"),
    CURL.replace(b"Digest ", b"Digest"),
    CURL.replace(b"algorithm=MD5", b"algorithm=SHA-256"),
    CURL.replace(b"algorithm=MD5", b"algorithm=MD5-sess"),
    CURL.replace(b"qop=auth", b"qop=auth-int"),
    CURL.replace(b"qop=auth, ", b""),
    CURL.replace(b"nc=00000001, ", b""),
    CURL.replace(b"cnonce=", b"snonce="),
    CURL.replace(b"uri=", b"url="),
    CURL.replace(b"nonce=\"7e", b"mince=\"7e"),
    CURL.replace(b"00000001", b"0000000g"),
    CURL.replace(b"00000001", b"-1"),
    CURL.replace(b"00000001", b"000000001"),
    CURL.replace(b"00000001", b""),
    CURL.replace(b"5fa66ad6", b""),
    CURL + b", nc=00000002",
    CURL + b', URI="/other"',
    CURL + b", opaque",
    CURL + b', opaque2="open',
    CURL.replace(b'"admin"', b'"admin"x'),
    CURL.replace(b'"admin"', b'ad"min'),
    CURL.replace(b"admin", b"a" * 6000),
    CURL + b"".join(b", x%d=1" % number for number in range(1000)),
], ids=range(26))
def test_what_cannot_be_used_has_no_fields(header):
    assert parse_authorization(header) == {}


def test_a_uri_as_long_as_a_request_line_is_no_reason_to_refuse():
    uri = b"/asterisk/arawman?x=" + b"y" * 7000
    assert parse_authorization(CURL.replace(TARGET, uri))["uri"] == uri


@pytest.mark.parametrize("unit", [
    b"\\", b'\\"', b'"', b",", b"=", b" ", b"a=", b"a=b,", b'x="', b"a= ", b"\\a",
])
@pytest.mark.parametrize("begin", [b"Digest ", b"Digest a=", b'Digest a="', b"Digest a= "])
def test_64_kib_of_the_worst_bytes_are_refused_at_once(begin, unit):
    header = (begin + unit * 65536)[:65536] + b'"'
    start = time.thread_time()
    assert parse_authorization(header) == {}
    assert time.thread_time() - start < 0.2


@pytest.mark.parametrize("changed", [
    {"method": "POST"},
    {"target": b"/asterisk/arawman?action=logoff"},
    {"target": b"/asterisk/arawman"},
    {"target": b"/asterisk/amanager?action=ping"},
    {"realm": b"Asterisk"},
    {"username": b"Admin"},
    {"secret": b"s3cret "},
    {"secret": b""},
    {"secret": None},
])
def test_another_method_target_realm_user_or_secret_is_not_right(changed):
    assert not right(parse_authorization(CURL), **changed)


def test_a_digest_for_one_action_is_not_right_for_another():
    logoff = CURL.replace(b"=ping", b"=logoff").replace(RESPONSE, b"ed55fc2d35a7a80322601eee41297b50")
    assert right(parse_authorization(logoff), target=b"/asterisk/arawman?action=logoff")
    assert not right(parse_authorization(logoff), target=TARGET)


@pytest.mark.parametrize("secret", [b"", None])
def test_a_user_without_a_secret_cannot_come_in_with_an_empty_one(secret):
    made_with_nothing = CURL.replace(RESPONSE, b"5b52d3401b506493dbd61e3897469086")
    assert not right(parse_authorization(made_with_nothing), secret=secret)


@pytest.mark.parametrize("field, other", [
    (b'cnonce="YTQ3', b'cnonce="ZTQ3'),
    (b"nc=00000001", b"nc=00000002"),
    (b'nonce="7e182c2f"', b'nonce="7e182c2e"'),
])
def test_nonce_count_and_cnonce_are_part_of_what_was_signed(field, other):
    assert not right(parse_authorization(CURL.replace(field, other, 1)))


def test_the_challenge_is_laid_out_as_asterisks():
    line = challenge(b"asterisk", Nonces(Clock()).issue())
    assert re.fullmatch(rb'WWW-authenticate: Digest algorithm=MD5, realm="asterisk", nonce="([0-9a-f]{76})", '
                        rb'qop="auth", opaque="\1"', line)


def test_a_stale_challenge_says_so_at_its_end():
    assert challenge(b"asterisk", b"5a", stale=True).endswith(b'", stale=true')


def test_quotes_in_the_realm_do_not_end_it():
    assert b'realm="the \\"PBX\\" \\\\ 1", nonce=' in challenge(b'the "PBX" \\ 1', b"5a")


def test_a_nonce_is_fresh_once_for_each_rising_count():
    nonces = Nonces(Clock())
    nonce = nonces.issue()
    fresh, replayed = Verdict.FRESH, Verdict.REPLAYED
    for count, verdict in (
        (b"00000001", fresh), (b"00000001", replayed), (b"00000002", fresh), (b"00000001", replayed),
        (b"00000010", fresh), (b"0000000f", replayed), (b"00000011", fresh), (b"11", replayed),
    ):
        assert nonces.spend(nonce, count) is verdict


def test_the_count_zero_is_never_fresh():
    nonces = Nonces(Clock())
    assert nonces.spend(nonces.issue(), b"00000000") is Verdict.REPLAYED


def test_a_nonce_is_stale_after_its_lifetime_however_busy_it_was():
    clock = Clock()
    nonces = Nonces(clock)
    used, unused = nonces.issue(), nonces.issue()
    assert nonces.spend(used, b"00000001") is Verdict.FRESH
    clock.now += LIFETIME
    assert nonces.spend(used, b"00000002") is Verdict.FRESH
    clock.now += 0.001
    assert nonces.spend(used, b"00000003") is nonces.spend(unused, b"00000001") is Verdict.STALE


def test_nonces_of_others_and_changed_ones_are_foreign():
    clock = Clock()
    nonces, before_restart = Nonces(clock), Nonces(clock)
    nonce = nonces.issue()
    younger = b"%012x" % (int(nonce[:12], 16) + 60000) + nonce[12:]
    changed = (younger, nonce[:-1], nonce + b"0", nonce.upper())
    for other in (before_restart.issue(), *changed, b"7e182c2f", b"", b"\xff" * 76):
        assert nonces.spend(other, b"00000001") is Verdict.FOREIGN


def test_no_two_nonces_are_the_same():
    nonces = Nonces(Clock())
    assert len({nonces.issue() for _ in range(10000)}) == 10000


def test_the_same_clock_and_random_bytes_make_the_same_nonces():
    assert Nonces(Clock(), counted()).issue() == Nonces(Clock(), counted()).issue()


def test_a_forgotten_nonce_does_not_become_usable_again():
    clock = Clock()
    nonces = Nonces(clock)
    first, kept, unused = nonces.issue(), nonces.issue(), nonces.issue()
    assert nonces.spend(first, b"00000001") is nonces.spend(kept, b"00000001") is Verdict.FRESH
    clock.now += 1
    for _ in range(MAX_NONCES - 1):
        assert nonces.spend(nonces.issue(), b"00000001") is Verdict.FRESH
    assert nonces.spend(first, b"00000001") is nonces.spend(first, b"00000002") is Verdict.STALE
    assert nonces.spend(unused, b"00000001") is Verdict.STALE
    assert nonces.spend(kept, b"00000002") is Verdict.FRESH
    assert nonces.spend(nonces.issue(), b"00000001") is Verdict.FRESH


def test_challenges_cost_no_memory():
    nonces = Nonces(Clock())
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(1000):
            nonces.issue()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 10_000
