"""The PBX of the stateful run: what it answers to an action follows from the action alone."""

import threading

from tests.peer import Peer, header

USERS = {b"admin": b"s3cret", b"viewer": b"viewer pass"}
HELD_SECONDS = 60.0  # of real time; a held action is let go long before
CANARY = b"Canary"  # what hostile parameters try to have done
KNOWN = frozenset((b"login", b"logoff", b"challenge", b"ping", b"events", b"coresettings", b"echo", b"list", b"text",
                   b"silent",
                   b"vanish", b"hold", b"filter"))


def echoed(id):
    """A response that says which action it answers."""
    return b"Response: Success\r\nActionID: %b\r\nMessage: for %b\r\n\r\n" % (id, id)


def listed(id):
    """The same as a list."""
    block = b"Event: Entry\r\nActionID: %b\r\nNumber: %d\r\n\r\n"
    return b"Response: Success\r\nActionID: %b\r\nEventList: start\r\n\r\n%b%b%b" % (
        id, block % (id, 1), block % (id, 2), b"Event: Complete\r\nActionID: %b\r\nEventList: Complete\r\n\r\n" % id)


def texted(id):
    """The same as text that looks like everything else."""
    event = b"Event: Hangup\r\nPrivilege: call,all\r\n\r\n"
    return b"Response: Follows\r\n\r\nfree \xff text\r\n\r\nActionID: %b\r\n%b%b" % (id, event, id)


OUTPUTS = {
    b"echo": echoed, b"list": listed, b"text": texted, b"silent": lambda id: b"", b"hold": echoed,
    b"filter": lambda id: b"Response: Success\r\nActionID: %b\r\nMessage: Filter Added Successfully\r\n\r\n" % id,
}


class Switchboard(Peer):
    """A Peer that holds actions until it is told to let go, and looks at every message that it gets."""

    def __init__(self, address=("127.0.0.1", 0)):
        self._held = {}
        super().__init__(self._answer, users=USERS, address=address)

    def _answer(self, lines, connection):
        name, id = header(lines, b"Action").lower(), header(lines, b"ActionID")
        if name == b"vanish":
            connection.close()
            return b""
        if name == b"hold":
            self._held.setdefault(id, threading.Event()).wait(HELD_SECONDS)
        return OUTPUTS[name](id) if name in OUTPUTS else b"Response: Error\r\nMessage: Invalid/unknown command\r\n\r\n"

    def is_held(self, id):
        """True when the action has come and waits."""
        return id in self._held

    def let_go(self, id):
        """Answers a held action."""
        self._held[id].set()

    def drop_connections(self):
        """Ends all connections; what is held has no answer."""
        super().drop_connections()
        for gate in list(self._held.values()):
            gate.set()

    def check_messages(self):
        """Fails when a line came that no client of ours may have sent."""
        for number, lines in list(self.messages):
            assert 0 < len(lines) <= 128 and header(lines, b"Action").lower() in KNOWN, (number, lines)
            for line in lines:
                assert b":" in line and len(line) <= 1022 and not set(line) & set(b"\r\n\0"), (number, lines)
                assert not line.startswith(CANARY), (number, lines)
