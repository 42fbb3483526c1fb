"""ajam between browsers and a PBX of the test's own, and how its replies are held against the model."""

import contextlib
import itertools
import logging
import pathlib
import tempfile

from tests.browser import Browser
from tests.clock import Clock
from tests.conftest import no_leaks
from tests.fuzz.life.client import LIFETIME, Client
from tests.fuzz.life.switchboard import OUTPUTS, Switchboard
from tests.joint.site import Site
from tests.serving import HTTP_CONF, serve
from tests.web.site import wait_until

MOST_CLIENTS = 8  # alive at a time
MOST_ASKED = 12  # requests that wait at a time
DENIED = b"Response: Error\r\nActionID: %b\r\nMessage: Permission denied\r\n\r\n"
PATIENT_HTTP_CONF = HTTP_CONF + "session_keep_alive=360000000\n"
NO_LIMITS = "[limits]\nfailed_logins=1000000000\n"
PATIENCE_SECONDS = 30.0
KEPT = 20  # dead clients that are remembered, to see that they stay dead


def until(condition):
    """Waits until condition() is true; machines that test other things meanwhile take their time."""
    wait_until(condition, PATIENCE_SECONDS)


class Complaints(logging.Handler):
    """What a log of a healthy ajam never has."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.records = []

    def emit(self, record):
        """Keeps errors and tracebacks."""
        if record.levelno >= logging.ERROR or record.exc_info:
            self.records.append("%s %s" % (record.getMessage(), record.exc_info))


class World:
    """Everything that a move may move; a context manager that complains at its end.

    clients  every login, the dead ones too, as long as there are not too many of them
    up       False while the PBX is away
    """

    def __init__(self, directory):
        self.clock = Clock()
        self.pbx = Switchboard()
        self.address = self.pbx.address[:2]
        self.daemon = serve(pathlib.Path(directory), self.address, self.clock, http_conf=PATIENT_HTTP_CONF,
                            ajam_conf=NO_LIMITS)
        self.site = Site(self.daemon, self.clock, directory)
        self.clients = []
        self.up = True
        self.ids = (b"id%d" % number for number in itertools.count(1))
        self.complaints = Complaints()

    def __enter__(self):
        logging.getLogger("ajam").addHandler(self.complaints)
        self.daemon.start()
        until(lambda: self.daemon.pbx.banner and not self.pbx.live())
        return self

    def __exit__(self, kind, *_):
        for client in self.clients:
            for browser in (client.browser, *(asked.browser for asked in client.asked)):
                browser.close()
        self.pbx.close()
        self.daemon.close()
        logging.getLogger("ajam").removeHandler(self.complaints)

    def check(self):
        """Fails when the log or the PBX has seen what they must not."""
        self.pbx.check_messages()
        assert not self.complaints.records, self.complaints.records

    # Who is there

    def alive(self):
        """The clients whose session lives."""
        return [client for client in self.clients if client.is_alive(self.clock())]

    def asked(self, *kinds):
        """The requests of these kinds that wait."""
        return [asked for client in self.clients for asked in client.asked if asked.kind in kinds]

    def enter(self, browser, mask):
        """A login has been accepted: one more client."""
        [session] = [each for each in self.site.sessions()
                     if browser.cookie == b'mansession_id="%b"' % each.id.encode()]
        self.clients.append(Client(browser, session, mask, self.clock()))
        dead = [client for client in self.clients if not client.is_alive(self.clock()) and not client.asked]
        for client in dead[:-KEPT]:
            client.browser.close()
            self.clients.remove(client)

    # Requests

    def browser(self, cookie=b""):
        """One more browser, which its user closes."""
        browser = Browser(self.daemon.address, PATIENCE_SECONDS)
        browser.cookie = cookie
        return browser

    def request(self, client, action, *pairs):
        """The reply to an action that is answered at once; a live session lives on from now."""
        client.browser.cookie = client.cookie
        reply = client.browser.action(action, *pairs)
        self.served(client)
        return reply

    def served(self, client):
        """A request of the client is over."""
        if client.is_alive(self.clock()):
            client.expires = self.clock() + LIFETIME

    def begin(self, client, action, *pairs):
        """A browser of its own that has asked and waits for the reply."""
        browser = self.browser(client.cookie)
        browser.send_action(action, *pairs)
        return browser

    def finish(self, asked):
        """The reply to a request that has waited."""
        reply = asked.browser.read_reply()
        asked.browser.close()
        self.let_go(asked)
        return reply

    def let_go(self, asked):
        """The request is over, one way or another; returns once ajam knows."""
        client = asked.client
        alive = client.is_alive(self.clock())
        client.asked.remove(asked)
        until(lambda: client.session.in_use <= len(client.asked))
        if alive:
            client.expires = self.clock() + LIFETIME

    def check_answer(self, reply, client_alive, action, id):
        """Fails unless a reply is the answer to this very action."""
        if not client_alive:
            expected = (200, DENIED % id)
        elif not self.up or action == b"vanish":
            return self.check_unavailable(reply, id)
        else:
            expected = (200, OUTPUTS[action](id))
        assert (reply.status, reply.body) == expected, (reply, expected)

    def check_unavailable(self, reply, id):
        """Fails unless a reply says that the PBX is away."""
        assert reply.status == 503 and reply.header(b"Retry-After"), reply
        assert reply.body.startswith(b"Response: Error\r\nActionID: %b\r\nMessage: The PBX " % id), reply

    # Feeds

    def feeds(self):
        """The feeds of all sessions."""
        return {session.account.feed for session in self.site.sessions()}

    def lasts(self):
        """The number of the last event of each feed, of those too that the next login may join."""
        return {feed: feed.ring.last for feed in self.all_feeds()}

    def all_feeds(self):
        """The feeds there are, those that nobody uses any more too."""
        return [account.feed for account in self.daemon.manager.accounts._all()]

    def all_up(self):
        """True when every feed stands; to those that do not it is said that they may hurry."""
        down = [feed for feed in self.all_feeds() if not (feed.up or feed.ended)]
        for feed in down:
            feed.hurry()
        return not down


@contextlib.contextmanager
def new_world():
    """A World in a directory of its own, of which nothing is left behind."""
    with no_leaks(), tempfile.TemporaryDirectory() as directory, World(directory) as world:
        yield world
