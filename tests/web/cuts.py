"""The ways in which a network may cut what is sent."""


def cuts(data):
    """Every cut of `data` that matters, as lists of pieces: whole, byte by byte, and each split in two."""
    yield [data]
    yield [data[place:place + 1] for place in range(len(data))]
    for place in range(1, len(data)):
        yield [data[:place], data[place:]]
