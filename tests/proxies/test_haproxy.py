"""Behind HAProxy, with what README says of it."""

import pytest

from tests.proxies.expectations import BehindAProxy
from tests.proxies.programs import PROGRAMS

MISSING = PROGRAMS["haproxy"].missing()


@pytest.mark.skipif(bool(MISSING), reason=MISSING or "-")
class TestBehindHAProxy(BehindAProxy):
    """See tests/proxies/expectations.py."""

    program = "haproxy"
