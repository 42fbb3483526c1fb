"""`ajam -r` and `ajam -rx COMMAND`: commands for a running ajam, as `asterisk -r` takes them for Asterisk.

    -rx COMMAND    prints the answer; the exit code is 0, or 1 when it was refused or nobody answered
    -r             reads commands until quit, exit or Ctrl-D, with a prompt and Tab at a terminal;
                   1 when one of them was refused

ajam.conf says where the socket is, and no other file is read: whoever may use it need not be
allowed to see secrets. What goes over it: ajam/control.py.
"""

import argparse
import cmd
import contextlib
import grp
import os
import pwd
import re
import socket as sockets
import stat
import sys

from ajam.commands import next_words
from ajam.conf.settings import control_socket
from ajam.errors import AjamError

ANSWER_SECONDS = 60.0  # that we wait; to read a configuration anew may take a while
HEAD = re.compile(rb"([01]) ([0-9]{1,10})\n")
MAX_HEAD = 64  # bytes

PROMPT = "ajam*CLI> "
FAREWELLS = ("quit", "exit")
INTERRUPTED = 130  # what a shell calls the end by Ctrl-C
START_ONE = "start one (systemctl start ajam, or just ajam), or say with -C DIR where its ajam.conf is"


class NoAnswer(AjamError):
    """The command has come to nobody, or no answer has come back."""


class Execute(argparse.Action):
    """-x: keeps the command; -r goes without saying, as with Asterisk."""

    def __call__(self, parser, namespace, value, option=None):
        """See argparse.Action."""
        namespace.execute, namespace.console = value, True


def add_arguments(parser):
    """The options -r and -x."""
    parser.add_argument("-r", dest="console", action="store_true",
                        help="speak to the running ajam: a prompt that takes commands like Asterisk's")
    parser.add_argument("-x", dest="execute", metavar="COMMAND", action=Execute,
                        help='have the running ajam do one command: ajam -rx "http show status"')


def run(options):
    """Has a running ajam do what the command line, or who sits before it, says; the exit code."""
    path = control_socket(options.directory)
    sys.stdout.reconfigure(errors="backslashreplace")  # whatever the terminal cannot show
    if options.execute is None:
        return Console(path, sys.stdin, sys.stdout).converse()
    done, text = ask(path, options.execute)
    print(text, end="")
    return 0 if done else 1


class Console(cmd.Cmd):
    """Reads commands, has each done by the ajam at `path`, writes the answers."""

    def __init__(self, path, stdin, stdout):
        self.use_rawinput = stdin.isatty()
        self.prompt = PROMPT if self.use_rawinput else ""
        super().__init__("tab" if self.use_rawinput else None, stdin, stdout)
        self._path = path
        self._refused = False

    def converse(self):
        """Goes on until it is to end, and returns the exit code; raises NoAnswer when ajam is not there any more."""
        _, version = ask(self._path, "core show version")
        try:
            self.cmdloop(version.rstrip("\n") if self.use_rawinput else None)
        except KeyboardInterrupt:
            print(file=self.stdout)
            return INTERRUPTED
        return 1 if self._refused else 0

    def onecmd(self, line):
        """Has one line done; True for the last one. "EOF" is what cmd.Cmd makes of Ctrl-D and of a pipe's end."""
        command = line.strip()
        if command == "EOF" and self.use_rawinput:
            print(file=self.stdout)
        if command == "EOF" or command.lower() in FAREWELLS:
            return True
        if command:
            done, text = ask(self._path, command)
            self.stdout.write(text)
            self._refused = self._refused or not done
        return False

    def completenames(self, text, line, begin, end):
        """What Tab may make of `text`, the word before it in `line` that begins at `begin`."""
        return [word + " " for word in next_words(line[:begin]) if word.startswith(text.lower())]

    completedefault = complete_help = completenames


def ask(path, command):
    """(done, text): what the ajam that listens at `path` answers; raises NoAnswer with the reason and the remedy."""
    line = " ".join(command.splitlines()).encode("utf-8", "surrogateescape") + b"\n"
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as socket:
        socket.settimeout(ANSWER_SECONDS)
        try:
            socket.connect(path)
        except PermissionError as error:
            raise NoAnswer("%s: permission denied; %s" % (path, who_may(path))) from error
        except OSError as error:
            raise NoAnswer("no ajam answers at %s: %s; %s" % (path, error.strerror or error, START_ONE)) from error
        try:
            with contextlib.suppress(BrokenPipeError):  # it has heard enough, and has said so
                socket.sendall(line)
            return read_answer(socket)
        except OSError as error:
            raise NoAnswer("the ajam at %s has not answered: %s; its log may tell why" % (path, error)) from error


def read_answer(socket):
    """(done, text) from a socket; raises NoAnswer when it ends before the answer does."""
    with socket.makefile("rb") as file:
        head = HEAD.fullmatch(file.readline(MAX_HEAD))
        text = file.read(int(head[2])) if head else b""
    if head is None or len(text) < int(head[2]):
        raise NoAnswer("ajam has ended before it had answered; its log may tell why")
    return head[1] == b"0", text.decode("utf-8", "backslashreplace")


def who_may(path):
    """Who may use the socket at `path`, in words."""
    try:
        found = os.stat(path)
    except OSError:
        return "root may use it, and the user that ajam runs as"
    owner = name_of(pwd.getpwuid, found.st_uid)
    if found.st_mode & stat.S_IWGRP:
        return "%s may use it, and the members of group %s" % (owner, name_of(grp.getgrgid, found.st_gid))
    return "only %s may use it; group = NAME in [daemon] of ajam.conf lets the members of a group in" % owner


def name_of(look_up, number):
    """The name of a user or a group, or its number when it has none."""
    try:
        return look_up(number)[0]
    except KeyError:
        return str(number)
