"""README, INSTALL: what is the same whichever way ajam was come by."""

import http.client

import pytest

from ajam import __version__, manual
from ajam.cli import parser
from tests.install.ways import ROOT, RUN_SECONDS, changes, readme_command, readme_commands

PAGES = sorted(str(path.relative_to(ROOT / "www")) for path in (ROOT / "www").rglob("*") if path.is_file())


def fetched(address, names):
    """The (status, body) of each of the files below /static/."""
    browser = http.client.HTTPConnection(*address, timeout=RUN_SECONDS)
    try:
        for name in names:
            browser.request("GET", "/asterisk/static/" + name)
            reply = browser.getresponse()
            yield reply.status, reply.read()
    finally:
        browser.close()


def test_every_command_that_readme_names_is_tried_here():
    tried = ("python3 -m ajam", "    pip install", "/opt/ajam/bin/pip", "zipapp")  # conftest.py, test_pip.py
    assert [readme_command(word) for word in tried] == readme_commands()


def test_it_says_its_version(way):
    done = way.run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ajam %s\n" % __version__, "")


def test_every_page_is_served_as_it_is_in_www_without_a_temporary_file(way, tmp_path):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    assert {"index.html", "ajamdemo.html", "mantest.html", "astman/index.js"} <= set(PAGES)
    with way.serve(tmp_path, temporary) as serving:
        for name, answer in zip(PAGES, fetched(serving.address, PAGES)):
            assert answer == (200, (way.tree / "www" / name).read_bytes()), name
        assert [status for status, _ in fetched(serving.address, ["nosuch", "console", "../ajam/__init__.py"])] \
            == [404, 404, 403]
        assert not list(temporary.iterdir())


def test_staticdir_stands_in_for_the_pages(way, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "index.html").write_text("mine")
    with way.serve(tmp_path, tmp_path, ajam_conf="[http]\nstaticdir=%s\n" % own) as serving:
        assert list(fetched(serving.address, ["index.html", "mantest.html"]))[0] == (200, b"mine")
        assert next(fetched(serving.address, ["mantest.html"]))[0] == 404


@pytest.mark.parametrize("arguments, code", [
    (("man",), 0), (("-C", "/no/such/place"), 1), (("fly",), 2),
], ids=["done", "mistake", "usage"])
def test_the_exit_code_comes_out(way, arguments, code):
    done = way.run(*arguments)
    assert done.returncode == code and "Traceback" not in done.stderr


def test_it_prints_the_manual_page(way):
    assert way.run("man").stdout == manual.page(parser())


def test_making_and_running_it_changes_nothing_in_the_tree(way):
    way.run("--version")
    assert changes(way.tree) == ""
