"""A scripted PBX and what talks to it."""

import pytest

from ajam.ami.accounts import Accounts
from tests.ami.driving import Driver
from tests.clock import Clock
from tests.peer import Peer


@pytest.fixture
def peer():
    with Peer() as peer:
        yield peer


@pytest.fixture
def driver(peer):
    return Driver(peer.address)


class Configuration:
    """What Accounts asks of the configuration; a test changes it as an administrator would."""

    def __init__(self):
        self.generation = 1
        self.single = set()
        self.secrets = {}


@pytest.fixture
def configuration():
    return Configuration()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def accounts(peer, clock, configuration):
    """Accounts on the peer, with the Driver that runs them as `driver`."""
    driver = Driver(peer.address, clock)
    accounts = Accounts(driver.pbx, driver.notify, lambda: configuration.generation,
                        lambda name: name in configuration.single, configuration.secrets.get)
    accounts.driver = driver
    yield accounts
    accounts.close()
