"""Numbers on how ajam does, in Prometheus' text format 0.0.4.

    Counter    only grows       ajam_http_requests_total{uri="rawman",status="200"} 17
    Histogram  observations     ajam_http_request_duration_seconds_bucket{uri="rawman",le="0.005"} 16
    Gauge      read on demand   ajam_sessions 3

Values of labels come from tables of ours, never from a request, so that nobody can make
more series than there are. What takes as long as somebody else pleases has a `uri` of its own:
"waitevent", and those of the streams, of which nothing but their number is counted.

Source: Prometheus, "Exposition formats" and "Metric and label naming".
"""

import operator
import os
import resource
import threading
import time
from bisect import bisect_left
from itertools import accumulate
from typing import Callable, NamedTuple, Tuple

from ajam import __version__

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
STREAMS = frozenset(("events", "aevents"))

# Upper bounds in s. Most requests take a millisecond; a refused login takes one second.
REQUEST_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
ROUND_TRIP_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Counter:
    """How often. The lock guards the number."""

    kind = "counter"

    def __init__(self, name, help):
        self.name = name
        self.help = help
        self._lock = threading.Lock()
        self._count = 0

    def add(self):
        """Once more."""
        with self._lock:
            self._count += 1

    def samples(self):
        """(name, ((label, value), ...), number) of each line."""
        return [(self.name, (), self._count)]


class Histogram:
    """How long: how many observations were how large, for each tuple of label values. The lock guards the series.

    A series is a list: how many are in each bucket, the last one open, and behind these the sum of all.
    """

    kind = "histogram"

    def __init__(self, name, help, bounds, labels=(), known=((),)):
        self.name = name
        self.help = help
        self._bounds = bounds
        self._labels = labels
        self._lock = threading.Lock()
        self._nothing = [0] * (len(bounds) + 1) + [0.0]
        self._series = {values: list(self._nothing) for values in known}

    def observe(self, seconds, *values):
        """One observation, with these label values."""
        with self._lock:
            series = self._series.get(values)
            if series is None:
                series = self._series[values] = list(self._nothing)
            series[bisect_left(self._bounds, seconds)] += 1
            series[-1] += seconds

    def series(self):
        """(label values, series) pairs, as they are now."""
        with self._lock:
            return [(values, list(each)) for values, each in self._series.items()]

    def samples(self):
        """As Counter.samples(): for each series its buckets, each with all that is below it, its sum and its count."""
        for values, (*counts, total) in self.series():
            labels = tuple(zip(self._labels, values))
            for bound, below in zip((*map(repr, self._bounds), "+Inf"), accumulate(counts)):
                yield self.name + "_bucket", (*labels, ("le", bound)), below
            yield self.name + "_sum", labels, total
            yield self.name + "_count", labels, sum(counts)


class Durations(Histogram):
    """Requests as observed by URI and status, told by URI alone, and without streams: they last as long as they may."""

    def series(self):
        """((URI,), series) pairs."""
        merged = {}
        for (uri, _), each in super().series():
            if uri not in STREAMS:
                merged[uri,] = [*map(operator.add, merged.get((uri,), self._nothing), each)]
        return list(merged.items())

    def totals(self):
        """(name, labels, number) of how many requests there were, for each URI and status."""
        return [("ajam_http_requests_total", (("uri", uri), ("status", status)), sum(counts))
                for (uri, status), (*counts, _) in super().series()]


class Gauge(NamedTuple):
    """What is so now: read() gives the number, or None when there is none. `kind` is "counter" for what only grows."""

    name: str
    help: str
    read: Callable
    kind: str = "gauge"
    labels: Tuple = ()

    def samples(self):
        """As Counter.samples()."""
        try:
            number = self.read()
        except OSError:  # no descriptor for a look at /proc: all the others are wanted now
            return ()
        return () if number is None else ((self.name, self.labels, number),)


class Family(NamedTuple):
    """What another one counts, told in another way."""

    name: str
    help: str
    kind: str
    samples: Callable


class Metrics:
    """All of a process's numbers.

    gauges  further ones, to be read for each page
    """

    def __init__(self, gauges=()):
        self._durations = Durations(
            "ajam_http_request_duration_seconds",
            "Time from the last byte of a request to its reply; without streams.", REQUEST_BOUNDS, ("uri",), ())
        self._requests = Family("ajam_http_requests_total", "Requests answered.", "counter", self._durations.totals)
        self._failed = Counter("ajam_logins_failed_total", "Logins refused, by the PBX or before it was asked.")
        self._handshakes = Counter(
            "ajam_tls_handshakes_failed_total", "TLS handshakes that failed; without those of who just went away.")
        self._round_trips = Histogram(
            "ajam_ami_round_trip_seconds", "Time from an action of a client to the PBX's whole answer.",
            ROUND_TRIP_BOUNDS)
        self._gauges = (*gauges, *process_gauges())

    def served(self, uri, status, seconds):
        """A request was answered, or a stream has ended."""
        self._durations.observe(seconds, uri, status)

    def login_failed(self):
        """A login was refused."""
        self._failed.add()

    def handshake_failed(self):
        """A browser has failed to begin with TLS."""
        self._handshakes.add()

    def round_trip(self, seconds):
        """The PBX has answered an action."""
        self._round_trips.observe(seconds)

    def page(self):
        """All of it as bytes of CONTENT_TYPE."""
        families = (self._requests, self._durations, self._failed, self._handshakes, self._round_trips,
                    *self._gauges)
        return "".join(map(exposition, families)).encode("utf-8")


# The text


def exposition(family):
    """The lines of a Counter, Histogram, Gauge or Family; "" for one that says nothing now."""
    lines = ["%s%s %s\n" % (name, braced(labels), number_text(number)) for name, labels, number in family.samples()]
    head = "# HELP %s %s\n# TYPE %s %s\n" % (
        family.name, family.help.replace("\\", "\\\\").replace("\n", "\\n"), family.name, family.kind)
    return head + "".join(lines) if lines else ""


def braced(labels):
    """(label, value) pairs as `{uri="rawman",status="200"}`, "" for none."""
    return "{%s}" % ",".join('%s="%s"' % (name, escaped(str(value))) for name, value in labels) if labels else ""


def escaped(value):
    """A label's value with backslashes, quotes and line ends escaped."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def number_text(number):
    """A number as Go reads it."""
    return str(number) if isinstance(number, int) else repr(float(number))


# The process


def resident_bytes():
    """The memory this process has (proc(5), statm: resident, in pages)."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * PAGE_BYTES


def open_descriptors():
    """How many files and sockets are open; the look itself costs one."""
    return len(os.listdir("/proc/self/fd")) - 1


def most_descriptors():
    """How many there may be."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def start_time():
    """When the process began, in s since 1970 (proc(5), stat: starttime, in ticks since the boot)."""
    with open("/proc/self/stat", encoding="latin-1") as file:
        ticks = int(file.read().rpartition(")")[2].split()[19])
    now = time.time()
    return now - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks / os.sysconf("SC_CLK_TCK")


def process_gauges():
    """The Gauges of this process."""
    began = start_time()
    return (
        Gauge("ajam_build_info", "1, with the version of ajam.", lambda: 1, labels=(("version", __version__),)),
        Gauge("ajam_threads", "Threads of the process.", threading.active_count),
        Gauge("process_cpu_seconds_total", "Processor time used, the kernel's for us included.", time.process_time,
              "counter"),
        Gauge("process_start_time_seconds", "When the process began.", lambda: began),
        Gauge("process_resident_memory_bytes", "Memory in use.", resident_bytes),
        Gauge("process_open_fds", "Open files and sockets.", open_descriptors),
        Gauge("process_max_fds", "As many as there may be.", most_descriptors),
    )
