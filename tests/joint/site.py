"""What a test does to an ajam besides asking it: more browsers, time that passes, looks inside."""

import threading
import time

from ajam.pause import readable
from tests.browser import Browser

PATIENCE_SECONDS = 5.0  # within which what a test waits for has come
LOOK_SECONDS = 0.005
QUIET_SECONDS = 0.1  # for which nothing must come


def until(condition):
    """Waits until condition() is true, and returns what it gave."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, "waited in vain"
        threading.Event().wait(LOOK_SECONDS)


class Site:
    """A running Daemon; a context manager that closes the browsers it gave out.

    directory  that of the configuration files
    """

    def __init__(self, daemon, clock, directory):
        self.daemon = daemon
        self.clock = clock
        self.directory = directory
        self._browsers = []

    def browser(self, cookie=b""):
        """One more browser, with the session that `cookie` names."""
        browser = Browser(self.daemon.address)
        browser.cookie = cookie
        self._browsers.append(browser)
        return browser

    def logged_in(self, username="admin", secret="s3cret", **fields):
        """One more browser, with a session of its own."""
        browser = self.browser()
        assert b"Message: Authentication accepted\r\n" in browser.log_in(username, secret, **fields).body
        return browser

    def begin(self, name, cookie=b"", **fields):
        """A further browser that has asked for something and not read the reply; a WaitEvent waits already."""
        waits = self.waits()
        browser = self.browser(cookie)
        browser.send_action(name, **fields)
        if name == "waitevent":
            until(lambda: self.waits() - waits)
        return browser

    def is_quiet(self, browser):
        """True when no reply comes for a moment."""
        return not readable(browser.socket, QUIET_SECONDS)

    def pass_time(self, seconds):
        """Moves the clock; when it returns everything that was due then has been done."""
        self.clock.now += seconds
        for _ in range(2):  # the lobby looks at the clock between the two
            done = threading.Event()
            self.daemon.lobby.post(lambda _, done=done: done.set(), None)
            assert done.wait(PATIENCE_SECONDS)

    def sessions(self):
        """The sessions there are, of both kinds."""
        tables = (self.daemon.manager.sessions, self.daemon.manager.digest_sessions)
        return [session for table in tables for session in set(table._sessions.values())]

    def waits(self):
        """The WaitEvents in progress, of all sessions."""
        return {session.wait for session in self.sessions()} - {None}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for browser in self._browsers:
            browser.close()
