"""No row of reference.md 6 is forgotten: each has a test by its number, or a reason in this package's table."""

import re
from pathlib import Path

from tests import rows

ALL = {*map(str, range(1, 53)), "4b"}


def test_every_row_has_a_test_or_a_reason():
    texts = [path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    tested = {row for text in texts for row in re.findall(r"^def test_row_(\d+b?)_", text, re.MULTILINE)}
    left_out = set(re.findall(r"^    (\d+b?) +\S", rows.__doc__, re.MULTILINE))
    assert tested | left_out == ALL
    assert not tested & left_out
