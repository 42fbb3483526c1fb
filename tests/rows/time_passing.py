"""Time that passes for a Daemon on a Clock, at once and without a race."""

from ajam.pause import readable
from tests.browser import Browser


def let_pass(daemon, clock, seconds):
    """Moves the clock: what was sent before has been read by then, and what is due has been done behind it."""
    settle(daemon)
    clock.now += seconds
    daemon.lobby.wake(None)
    settle(daemon)


def settle(daemon):
    """Returns once the lobby has seen to everything that was there: a newcomer is served after it."""
    with Browser(daemon.address) as newcomer:
        newcomer.request("/")


def is_silent(browser):
    """True while nothing has come that the browser has not read."""
    return not readable(browser.socket, 0)


def is_over(browser):
    """True once ajam has ended the connection and nothing more can come."""
    return not is_silent(browser) and not browser.socket.recv(1, 2)
