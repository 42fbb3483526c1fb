"""A WebDriver client of few words: starts ChromeDriver and a headless Chromium, and drives it.

    with Driver() as browser:
        browser.get("http://127.0.0.1:8088/static/index.html")
        browser.find("#username").type("demo")
        browser.keys("Tab", "demo", "Enter")
        browser.wait_for(lambda: "connected" in browser.find("#link").text)

Nothing here sleeps: what may take a moment (find, click, wait_for) is tried again until it is so, or until
its seconds are over, which is a TimeoutError that tells what was awaited.

Source: W3C WebDriver (commands, actions), ChromeDriver (goog:chromeOptions, goog/cdp/execute, se/log).
"""

import base64
import re
import shutil
import tempfile
import threading
import time

from .chromedriver import ChromeDriver, WebDriverError

PATIENCE_SECONDS = 8.0  # for what a page does by itself, on a busy machine
POLL_SECONDS = 0.02
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # W3C WebDriver 12.1: the key of a web element reference

CHROMIUM_ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
)

FAVICON = re.compile(r"/favicon\.ico - ")  # a browser asks for it by itself; pages are not to blame that there is none

#: Names that keys() knows; any other text is typed as it is. W3C WebDriver 17.4.2.
KEYS = {
    "Backspace": "\ue003", "Tab": "\ue004", "Enter": "\ue007", "Shift": "\ue008", "Control": "\ue009",
    "Alt": "\ue00a", "Escape": "\ue00c", "Space": " ", "PageUp": "\ue00e", "PageDown": "\ue00f", "End": "\ue010",
    "Home": "\ue011", "ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015",
    "Delete": "\ue017",
}


class Element:
    """An element of the page, as find() and find_all() give it."""

    def __init__(self, driver, reference):
        self.reference = reference
        self._driver = driver

    def _call(self, method, path, body=None):
        return self._driver.call(method, "/element/%s/%s" % (self.reference, path), body)

    def click(self, seconds=PATIENCE_SECONDS):
        """Clicks as a mouse would; waits until the element is to be seen and nothing lies over it."""
        self._driver.patiently(lambda: self._call("POST", "click") or True, seconds, "a click on the element",
                               ("element not interactable", "element click intercepted"))

    def type(self, text):
        """Types behind what is there."""
        self._call("POST", "value", {"text": text})

    def clear(self):
        """Empties a field."""
        self._call("POST", "clear")

    @property
    def text(self):
        """The text as it is seen."""
        return self._call("GET", "text")

    @property
    def displayed(self):
        """True when the element can be seen, were it scrolled to."""
        return self._call("GET", "displayed")

    @property
    def label(self):
        """Its name as a screen reader says it."""
        return self._call("GET", "computedlabel")

    def attribute(self, name):
        """An attribute as the page's source has it; None without one."""
        return self._driver.script("return arguments[0].getAttribute(arguments[1])", self, name)

    def property(self, name):
        """A property: value, checked, textContent ..."""
        return self._call("GET", "property/" + name)

    def find(self, css, seconds=PATIENCE_SECONDS):
        """The first element within this one."""
        return self._driver.find(css, seconds, "/element/" + self.reference)

    def find_all(self, css):
        """All elements within this one, as they are now."""
        return self._driver.find_all(css, "/element/" + self.reference)


class Driver:
    """A headless Chromium with a profile of its own, gone when it is closed; a context manager.

    preferences  what its user has chosen in the settings, by the browser's own names
    """

    def __init__(self, preferences=None):
        self._expected = [FAVICON]
        self._profile = tempfile.TemporaryDirectory(prefix="ajam-chromium-", ignore_cleanup_errors=True)
        self._chromedriver = ChromeDriver()
        arguments = [*CHROMIUM_ARGUMENTS, "--user-data-dir=" + self._profile.name]
        always = {"goog:chromeOptions": {"args": arguments, "binary": shutil.which("chromium"),
                                         "prefs": preferences or {}},
                  "goog:loggingPrefs": {"browser": "ALL"}}
        session = self._chromedriver.call("POST", "/session", {"capabilities": {"alwaysMatch": always}})
        self._path = "/session/" + session["sessionId"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the browser and forgets its profile."""
        try:
            self._chromedriver.call("DELETE", self._path)
        finally:
            self._chromedriver.close()
            self._profile.cleanup()

    def call(self, method, path, body=None):
        """A command of this browser, by its path behind /session/ID; raises WebDriverError."""
        return self._chromedriver.call(method, self._path + path, body)

    def cdp(self, command, **parameters):
        """A command of the DevTools protocol: cdp("Network.clearBrowserCookies")."""
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def get(self, url):
        """Goes to a page and waits for its load event."""
        self.call("POST", "/url", {"url": url})

    def find(self, css, seconds=PATIENCE_SECONDS, within=""):
        """The first element that fits, once there is one."""
        found = self.patiently(lambda: self.call("POST", within + "/element", by(css)), seconds, css,
                               ("no such element",))
        return Element(self, found[ELEMENT])

    def find_all(self, css, within=""):
        """All elements that fit, as they are now; [] without one."""
        return [Element(self, each[ELEMENT]) for each in self.call("POST", within + "/elements", by(css))]

    def script(self, javascript, *arguments):
        """What a function body returns: script("return arguments[0] + 1", 2); Elements go in and come out."""
        body = {"script": javascript, "args": [as_sent(each) for each in arguments]}
        return self._received(self.call("POST", "/execute/sync", body))

    def _received(self, value):
        if isinstance(value, list):
            return [self._received(each) for each in value]
        return Element(self, value[ELEMENT]) if isinstance(value, dict) and ELEMENT in value else value

    def wait_for(self, predicate, seconds=PATIENCE_SECONDS):
        """What the predicate gives, once that is true: a callable, or the text of a JavaScript expression."""
        test = predicate if callable(predicate) else lambda: self.script("return (%s)" % predicate)
        return self.patiently(test, seconds, str(predicate), ("stale element reference", "javascript error"))

    def patiently(self, attempt, seconds, what, forgiven):
        """What attempt() gives once that is true; errors of the codes in `forgiven` count as not yet."""
        deadline = time.monotonic() + seconds
        while True:
            late, error = time.monotonic() > deadline, None
            try:
                found = attempt()
                if found:
                    return found
            except WebDriverError as refused:
                if refused.code not in forgiven:
                    raise
                error = refused
            if late:
                raise TimeoutError("not within %s s: %s" % (seconds, what)) from error
            threading.Event().wait(POLL_SECONDS)

    def keys(self, *strokes):
        """Presses keys where the focus is: a name of KEYS, a chord as "Control+a", or else text."""
        steps = [step for stroke in strokes for step in steps_of(stroke)]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": steps}]})

    def focused(self):
        """The element that has the focus."""
        return Element(self, self.call("GET", "/element/active")[ELEMENT])

    def set_size(self, width, height):
        """The size of the page's viewport in CSS pixels, less than a window can be as well."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def emulate(self, **features):
        """What the page's media queries see: emulate(prefers_color_scheme="dark"); none: as it was."""
        listed = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.cdp("Emulation.setEmulatedMedia", features=listed)

    def screenshot(self, path):
        """Writes what is in the viewport as a PNG."""
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "/screenshot")))

    def expect_error(self, pattern):
        """From now on, console errors in which the regular expression is found are no failure of the test."""
        self._expected.append(re.compile(pattern))

    def console_errors(self):
        """Texts of the errors on the console since the last call that nobody expected, oldest first."""
        log = self.call("POST", "/se/log", {"type": "browser"})
        errors = [entry["message"] for entry in log if entry["level"] == "SEVERE"]
        return [text for text in errors if not any(each.search(text) for each in self._expected)]

    def windows(self):
        """The handles of all tabs."""
        return self.call("GET", "/window/handles")

    def open_tab(self):
        """Opens one more tab and goes there; answers its handle."""
        handle = self.call("POST", "/window/new", {"type": "tab"})["handle"]
        self.switch(handle)
        return handle

    def switch(self, handle):
        """Goes to a tab."""
        self.call("POST", "/window", {"handle": handle})

    def start_anew(self):
        """One blank tab, no cookies, nothing stored, nothing emulated, an empty console: as for a new visitor."""
        fresh = self.open_tab()
        for handle in self.windows():
            if handle != fresh:
                self.switch(handle)
                self.call("DELETE", "/window")
        self.switch(fresh)
        self.cdp("Network.clearBrowserCookies")
        self.cdp("Network.clearBrowserCache")
        self.cdp("Storage.clearDataForOrigin", origin="*", storageTypes="all")
        self._expected = [FAVICON]
        self.console_errors()


def by(css):
    """A locator."""
    return {"using": "css selector", "value": css}


def as_sent(argument):
    """An argument of a script, as JSON takes it."""
    return {ELEMENT: argument.reference} if isinstance(argument, Element) else argument


def steps_of(stroke):
    """The key actions of a name, a chord or a text."""
    if stroke not in KEYS and not re.fullmatch(r"(Shift|Control|Alt)(\+(Shift|Control|Alt))*\+\w+", stroke):
        return [step for letter in stroke for step in (down(letter), up(letter))]
    names = [KEYS.get(name, name) for name in stroke.split("+")]
    return [down(name) for name in names] + [up(name) for name in reversed(names)]


def down(key):
    """A key is pressed."""
    return {"type": "keyDown", "value": key}


def up(key):
    """A key is let go."""
    return {"type": "keyUp", "value": key}
