"""The command line: what `python3 -m ajam` understands, and its exit codes.

0 done, 1 the configuration or the machine does not let it run, 2 the command line is wrong.
"""

import argparse
import logging
import os
import signal
import sys
import tempfile

from ajam import __version__
from ajam.conf import settings as configuration
from ajam.daemon import Daemon, bound
from ajam.demo import DemoPbx
from ajam.errors import AjamError
from ajam.status import show_http

CONFIG_DIR = "/etc/asterisk"
DEMO_PORT = 8088
STOP_SIGNALS = frozenset((signal.SIGTERM, signal.SIGINT))
SIGNALS = STOP_SIGNALS | {signal.SIGHUP}

NOT_ENABLED = ("http.conf: enabled is not yes, so there is nothing to serve; to have ajam serve where Asterisk "
               "does not, write enabled=yes under [http] in ajam.conf")

log = logging.getLogger("ajam")


def main(arguments=None):
    """Does what the command line says and returns the exit code."""
    options = parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s: %(message)s")
    try:
        return options.run(options)
    except AjamError as error:
        print("ajam: %s" % error, file=sys.stderr)
        return 1


def parser():
    """The command line's grammar, one subcommand for each thing that can be done."""
    top = argparse.ArgumentParser(
        prog="ajam", description="Asterisk's manager interface over HTTP, as a daemon beside the PBX.")
    top.add_argument("--version", action="version", version="ajam %s" % __version__)
    add_directory(top, CONFIG_DIR)
    top.set_defaults(run=serve)
    commands = top.add_subparsers(title="commands", metavar="COMMAND")
    for name, run, text in (
        ("serve", serve, "serve until SIGTERM (what ajam does when no command is named)"),
        ("demo", demo, "start a demo PBX and ajam on it, to look around; needs no Asterisk and no file"),
        ("show", show, "print what is served: `ajam show http`"),
    ):
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        if name != "demo":
            add_directory(command, argparse.SUPPRESS)
        command.set_defaults(run=run)
        if name == "show":
            command.add_argument("what", choices=["http"], help="the HTTP server's status, as `http show status`")
        if name == "demo":
            command.add_argument("--port", type=port_number, default=DEMO_PORT,
                                 help="default %(default)s; 0: any free one")
            command.add_argument("--seed", type=int, default=1, help="of the calls; the same seed, the same calls")
    return top


def add_directory(command, default):
    """Adds -C, which may stand before or behind the command's name."""
    command.add_argument("-C", dest="directory", metavar="DIR", default=default,
                         help="directory of http.conf, manager.conf and ajam.conf (default %s)" % CONFIG_DIR)


def port_number(text):
    """A TCP port; 0 stands for any free one."""
    if not (text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError("%r is no port: 0 to 65535" % text)
    return int(text)


def serve(options):
    """Serves what the configuration says until a signal ends it."""
    settings = configuration.load(options.directory)
    warn(settings)
    if not settings.http.enabled:
        print("ajam: %s/%s" % (options.directory, NOT_ENABLED), file=sys.stderr)
        return 1
    with awaited_signals(), Daemon(settings):
        wait_for_end()
    return 0


def warn(settings):
    """Logs what in the configuration may surprise."""
    for warning in settings.warnings:
        log.warning("%s", warning)
    places = [("staticdir", settings.http.staticdir)] if settings.http.staticdir else []
    for name, directory in [*places, *settings.http.post_mappings]:
        if not os.path.isdir(directory):
            log.warning("%s = %s: there is no such directory now; make it or name another", name, directory)
    if settings.http.tls.enabled:
        log.warning("http.conf: tlsenable=yes, but this version serves no HTTPS; put a proxy in front that does")
    if not (settings.manager.enabled and settings.manager.webenabled):
        log.warning("manager.conf: enabled and webenabled are not both yes, so no manager URI is served")


def demo(options):
    """Serves a demo PBX, with calls that come and go, until a signal ends it."""
    with awaited_signals(), DemoPbx(seed=options.seed) as pbx, tempfile.TemporaryDirectory() as directory:
        settings = demo_settings(directory, pbx.address, options.port)
        with Daemon(settings) as daemon:
            print("ajam demo: open http://%s/asterisk/static/index.html\n"
                  "and log in as user demo with secret demo; Ctrl-C ends it." % bound(daemon.address), flush=True)
            wait_for_end()
    return 0


def demo_settings(directory, pbx_address, port):
    """The Settings of a demo, from files written to `directory`."""
    files = {
        "http.conf": "[general]\nenabled=yes\nenable_static=yes\nenable_status=yes\nbindaddr=127.0.0.1\n"
                     "bindport=%d\nprefix=asterisk\nredirect=/ /asterisk/static/index.html\n" % port,
        "manager.conf": "[general]\nenabled=yes\nwebenabled=yes\n[demo]\nsecret=demo\nread=all\nwrite=all\n",
        "ajam.conf": "[pbx]\nhost=%s\nport=%d\n" % pbx_address,
    }
    for name, text in files.items():
        with open("%s/%s" % (directory, name), "w", encoding="ascii") as file:
            file.write(text)
    return configuration.load(directory)


def show(options):
    """Prints what a daemon on this configuration serves."""
    settings = configuration.load(options.directory)
    address = bound((settings.http.bindaddr, settings.http.bindport)) if settings.http.enabled else ""
    daemon = Daemon(settings)
    try:
        daemon.greet_pbx()
        application = daemon.application
        print(show_http(settings.http, application.servername, application.routes, address), end="")
    finally:
        daemon.close()
    return 0


class awaited_signals:
    """Blocks SIGNALS in this thread and those it starts, so that one can wait for them."""

    def __enter__(self):
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    def __exit__(self, *_):
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)


def wait_for_end():
    """Returns when the process is asked to end."""
    while True:
        received = signal.Signals(signal.sigwait(SIGNALS))
        if received in STOP_SIGNALS:
            log.info("%s: stopping", received.name)
            return
        log.warning("%s: nothing is read anew; a changed configuration takes a restart", received.name)
