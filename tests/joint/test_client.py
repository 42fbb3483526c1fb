"""`ajam call`: what goes to the PBX, what is printed, and the exit code; and who and where, for `ajam tail` too."""

import json
import os
import re
import subprocess
import sys

import pytest

from ajam.client.address import default_url
from ajam.client.call import response_of_json, response_of_lines
from ajam.client.identity import Identity, NoIdentity, find_identity, read_identity
from ajam.client.options import check_url
from tests.certificates import authority, localhost  # fixtures
from tests.peer import Peer
from tests.serving import HTTP_CONF, MANAGER_CONF, serve, write_configuration
from tests.web.site import wait_until

RUN_SECONDS = 60
NOWHERE = "http://127.0.0.1:1/asterisk"


def url(daemon, scheme="http"):
    """Where a Daemon is."""
    return "%s://%s:%d/asterisk" % ((scheme,) + daemon.address)


def run(*arguments, stdout=subprocess.PIPE, **environment):
    """A finished `ajam`, which knows of no secret but those in `environment`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AJAM_")}
    return subprocess.run([sys.executable, "-m", "ajam", *arguments], stdout=stdout, stderr=subprocess.PIPE,
                          timeout=RUN_SECONDS, env={**kept, "HOME": "/nonexistent", **environment})


@pytest.fixture
def call(daemon):
    """A finished `ajam call` as admin."""
    def call(*arguments, **environment):
        return run("call", *arguments,
                   **{"AJAM_URL": url(daemon), "AJAM_USER": "admin", "AJAM_SECRET": "s3cret", **environment})
    return call


# What is asked and what is printed

def test_the_answer_is_printed_byte_for_byte(call, peer):
    answer = b"Response: Success\r\nName: caf\xe9 \xc3\xa9 \x1b[0m\r\nEmpty:\r\n\r\nEvent: Item\r\nA: 1\r\n\r\n"
    peer.script = lambda lines, connection: answer
    done = call("Whatever")
    assert (done.returncode, done.stdout, done.stderr) == (0, answer, b"")


def test_parameters_keep_their_order_and_may_repeat(call, peer):
    peer.script = lambda lines, connection: b"Response: Success\r\n\r\n"
    call("Originate", "Channel=PJSIP/100", "Variable=a=1", "Variable=b=2 & 3", "Variable=a=caf\u00e9", "Data=")
    [lines] = peer.lines(b"originate")
    assert lines == [b"action: Originate", b"Channel: PJSIP/100", b"Variable: a=1", b"Variable: b=2 & 3",
                     b"Variable: a=caf\xc3\xa9", b"Data: "]


def test_as_json_the_answer_is_an_array(call):
    done = call("--json", "Ping")
    assert done.returncode == 0 and json.loads(done.stdout)[0]["Ping"] == "Pong"


def test_bytes_that_are_no_utf8_arrive_as_they_were_given(call, peer):
    peer.script = lambda lines, connection: b"Response: Success\r\n\r\n"
    call("Whatever", os.fsdecode(b"Name=\xe9\xff"))
    assert peer.lines(b"whatever") == [[b"action: Whatever", b"Name: \xe9\xff"]]


@pytest.mark.parametrize("as_json", [(), ("--json",)])
@pytest.mark.parametrize("answer, code", [
    (b"Response: Success\r\nMessage: x\r\n\r\n", 0),
    (b"Response: Goodbye\r\n\r\n", 0),
    (b"Response: Pong\r\n\r\n", 0),
    (b"Response: Follows\r\nPrivilege: Command\r\nResponse Error\n--END COMMAND--\r\n\r\n", 0),
    (b"Event: Lonely\r\n\r\n", 0),
    (b"Response: Error\r\nMessage: x\r\n\r\n", 1),
])
def test_the_exit_code_tells_success_from_error(call, peer, as_json, answer, code):
    peer.script = lambda lines, connection: answer
    done = call(*as_json, "Whatever")
    assert done.returncode == code and done.stdout and not done.stderr


def test_the_first_response_counts():
    both = b"Event: A\r\nresponse: Success\r\n\r\nResponse: Error\r\n\r\n"
    assert response_of_lines(both) == "Success"
    assert response_of_json(b'[{"Event": "A"}, {"Response": "Success"}, {"Response": "Error"}]') == "Success"
    assert response_of_lines(b"") == response_of_json(b"[]") == ""


def test_a_line_end_in_a_parameter_is_refused_as_an_error(call, peer):
    done = call("Whatever", "Name=x\r\nAction: Hangup")
    assert done.returncode == 1 and done.stdout.startswith(b"Response: Error\r\n") and not peer.lines(b"whatever")


@pytest.mark.parametrize("answer", [
    b"Response: Success\r\n\r\n", b"Response: Error\r\n\r\n", b"A: b\r\n" * 20_000 + b"\r\n"],
    ids=("success", "error", "long"))
def test_an_answer_that_cannot_be_written_ends_it_with_4_whatever_it_is(daemon, peer, answer):
    peer.script = lambda lines, connection: answer
    with open("/dev/full", "wb") as full:
        done = run("call", "Whatever", stdout=full, AJAM_URL=url(daemon), AJAM_USER="admin", AJAM_SECRET="s3cret")
    assert (done.returncode, done.stderr) == (4, b"ajam: cannot write: No space left on device\n")


def test_it_logs_off_when_it_is_done(call, site):
    assert call("Ping").returncode == 0
    wait_until(lambda: not site.sessions(), RUN_SECONDS)


# Who

def test_a_wrong_secret_is_offered_once_and_ends_it_with_3(call, caplog):
    done = call("Ping", AJAM_SECRET="wrong")
    assert done.returncode == 3 and done.stdout == b"" and b"user or secret is wrong" in done.stderr
    assert len(re.findall("failed to authenticate as 'admin'", caplog.text)) == 1


def test_a_user_whose_rules_keep_this_host_out_ends_it_with_3(call):
    done = call("Ping", AJAM_USER="fenced", AJAM_SECRET="fenced")
    assert done.returncode == 3 and b"may not log in from this host" in done.stderr


def test_user_and_secret_may_have_any_letters(tmp_path):
    with Peer(users={"j\u00f6rg".encode(): "gr\u00fc\u00df \u20ac".encode()}) as peer:
        manager_conf = MANAGER_CONF + "[j\u00f6rg]\nsecret=gr\u00fc\u00df \u20ac\nread=all\nwrite=all\n"
        with serve(tmp_path, peer.address, manager_conf=manager_conf) as daemon:
            done = run("call", "Ping", AJAM_URL=url(daemon), AJAM_USER="j\u00f6rg",
                       AJAM_SECRET="gr\u00fc\u00df \u20ac")
    assert (done.returncode, done.stderr) == (0, b"")


def test_user_and_secret_stand_in_a_file(call, tmp_path):
    path = tmp_path / "secret"
    path.write_text("# mine\nuser = admin\nsecret = s3cret\n")
    path.chmod(0o600)
    assert call("--secret-file", str(path), "Ping", AJAM_USER="", AJAM_SECRET="").returncode == 0


def test_the_file_in_the_home_directory_is_found_by_itself(call, tmp_path):
    path = tmp_path / ".config" / "ajam"
    path.parent.mkdir()
    path.write_text("user=admin\nsecret=s3cret\n")
    path.chmod(0o600)
    assert call("Ping", HOME=str(tmp_path), AJAM_USER="", AJAM_SECRET="").returncode == 0


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o601])
def test_a_file_that_others_can_use_is_refused(call, tmp_path, mode):
    path = tmp_path / "secret"
    path.write_text("user=admin\nsecret=s3cret\n")
    path.chmod(mode)
    done = call("--secret-file", str(path), "Ping")
    assert done.returncode == 2
    assert done.stderr.decode() == "ajam: %s: others can read it; chmod 600 %s\n" % (path, path)


@pytest.mark.parametrize("text, line", [
    ("s3cret\n", 1), ("user=admin\nsecret=s3cret\npassword=s3cret\n", 3), ("\n# mine\n[s3cret]\nsecret=s3cret\n", 3),
    ("user=admin\nsecret=s3cret\nsecret=s3cret\n", 3), ("user=admin\n\nsecret s3cret\n", 3), ("user=a\n=s3cret", 2),
    ("user=a\nsecret=\n  s3cret\n", 3),
])
def test_a_file_that_is_not_understood_is_refused_with_the_line_and_not_quoted(tmp_path, text, line):
    path = tmp_path / "secret"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(NoIdentity) as caught:
        read_identity(path)
    assert str(caught.value) == "%s:%d: neither user = NAME nor secret = SECRET, each once; correct it" % (path, line)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("text", [
    "user=admin\nsecret=a = b # c ; d\n", " USER = admin\n; mine\n\tSecret\t=  a = b # c ; d  ",
    "\n\nsecret=a = b # c ; d\r\nuser=admin\r\n",
])
def test_a_secret_is_all_behind_the_first_equals_sign_without_blanks_around_it(tmp_path, text):
    path = tmp_path / "secret"
    path.write_bytes(text.encode())
    path.chmod(0o600)
    assert read_identity(path) == Identity("admin", "a = b # c ; d")


def files(tmp_path, **texts):
    """Files of user and secret, by name; the one called `home` where it is looked for. An environment for them."""
    (tmp_path / ".config").mkdir()
    for name, text in texts.items():
        path = tmp_path / (".config/ajam" if name == "home" else name)
        path.write_text(text)
        path.chmod(0o600)
    return {"HOME": str(tmp_path)}


@pytest.mark.parametrize("user, path, environment, found", [
    (None, None, {}, ("home", "from home")),
    (None, None, {"AJAM_USER": "env", "AJAM_SECRET": "from env"}, ("env", "from env")),
    (None, "named", {"AJAM_USER": "env", "AJAM_SECRET": "from env"}, ("named", "from named")),
    ("opt", "nameless", {}, ("opt", "from nameless")),
    (None, "nameless", {"AJAM_USER": "env"}, ("env", "from nameless")),
    ("env", "named", {"AJAM_USER": "env", "AJAM_SECRET": "from env"}, ("env", "from env")),
    ("home", None, {"AJAM_USER": "env", "AJAM_SECRET": "from env"}, ("home", "from home")),
    ("opt", None, {"AJAM_SECRET": "from env"}, ("opt", "from env")),
])
def test_a_secret_is_taken_from_the_nearest_source_that_has_it_for_the_user(tmp_path, user, path, environment, found):
    home = files(tmp_path, home="user=home\nsecret=from home\n", named="user=named\nsecret=from named\n",
                 nameless="secret=from nameless\n")
    path = path and str(tmp_path / path)
    assert find_identity(user, path, {**home, **environment}) == Identity(*found)


@pytest.mark.parametrize("user, environment, words", [
    (None, {}, "no user is named"),
    ("admin", {}, "the secret of admin is not known"),
    ("admin", {"AJAM_USER": "viewer", "AJAM_SECRET": "x"}, "the secret of admin is not known"),
])
def test_whoever_is_not_known_is_told_how_to_say_it(tmp_path, user, environment, words):
    with pytest.raises(NoIdentity, match=words + ".*AJAM_SECRET"):
        find_identity(user, None, {"HOME": str(tmp_path), **environment})


def test_a_secret_is_not_in_a_traceback():
    assert "s3cret" not in repr(Identity("admin", "s3cret"))


def test_the_help_says_that_a_secret_is_no_argument():
    text = " ".join(run("call", "--help").stdout.decode().split())
    assert "A secret is never an argument" in text and "--secret-file FILE" in text


@pytest.mark.parametrize("arguments", [
    ("call",), ("call", "Ping", "Name"), ("call", "Ping", "=value"), ("tail", "Hangup"),
    ("call", "--secret=s3cret", "Ping"), ("call", "--timeout", "0", "Ping"),
    ("call", "--url", "localhost", "Ping"), ("call", "--cacert", "/nothing", "Ping")])
def test_a_wrong_command_line_ends_it_with_2(arguments):
    done = run(*arguments, AJAM_URL=NOWHERE, AJAM_USER="admin", AJAM_SECRET="x")
    assert done.returncode == 2 and done.stderr and b"Traceback" not in done.stderr


@pytest.mark.parametrize("where", [
    "http://admin:s3cret@127.0.0.1:1/asterisk", "http://admin:s3cret@[::1/", "admin:s3cret@127.0.0.1",
    "http://admin:s3cret/x@127.0.0.1:1/"])
def test_a_secret_in_a_url_is_refused_and_not_quoted(where):
    done = run("call", "--url", where, "Ping")
    assert done.returncode == 2 and b"s3cret" not in done.stderr and b"--secret-file" in done.stderr


@pytest.mark.parametrize("where", [
    "http://[::1/", "http://[::1]x", "http://[::g]/", "http://[127.0.0.1]/", "http://[]/", "http://127.0.0.1:99999",
    "http://127.0.0.1:abc/", "http://127.0.0.1:0", "http://127.0.0.1:-1", "http://127.0.0.1:\u0661", "http://",
    "http:///a", "http://pbx.\u00e9x.org/", "http://a..b/", "http://%s/" % ("a" * 64), "http://127.0.0.1:1/a b",
    "http://127.0.0.1:1/caf\u00e9", "http://127.0.0.1:1/a?b", "http://127.0.0.1:1/a#b", "ftp://127.0.0.1/", "localhost",
    "http://127.0.0.1:1/a\nb"])
@pytest.mark.parametrize("command", ["call", "tail"])
def test_a_url_that_is_none_ends_it_with_2_and_one_sentence(command, where):
    arguments = ("Ping",) if command == "call" else ()
    done = run(command, "--url", where, *arguments, AJAM_USER="admin", AJAM_SECRET="x", PYTHONIOENCODING="utf-8")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == (
        "ajam: %s: not a URL like http://127.0.0.1:8088/asterisk, in ASCII and without blanks\n"
        % where.replace("\n", "\\x0a"))


@pytest.mark.parametrize("where", [
    "http://127.0.0.1:8088/asterisk", "https://pbx.example.org", "http://pbx/", "http://pbx.example.org./a/b/",
    "http://[::1]:8088/asterisk", "http://[fe80::1%eth0]:8088", "https://[::ffff:192.0.2.1]/", "http://a_b/@~x"])
def test_a_url_of_any_host_that_has_a_name_or_an_address_is_taken(where):
    check_url(where)


@pytest.mark.parametrize("content, why", [
    (None, "no certificates to be read: No such file or directory"),
    ("nonsense", "no certificate in PEM form is in it"),
])
def test_a_file_of_certificates_that_is_none_ends_it_with_2_and_one_sentence(tmp_path, content, why):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    done = run("call", "--cacert", str(path), "Ping", AJAM_URL=NOWHERE, AJAM_USER="admin", AJAM_SECRET="x")
    assert (done.returncode, done.stderr.decode()) == (
        2, "ajam: %s: %s; name another file with --cacert\n" % (path, why))


def test_a_file_at_home_that_is_not_needed_is_not_looked_at(call, tmp_path):
    files(tmp_path, home="nonsense\n")
    assert call("Ping", HOME=str(tmp_path)).returncode == 0


# Where

@pytest.mark.parametrize("command", ["call", "tail"])
def test_nobody_there_ends_it_with_3(command):
    arguments = ("Ping",) if command == "call" else ()
    done = run(command, *arguments, AJAM_URL=NOWHERE, AJAM_USER="admin", AJAM_SECRET="x")
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr == b"ajam: http://127.0.0.1:1/asterisk: nobody listens there; is ajam running?\n"


@pytest.mark.parametrize("command", ["call", "tail"])
def test_a_wrong_prefix_ends_it_with_3(daemon, command):
    arguments = ("Ping",) if command == "call" else ()
    done = run(command, *arguments, AJAM_URL=url(daemon) + "/x", AJAM_USER="admin", AJAM_SECRET="s3cret")
    assert done.returncode == 3 and b"HTTP 404" in done.stderr and b"--url" in done.stderr


def test_a_pbx_that_is_away_ends_it_with_3(call, peer):
    peer.close()
    done = call("Ping")
    assert done.returncode == 3 and done.stdout.startswith(b"Response: Error\r\n")
    assert done.stderr == b"ajam: the PBX is away, or gave no answer\n"


def test_an_answer_that_does_not_come_is_not_waited_for_longer_than_was_said(call, peer):
    assert call("Ping").returncode == 0
    with peer.frozen():
        done = call("--timeout", "0.2", "Ping")
    assert done.returncode == 3 and b"whether the action was done is not known" in done.stderr


def test_without_a_url_the_configuration_tells(daemon, tmp_path):
    directory = tmp_path / "same"
    directory.mkdir()
    write_configuration(directory, ("127.0.0.1", 1),
                        http_conf=HTTP_CONF.replace("bindport=0", "bindport=%d" % daemon.address[1]))
    done = run("call", "-C", str(directory), "Ping", AJAM_USER="admin", AJAM_SECRET="s3cret")
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("http_conf, expected", [
    ("enabled=yes\nbindport=8088\n", "http://127.0.0.1:8088"),
    ("enabled=yes\nbindaddr=0.0.0.0\nbindport=8088\nprefix=asterisk\n", "http://127.0.0.1:8088/asterisk"),
    ("enabled=yes\nbindaddr=[::]\nbindport=80\n", "http://[::1]:80"),
    ("enabled=yes\nbindaddr=192.0.2.7\ntlsenable=yes\n", "http://192.0.2.7:8088"),
    ("tlsenable=yes\ntlsbindaddr=pbx.example:4433\nprefix=a\n", "https://pbx.example:4433/a"),
])
def test_the_url_of_a_configuration(tmp_path, http_conf, expected):
    write_configuration(tmp_path, ("127.0.0.1", 1), http_conf="[general]\n" + http_conf)
    assert default_url(tmp_path) == expected


@pytest.mark.parametrize("http_conf", [None, "[general]\nenabled=no\n", HTTP_CONF, "nonsense\n"])
def test_a_configuration_that_does_not_tell_ends_it_with_2(tmp_path, http_conf):
    if http_conf is not None:
        write_configuration(tmp_path, ("127.0.0.1", 1), http_conf=http_conf)
    done = run("call", "-C", str(tmp_path), "Ping", AJAM_USER="admin", AJAM_SECRET="x")
    assert done.returncode == 2 and b"--url" in done.stderr and b"Traceback" not in done.stderr


def test_https_is_spoken_to_whoever_is_certified_and_to_no_other(tmp_path, peer, authority, localhost):
    http_conf = (HTTP_CONF.replace("enabled=yes", "enabled=no") + "tlsenable=yes\ntlsbindaddr=127.0.0.1:0\n"
                 "tlscertfile=%s\ntlsprivatekey=%s\n" % localhost[:2])
    with serve(tmp_path, peer.address, http_conf=http_conf) as daemon:
        who = {"AJAM_URL": url(daemon, "https"), "AJAM_USER": "admin", "AJAM_SECRET": "s3cret"}
        done = run("call", "--cacert", authority.cafile, "Ping", **who)
        assert (done.returncode, done.stderr) == (0, b"")
        done = run("call", "Ping", **who)
        assert done.returncode == 3 and b"certificate is not accepted" in done.stderr and b"--cacert" in done.stderr
        done = run("call", "Ping", **{**who, "AJAM_URL": url(daemon)})
    assert done.returncode == 3
    assert done.stderr.decode() == "ajam: %s: %s\n" % (
        url(daemon), "it has ended the connection; where HTTPS is served write https:// in place of http://")


def test_https_where_plain_http_is_served_is_said_in_words(daemon):
    where = url(daemon, "https")
    done = run("call", "--url", where, "Ping", AJAM_USER="admin", AJAM_SECRET="s3cret")
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.decode() == (
        "ajam: %s: no TLS is spoken there; write http:// in place of https://, or name the port of HTTPS\n" % where)


def test_tls_that_cannot_be_agreed_upon_is_said_in_words(tmp_path, peer, authority, localhost):
    http_conf = (HTTP_CONF.replace("enabled=yes", "enabled=no") + "tlsenable=yes\ntlsbindaddr=127.0.0.1:0\n"
                 "tlsdisablev12=yes\ntlscertfile=%s\ntlsprivatekey=%s\n" % localhost[:2])
    old = tmp_path / "openssl.cnf"
    old.write_text("openssl_conf=a\n[a]\nssl_conf=b\n[b]\nsystem_default=c\n[c]\nMaxProtocol=TLSv1.2\n")
    with serve(tmp_path, peer.address, http_conf=http_conf) as daemon:
        done = run("call", "--url", url(daemon, "https"), "Ping", AJAM_USER="admin", AJAM_SECRET="x",
                   OPENSSL_CONF=str(old))
    assert done.returncode == 3
    assert done.stderr.decode().endswith("/asterisk: TLS fails: tlsv1 alert protocol version\n")
