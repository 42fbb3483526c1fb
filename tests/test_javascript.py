"""www/*.js: its tests run on Node, it is read without an error, and it keeps to the rules for what a browser is given."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
WWW = ROOT / "www"
SCRIPTS = sorted(WWW.rglob("*.js"))
LIBRARY = [WWW / "astman.js", *sorted((WWW / "astman").glob("*.js"))]
TESTS = sorted((ROOT / "tests" / "js").glob("*.test.js"))
PATIENCE_SECONDS = 120
LIMITS = {"lines": 400, "columns": 120}

# What would make markup or code of text, or load from elsewhere.
FORBIDDEN = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?://(?!www\.w3\.org)")


def node_missing():
    """Why the tests that need Node cannot run; empty when they can."""
    node = shutil.which("node")
    if not node:
        return "Node.js is not installed"
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    # From 20.19 on a .js file may be a module without a package.json that says so.
    return "" if tuple(map(int, version[1:].split(".")[:2])) >= (20, 19) else "Node.js %s is older than 20.19" % version


MISSING = node_missing()
needs_node = pytest.mark.skipif(bool(MISSING), reason=MISSING or "Node.js is there")


def name_of(path):
    return str(path.relative_to(ROOT))


def is_module(text):
    """True for a script that must be loaded as a module."""
    return re.search(r"^(import|export)\b", text, re.MULTILINE) is not None


def syntax_error(text, directory):
    """What Node finds wrong with a script; empty when nothing."""
    # By its ending, for Node checks a .js that turns out to be a module not at all.
    path = directory / ("script.mjs" if is_module(text) else "script.cjs")
    path.write_text(text)
    done = subprocess.run(["node", "--check", str(path)], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    return done.stderr if done.returncode else ""


@needs_node
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_what_the_tests_say_of_the_library_holds(path):
    done = subprocess.run(["node", "--test", str(path)], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE)


@needs_node
@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_is_read_without_an_error(path, tmp_path):
    assert syntax_error(path.read_text(), tmp_path) == ""


@needs_node
@pytest.mark.parametrize("text", ["export const x = ;\n", "(function () { return }\n", "await 1;\n"])
def test_a_script_with_an_error_would_be_found(text, tmp_path):
    assert "SyntaxError" in syntax_error(text, tmp_path)


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_no_script_makes_markup_or_code_of_text_or_loads_from_elsewhere(path):
    assert not FORBIDDEN.findall(path.read_text())


@pytest.mark.parametrize("path", LIBRARY, ids=name_of)
def test_a_script_of_the_library_can_be_read_in_one_sitting(path):
    text = path.read_text()
    assert max(map(len, text.splitlines())) <= LIMITS["columns"]
    assert text.count("\n") <= LIMITS["lines"]


@pytest.mark.parametrize("path", LIBRARY, ids=name_of)
def test_all_that_the_library_exports_says_what_it_is(path):
    lines = path.read_text().splitlines()
    exports = [number for number, line in enumerate(lines) if re.match(r"export (async )?(function|class|const)\b", line)]
    assert [lines[number] for number in exports if not lines[number - 1].endswith("*/")] == []


def test_old_pages_get_a_plain_script_and_new_ones_modules():
    assert not is_module((WWW / "astman.js").read_text())
    assert is_module((WWW / "astman" / "index.js").read_text())


@pytest.fixture(scope="module")
def demo_url():
    """The address of the manager's URIs of a demo that runs."""
    process = subprocess.Popen([sys.executable, "-m", "ajam", "demo", "--port", "0"], cwd=ROOT,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        port = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline()).group(1)
        yield "http://127.0.0.1:%s/asterisk/" % port
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)


@needs_node
@pytest.mark.parametrize("way", ["stream", "waits"])
def test_the_library_follows_a_call_on_the_demo(demo_url, way):
    done = subprocess.run(["node", str(ROOT / "tests" / "js" / "live.js"), demo_url, way, "Local/100@default"],
                          capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert (done.returncode, done.stdout) == (0, way + ", numbered\n"), done.stderr
