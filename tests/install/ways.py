"""The ways to have an ajam, made by README's own commands; and a run of one."""

import os
import pathlib
import re
import signal
import subprocess
from typing import Mapping, NamedTuple, Tuple

import pytest

from tests.serving import write_configuration

ROOT = pathlib.Path(__file__).parent.parent.parent
MAKE_SECONDS = 300  # pip fetches setuptools
RUN_SECONDS = 60
NOWHERE = ("127.0.0.1", 1)  # where no PBX is
GIT = ("git", "-c", "safe.directory=*", "-c", "user.name=tests", "-c", "user.email=tests@localhost",
       "-c", "init.defaultBranch=main")


class Way(NamedTuple):
    """One way to have it.

    tree      the clean tree that it came from
    command   what starts it
    cwd       the directory in which it is started; but for the checkout's an empty one
    """

    tree: pathlib.Path
    command: Tuple[str, ...]
    cwd: pathlib.Path
    environment: Mapping[str, str]

    def run(self, *arguments):
        """A finished run."""
        return subprocess.run([*self.command, *map(str, arguments)], cwd=self.cwd, env=self.environment,
                              capture_output=True, text=True, timeout=RUN_SECONDS)

    def serve(self, directory, temporary, **texts):
        """A Serving, on the configuration of tests/serving.py written to `directory`."""
        write_configuration(directory, NOWHERE, **texts)
        process = subprocess.Popen([*self.command, "-C", str(directory)], cwd=self.cwd, text=True,
                                   env={**self.environment, "TMPDIR": str(temporary)},
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return Serving(process)


class Serving:
    """An ajam that serves; a context manager, which ends it and expects that it ends well.

    address  (host, port)
    log      what it has said, as text; all of it once it has ended
    """

    def __init__(self, process):
        self._process = process
        self.address = None
        self.log = ""

    def __enter__(self):
        for line in self._process.stderr:
            self.log += line
            found = re.search(r"serving http://([0-9.]+):(\d+)/", line)
            if found:
                self.address = (found.group(1), int(found.group(2)))
                return self
        self._process.communicate(timeout=RUN_SECONDS)
        raise AssertionError("it does not serve: " + self.log)

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGTERM)
        try:
            self.log += self._process.communicate(timeout=RUN_SECONDS)[1]
        finally:
            self._process.kill()
        assert self._process.returncode == 0 and "Traceback" not in self.log, self.log


def clone(tree, to):
    """A new copy of a clean tree."""
    subprocess.run([*GIT, "clone", "-q", str(tree), str(to)], check=True, timeout=RUN_SECONDS)
    return to


def changes(tree):
    """What git finds changed or new in a tree."""
    return subprocess.run([*GIT, "status", "--porcelain"], cwd=tree, check=True, capture_output=True, text=True).stdout


def readme_commands():
    """The commands under INSTALL of README, as they stand."""
    text = (ROOT / "README").read_text()
    section = re.search(r"\n\nINSTALL\n(.*?)\n\n[A-Z][A-Z ,']+\n\n", text, re.DOTALL).group(1)
    return re.findall(r"(?:^    .*\n)+", section, re.MULTILINE)


def readme_command(word):
    """The one of them that has `word` in it."""
    found = [command for command in readme_commands() if word in command]
    assert len(found) == 1, found
    return found[0]


def make(command, tree, environment):
    """Runs a command of README in a clean tree; skips the test when pip has nowhere to get setuptools from."""
    done = subprocess.run(["bash", "-c", command], cwd=tree, env=environment, capture_output=True, text=True,
                          timeout=MAKE_SECONDS)
    if "No matching distribution found for setuptools" in done.stdout + done.stderr:
        pytest.skip("pip reaches no package index, and finds no setuptools")
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def bare_environment(home, *places):
    """The environment of somebody whose PATH begins with `places`, without what points Python elsewhere."""
    kept = {name: value for name, value in os.environ.items()
            if name not in ("PYTHONPATH", "MANPATH") and not name.startswith(("AJAM_", "PYTEST_", "COV_"))}
    return {**kept, "HOME": str(home), "PATH": os.pathsep.join([*map(str, places), os.environ["PATH"]])}
