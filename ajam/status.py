"""What is served, as Asterisk's `http show status` prints it (reference.md 1.9)."""

from ajam.web.routes import Routes

RULER = "-" * 45


def show_http(settings, servername, routes, bound):
    """The whole listing as text.

    settings    conf.settings.HttpSettings
    routes      the Routes
    bound       "127.0.0.1:8088", or "" when the server is off
    """
    lines = ["HTTP Server Status:", "Prefix: %s" % settings.prefix, "Server: %s" % servername]
    lines += ["Server Enabled and Bound to %s" % bound if bound else "Server Disabled", "", "Enabled URI's:"]
    lines += _uris(routes) or ["None."]
    lines += ["", "Enabled Redirects:"]
    lines += ["  %s => %s" % pair for pair in settings.redirects] or ["  None."]
    lines += ["", "Path Restrictions:"]
    lines += [line for each in settings.restrictions for line in _restriction(each)] or ["  None."]
    return "\n".join(lines) + "\n"


def _uris(routes: Routes):
    return ["%s/%s%s => %s" % (routes.prefix, route.name, "/..." if route.subtree else "", route.description)
            for route in routes.routes]


def _restriction(restriction):
    rules = list(restriction.acl.rules)
    lines = ["  Path: %s" % restriction.path]
    if not rules:
        return lines + ["    No ACL configured"]
    lines += ["    ACL: (unnamed)", "    " + RULER]
    return lines + ["    %3d: %s - %s/%s" % (number, "allow" if rule.permits else " deny",
                                             rule.network.network_address, rule.network.netmask)
                    for number, rule in enumerate(rules)]
