"""How a move makes a choice with a number."""


def pick(choices, number):
    """One of some choices; None when there are none."""
    return choices[number % len(choices)] if choices else None
