"""ajam(8): made from the tables, the same as the copy in etc, and good man(7)."""

import argparse
import pathlib
import re
import shutil
import subprocess

import pytest

from ajam import commands, manual, roff, service
from ajam.app import MANAGER_URIS
from ajam.cli import COMMANDS, main, parser
from ajam.conf.tables import AJAM_TABLES, HTTP_OPTIONS, MANAGER_OPTIONS, RESTRICTION_OPTIONS, USER_OPTIONS
from tests.logged import undone

ROOT = pathlib.Path(__file__).parent.parent
COPY = ROOT / "etc/man/man8/ajam.8"
PAGE = manual.page(parser())
RUN_SECONDS = 60
CHECKERS = {  # what each may say all the same
    "man": (["man", "--warnings", "-E", "UTF-8", "-l", "ajam.8"], ()),
    "groff": (["groff", "-ww", "-man", "-Tutf8", "ajam.8"], ()),
    "mandoc": (["mandoc", "-T", "lint", "ajam.8"], ("missing date",)),  # a date would be another thing to keep true
}


def printed(page, tmp_path):
    """A page as plain text, set wide so that no line is broken."""
    (tmp_path / "ajam.8").write_text(page)
    done = subprocess.run(["groff", "-man", "-Tascii", "-P-c", "-rLL=4000n", "ajam.8"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=RUN_SECONDS, check=True)
    return re.sub(".\b", "", done.stdout)


def tags(page):
    """The tags of the page's lists, without escapes."""
    found = re.findall(r"^\.TP\n(.*)$", page, re.MULTILINE)
    return [re.sub(r"\\f[BIR]", "", tag).replace("\\-", "-") for tag in found]


def test_the_copy_that_is_installed_is_what_ajam_man_prints(capsys):
    with undone():
        assert main(["man"]) == 0
    assert COPY.read_text() == capsys.readouterr().out, \
        "python3 -m ajam man > etc/man/man8/ajam.8"


@pytest.mark.parametrize("name", CHECKERS)
def test_no_checker_has_a_word_to_say(name, tmp_path):
    command, allowed = CHECKERS[name]
    if not shutil.which(command[0]):
        pytest.skip("%s is not installed" % command[0])
    (tmp_path / "ajam.8").write_text(PAGE)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=RUN_SECONDS)
    said = done.stderr + (done.stdout if "lint" in command else "")
    assert [line for line in said.splitlines() if not any(each in line for each in allowed)] == []
    assert done.returncode == 0 or allowed


@pytest.mark.skipif(not shutil.which("lexgrog"), reason="lexgrog is not installed")
def test_apropos_can_read_its_name(tmp_path):
    (tmp_path / "ajam.8").write_text(PAGE)
    done = subprocess.run(["lexgrog", "ajam.8"], cwd=tmp_path, capture_output=True, text=True, timeout=RUN_SECONDS)
    assert done.stdout.strip() == 'ajam.8: "ajam - %s"' % parser().description.rstrip(".")


@pytest.mark.parametrize("option", sorted({
    option.name for table in (HTTP_OPTIONS, MANAGER_OPTIONS, RESTRICTION_OPTIONS, USER_OPTIONS, *AJAM_TABLES.values())
    for option in table}))
def test_every_option_of_the_files_is_in_it(option):
    assert option in tags(PAGE)


@pytest.mark.parametrize("name", AJAM_TABLES)
def test_every_section_of_ajam_conf_is_in_it(name):
    assert ".SS ajam.conf, [%s]\n" % name in PAGE


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_of_the_command_line_is_in_it_with_its_arguments(command):
    assert [tag for tag in tags(PAGE) if re.match("ajam %s( |$)" % command.name, tag)]
    grammar = argparse.ArgumentParser(add_help=False)
    command.add_arguments(grammar)
    for action in grammar._actions:
        for name in action.option_strings:
            assert [tag for tag in tags(PAGE) if re.search(r"(^|, )%s( |,|$)" % re.escape(name), tag)], name


@pytest.mark.parametrize("command", commands.COMMANDS, ids=lambda command: command.words)
def test_every_command_of_a_running_ajam_is_in_it(command):
    assert (command.words + " " + command.arguments).strip() in tags(PAGE)


@pytest.mark.parametrize("name", [uri[0] for uri in MANAGER_URIS] + ["events", "aevents", "static/...", "httpstatus"])
def test_every_uri_is_in_it(name):
    assert "/PREFIX/" + name in tags(PAGE)


@pytest.mark.parametrize("received", service.SIGNALS, ids=lambda received: received.name)
def test_every_signal_that_is_awaited_is_in_it(received):
    assert received.name[len("SIG"):] in tags(PAGE)


def test_every_variable_of_the_environment_that_is_read_is_in_it():
    read = set()
    for path in (ROOT / "ajam").rglob("*.py"):
        read |= set(re.findall(r'environ(?:ment)?(?:\.get\(|\[)"([A-Z_]+)"', path.read_text()))
    assert {"AJAM_URL", "NOTIFY_SOCKET"} <= read
    assert read <= set(", ".join(tags(PAGE)).split(", "))


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_options_and_samples_come_out_as_they_are_typed(tmp_path):
    text = printed(PAGE, tmp_path)
    assert "ajam demo [--port PORT] [--seed SEED]" in text
    assert 'ajam -rx "core show uptime"' in text
    assert "X-Forwarded headers" in text


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
@pytest.mark.parametrize("text", [
    "a\\b", ".start", "'start", "it's", "--port", "`-rx 'a'`", "a-b -c", "\\fB", "a \\& b", "100%", "[a|b]", "`.x` y",
    "~/.config", "one. Two: Three. `four` (five). Six", "\"q\"", "`a\\nb`", "a" * 200,
])
def test_prose_comes_out_as_it_went_in(text, tmp_path):
    page = ".TH X 8\n" + roff.section("BODY", roff.paragraphs("begin. " + text + ". end"))
    shown = " ".join(printed(page, tmp_path).partition("BODY")[2].split())
    assert shown.startswith("begin. %s. end" % text.replace("`", ""))


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
@pytest.mark.parametrize("text", ["-C", "a\\b", "'x'", "`x`", ".x", "--a-b", "<user>", "[a]..."])
def test_a_tag_comes_out_character_by_character(text, tmp_path):
    page = ".TH X 8\n" + roff.section("BODY", roff.tagged([(roff.bold(text), "what it is")]))
    assert re.search(r"^ +%s +what it is$|^ +%s$" % ((re.escape(text),) * 2), printed(page, tmp_path), re.MULTILINE)


def test_nothing_of_today_or_of_this_machine_is_in_it():
    assert manual.page(parser()) == PAGE
    assert str(ROOT) not in PAGE and not re.search(r"\b20\d\d-", PAGE)
