"""The manual page, ajam(8), from the tables that the program itself goes by.

    the command line     the argparse parser that reads it
    options of files     conf/tables.py
    URIs                 app.MANAGER_URIS
    control commands     commands.COMMANDS

What has no table elsewhere has one here. Nothing depends on the day or the machine, so that the
copy in etc/man/man8 can be held to it.

Source: man(7), groff_man(7); the order of sections is that of man-pages(7).
"""

import argparse
import re

from ajam import __version__
from ajam.app import MANAGER_URIS
from ajam.commands import COMMANDS
from ajam.conf.tables import (
    AJAM_TABLES, HTTP_OPTIONS, MANAGER_OPTIONS, RESTRICTION_OPTIONS, USER_OPTIONS,
)
from ajam.roff import bold, italic, paragraphs, section, subsection, tagged

DESCRIPTION = (
    "ajam serves the Asterisk Manager Interface, AMI, over HTTP: as HTML, text, XML and JSON, and as a stream of "
    "events. It reads the http.conf and manager.conf that Asterisk reads, and answers each request by speaking AMI to "
    "Asterisk as the user who logged in. To a browser or a script it is Asterisk's own AJAM; but it is a process of "
    "its own beside the PBX.",
    "Without a command it serves, until it is told to end.",
)

CONTROL = "They are those of Asterisk's own command line: `ajam -rx \"core show uptime\"`"

OTHER_URIS = (
    ("events", "Manager Event Stream: events as they come, as text/event-stream"),
    ("aevents", "Manager Event Stream w/Digest authentication"),
    ("static/...", "the pages that come with ajam, or the files of staticdir; with enable_static"),
    ("httpstatus", "what is bound where; with enable_status"),
    ("NAME", "uploads into a directory, for each line of [post_mappings]"),
)

WATCH_URIS = (
    ("/-/healthy", "200 as long as ajam serves"),
    ("/-/ready", "200 when the PBX answers, else 503 and why not"),
    ("/-/metrics", "metrics in the text format of Prometheus"),
)

FILE_TABLES = (  # file, section, what is said above its options, the options
    ("http.conf", "[general]", "The HTTP server, as Asterisk reads it.", HTTP_OPTIONS),
    ("http.conf", "[/PATH]", "Who may ask for what begins with this path.", RESTRICTION_OPTIONS),
    ("manager.conf", "[general]", "The manager interface, as Asterisk reads it.", MANAGER_OPTIONS),
    ("manager.conf", "every other section", "A user, who has the section's name.", USER_OPTIONS),
)

SHARED_TABLES = {"http": HTTP_OPTIONS, "manager": MANAGER_OPTIONS}  # sections of ajam.conf that override a file's

SIGNALS = (
    ("TERM", "End: replies in progress go out, waits and streams are sent home. A second one ends at once."),
    ("INT", "The same."),
    ("HUP", "Read configuration and certificates anew, and open the log file anew. Sessions live on. A mistake is "
            "logged, and what was stays."),
)

EXIT_CODES = (
    ("0", "Done."),
    ("1", "The configuration or the machine does not let it run, or what it prints cannot be written; the PBX or the "
          "daemon said no."),
    ("2", "The command line is wrong; for `ajam check --strict`, there are warnings."),
    ("3", "For `ajam call` and `ajam tail`: ajam cannot be reached, or does not let this user in."),
    ("4", "For these two: what has come cannot be written; an action was done all the same."),
    ("130", "For these two and `ajam -r`: Ctrl-C has ended it."),
)

ENVIRONMENT = (
    ("AJAM_URL", "Where `ajam call` and `ajam tail` find ajam: http://127.0.0.1:8088/asterisk"),
    ("AJAM_USER, AJAM_SECRET", "Whom they log in as."),
    ("NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID", "Set by systemd(1), which is told how ajam does."),
    ("HOME", "The directory that ~ stands for."),
    ("LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES",
     "Set by systemd(1), whose sockets are served in place of those that are configured."),
    ("JOURNAL_STREAM", "Set by systemd(1); the log on stderr is written for the journal then."),
)

FILES = (
    ("/etc/asterisk/http.conf, /etc/asterisk/manager.conf", "Asterisk's own; read, never written."),
    ("/etc/asterisk/ajam.conf", "What those two cannot say. Need not exist."),
    ("/run/ajam/ajam.ctl", "The socket on which a running ajam takes commands."),
    ("~/.config/ajam", "User and secret for `ajam call` and `ajam tail`."),
    ("share/doc/ajam/etc", "Samples that explain every option, and what systemd, fail2ban and web servers need; below "
                           "the prefix of the installation."),
)

UNITS = {"ms": "Milliseconds", "s": "Seconds"}

VALUES = {  # by nargs of argparse: how often an argument is given
    None: "%s", "?": "[%s]", "*": "[%s ...]", "+": "%s ...",
}

_FIRST_WORD = re.compile(r"\A[a-z]+(?=[ ,:;])")  # no name of an option or a file


def add_arguments(parser):
    """`ajam man` takes none of its own."""


def page(parser):
    """The page in man(7) macros, as text that ends in a line end; `parser` is the whole command line's."""
    own = _subparsers(parser).choices
    return "\n".join((
        '.\\" Made by `ajam man`, not by hand.',
        '.TH AJAM 8 "" "ajam %s" "System Administration"' % __version__,
        ".nh",  # a hyphen in a name of a file or option would be taken for part of it
        section("NAME", "ajam \\- " + parser.description.rstrip(".")),
        section("SYNOPSIS", _synopsis(parser)),
        section("DESCRIPTION", paragraphs(*DESCRIPTION)),
        section("OPTIONS", tagged(map(_described, _arguments(parser)))),
        section("COMMANDS", "\n".join(_command(name, own[name], parser) for name in own)),
        section("COMMANDS OF A RUNNING AJAM", paragraphs(CONTROL) + "\n" + tagged(map(_control, COMMANDS))),
        section("CONFIGURATION", _configuration()),
        section("URIS", _listed(_uris())),
        section("SIGNALS", _listed(SIGNALS)),
        section("EXIT STATUS", _listed(EXIT_CODES)),
        section("ENVIRONMENT", _listed(ENVIRONMENT)),
        section("FILES", _listed(FILES)),
        section("SEE ALSO", ".BR asterisk (8),\n.BR systemctl (1)"),
    )) + "\n"


# The command line


def _subparsers(parser):
    """The action of `parser` that holds the subcommands."""
    return next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))


def _arguments(parser, known=()):
    """The arguments of a parser, without the subcommands and without those of `known` names."""
    return [action for action in parser._actions if not isinstance(action, argparse._SubParsersAction)
            and not set(action.option_strings) & set(known)]


def _synopsis(parser):
    words = [_optional(action) for action in _arguments(parser)]
    return " ".join([bold("ajam"), *words, "[%s [...]]" % italic("COMMAND")])


def _command(name, command, parser):
    """A subcommand: its line, what it does, and its own arguments."""
    above = [name for action in parser._actions for name in action.option_strings]
    own = _arguments(command, above)
    line = " ".join([bold("ajam " + name), *map(_optional, own)])
    text = [part for part in (command.description, command.epilog) if part]
    options = [".RS", tagged(map(_described, own)), ".RE"] if own else []
    return "\n".join([tagged([(line, " ".join(text))]), *options])


def _optional(action):
    """An argument as in a synopsis: [--port PORT]."""
    shown = _shown(action, action.option_strings[:1])
    return "[%s]" % shown if action.option_strings and not action.required else shown


def _described(action):
    """An argument as (tag, text)."""
    tag = ", ".join(_shown(action, [name]) for name in action.option_strings) or _shown(action, [])
    return tag, _sentence(action.help % vars(action))


def _shown(action, names):
    """An argument by these of its names, with the value that goes with them."""
    words = [bold(name) for name in names]
    if action.nargs != 0:
        choices = "|".join(bold(str(choice)) for choice in action.choices or ())
        words.append(VALUES[action.nargs] % (choices or italic(action.metavar or action.dest.upper())))
    return " ".join(words)


# Tables


def _control(command):
    """A command of a running ajam as (tag, text)."""
    line = [bold(command.words)] + [italic(command.arguments)] * bool(command.arguments)
    return " ".join(line), _sentence(command.summary)


def _configuration():
    tables = FILE_TABLES + tuple(_section_of_ajam_conf(name) for name in AJAM_TABLES)
    return "\n".join(_options("%s, %s" % (file, name), text, options) for file, name, text, options in tables)


def _section_of_ajam_conf(name):
    """As in FILE_TABLES; what stands in another file already is not said again."""
    elsewhere = SHARED_TABLES.get(name, ())
    own = [option for option in AJAM_TABLES[name] if option not in elsewhere]
    text = "Every option of [general] of %s.conf, in place of it%s" % (name, "; and these:" if own else ".")
    return "ajam.conf", "[%s]" % name, text if elsewhere else "", own


def _options(title, text, options):
    return "\n".join(filter(None, [subsection(title), paragraphs(text), tagged(map(_option, options))]))


def _option(option):
    """An option as (tag, text)."""
    remarks = [_sentence(option.help)]
    if option.default:
        remarks.append("Default: `%s`." % option.default)
    if option.repeated:
        remarks.append("May be repeated.")
    if option.aliases:
        remarks.append("Also called %s." % ", ".join("`%s`" % alias for alias in option.aliases))
    return bold(option.name), " ".join(remarks)


def _uris():
    """(path, sentence) pairs."""
    below = [uri[:2] for uri in MANAGER_URIS] + list(OTHER_URIS)
    paths = [("/PREFIX/" + name, text) for name, text in below] + list(WATCH_URIS)
    return [(path, _sentence(text)) for path, text in paths]


def _listed(table):
    return tagged((bold(name), text) for name, text in table)


def _sentence(text):
    """A text as a table has it, as a sentence of its own."""
    return _FIRST_WORD.sub(lambda first: UNITS.get(first.group(), first.group().capitalize()), text.rstrip(".")) + "."
