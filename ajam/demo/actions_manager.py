"""Actions about the session itself, the database, variables and the core."""

import hashlib
import hmac
import time

from ajam import privileges
from ajam.demo import security
from ajam.demo.console import run_command
from ajam.demo.dialplan import set_variable
from ajam.demo.fields import STATES, event, render
from ajam.demo.office import AMI_VERSION, MAILBOXES, VERSION
from ajam.demo.requests import Action

REFUSAL_PAUSE = 1  # seconds before a refused login is told so (reference.md 3.2)

FUNCTIONS = {  # what Getvar answers without anybody having set it, by its name
    "CALLERID(num)": lambda channel: channel.caller[0],
    "CALLERID(name)": lambda channel: channel.caller[1],
    "CHANNEL": lambda channel: channel.name,
    "CHANNEL(state)": lambda channel: STATES[channel.state],
    "CONTEXT": lambda channel: channel.context,
    "EXTEN": lambda channel: channel.exten,
    "PRIORITY": lambda channel: str(channel.priority),
    "UNIQUEID": lambda channel: channel.uniqueid,
}


def read_variable(channel, name):
    """The value of a variable or function of a channel, or None."""
    return FUNCTIONS[name](channel) if name in FUNCTIONS else channel.variables.get(name)


# -- logging in and out

def _challenge(request):
    if request.get("AuthType").lower() != "md5":
        return request.fail("Must specify AuthType")
    session = request.session
    session.challenge = session.challenge or str(request.machine.random.randrange(10 ** 8, 10 ** 9))
    request.succeed(None, ("Challenge", session.challenge))


def _login(request):
    machine, session = request.machine, request.session
    if session.user:
        return request.succeed("Already authenticated")
    name = request.get("Username")
    failure = _why_refused(request, machine.users.get(name))
    if failure:
        security.failed(machine, session, name, *failure)
        refusal = request.response("Error", "Authentication failed")
        machine.timeline.after(REFUSAL_PAUSE, lambda: request.finish(refusal, close=True))
        return
    session.user, session.user_name = machine.users[name], name
    session.logged_in = machine.timeline.wall
    mask = privileges.mask_from_text(request.get("Events"))
    session.mask = session.mask if mask is None else mask
    session.deliver(render(_fully_booted(machine)), privileges.LABELS["system"])
    security.succeeded(machine, session)
    request.succeed("Authentication accepted")


def _why_refused(request, user):
    if user is None:
        return ("InvalidAccountID",)
    if request.get("AuthType").lower() != "md5":
        right = hmac.compare_digest(*(text.encode("utf-8", "surrogateescape")
                                      for text in (request.get("Secret"), user.secret)))
        return () if right else ("InvalidPassword",)
    challenge, key = request.session.challenge, request.get("Key")
    expected = hashlib.md5((challenge + user.secret).encode("utf-8", "surrogateescape")).hexdigest()
    if challenge and key == expected:
        return ()
    return ("ChallengeResponseFailed", ("Challenge", challenge), ("Response", key),
            ("ExpectedResponse", expected))


def _fully_booted(machine):
    return event("FullyBooted", (
        ("Uptime", machine.uptime), ("LastReload", machine.uptime), ("Status", "Fully Booted")))


def _logoff(request):
    request.finish(request.response("Goodbye", "Thanks for all the fish."), close=True)


def _events(request):
    mask = privileges.mask_from_text(request.get("EventMask"))
    if mask is None:
        return request.fail("Invalid event mask")
    request.session.mask = mask
    request.succeed(None, ("Events", "On" if mask else "Off"))


def _filter(request):
    if request.get("Operation").lower() != "add":
        return request.fail("Unknown operation")
    if not request.get("Filter"):
        return request.fail("Filter was formatted incorrectly.  Check the syntax of the filter given.")
    request.succeed("Success")  # taken, and then not applied: this PBX filters by mask only


def _ping(request):
    request.succeed(None, ("Ping", "Pong"), ("Timestamp", "%.6f" % request.machine.timeline.wall))


# -- the core

def _core_status(request):
    machine = request.machine
    current = sum(channel.pbx for channel in machine.switch.channels.values())
    date, moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(machine.started)).split()
    request.succeed(
        None, ("CoreStartupDate", date), ("CoreStartupTime", moment), ("CoreReloadDate", date),
        ("CoreReloadTime", moment), ("CoreCurrentCalls", current),
        ("CoreProcessedCalls", machine.dialplan.calls_processed))


def _core_settings(request):
    request.succeed(
        None, ("AMIversion", AMI_VERSION), ("AsteriskVersion", VERSION), ("SystemName", ""),
        ("CoreMaxCalls", 0), ("CoreMaxLoadAvg", "0.000000"), ("CoreRunUser", ""), ("CoreRunGroup", ""),
        ("CoreMaxFilehandles", 0),
        ("CoreRealTimeEnabled", "No"), ("CoreCDRenabled", "Yes"), ("CoreHTTPenabled", "Yes"),
        ("SoundsSearchCustomDir", "No"))


def _list_commands(request):
    user = request.session.user
    request.succeed(None, *(
        (action.name, "%s  (Priv: %s)" % (action.synopsis, action.privileges))
        for _, action in sorted(request.machine.actions.items()) if user.may_write(action.labels)))


def _command(request):
    line = request.get("Command")
    if not line:
        return request.fail("No command provided")
    if line.lower().split()[:2] in (["module", "load"], ["module", "unload"], ["restart", "gracefully"]):
        return request.fail("Command blacklisted")
    status, text = run_command(request.machine, line)
    request.respond(status, "Command output follows", *(("Output", part) for part in text.split("\n")))


def _user_event(request):
    fields = [pair for pair in request.headers if pair[0].lower() not in ("action", "userevent")]
    request.machine.switch.publish("UserEvent", (("UserEvent", request.get("UserEvent")),), fields)
    request.succeed("Event Sent")


def _mailbox_count(request):
    mailbox = request.get("Mailbox")
    if not mailbox:
        return request.fail("Mailbox not specified")
    urgent, new, old = MAILBOXES.get(mailbox, (0, 0, 0))
    request.succeed("Mailbox Message Count", ("Mailbox", mailbox), ("UrgMessages", urgent),
                    ("NewMessages", new), ("OldMessages", old))


# -- variables and the database

def _with_channel(request, do):
    """Call do(channel) for the channel that the request names, or do(None) when it names none."""
    if not request.get("Variable"):
        return request.fail("No variable specified")
    channel = request.machine.switch.channels.get(request.get("Channel"))
    if request.get("Channel") and not channel:
        return request.fail("No such channel")
    do(channel)


def _getvar(request):
    name = request.get("Variable")

    def answer(channel):
        value = read_variable(channel, name) if channel else request.machine.variables.get(name)
        request.succeed(None, ("Variable", name), ("Value", value or ""))

    _with_channel(request, answer)


def _setvar(request):
    name, value = request.get("Variable"), request.get("Value")

    def answer(channel):
        if channel:
            set_variable(request.machine.switch, channel, name, value)
        else:
            request.machine.variables[name] = value
            request.machine.switch.publish("VarSet", (
                ("Channel", "none"), ("Uniqueid", "none"), ("Variable", name), ("Value", value)))
        request.succeed("Variable Set")

    _with_channel(request, answer)


def _with_entry(request, stop, do):
    """Call do((family, key)), unless one is missing; `stop` ends the sentence that says so."""
    for name in ("Family", "Key"):
        if not request.get(name):
            return request.fail("No %s specified%s" % (name.lower(), stop))
    do((request.get("Family"), request.get("Key")))


def _db_put(request):
    def answer(entry):
        request.machine.database[entry] = request.get("Val")
        request.succeed("Updated database successfully")

    _with_entry(request, "", answer)


def _db_get(request):
    def answer(entry):
        if entry not in request.machine.database:
            return request.fail("Database entry not found")
        value = request.machine.database[entry]
        request.list("Result will follow", [
            ("DBGetResponse", (("Family", entry[0]), ("Key", entry[1]), ("Val", value))),
        ], "DBGetComplete", id_last=True)

    _with_entry(request, ".", answer)


def _db_del(request):
    def answer(entry):
        if request.machine.database.pop(entry, None) is None:
            return request.fail("Database entry could not be deleted")
        request.succeed("Key deleted successfully")

    _with_entry(request, ".", answer)


MANAGER_ACTIONS = (
    Action("Challenge", "", "Generate Challenge for MD5 Auth.", _challenge),
    Action("Command", "command", "Execute Asterisk CLI Command.", _command),
    Action("CoreSettings", "system,reporting", "Show PBX core settings (version etc).", _core_settings),
    Action("CoreStatus", "system,reporting", "Show PBX core status variables.", _core_status),
    Action("DBDel", "system", "Delete DB entry.", _db_del),
    Action("DBGet", "system,reporting", "Get DB Entry.", _db_get),
    Action("DBPut", "system", "Put DB entry.", _db_put),
    Action("Events", "", "Control Event Flow.", _events),
    Action("Filter", "system", "Dynamically add filters for the current manager session.", _filter),
    Action("Getvar", "call,reporting", "Gets a channel variable or function value.", _getvar),
    Action("ListCommands", "", "List available manager commands.", _list_commands),
    Action("Login", "", "Login Manager.", _login),
    Action("Logoff", "", "Logoff Manager.", _logoff),
    Action("MailboxCount", "call,reporting", "Check Mailbox Message Count.", _mailbox_count),
    Action("Ping", "", "Keepalive command.", _ping),
    Action("Setvar", "call", "Sets a channel variable or function value.", _setvar),
    Action("UserEvent", "user", "Send an arbitrary event.", _user_event),
)
