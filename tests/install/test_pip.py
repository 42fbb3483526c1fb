"""`pip install .`: what goes where, and what it needs."""

import pathlib
import shutil
import subprocess
import tarfile
import zipfile

import pytest

from tests.install.ways import MAKE_SECONDS, ROOT, RUN_SECONDS, Way, changes, clone, make, readme_command

SDIST = "import setuptools.build_meta as backend, sys; backend.build_sdist(sys.argv[1])"


def files_below(directory):
    """The files of a directory of the checkout, by their names below it."""
    return {str(path.relative_to(ROOT / directory)) for path in (ROOT / directory).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def offline(tmp_path_factory, environment):
    """The environment of somebody who has setuptools, and no package index."""
    packages = tmp_path_factory.mktemp("setuptools")  # 70.1: the first that makes wheels by itself
    make("pip install -q --target '%s' 'setuptools>=70.1'" % packages, packages, environment)
    return {**environment, "PYTHONPATH": str(packages)}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory, tree, offline):
    """The wheel, made without an index."""
    place = clone(tree, tmp_path_factory.mktemp("wheel") / "ajam")
    make("pip wheel -q --no-index --no-build-isolation --no-deps -w dist .", place, offline)
    assert changes(place) == ""
    return next((place / "dist").glob("ajam-*.whl"))


@pytest.fixture(scope="module")
def wheel_names(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def sdist_names(tmp_path_factory, tree, offline):
    place = clone(tree, tmp_path_factory.mktemp("sdist") / "ajam")
    subprocess.run(["python3", "-W", "ignore", "-c", SDIST, "dist"], cwd=place, env=offline, check=True,
                   capture_output=True, timeout=MAKE_SECONDS)
    assert changes(place) == ""
    with tarfile.open(next((place / "dist").glob("ajam-*.tar.gz"))) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def test_the_wheel_has_every_module_and_every_page(wheel_names):
    assert {"ajam/" + name for name in files_below("ajam")} <= wheel_names
    assert {"ajam/www/" + name for name in files_below("www")} <= wheel_names


def test_the_wheel_has_all_of_etc_as_samples_and_the_manual_page(wheel_names):
    shared = {name.partition(".data/data/share/")[2] for name in wheel_names if ".data/data/share/" in name}
    samples = {"doc/ajam/etc/" + name for name in files_below("etc") if not name.startswith("man/")}
    assert shared == samples | {"man/man8/ajam.8", "doc/ajam/README"}


def test_the_wheel_has_the_licence_and_nothing_else_at_its_top(wheel_names):
    assert [name for name in wheel_names if name.endswith(".dist-info/licenses/LICENSE")]
    tops = {name.partition("/")[0].partition("-")[0] for name in wheel_names}
    assert tops == {"ajam"} and not [name for name in wheel_names if "test" in name and "www/" not in name]


def test_the_source_distribution_has_all_but_the_tests(sdist_names):
    for directory in ("ajam", "www", "etc"):
        assert {directory + "/" + name for name in files_below(directory)} <= sdist_names
    assert {"README", "LICENSE", "setup.cfg", "pyproject.toml"} <= sdist_names
    assert not [name for name in sdist_names if name.startswith("tests")]


def test_what_an_older_build_left_behind_is_not_installed(tmp_path, tree, offline):
    place = clone(tree, tmp_path / "ajam")
    for ghost in ("build/lib/ajam/ghost.py", "build/lib/ajam/www/ghost.html"):
        (place / ghost).parent.mkdir(parents=True, exist_ok=True)
        (place / ghost).write_text("")
    make("pip wheel -q --no-index --no-build-isolation --no-deps -w dist .", place, offline)
    with zipfile.ZipFile(next((place / "dist").glob("*.whl"))) as archive:
        assert not [name for name in archive.namelist() if "ghost" in name]


def prefix(environment):
    """Where the virtual environment is."""
    return pathlib.Path(shutil.which("ajam", path=environment["PATH"])).parent.parent


def test_samples_and_manual_page_are_below_the_prefix(installed):
    share = prefix(installed.environment) / "share"
    for name in ("man/man8/ajam.8", "doc/ajam/etc/asterisk/ajam.conf", "doc/ajam/README"):
        assert (share / name).is_file()


@pytest.mark.skipif(not shutil.which("man"), reason="man is not installed")
def test_man_finds_the_page_of_the_command_on_the_path(installed):
    found = subprocess.run(["man", "-w", "ajam"], env=installed.environment, capture_output=True, text=True,
                           timeout=RUN_SECONDS)
    assert found.stdout.strip() == str(prefix(installed.environment) / "share/man/man8/ajam.8"), found.stderr


def test_readme_s_line_for_a_system_that_keeps_pip_out(tmp_path, tree, environment):
    command = readme_command("/opt/ajam/bin/pip")
    place = tmp_path / "opt"
    make(command.replace("/opt/ajam", str(place)), clone(tree, tmp_path / "ajam"), environment)
    done = Way(tree, (str(place / "bin/ajam"),), tmp_path, environment).run("--version")
    assert done.returncode == 0
