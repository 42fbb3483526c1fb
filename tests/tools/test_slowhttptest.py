"""slowhttptest: connections that take their time, and its own probe, which is served throughout.

Where ajam can send somebody away in place of the probe there are twice as many as it takes. Readers
have been promised a reply; of them there are as many as in the comparison of security.md 3.
"""

import csv
import pathlib
import shutil
import subprocess

import pytest

from tests.browser import Browser

SLOWHTTPTEST = shutil.which("slowhttptest")
SECONDS = 10
PATIENCE_SECONDS = 60
MOST_MEMORY = 200 * 1024  # KiB
MODES = {"slow heads": ("-H", 1000), "slow bodies": ("-B", 1000), "slow readers": ("-X", 400),
         "many ranges": ("-R", 1000)}

pytestmark = pytest.mark.skipif(SLOWHTTPTEST is None, reason="slowhttptest is not installed")


def attack(mode, connections, address, directory):
    """What slowhttptest saw: a dict for each second."""
    report = directory / "report"
    subprocess.run(
        [SLOWHTTPTEST, mode, "-c", str(connections), "-r", "500", "-i", "2", "-l", str(SECONDS), "-p", "5",
         "-u", "http://%s:%d/asterisk/static/large" % address, "-g", "-o", str(report)],
        check=True, capture_output=True, timeout=PATIENCE_SECONDS)
    with open(str(report) + ".csv", encoding="ascii") as lines:
        return [{name: int(value) for name, value in second.items()} for second in csv.DictReader(lines)]


def peak_memory(service):
    """The most memory that the process has had, in KiB (proc(5), VmHWM)."""
    status = pathlib.Path("/proc/%d/status" % service._process.pid).read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1])


@pytest.mark.parametrize("mode, connections", MODES.values(), ids=MODES)
def test_everybody_else_is_served_throughout(serve, large_file, tmp_path, mode, connections):
    service = serve(ajam_conf=large_file)
    seconds = attack(mode, connections, service.address, tmp_path)
    assert max(second["Connected"] + second["Closed"] for second in seconds) > connections / 2
    assert [second for second in seconds if not second["Service Available"]] == []
    assert peak_memory(service) < MOST_MEMORY
    with Browser(service.address) as browser:
        assert browser.request("/asterisk/rawman?action=ping").status == 200
    assert "Traceback" not in service.log
