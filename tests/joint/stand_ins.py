"""An account that is only what a session sees of one: for tests without a PBX."""

from ajam.ami.ring import Ring


class Feed:
    """The ring of a feed that nobody fills but the test."""

    def __init__(self):
        self.instance = "01234567"
        self.up = True
        self.outages = 0
        self.ring = Ring()
        self.refused = False


class Account:
    """Counts who has entered."""

    def __init__(self, private=False, name=b"admin"):
        self.name = name
        self.feed = Feed()
        self.private = private
        self.entered = 1

    def leave(self):
        """A session ends."""
        self.entered -= 1
