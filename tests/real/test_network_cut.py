"""A real Asterisk at the far end of a network that is cut under load, and whole again some seconds later.

The Asterisk runs in a network namespace, and the link that leads there is taken down: no packet goes either
way, and nobody is told so. What clients see of it, with the clients of tests/real/test_faults.py:

    cut for long   ajam finds the PBX silent: the same as when it is frozen
    cut for short  TCP makes up for it: all wait and are answered, and nothing is lost
"""

import contextlib
import ctypes
import os
import secrets
import shutil
import threading
import time
from typing import Any, Callable, NamedTuple, Tuple

import pytest

from tests.conftest import no_leaks
from tests.load.service import Service, configure, wait_until
from tests.real.asterisk import Asterisk, Unavailable, run
from tests.real.test_faults import (
    BACK, FROZEN, GONE, LISTENERS, LOST, NO_ANSWER, NO_BANNER, Caller, Listener, await_answers, clients, cookies,
    finish, look_at, of, told)

NEW_NETWORK = 0x40000000  # CLONE_NEWNET in setns(2); os.setns() is there from CPython 3.12 on
SHORT_SECONDS = 3.0  # a fifth of the time that ajam listens to silence
LOOK_SECONDS = 0.05
HEARD = {GONE, FROZEN, NO_BANNER, NO_ANSWER}  # status and message, while it is cut for long


class Network:
    """A network namespace and the link to it, of a pair of veth(4); a context manager. Unavailable without the means.

    near, far  the addresses of the link's ends, of those that are set apart for tests of networks (RFC 2544 C.2.2)
    """

    def __init__(self):
        mark = secrets.token_hex(4)
        self._name = "ajam-" + mark
        self._links = "near-" + mark, "far-" + mark
        block = secrets.randbelow(1 << 14)  # of four addresses
        self.near, self.far = ("198.18.%d.%d" % divmod(4 * block + end, 256) for end in (1, 2))

    def __enter__(self):
        if not shutil.which("ip"):
            raise Unavailable("there is no ip, of the package iproute2")
        near, far = self._links
        run("ip", "netns", "add", self._name)
        try:
            run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", self._name)
            run("ip", "address", "add", self.near + "/30", "dev", near)
            run("ip", "link", "set", near, "up")
            self._there("address", "add", self.far + "/30", "dev", far)
            self._there("link", "set", "lo", "up")
            self._there("link", "set", far, "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        run("ip", "netns", "delete", self._name)  # its end of the link goes with it, and so the other one

    def _there(self, *command):
        run("ip", "-n", self._name, *command)

    @contextlib.contextmanager
    def cut(self):
        """While the block lasts nothing goes through; what is sent is lost."""
        self._there("link", "set", self._links[1], "down")
        try:
            yield
        finally:
            self._there("link", "set", self._links[1], "up")

    def inside(self, work):
        """Calls work() in a thread whose network, and that of the processes it starts, is the namespace's."""
        failures = []

        def enter_and_work():
            try:
                with open("/run/netns/" + self._name, "rb") as namespace:
                    if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), NEW_NETWORK):
                        raise OSError(ctypes.get_errno(), "setns: " + os.strerror(ctypes.get_errno()))
                work()
            except BaseException as failure:
                failures.append(failure)

        thread = threading.Thread(target=enter_and_work)
        thread.start()
        thread.join()
        for failure in failures:
            raise failure


class Distant(Asterisk):
    """An Asterisk at the far end of a Network.

    address  (host, port) of its manager interface
    """

    def __init__(self, release, network):
        super().__init__(release)
        self.network = network
        self.address = (network.far, self.ports["AMI"])

    def text(self, name):
        """As above, with its address there."""
        return super().text(name).replace("127.0.0.1", self.network.far)

    def start(self):
        """As above, there."""
        self.network.inside(super().start)


class Scene(NamedTuple):
    """As the fixture `scene` of tests/real/test_faults.py."""

    asterisk: Any
    ajam: Tuple[str, int]
    log: Callable[[], str]


@pytest.fixture
def scene(bench, tmp_path):
    """An Asterisk behind the network, in place of the bench's, whose chroot is the same; and an ajam before it."""
    with contextlib.ExitStack() as held:
        try:
            network = held.enter_context(Network())
        except Unavailable as reason:
            pytest.skip(str(reason))
        held.callback(bench.revive_asterisk)
        bench.kill_asterisk()
        asterisk = held.enter_context(Distant(bench.asterisk.release, network))
        configure(tmp_path, asterisk)
        service = held.enter_context(Service(tmp_path))
        yield Scene(asterisk, service.address, lambda: service.log)
        assert "Traceback" not in service.end()


@pytest.fixture(autouse=True)
def nothing_leaks(scene):
    """Looks before the bench gets its Asterisk back, and with it another connection of its own."""
    with no_leaks():
        yield


@contextlib.contextmanager
def cut(asterisk):
    """Its network is."""
    with asterisk.network.cut():
        yield


def stays(condition, seconds):
    """Looks at condition() for some time, in which it must be true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition()
        threading.Event().wait(LOOK_SECONDS)


def test_a_network_that_is_cut_for_long_is_as_good_as_a_frozen_pbx(scene, cookies, clients, record_property):
    look_at(scene, cookies, clients, cut, HEARD, record_property)


def test_a_network_that_is_cut_for_short_has_all_wait_and_loses_nothing(scene, cookies, clients):
    already = len(scene.log())
    told(scene.ajam, cookies[0], 1)
    await_answers(clients)
    with cut(scene.asterisk):
        scene.asterisk.cli('channel originate Local/100@default application UserEvent "Load,Number: 2"')
        stays(lambda: not any(2 in each.seen for each in clients), SHORT_SECONDS)
    await_answers(clients)
    finish(scene, cookies, clients, 3)
    assert set().union(*(each.heard for each in of(clients, Caller))) <= {GONE, NO_BANNER}
    assert [each.kinds for each in of(clients, Listener)] == [[]] * LISTENERS
    wait_until(lambda: scene.log().count(LOST, already) == scene.log().count(BACK, already))
    assert scene.log().count(LOST, already) <= 1, scene.log()
