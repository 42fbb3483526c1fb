"""ajam/conf/lines.py and grammar.py: Asterisk's configuration language.

The expectations of CASES are what Asterisk 16.28 and 22.10 answered to GetConfig for the same bytes.
"""

import os

import pytest

from ajam.conf.grammar import read
from ajam.conf.lines import MAX_LINE, mtime
from ajam.errors import ConfigError


@pytest.fixture
def write(tmp_path):
    """A function that writes files (name=bytes or str) and gives the path of main.conf."""
    def write_files(main=b"", **files):
        for name, data in dict(files, main=main).items():
            data = data.encode() if isinstance(data, str) else data
            (tmp_path / (name + ".conf")).write_bytes(data)
        return str(tmp_path / "main.conf")
    return write_files


def shown(file):
    """The sections that are none of templates as (name, ["name=value", ...])."""
    return [(section.name, ["%s=%s" % pair[:2] for pair in section.pairs])
            for section in file.sections if not section.template]


CASES = {
    "a semicolon begins a comment without a blank before it": (
        b"[s]\na = b;c\n", [("s", ["a=b"])]),
    "an escaped semicolon is part of the value": (
        b"[s]\na = e\\;f;g\nb=\\\\\\;c\nc=1;\\;2\nd=;\ne=\\;\n",
        [("s", ["a=e;f", "b=\\\\;c", "c=1", "d=", "e=;"])]),
    "an escaped semicolon opens no block": (
        b"[t]\na=1\\;--x\nb=2\n", [("t", ["a=1;--x", "b=2"])]),
    "a block comment goes over lines and what surrounds it stays": (
        b"[s]\nh;-- no\nno = 1\n--;i = j;-- in --;k\nl = m\n", [("s", ["i=jk", "l=m"])]),
    "three dashes open no block": (
        b"[s]\n;--- line\nl = m ;---- x\nn = o\n", [("s", ["l=m", "n=o"])]),
    "block comments nest": (
        b"[s]\na=1\n;-- x\n;-- y\n--;\nb=2\n--;\nc=3\n", [("s", ["a=1", "c=3"])]),
    "an opener is not its own closer": (
        b"[s]\n;--;\nd=4\n--;e=5\n", [("s", ["e=5"])]),
    "several blocks on one line": (
        b"[t]\nb=2 ;-- x --; 3 ;-- y --; 4 ; end\nc=3;-- x ;-- y --; z --; 4\n",
        [("t", ["b=2  3  4", "c=3 4"])]),
    "a plain comment within a block does not end it": (
        b"[t]\na=1 ;-- z\n\\;-- q ; --; r\nb=2\n", [("t", ["a=1", "b=2"])]),
    "both arrows": (
        b"[s]\na=>b\nc = > d\ne == f\ni =\nk=>\n", [("s", ["a=b", "c=> d", "e== f", "i=", "k="])]),
    "a backslash protects the first letter of a name": (
        b"[s]\n\\[j = k\n\\#l=m\n\\\\n=o\nb\\=1\n", [("s", ["[j=k", "#l=m", "\\n=o", "b\\=1"])]),
    "plus equals appends and keeps the blank before the text": (
        b"[s]\nx = a\nx += b\nx +=c\nx+=   d\ny+=1\nX += z\nx + = q\nx +=> r\n",
        [("s", ["x=a bc   d> r", "y=1", "X=z", "x +=q"])]),
    "plus equals appends to the last of several": (
        b"[s]\nx=1\nx=2\nx+=3\nx += \n", [("s", ["x=1", "x=23"])]),
    "plus equals on nothing leaves no blank": (
        b"[s]\nb=\nb += 3\n", [("s", ["b=3"])]),
    "plus equals knows no arrow": (
        b"[s]\nx +=> r\n", [("s", ["x=> r"])]),
    "plus equals changes the first of several that are equal": (
        b"[s]\nx=2\nx=1\nx=2\nx+=3\n", [("s", ["x=23", "x=1", "x=2"])]),
    "plus equals on an inherited value leaves the template alone": (
        b"[t](!)\na=1\n[s](t)\na+=2\n[u](t)\n", [("s", ["a=12"]), ("u", ["a=1"])]),
    "names repeated are kept in order": (
        b"[s]\ndeny=1\npermit=2\ndeny=3\npermit=2\n", [("s", ["deny=1", "permit=2", "deny=3", "permit=2"])]),
    "sections repeated stay apart": (
        b"[s]\na=1\n[t]\nb=1\n[S]\na=2\n", [("s", ["a=1"]), ("t", ["b=1"]), ("S", ["a=2"])]),
    "templates give their pairs first, in the order named": (
        b"[t](!)\na=1\nb=1\n[s](t)\nb=2\n[u](s,t)\n[v](!,t)\nc=1\n[w](v)\n",
        [("s", ["a=1", "b=1", "b=2"]), ("u", ["a=1", "b=1", "b=2", "a=1", "b=1"]),
         ("w", ["a=1", "b=1", "c=1"])]),
    "templates are found in any case and the first of two counts": (
        b"[t](!)\na=1\n[t](!)\na=2\n[s](T)\n", [("s", ["a=1"])]),
    "a plus adds to the first of that name": (
        b"[s]\na=1\n[s]\nb=1\n[S](+)\nc=1\n[z]\nd=1\n[s](+)\ne=1\n",
        [("s", ["a=1", "c=1", "e=1"]), ("s", ["b=1"]), ("z", ["d=1"])]),
    "a plus and templates together": (
        b"[t](!)\nt=1\n[s]\na=1\n[s](+,t)\nc=1\n[s](t,+)\nd=1\n",
        [("s", ["a=1", "t=1", "c=1", "t=1", "d=1"])]),
    "a plus with an exclamation mark makes a template of what was none": (
        b"[s]\na=1\n[s](!,+)\nb=1\n[t](s)\n", [("t", ["a=1", "b=1"])]),
    "a plus with a condition picks the section": (
        b"[s]\na=1\nb=1\n[s]\na=1\nb=2\n[s](+a=1&b=2)\nc=1\n",
        [("s", ["a=1", "b=1"]), ("s", ["a=1", "b=2", "c=1"])]),
    "conditions are regular expressions found anywhere": (
        b"[s]\nxab=1\n[s]\nxab=12\n[s](+a.=2)\nc=1\n", [("s", ["xab=1"]), ("s", ["xab=12", "c=1"])]),
    "a plus reaches templates when they are asked for": (
        b"[s](!)\na=1\n[s]\na=2\n[s](+TEMPLATES=restrict)\nc=1\n[z](s)\n",
        [("s", ["a=2"]), ("z", ["a=1", "c=1"])]),
    "the second of two plusses decides": (
        b"[s]\na=1\n[s]\nb=1\n[s](+,+b=1)\nc=1\n", [("s", ["a=1"]), ("s", ["b=1", "c=1"])]),
    "blanks in a section name count": (
        b"[ s ]\na=1\n", [(" s ", ["a=1"])]),
    "indented lines are ordinary lines": (
        b"[s]\n  a=1\n\tb=2\n   [t]\n c=3\r\nd=4 # x\n", [("s", ["a=1", "b=2"]), ("t", ["c=3", "d=4 # x"])]),
    "quotes are part of the value": (
        b"[s]\na=\"1\"\nb='x'\n", [("s", ['a="1"', "b='x'"])]),
    "control characters around names and values are blanks": (
        b"[s]\na=\x01x\x02\n\x0bb=\xc3\xa0\n", [("s", ["a=x", "b=\u00e0"])]),
    "a byte order mark is skipped": (
        b"\xef\xbb\xbf[s]\na=1\n", [("s", ["a=1"])]),
    "text after a header is ignored": (
        b"[t](!)\n[s](t)x=1\ny=1\n[u]junk\nc=1\n", [("s", ["y=1"]), ("u", ["c=1"])]),
    "what configparser holds to be special is not": (
        b"[DEFAULT]\na=1\n[s]\nb: c = %(d)s\nrem = 1\n",
        [("DEFAULT", ["a=1"]), ("s", ["b: c=%(d)s", "rem=1"])]),
    "an empty file": (b"", []),
}


@pytest.mark.parametrize("data, sections", CASES.values(), ids=CASES)
def test_a_file_means_what_it_means_to_asterisk(write, data, sections):
    assert shown(read(write(data))) == sections


@pytest.mark.parametrize("data, sections", CASES.values(), ids=CASES)
def test_line_ends_of_other_systems_change_nothing(write, data, sections):
    assert shown(read(write(data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")))) == sections


@pytest.mark.parametrize("data, line, message", [
    (b"a=1\n[s]\nb=1\n", 1, "before the first"),
    (b"; x\n\njunk\n[s]\n", 3, "before the first"),
    (b"[s]\na=1\n[t\n", 3, "has no ]"),
    (b"[s](a\na=1\n", 1, "has no )"),
    (b"[s](nix)\n", 1, "no [nix] to inherit"),
    (b"[t](!)\n[s](!, t)\n", 2, "no [ t] to inherit"),
    (b"[t](!)\n[s]()\n", 2, "no [] to inherit"),
    (b"[s]\n[q](+)\n", 2, "no [q] yet"),
    (b"[s](!)\n[s](+)\n", 2, "no [s] yet"),
    (b"[s]\na=12\n[s](+A=12)\n", 3, "no [s] yet"),
    (b"[s]\na=1\n[s](+a=*)\n", 3, "not a regular expression"),
    (b"[s]\nb=2--; x\nc=3\n", 2, "never opened"),
    (b"[s]\n#exec /bin/true\n", 2, "#exec is refused"),
    (b"[s]\n #EXEC\n", 2, "#exec is refused"),
    (b"[s]\n#include\n", 2, "without the name"),
    (b"[s]\n#include \"\"\n", 2, "without the name"),
    (b"[s]\n#include none.conf\n", 2, "no file none.conf"),
    (b"[s]\n#include none*.conf\n", 2, "no file none*.conf"),
    (b"[s]\n#include 'other.conf'\n", 2, "no file 'other.conf'"),
    (b"[s]\n#include main.conf\n", 2, "more than 10 deep"),
    (b"[s]\n#tryinclude main.conf\n", 2, "more than 10 deep"),
    (b"[s]\na=1\nb=" + b"x" * (MAX_LINE - 1) + b"\n", 3, "longer than 8190 bytes"),
])
def test_a_mistake_names_file_line_and_remedy(write, data, line, message):
    path = write(data, other="")
    with pytest.raises(ConfigError) as raised:
        read(path)
    assert (raised.value.path, raised.value.line) == (path, line)
    assert message in raised.value.message and raised.value.remedy


def test_a_line_as_long_as_asterisk_can_hold_is_read(write):
    value = "x" * (MAX_LINE - 2)
    assert shown(read(write("[s]\nb=%s\n" % value))) == [("s", ["b=" + value])]


@pytest.mark.parametrize("data, line, message", [
    (b"[s]\na=1\njunk secret\n", 3, "a line without ="),
    (b"[s]\n = g\n", 2, "a value without a name"),
    (b"[s]\n+= g\n", 2, "a value without a name"),
    (b"[s]\n#foo bar\n", 2, "unknown directive #foo"),
    (b"[s]\n# include main.conf\n", 2, "unknown directive #"),
    (b"[t](!)\n[s] (t)\na=1\n", 2, "what follows [s] is ignored"),
    (b"[s]\na=1\n;-- x\n;-- y --;\nc=3\n", 3, "never ends"),
])
def test_what_asterisk_passes_over_is_a_warning_with_its_place(write, data, line, message):
    path = write(data)
    (warning,) = read(path).warnings
    assert warning.startswith("%s:%d: " % (path, line)) and message in warning and "; " in warning


def test_no_warning_repeats_the_text_of_a_line_that_may_be_a_secret(write):
    assert "hunter2" not in "".join(read(write("[s]\nsecret hunter2\n")).warnings)


@pytest.mark.parametrize("directive", [
    "#include other.conf", "#include \"other.conf\"", "#INCLUDE <other.conf> ; comment",
    " #include\tother.conf", "#include oth*.conf", "#include {other}.conf", "#tryinclude other.conf",
])
def test_an_include_is_as_if_its_lines_stood_there(write, directive):
    path = write("[s]\na=1\n%s\nc=1\n" % directive, other="b=1\n[t]\nd=1\n")
    assert shown(read(path)) == [("s", ["a=1", "b=1"]), ("t", ["d=1", "c=1"])]


def test_an_absolute_include_is_taken_as_it_is(write, tmp_path):
    write(other="b=1\n")
    assert shown(read(write("[s]\n#include %s/other.conf\n" % tmp_path, other="b=1\n"))) == [("s", ["b=1"])]


def test_a_relative_include_is_looked_for_beside_the_first_file(write, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "one.conf").write_text("#include two.conf\n")
    assert shown(read(write("[s]\n#include sub/one.conf\n", two="a=1\n"))) == [("s", ["a=1"])]


def test_a_glob_takes_files_in_the_order_of_their_bytes(write):
    path = write("[s]\n#include b*.conf\n", b2="x=2", b1="x=1", bB="x=B", ba="x=a")
    assert shown(read(path)) == [("s", ["x=1", "x=2", "x=B", "x=a"])]


def test_braces_take_files_in_the_order_written(write):
    assert shown(read(write("[s]\n#include b{2,1}.conf\n", b2="x=2", b1="x=1"))) == [("s", ["x=2", "x=1"])]


def test_a_directory_whose_name_looks_like_a_glob_is_no_glob(tmp_path):
    odd = tmp_path / "a[b]"
    odd.mkdir()
    (odd / "main.conf").write_text("[s]\n#include o*.conf\n")
    (odd / "other.conf").write_text("a=1\n")
    assert shown(read(str(odd / "main.conf"))) == [("s", ["a=1"])]


def test_a_tryinclude_of_nothing_is_nothing(write):
    path = write("[s]\na=1\n#tryinclude none.conf\n#tryinclude none*.conf\nb=1\n")
    assert shown(read(path)) == [("s", ["a=1", "b=1"])]
    assert read(path).warnings == ()


def test_files_may_include_one_another_ten_deep_but_no_deeper(write):
    def chain(depth):
        files = {"f%d" % n: "x=%d\n#include f%d.conf\n" % (n, n + 1) for n in range(1, depth)}
        return write("[s]\n#include f1.conf\n", **files, **{"f%d" % depth: "x=end\n"})

    assert shown(read(chain(10)))[0][1][-1] == "x=end"
    with pytest.raises(ConfigError, match="more than 10 deep"):
        read(chain(11))


def test_a_block_comment_ends_with_its_file(write):
    file = read(write("[s]\n#include other.conf\nb=1\n", other="c=1\n;-- open\n"))
    assert shown(file) == [("s", ["c=1", "b=1"])]
    assert "other.conf:2: this block comment never ends" in file.warnings[0]


def test_a_mistake_in_an_included_file_names_that_file(write):
    with pytest.raises(ConfigError) as raised:
        read(write("[s]\n#tryinclude other.conf\n", other="c=1\n[oops\n"))
    assert (os.path.basename(raised.value.path), raised.value.line) == ("other.conf", 2)


def test_every_pair_and_section_knows_where_it_was_written(write, tmp_path):
    file = read(write("; x\n[t](!)\na=1\n\n[s](t)\n#include other.conf\nb=1\n", other="\nc=1\n"))
    section = file.named("S")[0]
    assert section[2:] == (False, str(tmp_path / "main.conf"), 5)
    assert [(pair.name, os.path.basename(pair.path), pair.line) for pair in section.pairs] == [
        ("a", "main.conf", 3), ("c", "other.conf", 2), ("b", "main.conf", 7)]


def test_templates_are_there_but_not_found_by_name(write):
    file = read(write("[t](!)\na=1\n"))
    assert [(section.name, section.template) for section in file.sections] == [("t", True)]
    assert file.named("t") == ()


@pytest.mark.parametrize("value", [
    b"\xe4\xa0", b"\xa0x\xa0", b"\x85x\x85", "\u00a0x\u3000".encode(), b"\xc3\xa9"])
def test_the_bytes_of_a_value_are_kept_whatever_their_encoding(write, value):
    (pair,) = read(write(b"[s]\nsecret=" + value + b"\n")).sections[0].pairs
    assert pair.value.encode("utf-8", "surrogateescape") == value


def test_all_that_was_read_or_looked_for_is_listed_with_its_time(write, tmp_path):
    path = write("[s]\n#include other.conf\n#tryinclude none.conf\n#tryinclude n*.conf\n", other="")
    assert dict(read(path).files) == {
        path: os.stat(path).st_mtime_ns,
        str(tmp_path / "other.conf"): os.stat(str(tmp_path / "other.conf")).st_mtime_ns,
        str(tmp_path / "none.conf"): 0,
        str(tmp_path): os.stat(str(tmp_path)).st_mtime_ns,
    }


def test_the_time_of_what_is_missing_is_nought(tmp_path):
    assert mtime(str(tmp_path / "none")) == 0 < mtime(str(tmp_path))


def test_a_missing_file_is_a_mistake_unless_it_is_optional(tmp_path):
    path = str(tmp_path / "none.conf")
    assert read(path, optional=True) == (path, (), ((path, 0),), ())
    with pytest.raises(ConfigError, match="No such file.*sample"):
        read(path)


def test_a_directory_in_place_of_a_file_is_a_mistake(write, tmp_path):
    (tmp_path / "sub").mkdir()
    with pytest.raises(ConfigError, match=r"main.conf:2: .*sub cannot be read.*\*.conf"):
        read(write("[s]\n#include sub\n"))


@pytest.fixture
def unprivileged():
    """Gives up root's rights, which read every file, for the length of a test."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    yield
    os.seteuid(user)


def test_a_file_that_may_not_be_read_is_a_mistake_with_the_remedy(write, unprivileged, tmp_path):
    path = str(tmp_path / "main.conf")
    if os.access(str(tmp_path), os.W_OK, effective_ids=True):
        os.chmod(write("[s]\n"), 0)
    with pytest.raises(ConfigError, match="Permission denied.*chmod 640"):
        read(path)
