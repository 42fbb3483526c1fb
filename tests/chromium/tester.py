"""The manager tester in a browser: what one does with it, in a few words."""


class Page:
    """The page of a Site, in a Driver's browser.

    page = Page(chromium, site).log_in()
    page.choose("UserEvent")
    page.fill(UserEvent="Hello")
    page.send()
    page.wait_for_event("UserEvent: Hello")
    """

    def __init__(self, chromium, site):
        self.browser, self.site = chromium, site
        chromium.get(site.page("mantest.html"))

    def log_in(self, secret=None):
        self.browser.wait_for("document.querySelector('#link').dataset.state === 'logged off'")
        self.browser.find("#login [name=username]").type(self.site.username)
        self.browser.find("#login [name=secret]").type(secret or self.site.secret)
        self.browser.keys("Enter")
        return self

    def wait_for_link(self, words):
        self.browser.wait_for(lambda: words in self.browser.find("#link").text)

    def choose(self, action):
        """Types an action's name and takes it; its fields are there when the PBX has said what it knows."""
        field = self.browser.find("#action")
        field.clear()
        field.type(action)
        self.browser.keys("Tab")
        self.browser.wait_for("document.querySelector('#about').textContent")

    def fill(self, **values):
        for name, value in values.items():
            field = self.field(name)
            field.clear()
            field.type(value)

    def field(self, name):
        """The field of a parameter, by the label it has on the page."""
        return self.browser.wait_for(lambda: self.browser.script(
            "return [...document.querySelectorAll('label.name')].find((each) => each.dataset.name === arguments[0])"
            "?.control", name))

    def add(self, name, value):
        self.browser.find("#add").click()
        self.browser.keys(name, "Tab", value)

    def send(self):
        self.browser.find("#call .picker button").click()

    def body(self, form, holds):
        """What a form's pane shows, once `holds` is in it."""
        def read():
            text = self.browser.script("return document.querySelector(arguments[0]).textContent",
                                       ".pane[data-form=%s] .body" % form)
            return text if holds in text else None
        return self.browser.wait_for(read)

    def events(self):
        """The rows of the log, as (name, text) pairs, notes of our own too."""
        return [tuple(row) for row in self.browser.script(
            "return [...document.querySelectorAll('#log summary, #log .note')]"
            ".map((row) => [row.children[1].textContent, row.children[2].textContent])")]

    def wait_for_event(self, words):
        self.browser.wait_for(lambda: any(words in text for name, text in self.events() if name != "sent"))

    def curl(self, way):
        self.browser.find("#way option[value=%s]" % way).click()
        return self.browser.find("#curl").property("textContent")

    def of_module(self, module, expression, *arguments):
        """What an expression gives of a module's exports, `it`, and the arguments, `args`."""
        return self.browser.script("const [path, ...args] = arguments; "
                                   "return import(path).then((it) => %s)" % expression,
                                   self.site.page("tester/" + module), *arguments)
