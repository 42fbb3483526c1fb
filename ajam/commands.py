"""What a running ajam does when it is asked: the commands of `ajam -rx`.

They are those that Asterisk's administrators type, in its words and with its tables, as far as
there is something for ajam to do. Names are taken in any case and never abbreviated, arguments may
stand in quotes. Seen on Asterisk 16.28 and 22.10 (tests/real/test_commands.py); on purpose it differs in these:

    manager show connected    has a number for each session where Asterisk has -1 for those over HTTP
    manager kick session      takes that number, in place of a file descriptor
    manager show settings, manager show user    leave out what ajam does not read
    a command that was refused is told from one that was done
"""

import functools
import os
import platform
import shlex
import signal
import textwrap
import time
from typing import Callable, NamedTuple

from ajam import __version__, logs, status
from ajam.control import Answer, nothing
from ajam.errors import AjamError
from ajam.listeners import bound

USAGE_INDENT = " " * 7  # the width of "Usage: "
UNITS = (("year", 365 * 86400), ("week", 7 * 86400), ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


class Refused(AjamError):
    """A command that is not done; the message says why."""


class Command(NamedTuple):
    """One command.

    words       its name: "manager show user"
    arguments   what follows, as in Asterisk's help: "<user>", or "[topic ...]": any number or none
    summary     a line in the list of commands
    usage       sentences for its own page
    run         (ajam.daemon.Daemon, list of arguments) -> text; raises AjamError
    afterwards  what is to be done when the text has been sent
    """

    words: str
    arguments: str
    summary: str
    usage: str
    run: Callable
    afterwards: Callable = nothing

    def takes(self, count):
        """True when there may be so many arguments."""
        least = self.arguments.count("<")
        return least <= count and (count <= least + self.arguments.count("[") or "..." in self.arguments)

    @property
    def page(self):
        """What `core show help` tells about it alone."""
        first = " ".join(filter(None, ("Usage:", self.words, self.arguments)))
        return "%s\n%s\n" % (first, textwrap.indent(textwrap.fill(self.usage, 72), USAGE_INDENT))


def answer(daemon, line):
    """The Answer to a line of text, of a Daemon that runs."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        return Answer(False, "%s in: %s\n" % (error, line))
    if not words:
        return Answer(True, "")
    command = find(words)
    if command is None:
        return Answer(False, unknown(line, words))
    arguments = words[len(command.words.split()):]
    if not command.takes(len(arguments)):
        return Answer(False, command.page)
    try:
        return Answer(True, command.run(daemon, arguments), command.afterwards)
    except AjamError as error:
        return Answer(False, "%s\n" % error)


def find(words):
    """The Command with the longest name that `words` begin with, or None."""
    asked = [word.lower() for word in words]
    fitting = [command for command in COMMANDS if asked[:len(command.words.split())] == command.words.split()]
    return max(fitting, key=lambda command: len(command.words), default=None)


def unknown(line, words):
    """What is said to a line that is no command; it names as much of it as there is help for."""
    known = []
    for word in words:
        if not begun_by([*known, word]):
            break
        known.append(word)
    topic = " ".join(["core show help", *known])
    return "No such command '%s' (type '%s' for other possible commands)\n" % (line.strip(), topic)


def begun_by(words):
    """The Commands whose names begin with these words, the last of which may be cut off."""
    text = " ".join(words).lower()
    return [command for command in COMMANDS if (command.words + " " + command.arguments).startswith(text)]


def next_words(beginning):
    """The words that may follow a beginning of whole words, sorted."""
    words = beginning.lower().split()
    names = [command.words.split() for command in COMMANDS]
    return sorted({name[len(words)] for name in names if name[:len(words)] == words and len(name) > len(words)})


# What they do


def show_help(daemon, topic):
    """All commands, or those that begin with the topic; of one command its page."""
    text = " ".join(topic).lower()
    found = begun_by(topic)
    if not found:
        raise Refused("No such command '%s'." % text)
    exact = [command.page for command in found if command.words == text]
    return exact[0] if exact else "".join(
        "%-30s -- %s\n" % (" ".join(filter(None, each[:2])), each.summary) for each in found)


def show_http(daemon, _):
    """`http show status`, of the sockets that there are."""
    plain, secure = (", ".join(bound(each.address) for each in daemon.listeners if each.secure == wanted)
                     for wanted in (False, True))
    application = daemon.application
    return status.show_http(daemon.settings.http, application.servername, application.routes, plain, secure)


def show_connected(daemon, _):
    """`manager show connected`."""
    return status.show_connected(sessions_of(daemon), daemon.settings.users, daemon.clock(), time.time())


def show_settings(daemon, _):
    """`manager show settings`."""
    return status.show_manager(daemon.settings.manager, daemon.settings.pbx)


def show_users(daemon, _):
    """`manager show users`."""
    return status.show_users(daemon.settings.users)


def show_user(daemon, arguments):
    """`manager show user NAME`."""
    user = daemon.settings.users.get(arguments[0].lower())
    if user is None:
        raise Refused("There is no manager called %s" % arguments[0])
    return status.show_user(user)


def kick_session(daemon, arguments):
    """Ends the session of that number."""
    if not arguments[0].isdecimal():
        raise Refused("Invalid session number: %s" % arguments[0])
    number = int(arguments[0])
    if not any(session.owner.end(session) for session in sessions_of(daemon) if session.number == number):
        raise Refused("No manager session found using number %d" % number)
    return "Kicking manager session connected using number %d\n" % number


def sessions_of(daemon):
    """The Sessions of a Daemon, with a cookie or by digest, the oldest first."""
    tables = (daemon.manager.sessions, daemon.manager.digest_sessions)
    return sorted((session for table in tables for session in table.all), key=lambda session: session.number)


def show_uptime(daemon, arguments):
    """How long it runs, and since when with this configuration."""
    if arguments and arguments[0].lower() != "seconds":
        raise Refused(find(["core", "show", "uptime"]).page.rstrip("\n"))
    in_words = str if arguments else duration
    now = daemon.clock()
    reloaded = daemon.started if daemon.reloaded is None else daemon.reloaded
    return "System uptime: %s\nLast reload: %s\n" % (in_words(int(now - daemon.started)), in_words(int(now - reloaded)))


def duration(seconds):
    """Whole seconds as "2 weeks, 1 day, 5 seconds"."""
    parts = []
    for unit, length in UNITS:
        count, seconds = divmod(seconds, length)
        if count or (unit == "second" and not parts):
            parts.append("%d %s%s" % (count, unit, "" if count == 1 else "s"))
    return ", ".join(parts)


def show_version(daemon, _):
    """ajam's version and the PBX's."""
    lines = ["ajam %s on Python %s, %s" % (__version__, platform.python_version(), platform.system())]
    where = bound(daemon.pbx.address)
    if daemon.pbx.banner is None:
        return lines[0] + "\nThe PBX at %s has not been reached yet\n" % where
    return lines[0] + "\nAsterisk %s at %s\n" % (daemon.pbx.software, where)


def reload(daemon, _):
    """Has the daemon read its configuration anew."""
    try:
        daemon.reload()
    except AjamError as error:
        raise Refused("%s; the old configuration stays" % "\n".join(error.sentences)) from error
    read = "The configuration in %s has been read anew.\n" % daemon.settings.directory
    return "".join(warning + "\n" for warning in daemon.settings.warnings) + read


def reopen_log(daemon, _):
    """Opens the log file anew."""
    logs.reopen()
    return "The log has been opened anew.\n" if daemon.settings.log.file else "The log goes to stderr.\n"


def announce_end(daemon, _):
    """What is said before the end."""
    return "ajam ends; replies in progress get %d seconds.\n" % daemon.settings.daemon.drain


def announce_end_now(daemon, _):
    """What is said before the end at once."""
    return "ajam ends now.\n"


def send_self(*numbers):
    """Sends this process signals, which ajam/service.py takes like anybody's."""
    for number in numbers:
        os.kill(os.getpid(), number)


TABLE = (
    Command("core show help", "[topic ...]", "Display help list, or specific help on a command",
            "Lists the commands, or those that begin with the topic. A topic that is a whole command gets its "
            "own page.", show_help),
    Command("core show uptime", "[seconds]", "Show uptime information",
            "Shows how long ajam has been running, and how long ago its configuration was read. The word seconds "
            "has both in seconds only.", show_uptime),
    Command("core show version", "", "Show the versions of ajam and of the PBX",
            "Shows the versions of ajam, of Python and of the PBX.", show_version),
    Command("core stop gracefully", "", "Stop ajam, let replies in progress finish",
            "Takes no further connections, lets replies in progress finish for as long as drain in [daemon] of "
            "ajam.conf says, and ends.", announce_end, functools.partial(send_self, signal.SIGTERM)),
    Command("core stop now", "", "Stop ajam at once", "Ends ajam at once, whatever is in progress.",
            announce_end_now, functools.partial(send_self, signal.SIGTERM, signal.SIGINT)),
    Command("http show status", "", "Display HTTP server status",
            "Shows where ajam listens and what it serves.", show_http),
    Command("logger reload", "", "Reopen the log file", "Opens the log file anew, as after its rotation.", reopen_log),
    Command("manager kick session", "<number>", "End the session of a browser",
            "Ends the session that has that number in manager show connected.", kick_session),
    Command("manager show connected", "", "List the users that are logged in",
            "Lists the sessions there are. HttpCnt is the number of their requests in progress, waits and event "
            "streams among them; Session is what manager kick session takes.", show_connected),
    Command("manager show settings", "", "Show manager global settings",
            "Shows what manager.conf says in [general], as far as ajam reads it, and where the PBX is spoken to.",
            show_settings),
    Command("manager show user", "<user>", "Display information on a specific manager user",
            "Shows what manager.conf says about the user, as far as ajam reads it.", show_user),
    Command("manager show users", "", "List configured manager users",
            "Lists the users of manager.conf.", show_users),
    Command("module reload", "", "Read the configuration and the certificates anew",
            "Reads all configuration files and certificates anew. When there is a mistake in them it is said, and "
            "what was stays.", reload),
)
ALIASES = {  # the first two as Asterisk has them in cli_aliases.conf
    "help": "core show help",
    "reload": "module reload",
    "core reload": "module reload",
    "manager reload": "module reload",
    "show http": "http show status",
}
COMMANDS = tuple(sorted(TABLE + tuple(
    command._replace(words=alias, summary="The same as " + command.words)
    for alias, words in ALIASES.items() for command in TABLE if command.words == words)))
