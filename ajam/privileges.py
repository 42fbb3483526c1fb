"""Privilege labels of the manager interface, and sets of them as bit masks.

A manager user's `read` and `write`, a session's event mask and an event's `Privilege:` line
are all sets of the same labels. Source: reference.md 3.8.
"""

LABELS = {
    "system": 1 << 0,
    "call": 1 << 1,
    "log": 1 << 2,
    "verbose": 1 << 3,
    "command": 1 << 4,
    "agent": 1 << 5,
    "user": 1 << 6,
    "config": 1 << 7,
    "dtmf": 1 << 8,
    "reporting": 1 << 9,
    "cdr": 1 << 10,
    "dialplan": 1 << 11,
    "originate": 1 << 12,
    "agi": 1 << 13,
    "hook": 1 << 14,
    "cc": 1 << 15,
    "aoc": 1 << 16,
    "test": 1 << 17,
    "security": 1 << 18,
    "message": 1 << 30,
}
ALL = (1 << 31) - 1  # what "all" stands for; labels unknown to us have bits in it too

MAX_LONG = (1 << 63) - 1  # where atoi() stops
MAX_DIGITS = 1024  # of more only the size matters, and int() would take its time

_NAMED = dict(LABELS, all=ALL, none=0)

TRUE_WORDS = frozenset(("yes", "true", "y", "t", "1", "on"))
FALSE_WORDS = frozenset(("no", "false", "n", "f", "0", "off"))


def mask_from_labels(text):
    """The mask that a `read=` or `write=` line, or a list in an EventMask, names; unknown labels count nothing.

    Asterisk compares sloppily: an item of the list matches every label that it begins, and
    only the last item must be a whole label (`s,call` is system, security and call); capital
    letters match nothing.
    """
    *heads, last = text.split(",")
    mask = _NAMED.get(last, 0)
    for head in heads:
        for label, bits in _NAMED.items():
            if label.startswith(head):
                mask |= bits
    return mask


def unknown_labels(text):
    """The items of such a list that name nothing, in order."""
    *heads, last = text.split(",")
    unknown = [head for head in heads if not any(label.startswith(head) for label in _NAMED)]
    return unknown if last in _NAMED or not last else [*unknown, last]


def mask_from_text(text):
    """The mask that an EventMask asks for, or None when it is no mask at all (empty).

    text   digits (a bit mask), a word for true or false, or a list of labels
    """
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return _mask_from_digits(text)
    word = text.lower()
    if word in FALSE_WORDS:
        return 0
    if word in TRUE_WORDS:
        return ALL
    return mask_from_labels(text)


def _mask_from_digits(text):
    """What C's atoi() makes of digits: the lower 32 bits, signed; None for less than zero, as Asterisk has it."""
    number = int(text) if len(text) <= MAX_DIGITS else MAX_LONG
    mask = min(number, MAX_LONG) & 0xFFFFFFFF
    return mask if mask <= ALL else None


def mask_of_event(labels):
    """The categories of an event as a mask, from the text of its `Privilege:` line (`call,all`).

    Labels of versions that we do not know yet are in no mask but "all".
    """
    mask = 0
    for label in labels.split(","):
        if label not in ("all", "<none>", ""):
            mask |= LABELS.get(label, ALL)
    return mask
