"""What there is, as Asterisk's console prints it: text with a line end behind every line.

Seen on Asterisk 16.28 and 22.10 (tests/real/test_commands.py); reference.md 1.9.
"""

from ajam.listeners import bound
from ajam.privileges import ALL, LABELS
from ajam.web.routes import Routes

RULER = "-" * 45
CONNECTED = "  %-15.15s  %-55.55s  %-10.10s  %-10.10s  %-8.8s  %-8.8s  %-10.10s  %.10s"
HEADINGS = ("Username", "IP Address", "Start", "Elapsed", "Session", "HttpCnt", "ReadPerms", "WritePerms")
UNKNOWN = "unknown"  # the rights of a user whom only the PBX knows
UNPRINTED = "hook"  # a label that Asterisk has, and does not list
SETTING = "  %-25.25s  %-15.55s"
USER_FIELD = "%18s: %s"


def show_http(settings, servername, routes, plain, secure=""):
    """`http show status`.

    settings       conf.settings.HttpSettings
    routes         the Routes
    plain, secure  where HTTP and HTTPS are served, as "127.0.0.1:8088"; "" where they are not
    """
    lines = ["HTTP Server Status:", "Prefix: %s" % settings.prefix, "Server: %s" % servername]
    lines += ["Server Enabled and Bound to %s" % plain if plain else "Server Disabled", ""]
    lines += ["HTTPS Server Enabled and Bound to %s" % secure, ""] if secure else []
    lines += ["Enabled URI's:"]
    lines += _uris(routes) or ["None."]
    lines += ["", "Enabled Redirects:"]
    lines += ["  %s => %s" % pair for pair in settings.redirects] or ["  None."]
    lines += ["", "Path Restrictions:"]
    lines += [line for each in settings.restrictions for line in _restriction(each)] or ["  None."]
    return _text(lines)


def show_connected(sessions, users, now, time):
    """`manager show connected`.

    sessions  sessions.Session, in the order in which they are to stand
    users     conf.settings.User by lower-case name
    now       seconds of the clock by which the sessions have begun
    time      the same moment, in seconds since 1970
    """
    lines = [CONNECTED % HEADINGS]
    for session in sessions:
        name = session.account.name.decode("utf-8", "backslashreplace")
        user = users.get(name.lower())
        rights = ("%010d" % user.read, "%010d" % user.write) if user else (UNKNOWN, UNKNOWN)
        elapsed = now - session.began
        lines.append(CONNECTED % (
            name, session.peer, int(time - elapsed), int(elapsed), session.number, session.in_use, *rights))
    return _text([*lines, "%d users connected." % len(sessions)])


def show_manager(manager, pbx):
    """`manager show settings`, from conf.settings.ManagerSettings and PbxSettings."""
    rows = (
        ("Manager (AMI):", _yes(manager.enabled)),
        ("Web Manager (AMI/HTTP):", _yes(manager.enabled and manager.webenabled)),
        ("TCP Bindaddress:", bound((pbx.host, pbx.port))),
        ("HTTP Timeout (seconds):", manager.httptimeout),
        ("TLS Enable:", _yes(pbx.tls)),
        ("Allow multiple login:", _yes(manager.allowmultiplelogin)),
    )
    return _text(["", "Global Settings:", "-" * 16, *(SETTING % row for row in rows)])


def show_users(users):
    """`manager show users`, from a mapping to conf.settings.User."""
    names = [user.name for user in users.values()]
    return _text(["", "username", "-" * 8, *names, "-" * 19, "%d manager users configured." % len(names)])


def show_user(user):
    """`manager show user NAME`, from a conf.settings.User; never his secret."""
    fields = (
        ("username", user.name),
        ("secret", "<Set>" if user.secret else "(N/A)"),
        ("ACL", _yes(user.acl.rules).lower()),
        ("read perm", labels_of(user.read)),
        ("write perm", labels_of(user.write)),
        ("allowmultiplelogin", _yes(user.allowmultiplelogin).lower()),
    )
    return _text(["", *(USER_FIELD % field for field in fields), *_rules(user.acl)])


def labels_of(mask):
    """A mask of privileges as the list of labels that Asterisk prints for it."""
    labels = [label for label, bit in LABELS.items() if mask & bit and label != UNPRINTED]
    return ",".join(labels + ["all"] * (mask == ALL)) or "<none>"


def _yes(value):
    return "Yes" if value else "No"


def _text(lines):
    return "\n".join(lines) + "\n"


def _uris(routes: Routes):
    return ["%s/%s%s => %s" % (routes.prefix, route.name, "/..." if route.subtree else "", route.description)
            for route in routes.routes]


def _restriction(restriction):
    return ["  Path: %s" % restriction.path,
            *("    " + line for line in _rules(restriction.acl) or ["No ACL configured"])]


def _rules(acl):
    """The lines that tell an Acl's rules; none when it has none."""
    rules = ["%3d: %s - %s/%s" % (number, "allow" if rule.permits else " deny",
                                  rule.network.network_address, rule.network.netmask)
             for number, rule in enumerate(acl.rules)]
    return ["ACL: (unnamed)", RULER, *rules] if rules else []
