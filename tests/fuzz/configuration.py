"""Configuration: any text is read or refused with its place, and what was meant is what is read."""

import os
import tempfile
from typing import NamedTuple, Tuple

from ajam.conf import settings
from ajam.conf.grammar import read
from ajam.errors import ConfigError
from tests.fuzz.cases import Property
from tests.fuzz.chance import mutated, noise, scraps

NAMES = (b"general", b"admin", b"Admin", b"a b", b"\xc3\xa9", b"\xff", b"x!", b"a+b", b"0")
KEYS = (b"deny", b"permit", b"secret", b"a b", b"\xe9", b"[", b"x\\y", b"0 1", b"#", b"Deny", b"a:b", b"%(x)s")
VALUES = (
    b"", b"yes", b"0.0.0.0/0", b"a;b", b"a ; b", b";-- no --;", b"a=b", b"=> x", b"> x", b"\\", b"\\;", b"a\\", b"\xff",
    b"\xc3\xa9", b"%(a)s", b"${X}", b"[x](!)", b"#include y", b'"quoted"', b"a\tb", b"a\x0bb", b"a\x1cb", b"--",
    b"a\rb",
)
COMMENTS = (
    b"", b"", b"", b"; more", b";", b";---", b";-- one --;", b";--; two --;", b";-- a ;-- b --; c --; ; d", b"\t;x[",
)
BETWEEN = (
    b"", b"", b"", b"; a comment\n", b"\n\n", b" \t\n", b";-- over\n[lines] = \n--;\n", b"#tryinclude missing\n",
    b";--\n;-- nested --;\n--; ; rest\n", b"\r\n",
)
BLANKS = (b"", b"", b" ", b"\t", b" \x01")

SCRAPS = KEYS + VALUES + COMMENTS + BETWEEN + (
    b"\n", b"\n", b"[general]\n", b"[admin](!)\n", b"[x](admin)\n", b"[general](+)\n", b"[x](+a=b&c)\n",
    b"[x](+TEMPLATES=include)\n", b"[x](+*)\n", b"[x](+(=()\n", b"[x]\na=b\n[x](+(=b)\n", b"[x]\na=b\n[x](+a=b&a=c)\n",
    b"[](!,)\n", b"[x\n", b"[x](\n", b"[x] (y)\n", b"=", b"=>", b"+=", b"+=>", b"=\n", b"#include", b"#include ",
    b'#include "b.conf"\n', b"#include a.conf\n", b"#include <*.conf>\n", b"#include {a,b}.conf\n", b"#include \n",
    b"#exec date\n", b"#include [\n", b"#include \0\n", b"#include /\n", b"#include b.conf/x\n", b"#tryinclude [!]*{\n",
    b"--;", b";--", b"\xef\xbb\xbf", b"\0", b"\x85", b"\x1d",
)
OPTIONS = (
    b"[general]\n", b"[general]\n", b"[http]\n", b"[manager]\n", b"[pbx]\n", b"[proxy]\n", b"[log]\n", b"[daemon]\n",
    b"[watch]\n", b"[limits]\n", b"[cors]\n", b"[/a](!)\n", b"[/static]\ntype=restriction\n", b"[post_mappings]\n",
    b"[user]\n", b"enabled=yes\n", b"bindaddr=", b"bindport=", b"port=", b"host=", b"tls=", b"tlsenable=yes\n",
    b"tlsbindaddr=", b"sslbindaddr=", b"prefix=", b"servername=", b"redirect=", b"sessionlimit=",
    b"session_inactivity=", b"session_keep_alive=", b"httptimeout=", b"authlimit=", b"authtimeout=", b"secret=",
    b"read=", b"write=", b"permit=", b"deny=", b"acl=", b"trusted=", b"file=", b"format=", b"socket=", b"drain=",
    b"staticdir=", b"allow_origin=", b"allowed_hosts=", b"failed_logins=", b"uploads = /tmp\n", b"tlscertfile=",
)
WORDS = (
    b"yes\n", b"0\n", b"-1\n", b"+5\n", b"08\n", b"8088\n", b"65536\n", b"99999999999999999999\n", b"1e3\n", b"0x10\n",
    b"\xd9\xa3\n", b"0.5\n", b"inf\n", b"nan\n", b"0.0.0.0\n", b"::\n", b"[::1]:80\n", b"[::1\n", b"]\n", b"a.b:c\n",
    b":\n", b"/\n", b"//\n", b"/a/../b\n", b"a b\n", b"/x /y\n", b"\xff\n", b"10.0.0.0/8\n", b"!::/0,\n",
    b"1.2.3.4/255.0.255.0\n", b"fe80::1%eth0\n", b"::ffff:1.2.3.4/129\n", b"call,all,\n", b"json\n",
    b"http://a:99999\n", b".a..b\n", b"\n", b"\0\n", b"x" * 300 + b"\n", b"1" * 5000 + b"\n",
)


class Section(NamedTuple):
    """What a header line and the lines behind it say.

    added     True for `[name](+)`
    template  True for `[name](!)`
    bases     names of sections to inherit from
    pairs     (name, operator, value)
    """

    name: bytes
    added: bool
    template: bool
    bases: Tuple[bytes, ...]
    pairs: Tuple[Tuple[bytes, bytes, bytes], ...]


class Written(NamedTuple):
    """Sections, and the text that was made of them."""

    sections: Tuple[Section, ...]
    text: bytes


def generate(random):
    """Sections that inherit from those before them."""
    sections = []
    for _ in range(random.randint(0, 6)):
        known = [section.name for section in sections]
        plain = [section.name for section in sections if not section.template and not section.added]
        added = bool(plain) and random.random() < 0.25
        name = random.choice(plain) if added else random.choice(NAMES)
        bases = () if added else tuple(random.sample(known, random.randint(0, min(2, len(known)))))
        pairs = tuple(pair(random) for _ in range(random.randint(0, 4)))
        sections.append(Section(name, added, not added and random.random() < 0.3, bases, pairs))
    return Written(tuple(sections), b"".join(written(random, section) for section in sections))


def pair(random):
    """One (name, operator, value)."""
    name = random.choice(KEYS)
    return (name if name[:1] not in b"[#" else b"x" + name,
            random.choice((b"=", b"=", b"=>", b"+=")), random.choice(VALUES))


def written(random, section):
    """A section as somebody might write it."""
    options = [b"+"] if section.added else [b"!"] * section.template + list(section.bases)
    header = b"[%b]" % section.name + (b"(%b)" % b",".join(options) if options else b"")
    lines = [random.choice(BLANKS) + header + random.choice(COMMENTS) + b"\n"]
    for name, operator, value in section.pairs:
        # `=` and a `>` without a blank between them are an arrow
        blank = b" " if operator != b"=>" else random.choice(BLANKS)
        # `\\;` and `--;` are not what a value and a comment mean side by side
        behind = b" " if value[-1:] in (b"\\", b"-") else random.choice(BLANKS)
        lines.append(b"".join((
            random.choice(BLANKS), name.replace(b";", b"\\;"), random.choice((b"", b" ")), operator, blank,
            value.replace(b";", b"\\;"), behind, random.choice(COMMENTS), b"\n")))
    return b"".join(line for each in lines for line in (random.choice(BETWEEN), each))


def check(case):
    """What is read is what the sections mean."""
    with files({"a.conf": case.text}) as directory:
        found = read(os.path.join(directory, "a.conf"))
    expected = meant(case.sections)
    said = [(each.name, each.template, [(one.name, one.value) for one in each.pairs]) for each in found.sections]
    assert said == expected, (said, expected)
    lines = case.text.count(b"\n")
    assert all(0 < each.line <= lines for section in found.sections for each in (section, *section.pairs))


def meant(sections):
    """(name, template, pairs) of each section, by the rules of ajam/conf/grammar.py."""
    drafts = []
    for section in sections:
        if section.added:
            draft = next(each for each in drafts if each[0].lower() == section.name.lower() and not each[1])
        else:
            inherited = [one for base in section.bases
                         for one in next(each[2] for each in drafts if each[0].lower() == base.lower())]
            draft = (section.name, section.template, inherited)
            drafts.append(draft)
        for name, operator, value in section.pairs:
            put(draft[2], name, operator, value.strip(bytes(range(33))))
    return [(text(name), template, [(text(one), text(other)) for one, other in pairs])
            for name, template, pairs in drafts]


def put(pairs, name, operator, value):
    """One more pair, or more of the last one of that name; of equal ones the first is changed."""
    values = [each for one, each in pairs if one == name]
    if operator == b"+=" and values:
        pairs[pairs.index((name, values[-1]))] = (name, (values[-1] + b" " + value).strip(bytes(range(33))))
    else:
        pairs.append((name, value))


def text(data):
    """As a name or a value is told."""
    return data.decode("utf-8", "surrogateescape")


def files(texts):
    """A directory with these files, for a `with`."""
    directory = tempfile.TemporaryDirectory()
    for name, data in texts.items():
        with open(os.path.join(directory.name, name), "wb") as file:
            file.write(data)
    return directory


def generate_anything(random):
    """Two files that may include each other."""
    return tuple(random.choice((
        scraps(random, SCRAPS, 20), mutated(random, generate(random).text, SCRAPS), noise(random, 40))) for _ in "ab")


def check_anything(case):
    """A file is read, or it is said where the mistake is."""
    check_place(read_first, {"a.conf": case[0], "b.conf": case[1]})


def read_first(directory):
    """The whole of a.conf."""
    return read(os.path.join(directory, "a.conf"))


def check_place(reading, texts):
    """`reading`, of a directory with these files, goes well, or its ConfigError names a line that there is."""
    with files(texts) as directory:
        try:
            found = reading(directory)
        except ConfigError as error:
            assert error.message and str(error).startswith(error.path)
            name = os.path.relpath(error.path, directory)
            assert name in texts and 0 < error.line <= texts[name].count(b"\n") + 1, error
        else:
            assert all(isinstance(warning, str) and ": " in warning for warning in found.warnings)


def generate_settings(random):
    """The four files, of options and values that may be none."""
    return {name: scraps(random, OPTIONS + WORDS + WORDS, 30)
            for name in ("http.conf", "manager.conf", "ajam.conf", "acl.conf")}


def check_settings(case):
    """They are Settings, or it is said where the mistake is."""
    check_place(settings.load, case)


PROPERTIES = (
    Property("sections", generate, check, 200),
    Property("configuration", generate_anything, check_anything, 200),
    Property("settings", generate_settings, check_settings, 100),
)
