"""etc/asterisk: the samples load as they are, and say everything that the tables of options say."""

import re
from pathlib import Path

import pytest

from ajam.conf.readers import milliseconds
from ajam.conf.settings import load
from ajam.conf.tables import (
    AJAM_TABLES, HOSTS_OPTION, HTTP_OPTIONS, MANAGER_OPTIONS, RESTRICTION_OPTIONS, STATIC_OPTION, USER_OPTIONS,
)

SAMPLES = Path(__file__).resolve().parents[2] / "etc" / "asterisk"
DOCUMENTED = [
    ("http.conf", option) for option in HTTP_OPTIONS
] + [
    ("manager.conf", option) for option in MANAGER_OPTIONS
] + [
    ("ajam.conf", option) for name, table in AJAM_TABLES.items() if name not in ("http", "manager") for option in table
] + [
    ("ajam.conf", STATIC_OPTION), ("ajam.conf", HOSTS_OPTION)
]
SECTIONS = [("http.conf", option) for option in RESTRICTION_OPTIONS] + [
    ("manager.conf", option) for option in USER_OPTIONS]


def option_id(value):
    """The name of an Option, or the text itself."""
    return value if isinstance(value, str) else value.name


def uncommented(text):
    """The sample with every example in it switched on: lines like `;name = value` and `;[section]`."""
    return re.sub(r"(?m)^;(?=\[|\w+ = )", "", text)


def sample(name):
    """The text of one sample."""
    return (SAMPLES / name).read_text(encoding="ascii")


def test_the_samples_load_without_a_warning():
    settings = load(SAMPLES)
    assert settings.warnings == ()
    http = settings.http
    assert (http.enabled, http.bindaddr, http.prefix) == (True, "127.0.0.1", "/asterisk")
    assert settings.manager.enabled and settings.manager.webenabled
    assert (dict(settings.users), settings.pbx[:2]) == ({}, ("127.0.0.1", 5038))


def test_every_example_in_them_is_right_too(tmp_path):
    for name in ("http.conf", "manager.conf", "ajam.conf"):
        (tmp_path / name).write_text(uncommented(sample(name)))
    (tmp_path / "acl.conf").write_text("[offices]\npermit=192.0.2.0/24\n")
    settings = load(tmp_path)
    assert settings.warnings == ()
    assert [restriction.path for restriction in settings.http.restrictions] == ["/asterisk/amanager"]
    allows = settings.users["operator"].acl.allows
    assert [allows(peer) for peer in ("192.0.2.7", "198.51.100.1", "2001:db8::1")] == [True, False, False]
    assert settings.http.bindport == 8090 and settings.manager.httptimeout == 120


@pytest.mark.parametrize("name, option", DOCUMENTED, ids=option_id)
def test_every_option_is_explained_with_its_default_above_an_example(name, option):
    match = re.search(r"(?m)^; %s\b(.+(?:\n; .*)*)\n;?%s = " % (option.name, option.name), sample(name))
    assert match, "%s says nothing of %s" % (name, option.name)
    default = {None: "not set", "": "empty"}.get(option.default, option.default)
    assert re.search(r"\n; Default: %s(?![\w.])" % re.escape(default), match[1])
    for alias in option.aliases:
        assert re.search(r"\balso\b.*\b%s\b" % alias, match[1])


@pytest.mark.parametrize("name, option", SECTIONS, ids=option_id)
def test_every_option_of_a_user_or_a_restriction_is_in_the_example(name, option):
    assert re.search(r"(?m)^;%s = " % option.name, sample(name))


@pytest.mark.parametrize("name, option, unit", [
    ("http.conf", option.name, "(ms)") for option in HTTP_OPTIONS
    if getattr(option.reader, "__qualname__", "").startswith(milliseconds.__name__)
] + [
    ("manager.conf", "httptimeout", "(seconds)"), ("manager.conf", "authtimeout", "(seconds)"),
])
def test_every_time_has_its_unit(name, option, unit):
    assert re.search(r"(?m)^; Default: \d+ %s\n;%s = " % (re.escape(unit), option), sample(name))


@pytest.mark.parametrize("name", ["http.conf", "manager.conf", "ajam.conf"])
def test_a_sample_is_plain_ascii_and_fits_a_terminal(name):
    assert max(map(len, sample(name).splitlines())) <= 110
