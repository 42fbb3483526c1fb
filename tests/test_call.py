"""ajam/call.py: one request on its way."""

import pytest

from ajam.ami.message import Action
from ajam.call import Call, reply
from ajam.render import Format
from ajam.web.exchange import Request

FORMAT = Format(b"text/plain", lambda *what: b"made for one", lambda *what: b"made for all")


@pytest.mark.parametrize("action, body", [
    (b"waitevent", b"made for all"), (b"status", b"made for all"),
    (b"getconfig", b"made for one"), (b"command", b"made for one"), (b"login", b"made for one"),
])
def test_only_what_panels_poll_is_kept_for_the_next_who_asks(action, body):
    call = Call(Request("GET", b"/", b"/", b"", {}, b"", "192.0.2.7", False), None)
    call.action = Action([b"Action: " + action])
    assert reply(call, FORMAT, b"", ()).body == body
