"""AMI over TLS with a real Asterisk: what it says on its other port is the same, and nobody else is taken for it."""

import os
import pathlib
import time

import pytest

from ajam.ami.connection import Pbx
from ajam.ami.feed import Feed
from ajam.ami.message import Action
from ajam.ami.tls import trusting
from ajam.errors import LoginRefused, PbxUnreachable
from tests.ami.driving import Driver, login
from tests.certificates import authority, localhost
from tests.real.asterisk import free_port

__all__ = ("authority", "localhost")

NAMES = ("ajam-tests.pem", "ajam-tests.key")
STATUS = Action([b"Action: Status"])
TLS = """\
[general](+)
tlsenable=yes
tlsbindaddr=127.0.0.1:%d
tlscertfile=/etc/asterisk/ajam-tests.pem
tlsprivatekey=/etc/asterisk/ajam-tests.key
"""


@pytest.fixture(scope="module")
def secure_port(bench, authority, localhost):
    """The TCP port on which the bench's Asterisk speaks AMI over TLS, for the time of these tests."""
    etc, port = bench.asterisk.release.root / "etc/asterisk", free_port()
    owner = (etc / "manager.conf").stat()
    for name, path in zip(NAMES, localhost[:2]):
        (etc / name).write_bytes(pathlib.Path(path).read_bytes())
        os.chown(etc / name, owner.st_uid, owner.st_gid)
        (etc / name).chmod(0o644)
    (etc / "manager.conf").write_text(bench.asterisk.text("manager.conf") + TLS % port)
    bench.asterisk.cli("manager reload")
    try:
        yield port
    finally:
        (etc / "manager.conf").write_text(bench.asterisk.text("manager.conf"))
        bench.asterisk.cli("manager reload")
        for name in NAMES:
            (etc / name).unlink()


def secure_driver(port, context):
    """A Driver that speaks TLS."""
    driver = Driver(("127.0.0.1", port), time.monotonic)
    driver.pbx = Pbx(("127.0.0.1", port), time.monotonic, tls=context)
    return driver


@pytest.fixture
def driver(secure_port, authority):
    return secure_driver(secure_port, trusting(authority.cafile))


def test_actions_are_answered_as_without_tls(driver, bench):
    plain = Driver(bench.asterisk.ami, time.monotonic)
    outputs = []
    for each in (plain, driver):
        connection = each.run(each.pbx.connect())
        assert b"Authentication accepted" in each.run(connection.ask(login(b"Events: off")))
        outputs.append(each.run(connection.ask(STATUS)))
        connection.close()
    assert outputs[0].count(b"\r\nEvent: Status\r\n") == outputs[1].count(b"\r\nEvent: Status\r\n") > 0
    assert plain.pbx.banner == driver.pbx.banner


def test_events_come_over_tls(driver):
    def never():
        raise LoginRefused("no")
        yield
    connection = driver.run(driver.pbx.connect())
    driver.run(connection.ask(login(b"Events: on")))
    feed = Feed(connection, never, driver.notify, time.monotonic)
    feed.start()
    try:
        output = driver.run(feed.ask(Action([b"Action: UserEvent", b"UserEvent: Ajam"]), 5))
        assert output.startswith(b"Response: Success\r\n")
        driver.wait_for(lambda: any(b"UserEvent: Ajam\r\n" in event.block
                                    for event in feed.ring.after(0, -1).events))
    finally:
        feed.close()
        feed.join()


def test_an_asterisk_that_nobody_trusts_is_not_logged_in_to(secure_port):
    driver = secure_driver(secure_port, trusting(None))
    with pytest.raises(PbxUnreachable, match="signed by nobody whom ajam trusts"):
        driver.run(driver.pbx.connect())


def test_its_plain_port_speaks_no_tls(bench, authority):
    driver = secure_driver(bench.asterisk.ami[1], trusting(authority.cafile))
    with pytest.raises(PbxUnreachable, match="does not speak TLS on this port"):
        driver.run(driver.pbx.connect())
