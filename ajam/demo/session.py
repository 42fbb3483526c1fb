"""One manager connection: its login, its event mask, and one action at a time.

Output of an action is written in one piece; events that come while it runs wait behind it
(reference.md 3.3). A session does no I/O: what it has to say collects in `out`.
"""

from ajam import privileges
from ajam.demo.office import AMI_VERSION
from ajam.demo.requests import Reader, Request
from ajam.demo.security import refused_request

BEFORE_LOGIN = ("login", "challenge", "logoff")
AUTH_TIMEOUT = 30  # seconds; who has not logged in by then is closed without a word
UNKNOWN_ACTION = "Invalid/unknown command: %s. Use Action: ListCommands to show available commands."


class Session:
    """One connection of a manager, until `closing` is True and `out` is empty.

    user, user_name   the User once logged in, None before
    mask              the events that he wants
    addresses         (local, remote) as (host, port) each
    on_output         called when there is something in `out`
    """

    def __init__(self, machine, addresses, on_output):
        self._machine = machine
        self._reader = Reader()
        self._on_output = on_output
        self._running = False  # an action has not been answered yet
        self._looping = False  # _go_on() is on the stack
        self._waiting = []
        self.addresses = addresses
        self.user = self.user_name = None
        self.mask = privileges.ALL
        self.challenge = ""
        self.connected = self.logged_in = machine.timeline.wall
        self.out = bytearray(b"Asterisk Call Manager/%s\r\n" % AMI_VERSION.encode())
        self.closing = False
        machine.sessions.append(self)
        self._patience = machine.timeline.after(AUTH_TIMEOUT, self._expire)

    def receive(self, data):
        """Take bytes from the client and run the actions they complete."""
        self._reader.feed(data)
        self._go_on()

    def deliver(self, block, mask):
        """Take an event of the categories in `mask`, and send it on when the user may and wants to see it."""
        if self.user and self.mask & mask == mask and self.user.may_read(mask) and not self.closing:
            if self._running:
                self._waiting.append(block)
            else:
                self._write(block)

    def finish(self, output, close):
        """The answer of the action that runs; the events that waited for it follow."""
        self._running = False
        self._write(output + b"".join(self._waiting))
        self._waiting = []
        if close:
            self.close()
        elif not self._looping:
            self._go_on()

    def close(self):
        """No more actions and no more events; what is in `out` is still to be sent."""
        self.closing = True
        self._patience.cancel()
        if self in self._machine.sessions:
            self._machine.sessions.remove(self)
        self._on_output(self)

    def _write(self, data):
        self.out += data
        self._on_output(self)

    def _go_on(self):
        self._looping = True
        while not self._running and not self.closing:
            message = self._reader.next()
            if message is None:
                break
            self._running = True
            self._act(message)
        self._looping = False

    def _act(self, message):
        request = Request(self._machine, self, message)
        action = self._machine.actions.get(request.action.lower())
        if message.fault:
            request.fail(message.fault)
        elif not request.action:
            request.fail("Missing action in request")
        elif not self.user and request.action.lower() not in BEFORE_LOGIN:
            refused_request(self._machine, self, "RequestNotAllowed", request.action)
            request.fail("Permission denied")
        elif not action:
            refused_request(self._machine, self, "RequestBadFormat", request.action)
            request.fail(UNKNOWN_ACTION % request.action)
        elif self.user and not self.user.may_write(action.labels):
            refused_request(self._machine, self, "RequestNotAllowed", request.action)
            request.fail("Permission denied")
        else:
            action.run(request)

    def _expire(self):
        if not self.user and not self.closing:
            self.close()
