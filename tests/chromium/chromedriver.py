"""ChromeDriver as a process that takes WebDriver commands: JSON over HTTP.

Source: W3C WebDriver 6 (commands and errors).
"""

import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request

COMMAND_SECONDS = 60.0  # for one command; a cold start of Chromium is the longest


def missing():
    """Which of the programs is not installed, as the reason to skip a test; "" when both are."""
    absent = [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
    return absent and "%s is not installed" % " and ".join(absent) or ""


class WebDriverError(Exception):
    """ChromeDriver refused a command; `code` is WebDriver's name of the error: 'no such element' ..."""

    def __init__(self, code, message):
        super().__init__("%s: %s" % (code, message.splitlines()[0] if message else ""))
        self.code = code


class ChromeDriver:
    """The process that listens on a free port; call() sends it a command."""

    def __init__(self):
        self._process = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, text=True)
        self._url = "http://127.0.0.1:%s" % self._read_port()

    def _read_port(self):
        for line in self._process.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                return found.group(1)
        raise RuntimeError("chromedriver ended with %d" % self._process.wait())

    def call(self, method, path, body=None):
        """The `value` of the answer; raises WebDriverError."""
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self._url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=COMMAND_SECONDS) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            with error:
                value = json.load(error)["value"]
            raise WebDriverError(value["error"], value["message"]) from None

    def close(self):
        """Ends the process, and with it its browsers."""
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()
