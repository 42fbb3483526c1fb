"""Security events: who logged in, who was refused, and what was not allowed to him."""

import time

NEVER = 0.0  # the SessionTV of who is not logged in
SESSION_IDS = 0x7F0000000000  # these look like addresses in memory


def succeeded(machine, session):
    """SuccessfulAuth, for a session that has just logged in."""
    _tell(machine, session, "SuccessfulAuth", "Informational", 1, (("UsingPassword", 0),))


def failed(machine, session, name, event, *fields):
    """A login as `name` was refused: InvalidPassword, InvalidAccountID or ChallengeResponseFailed."""
    version = 2 if event == "InvalidPassword" else 1
    _tell(machine, session, event, "Error", version, fields, name)


def refused_request(machine, session, event, action):
    """An action was refused: RequestNotAllowed, or RequestBadFormat for one that does not exist."""
    _tell(machine, session, event, "Error", 1, (("RequestType", "Action: " + action),))


def _tell(machine, session, event, severity, version, fields, name=""):
    since = session.logged_in if session.user else NEVER
    local, remote = ("IPV4/TCP/%s/%d" % tuple(address[:2]) for address in session.addresses)
    account = (("AccountID", session.user_name or name),)
    front, back = ((), account) if event == "RequestBadFormat" else (account, ())  # optional there, so last
    machine.switch.publish(
        event,
        (("EventTV", _stamp(machine.timeline.wall)), ("Severity", severity), ("Service", "AMI")),
        (("EventVersion", version),) + front,
        (("SessionID", "0x%012x" % (SESSION_IDS + session.addresses[1][1])),),
        (("LocalAddress", local), ("RemoteAddress", remote)),
        fields,
        (("SessionTV", _stamp(since)),) + back,
    )


def _stamp(wall):
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(wall))
    return "%s.%03d+0000" % (whole, wall % 1 * 1000)
