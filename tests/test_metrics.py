"""ajam/metrics.py: numbers, and Prometheus' text format of them."""

import os
import shutil
import subprocess
import threading
import time

import pytest

from ajam import __version__
from ajam.metrics import Gauge, Histogram, Metrics, exposition
from tests.exposition import read

PROMTOOL = shutil.which("promtool")
URIS = ["rawman", "waitevent", "other"]


def page(metrics):
    return read(metrics.page().decode())


@pytest.fixture
def metrics():
    return Metrics()


def test_a_new_page_can_be_read_and_has_zeros_for_what_may_come(metrics):
    told = page(metrics)
    assert told["ajam_logins_failed_total"] == {(): 0}
    assert told["ajam_tls_handshakes_failed_total"] == {(): 0}
    assert told["ajam_ami_round_trip_seconds_count"] == {(): 0}
    assert told["ajam_build_info"] == {(("version", __version__),): 1}
    assert "ajam_http_requests_total" not in told


def test_requests_are_counted_by_uri_and_status(metrics):
    for uri, status in (("rawman", 200), ("rawman", 200), ("rawman", 503), ("other", 404)):
        metrics.served(uri, status, 0.001)
    assert page(metrics)["ajam_http_requests_total"] == {
        (("uri", "rawman"), ("status", "200")): 2, (("uri", "rawman"), ("status", "503")): 1,
        (("uri", "other"), ("status", "404")): 1}


def test_durations_are_told_by_uri_whatever_the_status(metrics):
    metrics.served("rawman", 200, 0.002)
    metrics.served("rawman", 503, 0.004)
    told = page(metrics)
    assert told["ajam_http_request_duration_seconds_count"] == {(("uri", "rawman"),): 2}
    assert told["ajam_http_request_duration_seconds_sum"][("uri", "rawman"),] == pytest.approx(0.006)


@pytest.mark.parametrize("uri", ["events", "aevents"])
def test_a_stream_is_counted_but_how_long_it_was_spoils_nothing(metrics, uri):
    metrics.served(uri, 200, 3600.0)
    told = page(metrics)
    assert told["ajam_http_requests_total"] == {(("uri", uri), ("status", "200")): 1}
    assert "ajam_http_request_duration_seconds_count" not in told


@pytest.mark.parametrize("seconds, bound", [
    (0.0, "0.001"), (0.001, "0.001"), (0.0010001, "0.0025"), (1.0, "1.0"), (29.9, "30.0"), (31.0, "+Inf"),
])
def test_a_duration_is_in_the_first_bucket_that_is_not_below_it(metrics, seconds, bound):
    metrics.served("rawman", 200, seconds)
    buckets = page(metrics)["ajam_http_request_duration_seconds_bucket"]
    assert next(dict(labels)["le"] for labels, number in buckets.items() if number) == bound


def test_what_happens_on_many_threads_is_all_counted(metrics):
    def work():
        for _ in range(2000):
            metrics.served("rawman", 200, 0.001)
            metrics.login_failed()
            metrics.round_trip(0.001)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        page(metrics)
    told = page(metrics)
    assert (told["ajam_http_requests_total"][("uri", "rawman"), ("status", "200")],
            told["ajam_logins_failed_total"][()], told["ajam_ami_round_trip_seconds_count"][()]) == (16000,) * 3


def test_a_gauge_is_read_for_each_page_and_left_out_when_there_is_none():
    numbers = iter([3, None])
    metrics = Metrics([Gauge("ajam_sessions", "Sessions.", lambda: next(numbers))])
    assert page(metrics)["ajam_sessions"] == {(): 3}
    assert "ajam_sessions" not in page(metrics)


@pytest.mark.parametrize("value", ['a"b', "a\\b", "a\nb", "caf\u00e9", "a,b}"])
def test_labels_are_escaped(value):
    text = exposition(Gauge("x", "Line one\nline \\two", lambda: 1.5, labels=(("label", value),)))
    assert text.startswith("# HELP x Line one\\nline \\\\two\n# TYPE x gauge\n")
    (labels, number), = read(text)["x"].items()
    told = labels[0][1].replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")
    assert (told, number) == (value, 1.5)


def test_a_histogram_without_labels_has_none():
    histogram = Histogram("x_seconds", "Times.", (0.5, 1.0))
    histogram.observe(0.75)
    assert exposition(histogram) == (
        "# HELP x_seconds Times.\n# TYPE x_seconds histogram\n"
        'x_seconds_bucket{le="0.5"} 0\nx_seconds_bucket{le="1.0"} 1\nx_seconds_bucket{le="+Inf"} 1\n'
        "x_seconds_sum 0.75\nx_seconds_count 1\n")


def test_the_process_is_told_as_it_is(metrics):
    told = {name: number[()] for name, number in page(metrics).items() if () in number}
    assert 1 <= told["ajam_threads"]
    assert 3 <= told["process_open_fds"] < told["process_max_fds"]
    assert 5e6 < told["process_resident_memory_bytes"] < 5e9
    assert time.time() - 86400 < told["process_start_time_seconds"] < time.time()
    assert told["process_cpu_seconds_total"] > 0


@pytest.mark.skipif(shutil.which("ps") is None, reason="there is no ps")
def test_when_the_process_began_is_what_ps_says(metrics):
    seconds = int(subprocess.run(["ps", "-o", "etimes=", "-p", str(os.getpid())],
                                 capture_output=True, check=True, text=True).stdout)
    began = page(metrics)["process_start_time_seconds"][()]
    assert abs(time.time() - seconds - began) < 5


@pytest.mark.skipif(PROMTOOL is None, reason="there is no promtool")
def test_promtool_finds_nothing_to_say(metrics):
    for uri in (*URIS, "events"):
        metrics.served(uri, 200, 0.002)
    metrics.login_failed()
    metrics.round_trip(0.001)
    said = subprocess.run([PROMTOOL, "check", "metrics"], input=metrics.page(), capture_output=True)
    assert (said.returncode, said.stdout, said.stderr) == (0, b"", b"")
