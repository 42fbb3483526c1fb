"""The command line: what `ajam`, or `python3 -m ajam`, understands, and its exit codes.

0 done, 1 the configuration or the machine does not let it run, or what is printed cannot be written,
2 the command line is wrong; some commands say more by theirs (their --help).
"""

import argparse
import contextlib
import errno
import os
import sys
from typing import Callable, NamedTuple

from ajam import __version__, console, logs, manual, service
from ajam.check import command as check
from ajam.client import call, tail
from ajam.conf import settings as configuration
from ajam.daemon import Daemon
from ajam.errors import AjamError
from ajam.listeners import bound
from ajam.status import show_http

CONFIG_DIR = "/etc/asterisk"
UNWRITABLE = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO))  # what nothing but writing ends in


class Command(NamedTuple):
    """One subcommand.

    add_arguments  (parser) declares what is its own
    run            (options) does it and returns the exit code
    configured     True when it reads the configuration, and -C says which
    """

    name: str
    help: str
    add_arguments: Callable
    run: Callable
    configured: bool = True


def main(arguments=None):
    """Does what the command line says and returns the exit code."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # none: it was closed before the start
    options = argparse.Namespace()
    try:
        try:
            return run(read(arguments, options))
        finally:
            sys.stdout.flush()  # not by Python at its end, where a failure has a traceback
    except BrokenPipeError:  # whoever read this has seen enough
        discard_output()
        return 0
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        discard_output()
        say("cannot write: %s" % error.strerror)
        return options.unwritten


def read(arguments, options):
    """The options that the command line gives, added to a Namespace; exits with 2 when it is wrong."""
    grammar = parser()
    grammar.parse_args(arguments, options)
    if options.console:
        if options.command:
            grammar.error("-r and -x speak to the running ajam, and go with no other command: %s" % options.command)
        options.run = console.run
    return options


def run(options):
    """Does one command and returns its exit code."""
    logs.set_up()
    try:
        return options.run(options)
    except AjamError as error:
        for sentence in error.sentences:
            say(sentence)
        return 1


def say(text):
    """A line on stderr, where that can be written."""
    with contextlib.suppress(OSError):
        print("ajam: %s" % text, file=sys.stderr)


def discard_output():
    """Has what is still to be written to stdout, which Python tries once more at its end, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parser():
    """The command line's grammar."""
    top = argparse.ArgumentParser(
        prog="ajam", description="Asterisk's manager interface over HTTP, as a daemon beside the PBX.")
    top.add_argument("--version", action="version", version="ajam %s" % __version__)
    add_directory(top, CONFIG_DIR)
    service.add_serve_arguments(top, None)
    console.add_arguments(top)
    top.set_defaults(run=service.serve, unwritten=1)
    commands = top.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for command in COMMANDS:
        below = commands.add_parser(
            command.name, help=command.help, description=command.help[0].upper() + command.help[1:] + ".")
        if command.configured:
            add_directory(below, argparse.SUPPRESS)
        command.add_arguments(below)
        below.set_defaults(run=command.run)
    return top


def add_directory(command, default):
    """Adds -C, which may stand before or behind the command's name."""
    command.add_argument("-C", dest="directory", metavar="DIR", default=default,
                         help="directory of http.conf, manager.conf and ajam.conf (default %s)" % CONFIG_DIR)


def add_show_arguments(parser):
    """The options of `ajam show`."""
    parser.add_argument("what", choices=["http"], help="the HTTP server's status, as `http show status`")


def show(options):
    """Prints what a daemon on this configuration serves."""
    sys.stdout.reconfigure(errors="backslashreplace")  # names may have letters that the terminal has not
    settings = configuration.load(options.directory)
    http, tls = settings.http, settings.http.tls
    plain = bound((http.bindaddr, http.bindport)) if http.enabled else ""
    secure = bound((tls.bindaddr, tls.bindport)) if tls.enabled else ""
    daemon = Daemon(settings)
    try:
        daemon.greet_pbx()
        application = daemon.application
        print(show_http(http, application.servername, application.routes, plain, secure), end="")
    finally:
        daemon.close()
    return 0


def man(options):
    """Prints ajam(8)."""
    print(manual.page(parser()), end="")
    return 0


COMMANDS = (
    Command("serve", "serve until SIGTERM (what ajam does when no command is named)",
            service.add_serve_arguments, service.serve),
    Command("demo", "start a demo PBX and ajam on it, to look around; needs no Asterisk and no file",
            service.add_demo_arguments, service.demo, configured=False),
    Command("show", "print what is served: `ajam show http`", add_show_arguments, show),
    Command("check", "look at configuration, files, certificate, ports and PBX, and say what is amiss",
            check.add_arguments, check.run),
    Command("call", "do an action of the manager interface and print the answer", call.add_arguments, call.run),
    Command("tail", "print the manager's events as they come", tail.add_arguments, tail.run),
    Command("man", "print the manual page: `ajam man | man -l -`", manual.add_arguments, man, configured=False),
)
