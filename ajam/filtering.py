"""Filter: keeps events from one session (reference.md 3.9).

The first one gives its session a feed of its own, which begins with the PBX's answer to it: what
came before would not have been filtered. One that the PBX refuses changes nothing.
"""

from ajam.ami.message import error


def add_filter(session, action, accounts):
    """A generator (ajam/pause.py) that returns the output of a Filter of `session`; accounts as for Manager."""
    if not session.account.private:
        own, output = yield from accounts.private(session.account, action)
        if own is None or session.owner.move(session, own):
            return output
        if session.ended:
            return error(action, "Permission denied")
    return (yield from session.account.filter(action))
