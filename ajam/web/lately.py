"""What the same bytes meant lately: a page that polls sends the same cookie and query again and again.

Read anew each time, with the head (web/framing.py), these are a third of what a short request costs.
"""

import functools
import re

ENTRIES = 1024
LONGEST = 1024  # bytes of a text
MOST_PARTS = 32  # of a query; so what one function keeps is 5 MB at most
SECRET = re.compile(rb"secret|key|authorization", re.IGNORECASE)


def remembered(read):
    """`read`, a function of bytes alone that returns what nobody changes; its exceptions are not remembered."""
    known = functools.lru_cache(ENTRIES)(read)

    @functools.wraps(read)
    def look_up(text):
        return known(text) if len(text) <= LONGEST and text.count(b"&") < MOST_PARTS else read(text)
    return look_up


def is_secret(text):
    """True for what had better be forgotten: a login's parameters, a head with them or with credentials."""
    return SECRET.search(text) is not None
