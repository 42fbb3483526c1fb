"""The example for page authors in README, as it stands, in a real browser."""

import pathlib
import re

README = (pathlib.Path(__file__).parent.parent.parent / "README").read_text()
EXAMPLE = re.search(r"\n\n((?:    .*\n)*?    import \{createAstman\}.*\n(?:    .*\n)+)", README).group(1)
IMPORT = re.compile(r"import (\{.*\}) from ('.*');")


def test_the_library_is_used_as_readme_says(chromium, demo):
    chromium.get(demo.page("index.html"))
    code = IMPORT.sub(r"const \1 = await import(\2);", EXAMPLE)  # a script of the driver's is no module
    code = code.replace("console.log(event)", "window.heard.push(event)")
    assert "await import(" in code and "window.heard.push(event)" in code
    chromium.script("window.heard = []; (async () => { %s })().catch((error) => { window.failed = String(error); });" % code)
    chromium.wait_for("window.failed || window.heard.some((event) => event.Event)")
    assert chromium.script("return window.failed") is None
