"""A request that waits."""


class Asked:
    """A request that has no reply yet.

    kind    "wait", "since", "stream", "hold"
    begun   clock time; `deadline`: when it is over at the latest
    place   of one with since= and of a stream, `choice` what it asks for
    source  the EventSource of a stream
    passed  how many of the events behind its place a stream has passed over, or told
    """

    def __init__(self, kind, client, browser, id, begun, deadline=None, place=None, choice=None, source=None):
        self.kind, self.client, self.browser, self.id = kind, client, browser, id
        self.begun, self.deadline = begun, deadline
        self.place, self.choice, self.source = place, choice, source
        self.passed = 0
        client.asked.append(self)

    def message(self):
        """The next message of a stream that is no comment; None at its end."""
        while True:
            message = self.source.message()
            if message is None or list(message) != [":"]:
                return message
