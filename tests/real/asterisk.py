"""Real Asterisks from Debian's packages, each in a chroot of its own, run by and for the tests.

    Release               which Asterisk, from which suite of Debian
    ready(release)        its chroot below $AJAM_ORACLES, ours for a while; made when it is missing
    Asterisk(release)     configured by the texts in etc/, on free ports, from start() to stop()

Whoever cannot have one, for want of root, of debootstrap or of the mirror, gets an Unavailable.
"""

import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
from typing import NamedTuple

ORACLES = pathlib.Path(os.environ.get("AJAM_ORACLES", "/opt/ajam-oracles"))
ETC = pathlib.Path(__file__).parent / "etc"
SOURCES = pathlib.Path("/etc/apt")
MIRROR = re.compile(r"^(?:URIs:|deb)\s+(?:\[.*?\]\s+)?(https?://\S+)", re.MULTILINE)

BUILD_SECONDS = 1200
START_SECONDS = 60
STOP_SECONDS = 20
POLL_SECONDS = 0.1

LEFT_BEHIND = ("var/lib/asterisk/astdb.sqlite3", "etc/asterisk/spare*.conf")  # by earlier tests
NO_DAEMONS = "#!/bin/sh\nexit 101\n"  # what policy-rc.d says so that a package does not start its service
INSTALL = ("apt-get update -qq && DEBIAN_FRONTEND=noninteractive "
           "apt-get install -y -qq --no-install-recommends asterisk asterisk-config")


class Release(NamedTuple):
    """One Asterisk: its major version, and the suite of Debian that has it."""

    version: str
    suite: str

    @property
    def root(self):
        """Where its chroot is, or is to be."""
        return ORACLES / ("asterisk-" + self.version)


RELEASES = (Release("16", "bullseye"), Release("22", "sid"))


class Unavailable(Exception):
    """There is no such Asterisk to be had here."""


@contextlib.contextmanager
def ready(release):
    """As long as the block lasts the release's chroot is there and used by nobody else."""
    if os.geteuid() != 0:
        raise Unavailable("Asterisk %s runs in a chroot, which takes root" % release.version)
    ORACLES.mkdir(parents=True, exist_ok=True)
    with open("%s.lock" % release.root, "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not release.root.exists():
            build(release)
        yield


def build(release):
    """Makes the release's chroot."""
    if not shutil.which("debootstrap"):
        raise Unavailable("no Asterisk %s in %s, nor debootstrap to build one" % (release.version, ORACLES))
    partial = release.root.with_name(release.root.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    run("debootstrap", "--variant=minbase", "--include=ca-certificates", release.suite, partial, mirror())
    policy = partial / "usr/sbin/policy-rc.d"
    policy.write_text(NO_DAEMONS)
    policy.chmod(0o755)
    run("chroot", partial, "sh", "-c", INSTALL)
    partial.rename(release.root)


def mirror():
    """The package mirror that this host's own apt uses."""
    for path in (*SOURCES.glob("sources.list.d/*.sources"), *SOURCES.glob("sources.list*")):
        found = path.is_file() and MIRROR.search(path.read_text())
        if found:
            return found[1]
    raise Unavailable("this host's apt names no mirror")


def run(*command):
    """Runs a program to its end; Unavailable when it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=BUILD_SECONDS)
    if done.returncode:
        raise Unavailable("%s failed: %s" % (command[0], done.stdout.decode("utf-8", "replace")[-300:]))


def free_port(kind=socket.SOCK_STREAM):
    """A port of this host that nobody has just now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Asterisk:
    """A running Asterisk, from start() to stop(); a context manager.

    http, ami  (host, port) of its own web server and of its manager interface
    """

    def __init__(self, release):
        self.release = release
        self.ports = {"HTTP": free_port(), "AMI": free_port(), "PJSIP": free_port(socket.SOCK_DGRAM),
                      "SIP": free_port(socket.SOCK_DGRAM), "IAX": free_port(socket.SOCK_DGRAM)}
        self.http = ("127.0.0.1", self.ports["HTTP"])
        self.ami = ("127.0.0.1", self.ports["AMI"])
        self._process = None

    def text(self, name):
        """The configuration file of that name as this Asterisk reads it."""
        text = (ETC / name).read_text()
        return re.sub(r"@(\w+)@", lambda found: str(self.ports[found[1]]), text)

    def cli(self, command):
        """What the console prints for a command."""
        done = subprocess.run(["chroot", self.release.root, "asterisk", "-rx", command],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.stdout.decode("utf-8", "replace")

    def start(self):
        """Configures and starts it, and waits until it is fully booted."""
        root = self.release.root
        for path in ETC.iterdir():
            (root / "etc/asterisk" / path.name).write_text(self.text(path.name))
        for pattern in LEFT_BEHIND:
            for path in root.glob(pattern):
                path.unlink()
        run("chroot", root, "install", "-d", "-o", "asterisk", "-g", "asterisk", "/run/asterisk")
        self._process = subprocess.Popen(
            ["chroot", root, "asterisk", "-f", "-U", "asterisk", "-G", "asterisk"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self._await_boot()
        except BaseException:
            self.stop()
            raise

    def _await_boot(self):
        deadline = time.monotonic() + START_SECONDS
        while "fully booted" not in self.cli("core waitfullybooted"):
            assert self._process.poll() is None, "Asterisk %s ended at once" % self.release.version
            assert time.monotonic() < deadline, "Asterisk %s does not boot" % self.release.version
            time.sleep(POLL_SECONDS)

    def stop(self):
        """Ends the process that start() began."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill(self):
        """Ends it at once, as a crash would."""
        self._process.kill()
        self._process.wait()

    def end(self):
        """Ends it by its own console."""
        self.cli("core stop now")
        self._process.wait(STOP_SECONDS)

    @contextlib.contextmanager
    def frozen(self):
        """While the block lasts it does nothing at all."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
