"""www/console with 1,000 live channels and 50 events a second: it stays responsive.

The PBX is made up here: a server with the console's pages, a fixed state and a stream of events.
"""

import json
import pathlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from urllib.parse import parse_qs

import pytest

CHANNELS = 1000
EVENTS_PER_SECOND = 50
SECONDS = 5
LONG_TASK = 50  # ms, as browsers define it: what a person notices
WWW = pathlib.Path(__file__).parent.parent.parent / "www"
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
COMMANDS = "Status BridgeList Hangup Redirect Atxfer Park Originate Ping".split()

MEASURE = """
  const seen = window.seen = {frames: [], long: [], changes: 0};
  new MutationObserver((changes) => { seen.changes += changes.length; })
    .observe(document.querySelector('#part-calls table'), {subtree: true, childList: true, characterData: true});
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.long.push(Math.round(entry.duration));
  }).observe({type: 'longtask'});
  let last = performance.now();
  const frame = (now) => { seen.frames.push(now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
"""


def channel(number, state="Up"):
    """A channel of the state, as Status lists it; two that follow each other are in one bridge."""
    name = "PJSIP/%d-%08x" % (100 + number, number)
    return {"Channel": name, "ChannelStateDesc": state, "CallerIDNum": str(100 + number),
            "CallerIDName": "Person %d" % number, "ConnectedLineNum": "", "ConnectedLineName": "<unknown>",
            "Context": "default", "Exten": str(100 + number), "Priority": "1", "Uniqueid": "1.%d" % number,
            "Linkedid": "1.%d" % (number // 2 * 2), "BridgeID": "bridge-%d" % (number // 2),
            "Application": "Dial", "Data": "PJSIP/%d,20" % number, "Seconds": str(number)}


def status():
    """The answer to Status."""
    listed = [{"Event": "Status", **channel(number)} for number in range(CHANNELS)]
    return [{"Response": "Success", "EventList": "start"}, *listed, {"Event": "StatusComplete"}]


def event(number):
    """One of the endless events: calls end and begin, states and places change."""
    where = number * 7 % CHANNELS
    kind = ("Newstate", "Newexten", "Hangup", "Newchannel")[number % 4]
    # What hangs up is what begins next, so that there are always as many.
    row = channel((number // 4) * 13 % CHANNELS if number % 4 > 1 else where, ("Up", "Ringing")[number // 4 % 2])
    return {"Event": kind, "Privilege": "call,all", **row, "Exten": str(number)}


class Pbx(BaseHTTPRequestHandler):
    """Pages, actions and events of the made-up PBX."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path.endswith("/events"):
            return self._stream()
        path = WWW / self.path.partition("/static/")[2].partition("?")[0]
        if not path.is_file():
            return self.send_error(404)
        self._send(TYPES[path.suffix], path.read_bytes())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        action = parse_qs(body)["Action"][0]
        answers = {"Status": status, "ListCommands": lambda: [{"Response": "Success", **dict.fromkeys(COMMANDS, "")}],
                   "Ping": lambda: [{"Response": "Success", "Ping": "Pong"}]}
        refuse = lambda: [{"Response": "Error", "Message": "Invalid/unknown command"}]  # noqa: E731
        self._send("application/json", json.dumps(answers.get(action, refuse)()).encode())

    def _send(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", "default-src 'self'")
        self.end_headers()
        self.wfile.write(body)

    def _stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        number = 0
        try:
            while not self.server.over.wait(1 / EVENTS_PER_SECOND):
                self.wfile.write(b"id: a-%d\ndata: %s\n\n" % (number, json.dumps(event(number)).encode()))
                number += 1
        except OSError:
            pass


@pytest.fixture(name="busy")
def fixture_busy():
    """The address of a PBX with much to do."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pbx)
    server.over = threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield "http://127.0.0.1:%d/" % server.server_address[1]
    server.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("sort", [None, "state", "since"])
def test_a_thousand_channels_and_fifty_events_a_second_leave_it_responsive(chromium, busy, width, sort):
    chromium.set_size(width, 800)
    chromium.get(busy + "static/ajamdemo.html")
    chromium.wait_for("document.querySelectorAll('#part-calls .pick').length >= %d" % (CHANNELS - 1))
    if sort:
        chromium.find("#part-calls thead .%s button" % sort).click()
    chromium.find("#part-calls .pick").click()
    chromium.script(MEASURE)
    chromium.wait_for("seen.frames.reduce((a, b) => a + b, 0) > %d" % (SECONDS * 1000), 2 * SECONDS)
    seen = chromium.script("return seen")
    frames = sorted(seen["frames"])
    print("%d changes, %d frames, median %.1f ms, 95 %% within %.1f ms, long tasks %s" % (
        seen["changes"], len(frames), median(frames), frames[int(len(frames) * 0.95)], seen["long"]))
    assert seen["changes"] > EVENTS_PER_SECOND  # the table did follow
    assert median(frames) < LONG_TASK
    assert sum(seen["long"]) < SECONDS * 1000 / 4
