"""ajam alone: each row of the table is read in the one way that the table says, and no other."""

import pytest

from tests.framing.conftest import SERVER
from tests.framing.table import LAST, MARKUP, NO_ID, ROWS
from tests.framing.wire import conversation, replies

HEADERS = {b"server", b"date", b"connection", b"cache-control", b"content-type", b"content-length", b"allow",
           b"pragma", b"set-cookie", b"x-content-type-options", b"content-security-policy", b"referrer-policy"}
ECHOES = (MARKUP, MARKUP.replace(b" ", b""), b"evil.example", b"hidden")


def test_no_two_rows_are_the_same():
    assert len({row.name for row in ROWS}) == len({row.sent for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_request_is_read_in_one_way(daemon, session, asked, row):
    said = b"".join(conversation(daemon.address, (row.sent + LAST).replace(NO_ID, session), leaves=not row.ends))
    found = replies(said, row.bodiless)
    behind = ((200,), ("last",)) if row.goes_on else ((), ())
    assert (tuple(reply.status for reply in found), asked()) == (row.statuses + behind[0], row.actions + behind[1])
    assert [reply.headers.get(b"connection") == b"close" for reply in found] == [
        reply is found[-1] for reply in found]
    assert {name for reply in found for name in reply.headers} <= HEADERS
    assert {reply.headers[b"server"] for reply in found} <= {SERVER}
    assert [echo for echo in ECHOES if echo in said] == []
