"""`ajam call ACTION [Name=value ...]`: one action, its answer on stdout byte for byte, its outcome as the exit code.

    $ ajam call Originate Channel=PJSIP/100 Context=default Exten=200 Priority=1 Variable=a=1 Variable=b=2
    Response: Success
    Message: Originate successfully queued

0 done, 1 the answer says `Response: Error`; otherwise as in ajam/client/options.py.
"""

import argparse
import json
import os
import sys

from ajam.client.options import add_options, pair, with_remote

ANSWER_SECONDS = 60.0  # longer than a synchronous Originate takes by itself
UNAVAILABLE = 503  # the PBX is away, or has not answered


def add_arguments(parser):
    """The options of `ajam call`."""
    add_options(parser, "1 when the answer tells of an error, else 0")
    parser.add_argument("--timeout", type=seconds, metavar="SECONDS", default=ANSWER_SECONDS,
                        help="how long to wait for the answer (default %(default)g)")
    parser.add_argument("action", metavar="ACTION", help="as in Asterisk's `manager show commands`")
    parser.add_argument("pairs", metavar="Name=value", nargs="*", type=pair,
                        help="its parameters, where it has any; their order is kept, and a name may repeat")


def seconds(text):
    """A time, more than none."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError("%r is no number of seconds" % text)
    return value


def run(options):
    """Does the action, prints the answer; the exit code."""
    return with_remote(lambda remote: _call(remote, options), options)


def _call(remote, options):
    pairs = [(b"action", os.fsencode(options.action)), *options.pairs]
    answer = remote.ask("amjson" if options.json else "arawman", pairs, options.timeout)
    sys.stdout.buffer.write(answer.body)
    sys.stdout.buffer.flush()
    said = response_of_json(answer.body) if options.json else response_of_lines(answer.body)
    if answer.status == UNAVAILABLE:
        print("ajam: the PBX is away, or gave no answer", file=sys.stderr)
        return 3
    return 1 if said.lower() == "error" else 0


def response_of_lines(body):
    """The first `Response` of an answer as lines; "" without one."""
    for line in body.splitlines():
        name, _, value = line.partition(b":")
        if name.lower() == b"response":
            return value.strip().decode("latin-1")
    return ""


def response_of_json(body):
    """The same of an answer as JSON."""
    for block in json.loads(body):
        if "Response" in block:
            return str(block["Response"])
    return ""
