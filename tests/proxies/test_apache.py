"""Behind Apache, with etc/apache2."""

import pytest

from tests.proxies.expectations import BehindAProxy
from tests.proxies.programs import PROGRAMS

MISSING = PROGRAMS["apache"].missing()


@pytest.mark.skipif(bool(MISSING), reason=MISSING or "-")
class TestBehindApache(BehindAProxy):
    """See tests/proxies/expectations.py."""

    program = "apache"
