"""`ajam check`: each thing that it finds, shown where it is and where it is not."""

import datetime
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile

import pytest

from ajam.app import OWN_URIS
from ajam.check.certificate import examine_certificate
from ajam.check.command import examine
from ajam.check.findings import ERROR, REMARK, WARNING, Finding, exit_code, summary
from ajam.check.owners import owners_of
from ajam.check.ports import examine_ports
from ajam.check.users import examine_users
from ajam.conf import settings as configuration
from tests.certificates import authority, localhost  # fixtures
from tests.joint.site import until
from tests.serving import HTTP_CONF, MANAGER_CONF, write_configuration

NOWHERE = ("127.0.0.1", 1)
RUN_SECONDS = 60
EVERYWHERE = HTTP_CONF.replace("bindaddr=127.0.0.1", "bindaddr=0.0.0.0")
GENERAL = "[general]\nenabled=yes\nwebenabled=yes\n"


def write(directory, pbx_address=NOWHERE, **texts):
    """A configuration that nobody but its owner can read, for a daemon that root may not start."""
    write_configuration(directory, pbx_address, **texts)
    path = directory / "ajam.conf"
    path.write_text(path.read_text().replace("root=yes\n", ""))
    for path in directory.glob("*.conf"):
        path.chmod(0o640)


def found(directory, **texts):
    """The lines about a configuration, as text; those of how things are left out."""
    write(directory, **texts)
    return [str(finding) for finding in examine(directory) if finding.level != REMARK]


def remarks(directory, **texts):
    """Those of how things are."""
    write(directory, **texts)
    return [str(finding) for finding in examine(directory) if finding.level == REMARK]


def about(word, lines):
    """Those lines that have the word in them."""
    return [line for line in lines if word in line]


def tls(options):
    """The lines of http.conf for HTTPS with a certificate."""
    key = "tlsprivatekey=%s\n" % options.privatekey if options.privatekey else ""
    return "tlsenable=yes\ntlsbindaddr=127.0.0.1:0\ntlscertfile=%s\n" % options.certfile + key


def check(directory, *arguments):
    """A finished `ajam check`."""
    return subprocess.run([sys.executable, "-m", "ajam", "check", "-C", str(directory), *arguments],
                          capture_output=True, text=True, timeout=RUN_SECONDS)


# The command

def test_of_a_good_configuration_it_says_how_things_are_and_ok(tmp_path, peer):
    write(tmp_path, peer.address)
    done = check(tmp_path, "--strict")
    assert done.returncode == 0 and done.stderr == ""
    *lines, last = done.stdout.splitlines()
    assert last == "OK" and all(line.startswith("remark: ") for line in lines)
    assert "remark: PBX 127.0.0.1:%d: Asterisk Call Manager/5.0.4" % peer.address[1] in lines


def test_a_mistake_has_its_line_and_ends_it_with_1(tmp_path):
    write(tmp_path, ajam_conf="[http]\nbindprt=1\n")
    done = check(tmp_path)
    assert done.returncode == 1 and done.stderr == ""
    assert done.stdout.splitlines() == [
        "error: %s/ajam.conf:2: unknown option bindprt has no effect; did you mean bindport?" % tmp_path, "1 error"]


def test_a_missing_configuration_is_a_mistake(tmp_path):
    done = check(tmp_path)
    assert done.returncode == 1 and done.stdout.startswith("error: %s/http.conf: cannot be read" % tmp_path)


def test_a_warning_ends_it_with_2_only_when_it_is_to_be_strict(tmp_path):
    write(tmp_path)  # whose PBX is down
    assert check(tmp_path).returncode == 0
    assert check(tmp_path, "--strict").returncode == 2


def test_an_error_counts_more_than_a_warning():
    one = {level: Finding(level, "here", "it is so") for level in (REMARK, WARNING, ERROR)}
    assert exit_code([one[ERROR], one[WARNING]], strict=True) == 1
    assert exit_code([one[REMARK]], strict=True) == 0
    assert summary([one[ERROR], one[WARNING], one[WARNING], one[REMARK]]) == "1 error, 2 warnings"


def test_as_json_it_is_one_array(tmp_path, peer):
    write(tmp_path, peer.address, manager_conf=MANAGER_CONF + "[nobody]\n")
    done = check(tmp_path, "--json")
    warnings = [each for each in json.loads(done.stdout) if each["level"] == "warning"]
    assert done.returncode == 0 and warnings == [{
        "level": "warning", "place": "%s/manager.conf: [nobody]" % tmp_path,
        "what": "no secret, so nobody can log in", "remedy": "write secret = ..., or remove the user"}]


def test_a_finding_is_one_line_of_characters_that_any_terminal_bears():
    line = str(Finding(WARNING, "[\x1b]0;x\x07\udcff\u00e9]", "one\ntwo", "three"))
    assert line == "warning: [\\x1b]0;x\\x07\\udcff\u00e9]: one\\x0atwo; three"


def test_what_the_terminal_has_no_letters_for_is_escaped(tmp_path):
    write(tmp_path, manager_conf=MANAGER_CONF + "[j\u00f6rg]\n")
    done = subprocess.run([sys.executable, "-m", "ajam", "check", "-C", str(tmp_path)], capture_output=True,
                          env={**os.environ, "PYTHONIOENCODING": "ascii"}, timeout=RUN_SECONDS)
    assert done.returncode == 0 and b"[j\\xf6rg]: no secret" in done.stdout


def test_no_secret_is_told_whatever_is_wrong(tmp_path):
    texts = {"manager_conf": MANAGER_CONF + "[odd]\nsecret=s3cret\nwrite=all\npermit=nonsense\nsecrets=s3cret\n",
             "http_conf": EVERYWHERE}
    write(tmp_path, **texts)
    (tmp_path / "manager.conf").chmod(0o666)
    done = check(tmp_path)
    assert "s3cret" not in done.stdout + done.stderr and "viewer pass" not in done.stdout + done.stderr


# The configuration

def test_what_asterisk_passes_over_is_a_warning_with_its_line(tmp_path):
    assert not about("http.conf:", found(tmp_path))
    lines = found(tmp_path, http_conf=HTTP_CONF + "bindprot=1\n")
    assert about("%s/http.conf:8: unknown option bindprot has no effect; did you mean bindport?" % tmp_path, lines)


def test_a_configuration_that_serves_nothing_is_a_mistake(tmp_path):
    lines = found(tmp_path, http_conf=HTTP_CONF.replace("enabled=yes", "enabled=no"))
    [line] = about("error", lines)
    assert line.startswith("error: %s/http.conf: enabled is not yes" % tmp_path) and "ajam.conf" in line


def test_a_manager_that_is_not_served_is_a_warning(tmp_path):
    assert not about("webenabled", found(tmp_path))
    assert about("webenabled", found(tmp_path, manager_conf=MANAGER_CONF.replace("webenabled=yes", "webenabled=no")))


# Files and directories

@pytest.mark.parametrize("name, mode, line", [
    ("manager.conf", 0o640, None),
    ("manager.conf", 0o644, "warning: %s: every user of this host may read the secrets in it; chmod o-rwx %s"),
    ("manager.conf", 0o646, "error: %s: every user of this host may write it; chmod o-rwx %s"),
    ("http.conf", 0o644, None),
    ("http.conf", 0o646, "error: %s: every user of this host may write it; chmod o-rwx %s"),
    ("ajam.conf", 0o644, None),
    ("ajam.conf", 0o602, "error: %s: every user of this host may write it; chmod o-rwx %s"),
])
def test_who_may_read_a_secret_or_write_anything(tmp_path, name, mode, line):
    write(tmp_path)
    (tmp_path / name).chmod(mode)
    lines = about("every user of this host", map(str, examine(tmp_path)))
    assert lines == ([line % (tmp_path / name, tmp_path / name)] if line else [])


def test_an_included_file_counts_like_the_one_that_includes_it(tmp_path):
    (tmp_path / "users.conf").write_text("[extra]\nsecret=s3cret\n")
    texts = {"manager_conf": MANAGER_CONF + "#include users.conf\n"}
    assert not about("every user", found(tmp_path, **texts))
    (tmp_path / "users.conf").chmod(0o604)
    assert about("users.conf: every user of this host may read the secrets in it", map(str, examine(tmp_path)))


@pytest.mark.parametrize("option", ["staticdir = {0}\n", "[log]\nfile = {0}/ajam.log\n"])
def test_a_directory_that_is_not_there_is_a_warning(tmp_path, option):
    directory = tmp_path / "there"
    ajam_conf = "[http]\n" + option.format(directory)
    assert about("%s: " % directory, found(tmp_path, ajam_conf=ajam_conf))
    directory.mkdir()
    assert not about(str(directory), found(tmp_path, ajam_conf=ajam_conf))


def test_a_directory_for_uploads_is_looked_for_and_its_users_are_named(tmp_path):
    directory = tmp_path / "uploads"
    http_conf = HTTP_CONF + "[post_mappings]\nuploads=%s\n" % directory
    assert about("%s: [post_mappings] uploads: there is no such directory" % directory,
                 found(tmp_path, http_conf=http_conf))
    directory.mkdir()
    assert not about("uploads", found(tmp_path, http_conf=http_conf))
    assert about("remark: /asterisk/uploads: files into %s from users with write = config: admin" % directory,
                 remarks(tmp_path, http_conf=http_conf))


@pytest.mark.parametrize("name", ["rawman", "Manager", "amxml", "mjson", "events", "aevents", "static", "httpstatus"])
def test_uploads_by_the_name_of_a_uri_of_ajams_own_are_warned_of(tmp_path, name):
    http_conf = HTTP_CONF + "[post_mappings]\n%s=%s\nuploads=%s\n" % (name, tmp_path, tmp_path)
    assert about("[post_mappings]", found(tmp_path, http_conf=http_conf)) == [
        "warning: %s/http.conf: [post_mappings] %s: that is a URI of ajam's own, which comes first where it is served; "
        "write another name" % (tmp_path, name)]


def test_every_uri_of_ajams_own_is_known_as_such(daemon):
    assert {route.name for route in daemon.application.routes.routes} == OWN_URIS


def test_pages_that_everybody_may_put_there_are_a_mistake(tmp_path):
    directory = tmp_path / "pages"
    directory.mkdir()
    ajam_conf = "[http]\nstaticdir=%s\n" % directory
    assert not about("may put pages", found(tmp_path, ajam_conf=ajam_conf))
    directory.chmod(0o757)
    assert about("error: %s: staticdir: every user of this host may put pages there" % directory,
                 found(tmp_path, ajam_conf=ajam_conf))


AS_NOBODY = """\
import encodings.idna, os, sys  # the first for getaddrinfo(), before Python's own files are out of reach
from ajam.check.command import examine
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
print(*examine(sys.argv[1]), sep="\\n")
"""


def test_that_root_may_serve_is_warned_of(tmp_path):
    write(tmp_path)
    assert not about("root may serve", map(str, examine(tmp_path)))
    write_configuration(tmp_path, NOWHERE)
    assert about("warning: %s/ajam.conf: root may serve, who may do everything here; remove root = yes from [daemon]"
                 % tmp_path, map(str, examine(tmp_path)))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_looks_with_the_eyes_of_the_user_that_runs_it():
    with tempfile.TemporaryDirectory() as name:  # not tmp_path, whose parents let nobody in
        directory = pathlib.Path(name)
        directory.chmod(0o755)
        (directory / "uploads").mkdir()
        write(directory, http_conf=HTTP_CONF + "[post_mappings]\nuploads=%s/uploads\n" % directory)
        assert about("remark: user root: root reads everything", map(str, examine(directory)))
        assert as_nobody(directory)[0].startswith("error: %s/http.conf: cannot be read: Permission denied" % directory)
        for path in directory.glob("*.conf"):
            path.chmod(0o644)
        lines = as_nobody(directory)
        assert about("remark: user nobody: can read %s/http.conf, " % directory, lines)
        assert about("%s/uploads: [post_mappings] uploads: nobody cannot write to it" % directory, lines)


def as_nobody(directory):
    """The lines of a check by a user without any rights."""
    command = [sys.executable, "-c", AS_NOBODY, str(directory)]
    return subprocess.run(command, capture_output=True, text=True, timeout=RUN_SECONDS).stdout.splitlines()


# The certificate

@pytest.mark.parametrize("days, line", [
    (-29, None),
    (-27, r"warning: .*/localhost.pem: the certificate expires on \d{4}-\d\d-\d\d, in 2[89] days; renew it; .*"),
    (3, r"error: .*/localhost.pem: the certificate expired on \d{4}-\d\d-\d\d; renew it; .*"),
])
def test_a_certificate_is_to_be_good_for_thirty_days(tmp_path, localhost, days, line):  # it is for two
    write(tmp_path, http_conf=HTTP_CONF + tls(localhost))
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days)
    lines = list(map(str, examine_certificate(configuration.load(tmp_path), lambda: later)))
    assert len(lines) == bool(line) and all(re.fullmatch(line, each) for each in lines)


@pytest.mark.parametrize("changes, line", [
    ({}, None),
    ({"privatekey": "{0}/other.key"}, "error: {0}/other.key: the key is not that of the certificate"),
    ({"certfile": "{0}/nothing.pem"}, "error: {0}/nothing.pem: "),
    ({"privatekey": None}, "error: {0}/localhost.pem: it has no key"),
])
def test_a_certificate_needs_its_key(tmp_path, authority, localhost, changes, line):
    authority.issue("other")
    directory = str(pathlib.Path(localhost.certfile).parent)
    changes = {name: path and path.format(directory) for name, path in changes.items()}
    lines = about("error", found(tmp_path, http_conf=HTTP_CONF + tls(localhost._replace(**changes))))
    assert lines == [] if line is None else about(line.format(directory), lines)


@pytest.mark.parametrize("mode, amiss", [(0o600, False), (0o644, True)])
def test_a_key_is_a_secret_too(tmp_path, localhost, mode, amiss):
    pathlib.Path(localhost.privatekey).chmod(mode)
    lines = found(tmp_path, http_conf=HTTP_CONF + tls(localhost))
    assert bool(about("%s: every user of this host may read the secrets" % localhost.privatekey, lines)) is amiss


# Who reaches what

@pytest.mark.parametrize("host, level", [
    ("127.0.0.1", "remark"), ("localhost", "remark"), ("::1", "remark"), ("0.0.0.0", "warning"), ("[::]", "warning")])
def test_plain_http_for_other_hosts_is_a_warning(tmp_path, host, level):
    write(tmp_path, http_conf=HTTP_CONF.replace("bindaddr=127.0.0.1", "bindaddr=" + host))
    lines = about("http://", map(str, examine(tmp_path)))
    assert len(lines) == 1 and lines[0].startswith(level)
    assert ("secrets come in plain text" in lines[0]) is (level == "warning")


def test_https_for_other_hosts_is_none(tmp_path, localhost):
    http_conf = HTTP_CONF + tls(localhost).replace("tlsbindaddr=127.0.0.1:0", "tlsbindaddr=0.0.0.0:0")
    assert about("https://0.0.0.0:0/asterisk/: for every host", remarks(tmp_path, http_conf=http_conf))
    assert not about("plain text", found(tmp_path, http_conf=http_conf))


def test_what_asks_for_no_login_is_said(tmp_path):
    assert len(about("without a login", remarks(tmp_path))) == 2
    without = HTTP_CONF.replace("enable_status=yes", "").replace("enable_static=yes", "")
    assert not about("without a login", remarks(tmp_path, http_conf=without))


def test_the_status_page_is_not_for_other_hosts(tmp_path):
    assert not about("httpstatus", found(tmp_path))
    assert about("warning: /asterisk/httpstatus: ", found(tmp_path, http_conf=EVERYWHERE))
    fenced = EVERYWHERE + "[/asterisk/httpstatus]\ntype=restriction\ndeny=0.0.0.0/0\n"
    assert not about("httpstatus", found(tmp_path, http_conf=fenced))


@pytest.mark.parametrize("trusted, wide", [
    ("127.0.0.0/8, ::1", ""), ("10.0.0.0/8", ""), ("2001:db8::/32, fe80::/10, fc00::/7", ""), ("", ""),
    ("0.0.0.0/0", "0.0.0.0/0"), ("::/0", "::/0"), ("0.0.0.0/1,128.0.0.0/1, ::1", "0.0.0.0/1, 128.0.0.0/1"),
    ("10.0.0.0/7", "10.0.0.0/7"), ("2000::/3", "2000::/3"), ("2001::/15", "2000::/15"), ("!0.0.0.0/0", ""),
])
def test_proxies_that_are_half_the_world_are_warned_of(tmp_path, trusted, wide):
    lines = about("trusted in [proxy]", found(tmp_path, ajam_conf="[proxy]\ntrusted=%s\n" % trusted))
    assert lines == ([
        "warning: %s/ajam.conf: trusted in [proxy] has %s: whoever comes from there may claim any address, and "
        "so gets past permit, deny and limits; name the addresses of your proxies alone" % (tmp_path, wide)]
        if wide else [])


# Users

@pytest.mark.parametrize("rules, refused", [
    ("", False),
    ("deny=0.0.0.0/0\npermit=10.0.0.0/8\n", True),
    ("deny=0.0.0.0/0\npermit=10.0.0.0/8\npermit=127.0.0.1\n", False),
    ("deny=127.0.0.0/8\n", True),
    ("deny=0.0.0.0/0\npermit=192.0.2.7\n", True),
    ("deny=0.0.0.0/0\n", False),  # let nobody in at all, which is meant
    ("deny=0.0.0.0/0\npermit=127.0.0.1\n", False),
    ("acl=office\n", True),
])
def test_a_user_for_browsers_whom_the_pbx_would_refuse(tmp_path, rules, refused):
    manager_conf = GENERAL + "[admin]\nsecret=s3cret\n" + rules
    lines = found(tmp_path, manager_conf=manager_conf, acl_conf="[office]\ndeny=0.0.0.0/0\npermit=192.0.2.0/24\n")
    assert bool(about("[admin]: its rules let browsers in, but not 127.0.0.1", lines)) is refused


def test_it_is_the_address_from_which_ajam_speaks_to_the_pbx_that_counts(tmp_path):
    write(tmp_path, ("::1", 5038), manager_conf=GENERAL + "[admin]\nsecret=x\ndeny=0.0.0.0/0,::/0\npermit=127.0.0.1\n")
    assert about("not ::1, from where ajam speaks", map(str, examine_users(configuration.load(tmp_path))))


@pytest.mark.parametrize("rules, trusted, level", [
    ("", "", None),
    ("deny=0.0.0.0/0\npermit=127.0.0.1\n", "", "warning"),
    ("deny=0.0.0.0/0\npermit=127.0.0.1\n", "127.0.0.1", "remark"),
    ("deny=0.0.0.0/0\npermit=127.0.0.1,10.0.0.0/8\n", "10.0.0.1", "warning"),
    ("deny=0.0.0.0/0\npermit=10.0.0.0/8\n", "", None),
])
def test_a_user_for_this_host_and_a_proxy_on_it(tmp_path, rules, trusted, level):
    write(tmp_path, manager_conf=GENERAL + "[admin]\nsecret=s3cret\n" + rules,
          ajam_conf="[proxy]\ntrusted=%s\n" % trusted)
    lines = about("through a proxy", map(str, examine_users(configuration.load(tmp_path))))
    assert [line.partition(":")[0] for line in lines] == ([level] if level else [])


@pytest.mark.parametrize("http_conf, user, said", [
    (EVERYWHERE, "secret=x\nwrite=all\n", "write = all"),
    (EVERYWHERE, "secret=x\nwrite=call,originate\n", "write = originate"),
    (EVERYWHERE, "secret=x\nwrite=system,command\n", "write = system,command"),
    (EVERYWHERE, "secret=x\nwrite=call,reporting\n", None),
    (EVERYWHERE, "secret=x\nwrite=all\ndeny=0.0.0.0/0\npermit=127.0.0.1\n", None),
    (EVERYWHERE, "write=all\n", None),
    (HTTP_CONF, "secret=x\nwrite=all\n", None),
])
def test_a_mighty_user_without_rules_where_other_hosts_come_in(tmp_path, http_conf, user, said):
    lines = about("its secret alone", found(tmp_path, http_conf=http_conf, manager_conf=GENERAL + "[boss]\n" + user))
    assert about(said, lines) if said else not lines


def test_a_user_without_a_secret(tmp_path):
    assert not about("no secret", found(tmp_path))
    assert about("[nobody]: no secret", found(tmp_path, manager_conf=MANAGER_CONF + "[nobody]\n"))


# Ports

LISTEN = """\
import socket, sys
if sys.argv[1]:
    open("/proc/self/comm", "w").write(sys.argv[1])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
sys.stdin.read()
"""
SERVE = """\
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response_only(404)
        self.send_header("Server", sys.argv[1])
        self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture
def listening():
    """(a function that starts a program, which prints the port on which it listens): (port, process)."""
    processes = []

    def start(program, *arguments):
        process = subprocess.Popen([sys.executable, "-c", program, *arguments], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        processes.append(process)
        return int(process.stdout.readline()), process.pid

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def ports(directory, port, owners=owners_of):
    """The lines about a configuration that wants the port."""
    write(directory, http_conf=HTTP_CONF.replace("bindport=0", "bindport=%d" % port))
    return list(map(str, examine_ports(configuration.load(directory), owners)))


def free_port():
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_a_port_that_is_free_is_nothing_to_speak_of(tmp_path):
    assert ports(tmp_path, free_port()) == []


@pytest.mark.parametrize("name, level, what", [
    ("", "warning", r"python[0-9.]* has this port \(process %d\); end it, or write another bindport .*"),
    ("asterisk", "warning", r"Asterisk's own HTTP server has this port \(process %d\); .* enabled = no in http.conf "
                            r"and enabled = yes under \[http\] in ajam.conf; .* another bindport under \[http\] .*"),
    ("systemd", "remark", r"systemd has this port, to hand it over to a service \(process %d\)"),
])
def test_who_has_a_port_is_named(tmp_path, listening, name, level, what):
    port, pid = listening(LISTEN, name)
    [line] = ports(tmp_path, port)
    assert re.fullmatch("%s: 127.0.0.1:%d: %s" % (level, port, what % pid), line)


@pytest.mark.parametrize("server, level, what", [
    ("Asterisk/22.10.0", "warning", "Asterisk's own HTTP server has this port; "),
    ("Asterisk/22.10.0 ajam/0.1.0", "remark", "an ajam runs here"),
    ("pbx.example", "warning", "another server has this port; "),
])
def test_who_cannot_be_seen_is_asked(tmp_path, listening, server, level, what):
    port, _ = listening(SERVE, server)
    [line] = ports(tmp_path, port, owners=lambda host, port: ())
    assert line.startswith("%s: 127.0.0.1:%d: %s" % (level, port, what))


def test_who_is_not_known_by_name_is_asked_too(tmp_path, listening):
    port, pid = listening(SERVE, "Asterisk/22.10.0")
    [line] = ports(tmp_path, port)
    assert line.startswith(
        "warning: 127.0.0.1:%d: Asterisk's own HTTP server has this port (process %d); " % (port, pid))


def test_an_ajam_that_runs_is_no_problem(tmp_path, peer):
    port = free_port()
    http_conf = HTTP_CONF.replace("bindport=0", "bindport=%d" % port)
    write_configuration(tmp_path, peer.address, http_conf=http_conf)
    process = subprocess.Popen([sys.executable, "-m", "ajam", "-C", str(tmp_path)], stderr=subprocess.PIPE, text=True)
    try:
        assert any("serving http" in line for line in process.stderr)
        write(tmp_path, peer.address, http_conf=http_conf)
        done = check(tmp_path, "--strict")
    finally:
        process.terminate()
        process.communicate()
    assert done.returncode == 0 and done.stdout.endswith("\nOK\n")
    assert "remark: 127.0.0.1:%d: an ajam runs here (process %d)\n" % (port, process.pid) in done.stdout


@pytest.mark.parametrize("host", ["192.0.2.1", "a..b", "no.such.host.invalid"])
def test_an_address_that_this_host_does_not_have_is_a_mistake(tmp_path, host):
    lines = found(tmp_path, http_conf=HTTP_CONF.replace("bindaddr=127.0.0.1", "bindaddr=" + host))
    assert about("error: %s:0: " % host, lines)


def test_a_socket_on_every_address_is_in_the_way_of_one_on_any(listening):
    with socket.create_server(("0.0.0.0", 0)) as listener:
        port = listener.getsockname()[1]
        assert [owner.pid for owner in owners_of("127.0.0.1", port)] == [os.getpid()]
    until(lambda: not owners_of("127.0.0.1", port))
    with socket.create_server(("::", 0), family=socket.AF_INET6) as listener:
        port = listener.getsockname()[1]
        assert [owner.pid for owner in owners_of("::1", port)] == [os.getpid()]
    with socket.create_server(("127.0.0.2", 0)) as listener:
        port = listener.getsockname()[1]
        assert owners_of("127.0.0.1", port) == ()
        assert [owner.pid for owner in owners_of("0.0.0.0", port)] == [os.getpid()]


def test_where_there_is_no_proc_nobody_is_seen(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert owners_of("127.0.0.1", listener.getsockname()[1], proc=str(tmp_path)) == ()
