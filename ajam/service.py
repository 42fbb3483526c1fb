"""Serving, from the first signal to the last: what `ajam serve` and `ajam demo` do.

    TERM, INT   end: replies in progress go out, waits and streams are sent home; a second one ends at once
    HUP         the configuration is read anew, the log opened anew
"""

import argparse
import functools
import gc
import logging
import os
import signal
import tempfile

from ajam import logs
from ajam.commands import answer
from ajam.conf import settings as configuration
from ajam.control import Control
from ajam.daemon import Daemon
from ajam.demo import DemoPbx
from ajam.errors import AjamError, ConfigError
from ajam.listeners import bound
from ajam.systemd import Notifier, inherited_sockets

AS_ROOT = ("ajam does not serve as root, for it needs no right that a user of its own has not got",
           "start it by its unit (User=ajam), or with runuser -u ajam, or write root=yes under [daemon] in ajam.conf")

DEMO_PORT = 8088
LOG_FORMATS = ("text", "json")
STOP_SIGNALS = frozenset((signal.SIGTERM, signal.SIGINT))
SIGNALS = STOP_SIGNALS | {signal.SIGHUP}
GARBAGE_THRESHOLDS = (50_000, 20, 50)  # next to nothing here is cyclic; with 5,000 sessions each look took up to 50 ms

log = logging.getLogger("ajam")


def add_serve_arguments(parser, default=argparse.SUPPRESS):
    """The options of `ajam serve`, which stand before a command's name as well; there with a default of None."""
    parser.add_argument("--log-format", choices=LOG_FORMATS, default=default,
                        help="what lines of the log look like, in place of format in [log] of ajam.conf")


def serve(options):
    """Serves what the configuration says until a signal ends it; 0."""
    settings = configuration.load(options.directory)
    check_user(settings)
    warn(settings)
    follow_log = functools.partial(log_as, options.log_format)
    follow_log(settings.log)
    daemon = Daemon(settings, notifier=Notifier(), inherited=inherited_sockets(), follow_log=follow_log)
    with awaited_signals(), daemon, control(daemon):
        attend(daemon)
    return 0


def log_as(format, settings):
    """As logs.set_up(), with another format than LogSettings have, unless that is None."""
    logs.set_up(settings._replace(format=format or settings.format))


def check_user(settings, user=os.geteuid):
    """Raises ConfigError for root, unless the configuration allows it; user() gives the number of who serves."""
    if user() == 0 and not settings.daemon.root:
        raise ConfigError("%s/ajam.conf" % settings.directory, 0, *AS_ROOT)


def control(daemon):
    """What takes commands for a Daemon, on the socket that its configuration names, also after a reload."""
    wanted = daemon.settings.daemon
    found = Control(wanted.socket, functools.partial(answer, daemon), wanted.group)
    daemon.followers.append(lambda settings: found.follow(settings.daemon.socket, settings.daemon.group))
    return found


def warn(settings):
    """Logs what in the configuration may surprise."""
    for warning in settings.warnings:
        log.warning("%s", warning)
    places = [("staticdir", settings.http.staticdir)] if settings.http.staticdir else []
    for name, directory in [*places, *settings.http.post_mappings]:
        if not os.path.isdir(directory):
            log.warning("%s = %s: there is no such directory now; make it or name another", name, directory)
    if not (settings.manager.enabled and settings.manager.webenabled):
        log.warning("manager.conf: enabled and webenabled are not both yes, so no manager URI is served")


def add_demo_arguments(parser):
    """The options of `ajam demo`."""
    parser.add_argument("--port", type=port_number, default=DEMO_PORT, help="default %(default)s; 0: any free one")
    parser.add_argument("--seed", type=int, default=1, help="of the calls; the same seed, the same calls")


def port_number(text):
    """A TCP port; 0 stands for any free one."""
    if not (text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError("%r is no port: 0 to 65535" % text)
    return int(text)


def demo(options):
    """Serves a demo PBX, with calls that come and go, until a signal ends it; 0."""
    with awaited_signals(), DemoPbx(seed=options.seed) as pbx, tempfile.TemporaryDirectory() as directory:
        with Daemon(demo_settings(directory, pbx.address, options.port)) as daemon, control(daemon):
            print("ajam demo: open http://%s/asterisk/static/index.html\n"
                  "and log in as user demo with secret demo; Ctrl-C ends it." % bound(daemon.address), flush=True)
            attend(daemon)
    return 0


def demo_settings(directory, pbx_address, port):
    """The Settings of a demo, from files written to `directory`."""
    files = {
        "http.conf": "[general]\nenabled=yes\nenable_static=yes\nenable_status=yes\nbindaddr=127.0.0.1\n"
                     "bindport=%d\nprefix=asterisk\nredirect=/ /asterisk/static/index.html\n" % port,
        "manager.conf": "[general]\nenabled=yes\nwebenabled=yes\n[demo]\nsecret=demo\nread=all\nwrite=all\n",
        "ajam.conf": "[pbx]\nhost=%s\nport=%d\n[daemon]\nsocket=%s/ajam.ctl\n" % (*pbx_address, directory),
    }
    for name, text in files.items():
        with open("%s/%s" % (directory, name), "w", encoding="ascii") as file:
            file.write(text)
    return configuration.load(directory)


class awaited_signals:
    """Blocks SIGNALS in this thread and those it starts, so that one can wait for them."""

    def __enter__(self):
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    def __exit__(self, *_):
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)


def attend(daemon):
    """Does what signals ask for; returns when that is to end, and has the next such signal end the process at once."""
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    while True:
        received = signal.Signals(signal.sigwait(SIGNALS))
        if received in STOP_SIGNALS:
            log.info("%s: stopping", received.name)
            logs.flush()  # the next one may have come already
            break
        reload(daemon)
    for each in STOP_SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


def reload(daemon):
    """Reads the configuration anew, unless there is a mistake in it, which the log tells; none of ours ends ajam."""
    try:
        daemon.reload()
    except AjamError:
        pass  # which is logged already
    except Exception:
        log.exception("the configuration could not be read anew")
