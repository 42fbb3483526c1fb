"""What tests of the console share: a quiet office to work in, and what a person does with the page.

In the quiet office nobody calls by himself, phones are answered after two seconds, and nothing is left to chance.
"""

import http.cookiejar
import urllib.parse
import urllib.request
from typing import NamedTuple

import pytest

from ajam.demo import DemoPbx

from ..serving import serve
from .conftest import Site

USERS = {"demo": ("demo", "all", "all"), "viewer": ("demo", "all", "reporting")}
MANAGER_CONF = "[general]\nenabled=yes\nwebenabled=yes\n[demo]\nsecret=demo\nread=all\nwrite=all\n" \
               "[viewer]\nsecret=demo\nread=all\nwrite=reporting\n"


class Manager:
    """A second session, by /rawman: what the PBX says."""

    def __init__(self, site):
        self._url = site.url + "rawman?"
        jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        assert "accepted" in self.ask("Login", Username=site.username, Secret=site.secret)

    def ask(self, action, **parameters):
        """The answer's text."""
        query = urllib.parse.urlencode({"Action": action, **parameters})
        with self._opener.open(self._url + query) as reply:
            return reply.read().decode()

    def call(self, channel, exten, **more):
        """Makes a call that goes to an extension once it is answered."""
        said = self.ask("Originate", Channel=channel, Context="default", Exten=exten, Priority=1, Async="true", **more)
        assert "Success" in said

    def channels(self):
        """CoreShowChannels."""
        return self.ask("CoreShowChannels")


class Office(NamedTuple):
    """A quiet office: its Site, its DemoPbx and a Manager."""

    site: Site
    pbx: DemoPbx
    manager: Manager


@pytest.fixture(name="quiet")
def fixture_quiet(tmp_path, chromium):
    """An Office, for one test alone."""
    with DemoPbx(calls=False, users=USERS) as pbx:
        with serve(tmp_path, pbx.address, manager_conf=MANAGER_CONF) as daemon:
            site = Site("http://%s:%d/asterisk/" % daemon.address, "demo", "demo")
            yield Office(site, pbx, Manager(site))
            chromium.get("about:blank")  # or else the page would look for its server when that has gone


def log_in(browser, site, part="calls", username="demo", secret="demo"):
    """Opens the console on one of its parts."""
    browser.get(site.page("ajamdemo.html#" + part))
    browser.find("#login:not([hidden]) [name=username]").type(username)
    browser.find("#login [name=secret]").type(secret)
    browser.find("#login button").click()
    browser.wait_for("document.querySelector('#link').dataset.state == 'connected'")
    browser.find("#part-%s:not([hidden])" % part)


def wait_for_row(browser, text):
    """The row in view that has the text, once there is one."""
    return browser.wait_for(lambda: browser.script(
        "return [...document.querySelectorAll('.part:not([hidden]) tr[data-key]')]"
        ".find((row) => row.textContent.includes(arguments[0]))", text))


def wait_until_gone(browser, text):
    """Waits until no row in view has the text."""
    browser.wait_for(lambda: browser.script(
        "return ![...document.querySelectorAll('.part:not([hidden]) tr[data-key]')]"
        ".some((row) => row.textContent.includes(arguments[0]))", text))


def press(browser, label):
    """Presses the button of that name in the part that is shown."""
    button = browser.wait_for(lambda: browser.script(
        "return [...document.querySelectorAll('.part:not([hidden]) :is(.tools, .deeds) button')]"
        ".find((each) => each.textContent === arguments[0] && !each.disabled)", label))
    button.click()


def choose(browser, dialog, **fields):
    """Fills the open dialog's fields and presses its first button."""
    browser.find("#%s[open]" % dialog)
    for name, text in fields.items():
        field = browser.find("#%s [name=%s]" % (dialog, name))
        field.clear()
        field.type(text)
    browser.find("#%s button[value=go]" % dialog).click()


def wait_told(browser, text):
    """Waits until the status line tells something."""
    browser.wait_for(lambda: text in browser.find("#told").text)


def go_to(browser, part):
    """Goes to another part."""
    browser.find("#views a[href='#%s']" % part).click()
    browser.find("#part-%s:not([hidden])" % part)


def part_names(browser):
    """The parts that are offered."""
    return [each.text.split()[0] for each in browser.find_all("#views li") if each.displayed]
