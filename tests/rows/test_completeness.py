"""No row of reference.md 6 is forgotten: each has a test by its number."""

import re
from pathlib import Path

ALL = {*map(str, range(1, 53)), "4b"}


def test_every_row_has_a_test():
    texts = [path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    tested = {row for text in texts for row in re.findall(r"^def test_row_(\d+b?)_", text, re.MULTILINE)}
    assert tested == ALL
