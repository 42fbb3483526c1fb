"""A PBX with two doors: a real Asterisk with calls in it, its own AJAM, and ajam in front of the same one.

    with Bench(release, directory) as bench:
        bench.sides         the two doors, Asterisk's own first
        bench.act(...)      an action that is no part of the comparison
        bench.with_spares() makes the channels that a call takes for itself,
        bench.settle()      and takes them away
"""

import contextlib
import itertools
import pathlib
import re
import socket
import subprocess
import sys
import time
from typing import NamedTuple

from tests.browser import Browser
from tests.real.asterisk import Asterisk, free_port

PROJECT = pathlib.Path(__file__).resolve().parents[2]
READ_BY_AJAM = ("http.conf", "manager.conf")
AJAM_CONF = """\
[http]
bindport=%d

[pbx]
host=127.0.0.1
port=%d

[daemon]
socket=%s/ajam.ctl
root=yes

[limits]
failed_logins=1000
"""
PATIENCE_SECONDS = 15.0
POLL_SECONDS = 0.01

# What goes on in the PBX all the time: calls that wait, one in a conference, one in a queue, one parked.
BEFOREHAND = (
    "CreateConfig&Filename=spare.conf",
    "QueuePause&Interface=Local/200@default&Paused=yes&Reason=tea+%26+<b>",
    "QueuePause&Interface=Local/100@default&Paused=yes",
    "DBPut&Family=shelf&Key=book&Val=a<b+%26+%22c%22",
    "DBPut&Family=shelf&Key=box/left&Val=x:+y",
    "DBPut&Family=shelf&Key=bytes&Val=%FF%FE%01%1B%09x",
    "Setvar&Variable=DEVICE_STATE(Custom:lamp)&Value=INUSE",
    "Setvar&Variable=PRESENCE_STATE(CustomPresence:lamp)&Value=away,lunch,a<b",
    "Originate&ChannelId=base-1&Channel=Local/100@default/n&Application=Wait&Data=3600"
    "&CallerID=%22A+%26+B%22+<100>",
    "Originate&ChannelId=base-2&Channel=Local/700@default/n&Application=Wait&Data=3600&Variable=COLOR=red:+1",
    "Originate&ChannelId=base-3&Channel=Local/100@default/n&Context=default&Exten=400&Priority=1",
    "Originate&ChannelId=base-4&Channel=Local/100@default/n&Context=default&Exten=500&Priority=1"
    "&CallerID=Zo%C3%AB+<500>",
    "Originate&ChannelId=base-5&Channel=Local/100@default/n&Application=Park&Data=,s",
    "Originate&ChannelId=base-6&Channel=Local/100@default/n&Context=default&Exten=401&Priority=1",
)

WAITING = "&Application=Wait&Data=3600"
IN_DIALPLAN = "&Context=default&Priority=1&Exten="
NAME = r"^Channel: (\S+)"


class Spare(NamedTuple):
    """What is made for one call: how, how it is seen to have come so far, and what of it the call is told."""

    origin: str
    seen_as: str = r"Application: Wait\b"
    told_as: str = NAME
    seen_in: str = "Status&Channel=%s"


SPARES = {  # by the word that stands for it in braces
    "spare": Spare(WAITING),
    "other": Spare(WAITING),
    "member": Spare(IN_DIALPLAN + "400", r"Uniqueid: %s\b", NAME + r"(?=(?:.*\r\n)*?Uniqueid: %s\b)",
                    "ConfbridgeList&Conference=room"),
    "caller": Spare(IN_DIALPLAN + "500", "Application: Queue"),
    "script": Spare(IN_DIALPLAN + "800", "Application: AGI"),
    "player": Spare(IN_DIALPLAN + "900", "Application: Playback"),
    "recorded": Spare(IN_DIALPLAN + "901"),
    "talker": Spare(IN_DIALPLAN + "902", r"BridgeID: \w"),
    "bridge": Spare(IN_DIALPLAN + "902", r"BridgeID: \w", r"^BridgeID: (\S+)"),
}


def query(call):
    """The query string for a call, which is that without its `action=`."""
    return "action=" + call


class Bench:
    """See above; a context manager. `sides` are (host, port), Asterisk's own AJAM and ajam."""

    def __init__(self, release, directory):
        self.asterisk = Asterisk(release)
        self.version = release.version
        self.directory = directory
        self.ajam = ("127.0.0.1", free_port())
        self.sides = (self.asterisk.http, self.ajam)
        self._process = None
        self._control = None
        self._held = None
        self._numbers = itertools.count(1)
        self._at_rest = set()
        self._spares = False

    def __enter__(self):
        with contextlib.ExitStack() as held:
            held.enter_context(self.asterisk)
            self._start_ajam(held)
            held.callback(lambda: self._control.close())
            self._prepare()
            self._held = held.pop_all()
        return self

    def _prepare(self):
        """Begins the calls that go on all the time."""
        self._control = Browser(self.asterisk.http)
        self._control.log_in()
        for call in BEFOREHAND:
            assert b"Response: Success" in self.act(call), call
        wait_until(lambda: b"Application: Answer" not in self.act("Status"))  # that lasts half a second
        self._at_rest = self._channels()

    def kill_asterisk(self):
        """Ends it as a crash would."""
        self._control.close()
        self.asterisk.kill()

    def revive_asterisk(self):
        """Starts it again, as it was at the beginning; ajam has run all the while."""
        self.asterisk.start()
        self._prepare()

    def __exit__(self, *_):
        self._held.close()

    def act(self, call):
        """The body that Asterisk's own AJAM answers a call with."""
        return self._control.request("/asterisk/rawman?" + query(call)).body

    # ajam

    def _start_ajam(self, held):
        for name in READ_BY_AJAM:
            (self.directory / name).write_text(self.asterisk.text(name))
        (self.directory / "ajam.conf").write_text(AJAM_CONF % (self.ajam[1], self.asterisk.ami[1], self.directory))
        with open(self.directory / "log", "wb") as log:
            self._process = subprocess.Popen([sys.executable, "-m", "ajam", "-C", str(self.directory)],
                                             cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        held.callback(self._stop_ajam)
        wait_until(self._answers)
        with Browser(self.ajam) as first:  # from the first action on ajam knows the exact version of the PBX
            first.log_in()
            first.action("Ping")

    def _answers(self):
        assert self._process.poll() is None, self.log()
        try:
            socket.create_connection(self.ajam).close()
        except ConnectionRefusedError:
            return False
        return True

    def _stop_ajam(self):
        self._process.terminate()
        assert self._process.wait(PATIENCE_SECONDS) == 0, self.log()

    def log(self):
        """What ajam has logged so far."""
        return (self.directory / "log").read_text()

    # Spare channels

    def with_spares(self, call):
        """The call with a channel, or whatever it is, of its own for each word in braces."""
        return re.sub(r"\{(\w+)\}", lambda found: self._spare(found[1]), call)

    def _spare(self, kind):
        name = "spare-%d" % next(self._numbers)
        self._spares = True
        if kind not in SPARES:
            return name
        origin, seen_as, told_as, seen_in = (text.replace("%s", name) for text in SPARES[kind])
        self.act("Originate&Channel=Local/100@default/n&ChannelId=" + name + origin)
        wait_until(lambda: re.search(seen_as, self._told(seen_in)))
        return re.search(told_as, self._told(seen_in), re.MULTILINE)[1]

    def _told(self, call):
        return self.act(call).decode("utf-8", "replace")

    def settle(self):
        """Hangs up what calls have begun, and waits until only what goes on all the time does."""
        if self._spares:
            self._spares = False
            wait_until(self._is_at_rest)

    def _is_at_rest(self):
        extra = self._channels() - self._at_rest
        for name in extra:
            self.act("Hangup&Channel=" + name.decode())
        return not extra

    def _channels(self):
        return set(re.findall(rb"Uniqueid: (\S+)", self.act("CoreShowChannels")))


def wait_until(condition):
    """Waits for a condition that nobody tells us of."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(POLL_SECONDS)
