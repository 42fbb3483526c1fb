"""The commands of the Asterisk console that the Command action can run, as text."""

from ajam.demo.fields import STATES
from ajam.demo.office import VERSION

VERSION_LINE = ("Asterisk %s built by demo @ demo on a x86_64 running Linux on 2026-07-20 21:35:32 UTC"
                % VERSION)
QUEUE_LINE = ("%s has %d calls (max unlimited) in '%s' strategy (%ds holdtime, %ds talktime), "
              "W:0, C:%d, A:%d, SL:0.0%%, SL2:0.0%% within 0s")
UNKNOWN_COMMAND = "No such command '%s' (type 'core show help %s' for other possible commands)"


def run_command(machine, line):
    """What a command prints, without the last line end, and how it went: (`Success` or `Error`, text)."""
    words = tuple(line.lower().split())
    for length in range(len(words), 0, -1):
        command = COMMANDS.get(words[:length])
        if command:
            text = command[1](machine, *line.split()[length:])
            if text is not None:
                return "Success", text
    return "Error", UNKNOWN_COMMAND % (line, line)


def hours(seconds):
    """Whole seconds as `01:02:03`."""
    return "%02d:%02d:%02d" % (seconds // 3600, seconds // 60 % 60, seconds % 60)


def _plural(count, noun):
    return "%d %s%s" % (count, noun, "" if count == 1 else "s")


# Each command takes the machine and the words behind its name, and returns its text; None says
# that it does not know those words.

def _version(machine, *words):
    return None if words else VERSION_LINE


def _uptime(machine, *words):
    if words == ("seconds",):
        return "System uptime: %d\nLast reload: %d" % (machine.uptime, machine.uptime)
    units = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    left, parts = machine.uptime, []
    for size, noun in units:
        if left >= size:
            parts.append(_plural(left // size, noun))
            left %= size
    text = ", ".join(parts) or "0 seconds"
    return None if words else "System uptime: %s\nLast reload: %s" % (text, text)


def _channels(machine, *words):
    channels = list(machine.switch.channels.values())
    if words == ("concise",):
        return "\n".join(_concise(machine, channel) for channel in channels)
    if words:
        return None
    rows = [("Channel", "Location", "State", "Application(Data)")] + [
        (c.name, "%s@%s:%d" % (c.exten, c.context, c.priority) if c.exten else "(None)", STATES[c.state],
         "%s(%s)" % (c.application, c.data) if c.application else "(None)") for c in channels]
    return "\n".join(["%-64.64s %-32.32s %-7.7s %-30.30s" % row for row in rows] + [
        _plural(len(channels), "active channel"), _calls(machine)])


def _concise(machine, channel):
    duration = "%d" % (machine.timeline.now - channel.created)
    return "!".join((
        channel.name, channel.context, channel.exten, str(channel.priority), STATES[channel.state],
        channel.application or "(None)", channel.data or "", channel.caller[0], "", "", "3", duration,
        channel.bridge.uniqueid if channel.bridge else "", channel.uniqueid))


def _calls(machine, *words):
    active = sum(channel.pbx for channel in machine.switch.channels.values())
    lines = _plural(active, "active call"), _plural(machine.dialplan.calls_processed, "call") + " processed"
    return None if words else "\n".join(lines)


def _hang_up(machine, *words):
    if len(words) != 1:
        return None
    channel = machine.switch.channels.get(words[0])
    if not channel:
        return "%s is not a known channel" % words[0]
    machine.switch.hang_up(channel)
    return "Requested Hangup on channel '%s'" % words[0]


def _queues(machine, *words):
    queues = machine.dialplan.queues
    if words and words[0] not in queues:
        return "No such queue: %s." % words[0]
    return "\n".join(map(_queue, [queues[words[0]]] if words else queues.values()))


def _queue(queue):
    lines = [QUEUE_LINE % (queue.name, len(queue.entries), queue.strategy, queue.hold_time, queue.talk_time,
                           queue.completed, queue.abandoned)]
    lines.append("   Members: " if queue.members else "   No Members")
    lines.extend("      %s (%s)%s has taken %s calls" % (
        member.name, member.interface, " (paused)" if member.paused else "", member.calls_taken or "no")
        for member in queue.members)
    lines.append("   Callers: " if queue.entries else "   No Callers")
    lines.extend("      %d. %s (wait: %d:%02d, prio: 0)" % (
        position, entry.channel.name, *divmod(queue.waited(entry), 60))
        for position, entry in enumerate(queue.entries, 1))
    return "\n".join(lines) + "\n"


def _conferences(machine, *words):
    rows = ["%-32s %-6s %-6s %-6s %s" % ("Conference Bridge Name", "Users", "Marked", "Locked", "Muted"),
            "=" * 32 + " ====== ====== ====== ====="]
    rows.extend("%-32s %6d %6d %-6s %s" % (room.name, len(room.channels), 0, "No", "No")
                for room in machine.dialplan.conferences.rooms.values())
    return None if words else "\n".join(rows)


def _database(machine, *words):
    rows = ["%-50s: %s" % ("/%s/%s" % entry, value) for entry, value in sorted(machine.database.items())]
    return None if words else "\n".join(rows + ["%d results found." % len(rows)])


def _connected(machine, *words):
    rows = ["  %-15s  %-55s  %-10s  %-10s" % ("Username", "IP Address", "Start", "Elapsed")]
    sessions = [session for session in machine.sessions if session.user]
    rows.extend("  %-15s  %-55s  %-10d  %-10d" % (
        session.user_name, session.addresses[1][0], session.connected,
        machine.timeline.wall - session.connected) for session in sessions)
    return None if words else "\n".join(rows + ["%d users connected." % len(sessions)])


def _users(machine, *words):
    rows = ["", "username", "--------", *machine.users, "-------------------"]
    return None if words else "\n".join(rows + ["%d manager users configured." % len(machine.users)])


def _help(machine, *words):
    found = [name for name in COMMANDS if name[:len(words)] == tuple(map(str.lower, words))]
    if not found:
        return "No such command '%s'." % " ".join(words)
    if found == [tuple(map(str.lower, words))]:
        return "Usage: %s\n       %s" % (" ".join(found[0]), COMMANDS[found[0]][0])
    return "\n".join("%-30s -- %s" % (" ".join(name), COMMANDS[name][0]) for name in sorted(found))


def _show_action(machine, *words):
    lines = []
    for action in filter(None, (machine.actions.get(word.lower()) for word in words)):
        lines += ["", "  -= Info about Manager Command '%s' =- " % action.name, "", "[Synopsis]",
                  action.synopsis + " ", "", "[Provided By]", "builtin", "", "[Syntax]",
                  "Action: " + action.name, "[ActionID:] <value>", "", "[Privilege]", action.privileges, ""]
    return "\n".join(lines)


COMMANDS = {  # words of the command: (what `core show help` says of it, the command)
    ("channel", "request", "hangup"): ("Request a hangup on a given channel", _hang_up),
    ("confbridge", "list"): ("List conference bridges and participants.", _conferences),
    ("core", "show", "calls"): ("Display information on calls", _calls),
    ("core", "show", "channels"): ("Display information on channels", _channels),
    ("core", "show", "help"): ("Display help list, or specific help on a command", _help),
    ("core", "show", "uptime"): ("Show uptime information", _uptime),
    ("core", "show", "version"): ("Display version info", _version),
    ("database", "show"): ("Shows database contents", _database),
    ("manager", "show", "command"): ("Show a manager interface command", _show_action),
    ("manager", "show", "connected"): ("List connected manager interface users", _connected),
    ("manager", "show", "users"): ("List configured manager users", _users),
    ("queue", "show"): ("Show status of a specified queue", _queues),
}
