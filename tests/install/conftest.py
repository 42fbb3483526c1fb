"""Each way once a session: what pip makes takes seconds."""

import pathlib
import shutil
import subprocess
import sys

import pytest

from tests.install.ways import GIT, MAKE_SECONDS, ROOT, Way, bare_environment, clone, make, readme_command


@pytest.fixture(scope="session")
def tree(tmp_path_factory):
    """A repository of what would be committed now, and of nothing else."""
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    tree = tmp_path_factory.mktemp("tree")
    names = subprocess.run([*GIT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                           check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():  # not one that was removed and is still in the index
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "What there is")):
        subprocess.run([*GIT, *arguments], cwd=tree, check=True)
    return tree


@pytest.fixture(scope="session")
def venv(tmp_path_factory):
    """The bin directory of a new virtual environment, with pip in it and nothing else."""
    place = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True, capture_output=True, timeout=MAKE_SECONDS)
    return place / "bin"


@pytest.fixture(scope="session")
def environment(tmp_path_factory, venv):
    """That of somebody who is in the virtual environment."""
    return bare_environment(tmp_path_factory.mktemp("home"), venv)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory, tree, environment):
    """README: in the checkout."""
    place = clone(tree, tmp_path_factory.mktemp("checkout") / "ajam")
    command = readme_command("python3 -m ajam").replace(" --version", "").split()
    return Way(place, tuple(command), place, environment)


@pytest.fixture(scope="session")
def installed(tmp_path_factory, tree, environment):
    """README: pip install."""
    place = clone(tree, tmp_path_factory.mktemp("pip") / "ajam")
    make(readme_command("    pip install"), place, environment)
    return Way(place, ("ajam",), tmp_path_factory.mktemp("empty"), environment)


@pytest.fixture(scope="session")
def single(tmp_path_factory, tree, environment):
    """README: one file; away from the tree."""
    place = clone(tree, tmp_path_factory.mktemp("zipapp") / "ajam")
    make(readme_command("zipapp"), place, environment)
    alone = tmp_path_factory.mktemp("alone")
    shutil.copy2(place / "ajam.pyz", alone)
    return Way(place, ("./ajam.pyz",), pathlib.Path(alone), environment)


@pytest.fixture(params=["checkout", "installed", "single"])
def way(request):
    """Every way."""
    return request.getfixturevalue(request.param)
