"""ajam/access.py: who may log in from where, by the administrator's manager.conf."""

import collections
import sys

import pytest

from ajam.access import NO_SUCH_USER, WRONG_SECRET, Access, StaleNonce, printable
from ajam.conf import settings as configuration
from ajam.errors import RequestError
from ajam.limiter import Limiter
from ajam.pause import run
from ajam.web.digest import LIFETIME, Nonces
from ajam.web.exchange import Request
from tests.clock import Clock
from tests.joint.digest import authorization
from tests.serving import write_configuration

MANAGER_CONF = """\
[general]
enabled=yes
webenabled=yes
allowmultiplelogin=yes

[Admin]
secret=s3cret
read=all
write=config,call

[bob]
secret=b0b
write=all
allowmultiplelogin=no

[fenced]
secret=fenced
deny=0.0.0.0/0.0.0.0
deny=::/0
permit=192.0.2.0/255.255.255.0

[secretless]
read=all
write=command
"""


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def nonces(clock):
    return Nonces(clock)


@pytest.fixture
def access(tmp_path, nonces, clock):
    write_configuration(tmp_path, ("127.0.0.1", 5038), manager_conf=MANAGER_CONF)
    return Access(configuration.load(tmp_path).users, nonces, Limiter(5, clock))


@pytest.mark.parametrize("name, peer, admitted", [
    ("fenced", "192.0.2.7", True), ("fenced", "::ffff:192.0.2.7", True), ("fenced", "127.0.0.1", False),
    ("FENCED", "127.0.0.1", False), ("fenced", "::1", False), ("admin", "127.0.0.1", True), ("nobody", "::1", True),
])
def test_address_rules_hold_for_their_user_however_he_is_spelt(access, name, peer, admitted):
    assert access.admits(name, peer) is admitted


@pytest.mark.parametrize("name, single, secret, upload", [
    (b"admin", False, b"s3cret", True), ("ADMIN", False, b"s3cret", True), (b"BOB", True, b"b0b", True),
    (b"fenced", False, b"fenced", False), (b"secretless", False, None, False), (b"nobody", False, None, False),
    (b"\xff", False, None, False),
])
def test_what_is_known_of_a_user(access, name, single, secret, upload):
    assert (access.is_single(name), access.secret_of(name), access.may_upload(name)) == (single, secret, upload)


@pytest.mark.parametrize("name, shown", [
    ("admin", "admin"), (b"caf\xc3\xa9", "caf\u00e9"), (b"\xff", "\\xff"), ("a\r\nb", "a\\x0d\\x0ab"),
    ("\x1b[31m", "\\x1b[31m"), ("\x9b", "\\x9b"), ("%s%n", "%s%n"), ("x" * 100, "x" * 80),
])
def test_a_name_in_the_log_is_one_harmless_line(name, shown):
    assert printable(name) == shown


def test_failures_are_logged_as_asterisk_logs_them(access, caplog):
    access.refused("bob", "192.0.2.9")
    access.refused("bob\r\n", "192.0.2.9")
    access.admits("fenced", "192.0.3.9")
    assert [record.getMessage() for record in caplog.records] == [
        "192.0.2.9 failed to authenticate as 'bob'",
        "192.0.2.9 tried to authenticate with nonexistent user 'bob\\x0d\\x0a'",
        "192.0.3.9 failed to pass IP ACL as 'fenced'"]


# Digest


def request(nonce, username="Admin", secret="s3cret", count=1, peer="192.0.2.7"):
    target = b"/asterisk/arawman?action=ping"
    line = authorization(nonce, target, count, username, secret)
    return Request("GET", target, b"/asterisk/arawman", b"action=ping", {b"authorization": line}, b"", peer)


def authenticate(access, request):
    """As Access.authenticate(), where nobody has to wait for others."""
    return run(access.authenticate(request), wait=pytest.fail)


def test_the_right_credentials_name_user_and_session(access, nonces):
    nonce = nonces.issue().decode()
    user, key = authenticate(access, request(nonce))
    assert (user.name, key) == ("Admin", nonce + " admin")


def test_two_users_of_one_nonce_have_two_sessions(access, nonces):
    nonce = nonces.issue().decode()
    _, of_admin = authenticate(access, request(nonce))
    _, of_bob = authenticate(access, request(nonce, "bob", "b0b", count=2))
    assert of_admin != of_bob


@pytest.mark.parametrize("username, secret, said", [
    ("Admin", "wrong", WRONG_SECRET), ("nobody", "s3cret", NO_SUCH_USER), ("secretless", "", WRONG_SECRET),
    ("secretless", "None", WRONG_SECRET), ("", "", NO_SUCH_USER),
], ids=["wrong secret", "unknown user", "no secret", "no secret's text", "nobody"])
def test_wrong_credentials_are_challenged_anew(access, nonces, username, secret, said, caplog):
    with pytest.raises(RequestError) as refusal:
        authenticate(access, request(nonces.issue().decode(), username, secret))
    assert (refusal.value.status, refusal.value.close) == (401, False)
    assert b"stale" not in refusal.value.headers[0]
    assert said % ("192.0.2.7", username) in caplog.text


def costly_calls(work):
    """How often which of hashlib's and hmac's functions is called meanwhile, as a dict."""
    calls = collections.Counter()

    def note(_, event, called):
        if event == "c_call" and called.__name__ in ("openssl_md5", "md5", "hexdigest", "compare_digest"):
            calls[called.__name__] += 1

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return dict(calls)


@pytest.mark.parametrize("username", ["nobody", "secretless", ""])
def test_who_is_not_there_or_has_no_secret_is_refused_after_the_same_work_as_one_who_is_there(access, nonces, username):
    def refuse(asked):
        with pytest.raises(RequestError):
            authenticate(access, asked)
    asked = [request(nonces.issue().decode(), name, "wrong") for name in ("Admin", username)]
    known, unknown = (costly_calls(lambda: refuse(each)) for each in asked)
    assert known == unknown and sum(known.values()) > 6


def test_a_request_without_credentials_is_challenged_and_not_logged(access, caplog):
    with pytest.raises(RequestError) as refusal:
        authenticate(access, Request("GET", b"/", b"/", b"", {}))
    assert refusal.value.status == 401
    assert not caplog.records


def test_the_address_rules_hold_for_digest_too(access, nonces):
    nonce = nonces.issue().decode()
    assert authenticate(access, request(nonce, "fenced", "fenced"))[0].name == "fenced"
    with pytest.raises(RequestError) as refusal:
        authenticate(access, request(nonce, "fenced", "fenced", count=2, peer="127.0.0.1"))
    assert refusal.value.status == 403


@pytest.mark.parametrize("seconds, count", [(0, 1), (LIFETIME + 1, 2)], ids=["count used", "nonce too old"])
def test_a_stale_nonce_names_the_session_and_its_successor(access, nonces, clock, seconds, count):
    nonce = nonces.issue().decode()
    authenticate(access, request(nonce))
    clock.now += seconds
    with pytest.raises(StaleNonce) as stale:
        authenticate(access, request(nonce, count=count))
    assert stale.value.headers[0].endswith(b"stale=true")
    assert stale.value.key == nonce + " admin"
    successor = stale.value.successor.split()[0]
    assert b'nonce="%s"' % successor.encode() in stale.value.headers[0]
    assert authenticate(access, request(successor))[1] == stale.value.successor
