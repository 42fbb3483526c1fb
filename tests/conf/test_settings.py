"""ajam/conf/settings.py, users.py and options.py: what the administrator wrote, as one value."""

import os

import pytest

from ajam.conf.acl import NOBODY, Acl
from ajam.conf.readers import whole_path
from ajam.conf.sections import PbxSettings, Restriction, TlsSettings
from ajam.conf.settings import load
from ajam.conf.tables import AJAM_TABLES
from ajam.errors import ConfigError
from ajam.privileges import ALL, LABELS, mask_from_labels

BOUND = "[general]\nenabled=yes\nbindaddr=127.0.0.1\n"


@pytest.fixture
def loaded(tmp_path):
    """A function from the text of files (http, manager, ajam, acl) to the Settings they make up."""
    def load_files(http=BOUND, manager="[general]\n", **others):
        for name, text in dict(others, http=http, manager=manager).items():
            data = text if isinstance(text, bytes) else text.encode()
            (tmp_path / (name + ".conf")).write_bytes(data)
        return load(tmp_path)
    return load_files


def test_without_lines_everything_has_asterisks_default(loaded):
    settings = loaded(http="", manager="")
    assert settings.http._asdict() == {
        "enabled": False, "bindaddr": "127.0.0.1", "bindaddr_given": False, "bindport": 8088, "prefix": "",
        "servername": None, "enable_static": False, "enable_status": False, "redirects": (),
        "sessionlimit": None, "session_inactivity": 30.0, "session_keep_alive": 15.0, "post_mappings": (),
        "restrictions": (), "staticdir": None, "allowed_hosts": (),
        "tls": TlsSettings(enabled=False, bindaddr="127.0.0.1", bindport=8089, certfile=os.path.join(settings.directory, "asterisk.pem"),
                           privatekey=None, cipher=None, disablev1=True, disablev11=False, disablev12=False,
                           servercipherorder=True),
    }
    assert settings.manager._asdict() == {
        "enabled": False, "webenabled": False, "port": 5038, "bindaddr": "::", "httptimeout": 60,
        "allowmultiplelogin": True, "authtimeout": 30, "authlimit": 50,
    }
    assert (dict(settings.users), settings.pbx, settings.warnings) == (
        {}, PbxSettings("127.0.0.1", 5038, tls=False, cafile=None), ())


def test_without_lines_the_limits_are_those_that_security_asks_for(loaded):
    settings = loaded()
    assert settings.limits._asdict() == {
        "failed_logins": 5, "sessions": 10000, "sessions_per_user": 1000, "sessions_per_address": 1000,
        "session_time": 0, "streams_per_session": 32, "connections_per_address": 256, "handshakes": 128,
        "header_time": 10.0,
        "uploads": 4, "upload_bytes": 64 * 1024 ** 2, "answer_bytes": 16 * 1024 ** 2,
        "events": 10000, "event_bytes": 16 * 1024 ** 2,
    }
    assert settings.daemon.root is False


@pytest.mark.parametrize("line, field, value", [
    ("enabled = on", "enabled", True),
    ("ENABLED => True", "enabled", True),
    ("bindaddr = 192.0.2.1", "bindaddr", "192.0.2.1"),
    ("bindaddr = [2001:db8::1]", "bindaddr", "2001:db8::1"),
    ("bindaddr = ::", "bindaddr", "::"),
    ("bindaddr = pbx.example.org", "bindaddr", "pbx.example.org"),
    ("bindport = 0", "bindport", 0),
    ("prefix = asterisk", "prefix", "/asterisk"),
    ("prefix =", "prefix", ""),
    ("prefix = " + "x" * 90, "prefix", "/" + "x" * 78),
    ("servername = Peabody", "servername", "Peabody"),
    ("servername =", "servername", ""),
    ("servername = " + "x" * 200, "servername", "x" * 127),
    ("enablestatic = yes", "enable_static", True),
    ("enable_static = yes", "enable_static", True),
    ("enable_static = yes\nenablestatic = no", "enable_static", False),
    ("enable_status = yes", "enable_status", True),
    ("sessionlimit = 7", "sessionlimit", 7),
    ("session_inactivity = 1", "session_inactivity", 0.001),
    ("session_keep_alive = 2500", "session_keep_alive", 2.5),
    ("session_keep_alive = 0", "session_keep_alive", 0.0),
    ("bindport = 1\nbindport = 2", "bindport", 2),
    ("redirect = / /asterisk/static/index.html", "redirects", (("/", "/asterisk/static/index.html"),)),
    ("redirect = /a /1\nredirect = /long /2\nredirect = /b   /3", "redirects",
     (("/long", "/2"), ("/b", "/3"), ("/a", "/1"))),
])
def test_an_option_of_http_conf_is_read(loaded, line, field, value):
    settings = loaded(http="[general]\nbindaddr=127.0.0.1\n%s\n" % line)
    assert getattr(settings.http, field) == value
    assert settings.warnings == ()


@pytest.mark.parametrize("line, field, value", [
    ("tlsenable=yes", "enabled", True),
    ("sslenable=yes", "enabled", True),
    ("tlsbindaddr=0.0.0.0:8443", "bindport", 8443),
    ("tlsbindaddr=0.0.0.0:8443", "bindaddr", "0.0.0.0"),
    ("sslbindaddr=192.0.2.1", "bindaddr", "192.0.2.1"),
    ("tlsbindaddr=192.0.2.1", "bindport", 8089),
    ("tlsbindaddr=[2001:db8::1]:8443", "bindaddr", "2001:db8::1"),
    ("tlsbindaddr=2001:db8::1", "bindaddr", "2001:db8::1"),
    ("tlscertfile=/a.pem", "certfile", "/a.pem"),
    ("tlscert=/a.pem", "certfile", "/a.pem"),
    ("sslcert=/a.pem", "certfile", "/a.pem"),
    ("tlsprivatekey=/a.key", "privatekey", "/a.key"),
    ("sslprivatekey=/a.key", "privatekey", "/a.key"),
    ("tlscipher=HIGH", "cipher", "HIGH"),
    ("sslcipher=HIGH", "cipher", "HIGH"),
    ("tlsdisablev1=no", "disablev1", False),
    ("tlsdisablev11=yes", "disablev11", True),
    ("tlsdisablev12=yes", "disablev12", True),
    ("tlsservercipherorder=no", "servercipherorder", False),
])
def test_a_tls_option_is_read_in_both_spellings(loaded, line, field, value):
    settings = loaded(http="%s%s\n" % (BOUND, line))
    assert getattr(settings.http.tls, field) == value
    assert settings.warnings == ()


@pytest.mark.parametrize("prefix", [
    "a b", "100%", "a%20b", "caf\u00e9", 'a"b', "a?b", "a#b", "<a>", "[a]", "a\\b", "a\tb"])
def test_a_prefix_that_no_uri_has_as_it_stands_is_warned_of(loaded, prefix):
    settings = loaded(http=BOUND + "prefix=%s\n" % prefix)
    assert settings.http.prefix == "/" + prefix
    (warning,) = settings.warnings
    assert warning.endswith("http.conf: prefix: no URI begins with /%s/ as it stands, so nothing below it is "
                            "reached; write letters, digits, - and _" % prefix)


@pytest.mark.parametrize("name, warned", [
    ("uploads", False), ("a-b_c.d~e", False), ("a b", True), ("a/b", True), ("a%20b", True), ("caf\u00e9", True)])
def test_a_name_for_uploads_that_no_uri_has_as_it_stands_is_warned_of(loaded, name, warned):
    warnings = loaded(http=BOUND + "prefix=a/b-c_d.e~f\n[post_mappings]\n%s=/srv\n" % name).warnings
    assert len(warnings) == warned
    assert all("[post_mappings]: no URI ends with /%s as it stands" % name in warning for warning in warnings)


def test_https_listens_where_http_does_unless_told_otherwise(loaded):
    assert loaded(http="[general]\nbindaddr=192.0.2.1\n").http.tls[1:3] == ("192.0.2.1", 8089)


@pytest.mark.parametrize("line, field, value, message", [
    ("bindport = 65536", "bindport", 8088, "is not a number from 0 to 65535, 8088 is taken"),
    ("bindport = 80a", "bindport", 8088, "is not a number"),
    ("bindport = 1_0", "bindport", 8088, "is not a number"),
    ("bindport =", "bindport", 8088, "is not a number"),
    ("sessionlimit = 0", "sessionlimit", None, "the line is ignored"),
    ("session_inactivity = 0", "session_inactivity", 30.0, "30000 is taken"),
    ("session_keep_alive = -1", "session_keep_alive", 15.0, "15000 is taken"),
    ("session_keep_alive = 99999999999", "session_keep_alive", 15.0, "15000 is taken"),
    ("enable_status = perhaps", "enable_status", False, "is neither yes nor no, no is taken"),
    ("redirect = /a", "redirects", (), "has no destination"),
    ("bindaddr = 192.0.2.1 192.0.2.2", "bindaddr", "127.0.0.1", "is not an address"),
    ("bindaddr = [127.0.0.1:9300]", "bindaddr", "127.0.0.1", "has a port, which does not belong there but in bindport"),
    ("bindaddr = 127.0.0.1:9300", "bindaddr", "127.0.0.1", "has a port, which does not belong there but in bindport, "),
    ("bindaddr = pbx:9300", "bindaddr", "127.0.0.1", "has a port, which does not belong there but in bindport, "),
    ("bindaddr = [::1]:9300", "bindaddr", "127.0.0.1", "has a port, which does not belong there but in bindport, "),
    ("bindaddr = a:b", "bindaddr", "127.0.0.1", "is not an address"),
    ("bindaddr = ::g", "bindaddr", "127.0.0.1", "is not an address"),
    ("bindaddr = [::1", "bindaddr", "127.0.0.1", "is not an address"),
    ("tlsbindaddr = 127.0.0.1:foo", "enabled", False, "has the port foo, which is not a number from 0 to 65535, "),
    ("tlsbindaddr = 127.0.0.1:", "enabled", False, "has the port of no digits, which is not a number "),
    ("tlsbindaddr = [127.0.0.1:1]:2", "enabled", False, "has the host [127.0.0.1:1], which is not an address, "),
    ("tlsbindaddr = :8089", "enabled", False, "has the host of no letters, which is not an address, "),
    ("binport = 1", "bindport", 8088, "unknown option binport has no effect; did you mean bindport?"),
    ("tlscafile = x", "enabled", False, "unknown option tlscafile"),
    ("staticdir = /srv", "staticdir", None, "unknown option staticdir"),
])
def test_what_asterisk_would_not_take_is_a_warning_and_its_default(loaded, line, field, value, message):
    settings = loaded(http="[general]\nbindaddr=127.0.0.1\n%s\n" % line)
    (warning,) = settings.warnings
    assert getattr(settings.http, field) == value
    assert warning.startswith(os.path.join(settings.directory, "http.conf:3: ")) and message in warning


def test_an_on_off_word_that_is_neither_is_off_even_where_the_default_is_on(loaded):
    assert loaded(http=BOUND + "tlsdisablev1=perhaps\n").http.tls.disablev1 is False


@pytest.mark.parametrize("lines", ["", "bindaddr =\n"])
def test_without_bindaddr_it_is_the_loopback_and_said_so(loaded, lines):
    settings = loaded(http="[general]\nenabled=yes\n" + lines)
    assert (settings.http.bindaddr, settings.http.bindaddr_given) == ("127.0.0.1", False)
    assert "no bindaddr, so ajam listens on 127.0.0.1 only" in settings.warnings[-1]


def test_a_bindaddr_in_ajam_conf_is_one(loaded):
    settings = loaded(http="[general]\nenabled=yes\n", ajam="[http]\nbindaddr=127.0.0.1\n")
    assert settings.http.bindaddr_given and settings.warnings == ()


@pytest.mark.parametrize("prefix, kept", [("/asterisk", "//asterisk"), ("asterisk/", "/asterisk/")])
def test_a_prefix_with_a_slash_too_many_is_kept_as_asterisk_does_but_warned_of(loaded, prefix, kept):
    settings = loaded(http=BOUND + "prefix=%s\n" % prefix)
    assert settings.http.prefix == kept
    assert "write prefix = asterisk" in settings.warnings[0]


def test_only_the_first_general_counts_and_the_second_is_warned_of(loaded):
    settings = loaded(http=BOUND + "[general]\nbindport=1\n")
    assert settings.http.bindport == 8088
    assert "http.conf:4: [general] is there already" in settings.warnings[0]


def test_post_mappings_and_restrictions_are_read_in_order(loaded):
    settings = loaded(http=BOUND + "[post_mappings]\nb=/2\na=/1\n"
                      "[/asterisk/raw]\ntype=restriction\ndeny=0.0.0.0/0\npermit=10.0.0.0/8\n"
                      "[/asterisk]\nTYPE=Restriction\ndeny=::/0\n")
    assert settings.http.post_mappings == (("b", "/2"), ("a", "/1"))
    assert [path for path, acl in settings.http.restrictions] == ["/asterisk/raw", "/asterisk"]
    acl = settings.http.restrictions[0].acl
    assert acl.allows("10.1.1.1") and not acl.allows("192.0.2.1")
    assert settings.warnings == ()


@pytest.mark.parametrize("section, message", [
    ("[/x]\ndeny=0.0.0.0/0\n", "[/x] has no effect"),
    ("[/x]\ntype=other\n", "[/x] has no effect"),
    ("[other]\na=1\n", "[other] has no effect"),
    ("[/x]\ntype=restriction\n", "keeps nobody out"),
    ("[/x]\ntype=restriction\ndeny=::/0\ndenny=0.0.0.0/0\n", "did you mean deny?"),
])
def test_a_section_of_http_conf_that_does_nothing_is_warned_of(loaded, section, message):
    (warning,) = loaded(http=BOUND + section).warnings
    assert message in warning


def test_a_restriction_that_is_not_understood_keeps_ajam_from_starting(loaded):
    with pytest.raises(ConfigError, match=r"http.conf:6: deny = 10.0.0.0/40 is not a network; "):
        loaded(http=BOUND + "[/x]\ntype=restriction\ndeny=10.0.0.0/40\n")


def test_a_restriction_by_a_list_that_is_missing_denies_everybody(loaded):
    settings = loaded(http=BOUND + "[/x]\ntype=restriction\nacl=none\n")
    ((path, acl),) = settings.http.restrictions
    assert not acl.allows("127.0.0.1")
    assert "there is no list none in acl.conf" in settings.warnings[0]


@pytest.mark.parametrize("line, field, value", [
    ("enabled=yes", "enabled", True),
    ("webenabled=yes", "webenabled", True),
    ("port=5039", "port", 5039),
    ("bindaddr=0.0.0.0", "bindaddr", "0.0.0.0"),
    ("httptimeout=5", "httptimeout", 5),
    ("allowmultiplelogin=no", "allowmultiplelogin", False),
    ("authtimeout=1", "authtimeout", 1),
    ("authlimit=1", "authlimit", 1),
])
def test_an_option_of_manager_conf_is_read(loaded, line, field, value):
    settings = loaded(manager="[general]\n%s\n" % line)
    assert getattr(settings.manager, field) == value
    assert settings.warnings == ()


@pytest.mark.parametrize("line, field, value", [
    ("port=80", "port", 5038),
    ("httptimeout=0", "httptimeout", 60),
    ("httptimeout=-5", "httptimeout", 60),
    ("authtimeout=0", "authtimeout", 30),
    ("authlimit=many", "authlimit", 50),
    ("autlimit=3", "authlimit", 50),
])
def test_what_manager_conf_may_not_say_is_a_warning_and_its_default(loaded, line, field, value):
    settings = loaded(manager="[general]\n%s\n" % line)
    assert getattr(settings.manager, field) == value
    assert "manager.conf:2: " in settings.warnings[0]


def test_what_concerns_only_asterisk_is_no_warning(loaded):
    general = "[general]\ndisplayconnects=no\ntimestampevents=yes\nbrokeneventsaction=no\n" \
        "channelvars=a\ndebug=on\ndisabledevents=Newexten\nblock-sockets=no\n" \
        "tlsenable=yes\ntlsbindaddr=0.0.0.0:5039\ntlscafile=/x\n"
    user = "[alice]\nsecret=x\nwritetimeout=100\nsetvar=A=1\ndisplayconnects=no\n" \
        "eventfilter=!Event: Newexten\neventfilter(action(exclude),name(Newexten))=\n"
    assert loaded(manager=general + user).warnings == ()


def test_users_have_secret_rights_and_address_rules(loaded):
    settings = loaded(manager="[general]\nallowmultiplelogin=no\n"
                      "[ops](!)\ndeny=0.0.0.0/0\npermit=10.0.0.0/8\n"
                      "[Alice](ops)\nsecret=a;b\nsecret=c \\; d\nread=call,agent\nwrite=all\n"
                      "[bob]\nallowmultiplelogin=yes\n")
    assert sorted(settings.users) == ["alice", "bob"]
    alice, bob = settings.users["alice"], settings.users["bob"]
    assert (alice.name, alice.secret, alice.read, alice.write, alice.allowmultiplelogin) == (
        "Alice", "c ; d", LABELS["call"] | LABELS["agent"], ALL, False)
    assert alice.acl.allows("10.0.0.1") and not alice.acl.allows("192.0.2.1")
    assert (bob.secret, bob.acl, bob.read, bob.write, bob.allowmultiplelogin) == (None, Acl(), 0, 0, True)
    assert settings.warnings == ()


def test_the_mapping_of_users_cannot_be_changed(loaded):
    with pytest.raises(TypeError):
        loaded().users["mallory"] = None


def test_a_secret_is_never_shown(loaded):
    settings = loaded(manager="[general]\n[alice]\nsecret=hunter2\n")
    assert settings.users["alice"].secret == "hunter2"
    assert "hunter2" not in repr(settings)


def test_a_secret_that_is_no_utf8_keeps_its_bytes(loaded):
    secret = loaded(manager=b"[general]\n[alice]\nsecret=\xe9\xa0\n").users["alice"].secret
    assert secret.encode("utf-8", "surrogateescape") == b"\xe9\xa0"


def test_a_user_name_is_cut_where_asterisk_cuts_it(loaded):
    assert list(loaded(manager="[general]\n[%s]\n" % ("X" * 90)).users) == ["x" * 79]


@pytest.mark.parametrize("line", [
    "deny=10.0.0.0/40", "permit=localhost", "permit=10.0.0.1,", "acl=a,A", "acl=",
    "deny=0.0.0.0/0\npermit=10.0.0.0/8\npermit=x"])
def test_a_user_whose_address_rules_are_not_understood_cannot_log_in_from_anywhere(loaded, line):
    settings = loaded(manager="[general]\n[alice]\nsecret=x\n%s\n[bob]\nsecret=y\n" % line)
    assert settings.users["alice"].acl == NOBODY
    assert settings.users["bob"].acl == Acl()
    (warning,) = settings.warnings
    assert "manager.conf:%d: " % (3 + len(line.split("\n"))) in warning and "alice cannot log in" in warning


def test_a_second_section_of_a_user_adds_options_and_replaces_the_address_rules(loaded):
    settings = loaded(manager="[general]\n[alice]\nsecret=x\nread=call\ndeny=0.0.0.0/0\n"
                      "[ALICE]\nread=agent\ndeny=::/0\n")
    alice = settings.users["alice"]
    assert (alice.name, alice.secret, alice.read) == ("alice", "x", LABELS["agent"])
    assert alice.acl.allows("192.0.2.1") and not alice.acl.allows("2001:db8::1")
    assert "manager.conf:6: [alice] is there already" in settings.warnings[0]


def test_a_mistake_in_a_first_section_is_not_healed_by_a_second(loaded):
    settings = loaded(manager="[general]\n[alice]\ndeny=x\n[alice]\npermit=10.0.0.1\n")
    assert settings.users["alice"].acl == NOBODY


def test_a_misspelt_option_of_a_user_is_warned_of_without_its_value(loaded):
    (warning,) = loaded(manager="[general]\n[alice]\nsecert=hunter2\n").warnings
    assert "unknown option secert has no effect; did you mean secret?" in warning and "hunter2" not in warning


@pytest.mark.parametrize("value, unknown", [
    ("call,system", ""), ("all", ""), ("none", ""), ("", ""), ("call,", ""), ("s,call", ""), ("foo,call", "'foo'"),
    ("call,foo", "'foo'"), ("bar", "'bar'"), ("system, call", "' call'"), ("CALL,System,log", "'CALL', 'System'"),
    ("call,sys", "'sys'"), ("-1", "'-1'"),
])
@pytest.mark.parametrize("name", ["read", "write"])
def test_a_class_that_is_none_is_warned_of_with_those_that_there_are_and_counts_nothing(loaded, name, value, unknown):
    settings = loaded(manager="[general]\n[alice]\nsecret=x\n%s = %s\n" % (name, value))
    assert getattr(settings.users["alice"], name) == mask_from_labels(value)
    assert [warning.partition("manager.conf:4: ")[2] for warning in settings.warnings] == bool(unknown) * [
        "%s = %s: %s is no class and counts nothing; known are system, call, log, verbose, command, agent, user, "
        "config, dtmf, reporting, cdr, dialplan, originate, agi, hook, cc, aoc, test, security, message and all, in "
        "small letters, with commas and no blanks between them" % (name, value, unknown)]


ACL_CONF = "[inside](!)\ndeny=0.0.0.0/0,::/0\n[offices](inside)\npermit=10.0.0.0/8\n" \
    "[bad]\npermit=x\n[chain]\nacl=offices\n"


def test_named_lists_come_from_acl_conf(loaded):
    settings = loaded(manager="[general]\n[alice]\nacl=Offices\ndeny=10.9.0.0/16\n", acl=ACL_CONF)
    acl = settings.users["alice"].acl
    assert [acl.allows(address) for address in ("10.1.1.1", "10.9.1.1", "192.0.2.1", "::1")] == [
        True, False, False, False]
    assert settings.warnings == ()


@pytest.mark.parametrize("name, message", [
    ("none", "manager.conf:3: there is no list none in acl.conf, so nobody is let in"),
    ("inside", "there is no list inside"),
    ("offices,none", "there is no list none"),
    ("bad", "acl.conf:6: permit = x is not a network"),
    ("chain", "acl.conf:8: a list names another list"),
])
def test_a_named_list_that_cannot_be_known_lets_nobody_in(loaded, name, message):
    settings = loaded(manager="[general]\n[alice]\nacl=%s\n" % name, acl=ACL_CONF)
    assert not settings.users["alice"].acl.allows("10.1.1.1")
    (warning,) = settings.warnings
    assert message in warning


def test_two_lists_of_one_name_are_a_mistake(loaded):
    with pytest.raises(ConfigError, match=r"acl.conf:3: \[A\] is there already"):
        loaded(manager="[general]\n[alice]\nacl=A\n", acl="[a]\ndeny=::/0\n[A]\npermit=::/0\n")


def test_an_acl_conf_that_cannot_be_read_keeps_ajam_from_starting(loaded):
    with pytest.raises(ConfigError, match="acl.conf:1: this section header has no ]"):
        loaded(manager="[general]\n[alice]\nacl=a\n", acl="[a\n")


def test_acl_conf_is_not_looked_at_when_nobody_names_a_list(loaded):
    settings = loaded(acl="this is no configuration\n")
    names = [os.path.basename(path) for path, _ in settings.files]
    assert names == ["http.conf", "manager.conf", "ajam.conf"]


def test_ajam_conf_overrides_option_by_option(loaded):
    settings = loaded(
        http=BOUND + "bindport=8088\nprefix=asterisk\nredirect=/a /b\n",
        manager="[general]\nwebenabled=no\nhttptimeout=60\nauthlimit=9\n",
        ajam="[http]\nbindport=8090\nredirect=/c /d\nenablestatic=yes\nstaticdir=/srv/www\n"
             "[manager]\nwebenabled=yes\nhttptimeout=120\n")
    http, manager = settings.http, settings.manager
    assert (http.bindport, http.prefix, http.redirects) == (8090, "/asterisk", (("/c", "/d"),))
    assert (http.enable_static, http.staticdir) == (True, "/srv/www")
    assert (manager.webenabled, manager.httptimeout, manager.authlimit) == (True, 120, 9)
    assert settings.warnings == ()


@pytest.mark.parametrize("section, option", [
    (section, option) for section, table in AJAM_TABLES.items() for option in table
], ids=lambda value: value if isinstance(value, str) else value.name)
def test_every_option_may_stand_in_ajam_conf_under_each_of_its_names(loaded, section, option):
    examples = {"redirect": "/a /b", "allow_origin": "https://crm.example.org"}
    value = option.default or examples.get(option.name, "/srv" if option.reader is whole_path else "1")
    for name in option.names:
        assert loaded(ajam="[%s]\n%s=%s\n" % (section, name, value)).warnings == ()


@pytest.mark.parametrize("text, line, message", [
    ("[http]\nbindport=99999\n", 2, "bindport = 99999 is not a number from 0 to 65535"),
    ("[http]\nenabled=perhaps\n", 2, "is neither yes nor no"),
    ("[http]\nredirect=/a\n", 2, "has no destination"),
    ("[http]\nstaticdir=www\n", 2, "staticdir = www is not a whole path"),
    ("[http]\nbinport=1\n", 2, "did you mean bindport?"),
    ("[manager]\ndisplayconnects=no\n", 2, "unknown option displayconnects"),
    ("[manager]\nport=80\n", 2, "is not a number from 1024 to 65535"),
    ("[pbx]\nport=0\n", 2, "is not a number from 1 to 65535"),
    ("[pbx]\nhost=\n", 2, "is not an address"),
    ("[pbx]\nhost=192.0.2.1:5039\n", 2, "host = 192.0.2.1:5039 has a port, which does not belong there but in port"),
    ("[http]\nbindaddr=[::1]:80\n", 2, "bindaddr = [::1]:80 has a port, which does not belong there but in bindport"),
    ("[proxy]\ntrusted=localhost\n", 2, "trusted = localhost is not a network; "),
    ("[proxy]\ntrusted=::1, 127.0.0.1/99\n", 2, "trusted = ::1, 127.0.0.1/99 has 127.0.0.1/99, which is not "),
    ("[watch]\npermit=::1,\n", 2, "permit = ::1, has an empty item, which is not a network; "),
    ("[log]\nformat=xml\n", 2, "format = xml is none of text, json"),
    ("[general]\nenabled=yes\n", 1, "unknown section [general]"),
    ("[http]\nbindport=1\n[HTTP]\n", 3, "[http] is there already"),
])
def test_any_mistake_in_ajam_conf_keeps_ajam_from_starting(loaded, text, line, message):
    with pytest.raises(ConfigError) as raised:
        loaded(ajam=text)
    assert os.path.basename(raised.value.path) == "ajam.conf" and raised.value.line == line
    assert message in str(raised.value)


@pytest.mark.parametrize("text, told", [
    ("[limits]\nevents=abc\n\nsessions=-1\n[log]\nformat=text\n", [(2, "events = abc is"), (4, "sessions = -1 is")]),
    ("[limits]\nevnts=1\nsesions=1\n", [(2, "unknown option evnts"), (3, "unknown option sesions")]),
    ("[http]\nenabled=x\nbindport=y\ntlsenable=z\n", [(2, "enabled"), (3, "bindport"), (4, "tlsenable")]),
])
def test_all_mistakes_in_a_section_of_ajam_conf_are_told_at_once(loaded, text, told):
    with pytest.raises(ConfigError) as raised:
        loaded(ajam=text)
    assert len(raised.value.sentences) == len(told)
    for sentence, (line, words) in zip(raised.value.sentences, told):
        assert "ajam.conf:%d: %s" % (line, words) in sentence


@pytest.mark.parametrize("name, remedy", [
    ("http", "put [general] above it"), ("manager", "put [general] above it"), ("acl", "put [NAME] above it"),
    ("ajam", "put [http] or [manager] or [pbx] or [proxy] or [cors] or [limits] or [watch] or [log] or [daemon] above "
             "it")])
def test_a_line_before_the_first_section_is_told_with_the_sections_that_the_file_may_have(loaded, name, remedy):
    texts = {"manager": "[general]\n[alice]\nacl=x\n", name: "enabled=yes\n"}
    with pytest.raises(ConfigError) as raised:
        loaded(**texts)
    assert os.path.basename(raised.value.path) == name + ".conf" and raised.value.line == 1
    assert str(raised.value).endswith("this line stands before the first [section]; " + remedy)


@pytest.mark.parametrize("manager, ajam, pbx", [
    ("", "", ("127.0.0.1", 5038)),
    ("bindaddr=0.0.0.0\nport=6000", "", ("127.0.0.1", 6000)),
    ("bindaddr=[::]", "", ("127.0.0.1", 5038)),
    ("bindaddr=192.0.2.1", "", ("192.0.2.1", 5038)),
    ("bindaddr=192.0.2.1", "[pbx]\nhost=pbx.example.org\n", ("pbx.example.org", 5038)),
    ("port=6000", "[pbx]\nport=22\n", ("127.0.0.1", 22)),
    ("bindaddr=192.0.2.1", "[manager]\nbindaddr=::1\n", ("::1", 5038)),
    ("port=6000", "[pbx]\ntls=yes\n", ("127.0.0.1", 5039)),
    ("port=6000", "[pbx]\ntls=yes\nport=5040\n", ("127.0.0.1", 5040)),
])
def test_the_pbx_is_where_manager_conf_says_unless_ajam_conf_says_otherwise(loaded, manager, ajam, pbx):
    assert loaded(manager="[general]\n%s\n" % manager, ajam=ajam).pbx[:2] == pbx


@pytest.mark.parametrize("missing", ["http.conf", "manager.conf"])
def test_the_files_of_asterisk_must_be_there(loaded, missing):
    directory = loaded().directory
    os.remove(os.path.join(directory, missing))
    with pytest.raises(ConfigError, match=missing + ": cannot be read: No such file.*; create it"):
        load(directory)


def test_files_lists_all_that_was_read_once_and_what_may_appear(loaded, tmp_path):
    settings = loaded(manager="#include http.conf\n[alice]\nacl=x\n")
    names = [(os.path.basename(path), time > 0) for path, time in settings.files]
    assert names == [("http.conf", True), ("manager.conf", True), ("ajam.conf", False), ("acl.conf", False)]


def test_warnings_of_every_file_are_collected(loaded):
    settings = loaded(http=BOUND + "junk\n", manager="[general]\njunk\n[a]\nacl=x\n", ajam="#x\n",
                      acl="[x]\njunk\ndeny=::/0\n")
    assert [os.path.basename(warning.split(": ")[0]) for warning in settings.warnings] == [
        "http.conf:4", "manager.conf:2", "ajam.conf:1", "acl.conf:2"]


def test_settings_are_a_value(loaded):
    settings = loaded(http=BOUND + "[/x]\ntype=restriction\ndeny=::/0\n")
    assert settings.http.restrictions == (Restriction("/x", settings.http.restrictions[0].acl),)
    with pytest.raises(AttributeError):
        settings.http.bindport = 1


@pytest.mark.parametrize("text, trusted, strangers", [
    ("", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"], ["192.0.2.1", "2001:db8::1"]),
    ("[proxy]\ntrusted=192.0.2.0/24, 2001:db8::1\n", ["192.0.2.7", "2001:db8::1"], ["127.0.0.1", "2001:db8::2"]),
    ("[proxy]\ntrusted=\n", [], ["127.0.0.1", "::1", "192.0.2.1"]),
])
def test_a_list_of_networks_allows_those_alone(loaded, text, trusted, strangers):
    allows = loaded(ajam=text).proxy.trusted.allows
    assert [allows(each) for each in (*trusted, *strangers)] == [True] * len(trusted) + [False] * len(strangers)
