"""Certificates for the tests of HTTPS."""

from tests.certificates import authority, localhost

__all__ = ("authority", "localhost")
