"""Bytes by chance, and changes to them."""

import re

TROUBLE = (
    b"\r", b"\n", b"\r\n", b"\0", b":", b" ", b"\t", b"\r\n\r\n", b"\n\n", b";", b",", b"=", b'"', b"\\", b"%", b"\x0b",
    b"\x7f", b"\x80", b"\xff", b"-", b"+", b"0", b"/",
)


def noise(random, most, alphabet=bytes(range(256))):
    """Up to `most` bytes of an alphabet."""
    return bytes(random.choices(alphabet, k=random.randint(0, most)))


def scraps(random, pieces, most):
    """Up to `most` of some pieces, one behind the other."""
    return b"".join(random.choices(pieces, k=random.randint(0, most)))


def cut(random, data):
    """`data` in up to five pieces, none of them empty."""
    places = sorted({0, len(data), *(random.randint(0, len(data)) for _ in range(random.randint(0, 4)))})
    return [data[begin:end] for begin, end in zip(places, places[1:])]


def mutated(random, data, pieces=TROUBLE):
    """`data` after one to three changes: of a byte, a piece, a number, a line."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        data = random.choice(CHANGES)(random, data, pieces)
    return data


def _flipped(random, data, pieces):
    place = random.randrange(len(data) + 1)
    return data[:place] + bytes(byte ^ (1 << random.randrange(8)) for byte in data[place:place + 1]) + data[place + 1:]


def _inserted(random, data, pieces):
    place = random.randint(0, len(data))
    return data[:place] + random.choice(pieces) + data[place:]


def _replaced(random, data, pieces):
    place = random.randint(0, len(data))
    return data[:place] + random.choice(pieces) + data[place + 1:]


def _removed(random, data, pieces):
    place = random.randint(0, len(data))
    return data[:place] + data[place + random.choice((1, 1, 1, 2, 5)):]


def _cut_off(random, data, pieces):
    return data[:random.randint(0, len(data))]


def _counted_wrong(random, data, pieces):
    numbers = list(re.finditer(rb"[0-9a-fA-F]+", data))
    if not numbers:
        return data
    number = random.choice(numbers)
    wrong = random.choice((b"0", b"1", b"7", b"-1", b"+5", b"05", b"0x5", b"5 , 5", b"99999", b"1" * 20, number[0] * 2))
    return data[:number.start()] + wrong + data[number.end():]


def _line_doubled(random, data, pieces):
    lines = data.split(b"\r\n")
    place = random.randrange(len(lines))
    return b"\r\n".join(lines[:place + 1] + lines[place:])


def _line_inserted(random, data, pieces):
    lines = data.split(b"\r\n")
    lines.insert(random.randrange(len(lines)), random.choice(pieces))
    return b"\r\n".join(lines)


def _line_removed(random, data, pieces):
    lines = data.split(b"\r\n")
    del lines[random.randrange(len(lines))]
    return b"\r\n".join(lines)


CHANGES = (
    _flipped, _inserted, _inserted, _replaced, _removed, _cut_off, _counted_wrong, _line_doubled, _line_inserted,
    _line_inserted, _line_removed,
)
