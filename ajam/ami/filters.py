"""An account's filters: what the PBX keeps from its feed, whichever connection that runs on."""

from ajam.ami.connection import ASK_SECONDS
from ajam.ami.message import field
from ajam.ami.wire import split_booted, split_events
from ajam.errors import ActionRefused, LoginRefused

MAX_FILTERS = 256  # of one account; Asterisk sets no bound


class Filters:
    """The Filter actions that the PBX has taken, in their order."""

    def __init__(self):
        self._actions = []

    def __len__(self):
        return len(self._actions)

    def add(self, action, ask):
        """The output of a Filter that ask(action) has the PBX do; when that has taken it, it is one of these.

        raises  ActionRefused  there are too many; besides what ask() raises
        """
        if len(self) >= MAX_FILTERS:
            raise ActionRefused("Too many filters")
        output = yield from ask(action)
        if is_taken(output):
            self._actions.append(action)
        return output

    def apply(self, connection):
        """Has a new connection of the feed filtered like the one before, or ends it.

        Of what is in its `rest` already FullyBooted is left; the PBX lets that through every filter.

        raises  LoginRefused  the PBX does not take them any more
        """
        booted, behind = split_booted(connection.rest)
        connection.rest = b"" if self._actions else behind
        try:
            for action in list(self._actions):
                if not is_taken((yield from ask_alone(action, connection))):
                    raise LoginRefused("The PBX no longer takes a Filter")
        except BaseException:
            connection.close()
            raise
        connection.rest = booted + connection.rest


def ask_alone(action, connection):
    """The output of a Filter on a connection with events, whose `rest` is what came behind that: events, filtered."""
    answer = yield from connection.ask(action, ASK_SECONDS)
    _, output, behind = split_events(answer)
    connection.rest = b"".join(behind) + connection.rest
    return output


def is_taken(output):
    """True for the answer to a Filter that counts from now on."""
    return field(output, b"Response") == b"Success"
