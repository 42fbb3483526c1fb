"""What holds for every test: nothing leaks, and no secret is logged."""

import os
import threading
import time
from contextlib import contextmanager

import pytest

LEAK_PATIENCE_SECONDS = 3.0  # threads that were told to end are ending
SECRETS = ("s3cret", "viewer pass")  # of the users in tests/serving.py


def descriptors():
    """The open descriptors of this process that are sockets."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink("/proc/self/fd/%s" % name)
        except OSError:
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found


@contextmanager
def no_leaks():
    """Fails when a thread or a socket of the block is left behind."""
    threads, sockets = set(threading.enumerate()), descriptors()
    yield
    deadline = time.monotonic() + LEAK_PATIENCE_SECONDS
    while time.monotonic() < deadline:
        leaked = (set(threading.enumerate()) - threads, descriptors() - sockets)
        if not any(leaked):
            return
        threading.Event().wait(0.01)
    assert leaked == (set(), set())


@pytest.fixture(autouse=True)
def nothing_leaks():
    """Fails a test that leaves something behind; a module with a server of its own says so with module scope."""
    with no_leaks():
        yield


@pytest.fixture(autouse=True)
def no_secret_is_logged(caplog):
    """Fails a test whose log records, of any level, hold a secret."""
    caplog.set_level("DEBUG")
    yield
    logged = "\n".join(record.getMessage() for phase in ("setup", "call") for record in caplog.get_records(phase))
    assert not [secret for secret in SECRETS if secret in logged]
