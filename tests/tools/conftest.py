"""An ajam in a process of its own, with everything switched on that it can serve, and a PBX behind it."""

import pytest

from tests.certificates import authority
from tests.load.service import Service, configure
from tests.peer import Peer
from tests.serving import HTTP_CONF

__all__ = ("authority",)

LARGE_FILE_BYTES = 5 * 1024 * 1024
TLS = "tlsenable=yes\ntlsbindaddr=127.0.0.1:0\ntlscertfile=%s\ntlsprivatekey=%s\n"


@pytest.fixture
def serve(tmp_path):
    """serve(http_conf, ajam_conf) -> the running Service; both are lines behind what is there."""
    with Peer() as peer:
        services = []

        def serve(http_conf="", ajam_conf=""):
            configure(tmp_path, peer, HTTP_CONF + http_conf, ajam_conf=ajam_conf)
            services.append(Service(tmp_path))
            return services[-1]

        yield serve
        for service in services:
            service.close()


@pytest.fixture
def large_file(tmp_path):
    """The lines of ajam.conf that serve a large file as static/large."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "large").write_bytes(b"a" * LARGE_FILE_BYTES)
    return "[http]\nstaticdir=%s\n" % (tmp_path / "pages")
