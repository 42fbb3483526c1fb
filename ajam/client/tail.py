"""`ajam tail [event=NAME ...] [Header=value ...]`: events as they come, until Ctrl-C or SIGTERM.

What is no event (the PBX goes and comes, events were missed, ajam is away) is said on stderr. When the
connection is lost it is made anew, and goes on behind the last event seen.

130 Ctrl-C; 0 when nobody reads the output any more; otherwise as in ajam/client/options.py.
"""

import json
import select
import sys
import time

from ajam.client.events import as_block, messages
from ajam.client.options import add_options, pair, with_remote
from ajam.client.remote import Unreachable

FIRST_DELAY, LAST_DELAY = 1.0, 30.0  # s before trying again, doubled each time


def add_arguments(parser):
    """The options of `ajam tail`."""
    add_options(parser, "0 when nobody reads the events any more")
    parser.add_argument("pairs", metavar="Name=value", nargs="*", type=pair,
                        help="event=NAME, and headers of events: only those that fit; a name may repeat")


def run(options):
    """Prints events until it is ended; the exit code."""
    show = (lambda data: data + b"\n") if options.json else as_block
    return with_remote(lambda remote: Tail(remote, options.pairs, show, sys.stdout.buffer).follow(), options)


class Tail:
    """Events on their way from a Remote to a binary file.

    show   from an event as JSON to the bytes to write
    pause  waits for so many seconds
    """

    def __init__(self, remote, pairs, show, output, pause=time.sleep):
        self._remote = remote
        self._pairs = pairs
        self._show = show
        self._output = output
        self._pause = pause
        self._place = b""
        self._delay = 0.0  # none until the first message has come

    def follow(self):
        """Goes on for ever; raises BrokenPipeError, Refused, and Unreachable when nobody was there to begin with."""
        while True:
            try:
                for message in messages(self._remote.lines("aevents", self._pairs, self._place)):
                    self._take(message)
                raise Unreachable("%s: the stream has ended" % self._remote.url)
            except Unreachable as error:
                if not self._delay:
                    raise
                say("%s; trying again" % error)
            self._pause(self._delay)
            self._delay = min(2 * self._delay, LAST_DELAY)

    def _take(self, message):
        if self._delay > FIRST_DELAY:
            say("connected again")
        self._delay = FIRST_DELAY
        self._place = message.place or self._place
        if is_closed(self._output):
            raise BrokenPipeError
        if not message.data:
            return
        if message.kind == b"message":
            self._output.write(self._show(message.data))
            self._output.flush()
        else:
            say(remark(message))


def remark(message):
    """What a Message that is no event tells, in words."""
    data = json.loads(message.data)
    dropped = data.get("dropped")
    return {
        b"gap": "%d events were missed" % dropped if dropped else "events may have been missed",
        b"down": "the PBX is away",
        b"up": "the PBX is back",
        b"end": "the session is over: %s" % data.get("reason"),
    }.get(message.kind, message.kind.decode("latin-1"))


def say(text):
    """A line on stderr."""
    print("ajam: %s" % text, file=sys.stderr, flush=True)


def is_closed(output):
    """True when nobody reads a pipe any more; so a stream that is quiet ends, too, at its next sign of life."""
    poller = select.poll()
    poller.register(output, 0)  # that, and no more, is always told
    return any(event & select.POLLERR for _, event in poller.poll(0))
