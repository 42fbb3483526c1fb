"""A scripted PBX and what talks to it."""

import pytest

from ajam.ami.accounts import Accounts
from ajam.ami.message import Action
from tests.ami.driving import CHALLENGE, Driver, login
from tests.clock import Clock
from tests.peer import Peer, header, md5_key


@pytest.fixture
def peer():
    with Peer() as peer:
        yield peer


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def driver(peer, clock):
    return Driver(peer.address, clock)


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
def accounts(driver, configuration):
    accounts = Accounts(driver.pbx, driver.notify, lambda: configuration.generation,
                        lambda name: name in configuration.single, configuration.secrets.get)
    yield accounts
    accounts.close()


@pytest.fixture
def log_in(accounts, driver):
    """Logs in as a client with this action does."""
    def log_in(action=login(), wants_boot=False, connection=None):
        return driver.run(accounts.log_in(action, wants_boot, connection))
    return log_in


@pytest.fixture
def log_in_with_key(accounts, driver, log_in):
    """Logs in with the key to a challenge."""
    def log_in_with_key(secret=b"s3cret"):
        output, connection = driver.run(accounts.challenge(CHALLENGE))
        key = md5_key(header(output.split(b"\r\n"), b"Challenge"), secret)
        action = Action([b"Action: Login", b"AuthType: MD5", b"Username: admin", b"Key: " + key])
        return log_in(action, False, connection)
    return log_in_with_key
