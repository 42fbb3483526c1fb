"""Behind Caddy, with etc/caddy."""

import pytest

from tests.proxies.expectations import BehindAProxy
from tests.proxies.programs import PROGRAMS

MISSING = PROGRAMS["caddy"].missing()


@pytest.mark.skipif(bool(MISSING), reason=MISSING or "-")
class TestBehindCaddy(BehindAProxy):
    """See tests/proxies/expectations.py."""

    program = "caddy"
