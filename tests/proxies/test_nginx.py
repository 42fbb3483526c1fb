"""Behind nginx, with etc/nginx."""

import pytest

from tests.proxies.expectations import BehindAProxy
from tests.proxies.programs import PROGRAMS

MISSING = PROGRAMS["nginx"].missing()


@pytest.mark.skipif(bool(MISSING), reason=MISSING or "-")
class TestBehindNginx(BehindAProxy):
    """See tests/proxies/expectations.py."""

    program = "nginx"
