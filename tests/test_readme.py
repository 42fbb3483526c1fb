"""README: its examples are run as they stand, and it names what there is."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from ajam.app import MANAGER_URIS
from ajam.cli import parser
from ajam.conf.readers import HTTPS_PORT
from ajam.conf.tables import HTTP_PORT

ROOT = pathlib.Path(__file__).parent.parent
README = (ROOT / "README").read_text()
EXAMPLE = re.compile(r"^    \$ (.*)\n((?:    (?!\$).*\n)*)", re.MULTILINE)
START_SECONDS = 20


@pytest.fixture(scope="module")
def demo_port():
    """The port of a demo started as README says, but for a free port."""
    process = subprocess.Popen([sys.executable, "-m", "ajam", "demo", "--port", "0"], cwd=ROOT,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline()).group(1)
    finally:
        process.terminate()
        _, log = process.communicate(timeout=START_SECONDS)
    assert process.returncode == 0
    assert "Traceback" not in log


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_walk_through_works_as_it_stands(demo_port, tmp_path):
    examples = EXAMPLE.findall(README)
    assert len(examples) > 5
    for command, expected in examples:
        done = subprocess.run(["bash", "-c", command.replace(":8088", ":" + demo_port)], cwd=tmp_path,
                              capture_output=True, text=True, timeout=START_SECONDS)
        lines = [line.strip() for line in expected.splitlines() if line.strip()]
        pattern = "\\s*".join(re.escape(line).replace(r"\.\.\.", ".*") for line in lines)
        assert re.fullmatch(pattern + r"\s*", done.stdout), (command, done.stdout)


@pytest.mark.parametrize("name", [uri[0] for uri in MANAGER_URIS] + ["httpstatus", "static/..."])
def test_every_uri_is_named(name):
    assert "/PREFIX/" + name in README


def test_every_command_is_named():
    for action in parser()._subparsers._group_actions:
        for command in action.choices:
            assert command == "serve" or re.search(r"\bajam (?:-C \S+ )?%s\b" % command, README), command


@pytest.mark.parametrize("name", ["http.conf", "manager.conf", "ajam.conf"])
def test_the_configuration_it_shows_loads_without_a_warning(tmp_path, name):
    left, right = [], []
    block = README[README.index("    http.conf "):README.index("If Asterisk's own")]
    for line in block.splitlines()[1:]:
        left.append(line[6:40].strip())
        right.append(line[40:].strip())
    texts = {"http.conf": "\n".join(left), "manager.conf": "\n".join(right),
             "ajam.conf": re.search(r"^    ajam\.conf\n((?:      .*\n)+)", README, re.MULTILINE)[1]}
    for key, text in texts.items():
        (tmp_path / key).write_text(text)
    from ajam.conf.settings import load
    settings = load(tmp_path)
    assert settings.warnings == ()
    assert (settings.http.bindport, settings.http.prefix) == (8090, "/asterisk")
    assert settings.http.bindport not in (HTTP_PORT, HTTPS_PORT)
    assert settings.users["admin"].secret == "mysecret"
