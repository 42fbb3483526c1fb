"""What the same bytes meant lately: a page that polls sends the same cookie and query again and again.

Read anew each time, with the head (web/framing.py), these are a third of what a short request costs.
"""

import functools

ENTRIES = 1024
LONGEST = 1024  # bytes; so one function keeps 4 MB at most, made from the texts and the texts themselves


def remembered(read):
    """`read`, a function of bytes alone that returns what nobody changes; its exceptions are not remembered."""
    known = functools.lru_cache(ENTRIES)(read)

    @functools.wraps(read)
    def look_up(text):
        return known(text) if len(text) <= LONGEST else read(text)
    return look_up
