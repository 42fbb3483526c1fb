"""Who is refused learns nothing about which users there are, neither from what he is told nor from when."""

import concurrent.futures
import statistics
import time

from ajam.demo import DemoPbx
from tests.browser import Browser
from tests.joint.conftest import MANAGER_CONF_OF_MANY
from tests.joint.site import until
from tests.joint.test_limits_logins import FREE
from tests.joint.test_manager_logins import FAILED
from tests.serving import serve


def test_users_who_are_there_and_who_are_not_cost_ajam_and_the_pbx_the_same(site, peer):
    """What is done for either is the same, so that no clock tells them apart."""
    done = []
    for username in ("admin", "absent"):
        peer.messages.clear()
        connections, sessions = peer.connections, site.sessions()
        assert site.browser().log_in(username, "wrong").body == FAILED
        done.append((peer.connections - connections, len(site.sessions()) - len(sessions),
                     [[line.replace(username.encode(), b"NAME") for line in lines if not line.startswith(b"ActionID")]
                      for _, lines in peer.messages]))
    assert done[0] == done[1]
    assert done[0][0] == 1


def test_whoever_is_refused_hears_it_after_the_same_second(tmp_path):
    """In front of a PBX that takes its second: of a user who is there, of none, and of one whom ajam itself refuses."""
    users = ("admin", "absent", "fenced")

    def refused_after(address, username):
        with Browser(address) as browser:
            began = time.monotonic()
            assert browser.log_in(username, "wrong").body == FAILED
            return time.monotonic() - began

    with DemoPbx(calls=False) as pbx, serve(tmp_path, pbx.address, manager_conf=MANAGER_CONF_OF_MANY) as daemon, \
            concurrent.futures.ThreadPoolExecutor(FREE * len(users)) as pool:
        until(lambda: daemon.pbx.banner)
        asked = [(username, pool.submit(refused_after, daemon.address, username)) for username in users * FREE]
        took = [(username, each.result()) for username, each in asked]
    medians = [statistics.median(seconds for name, seconds in took if name == username) for username in users]
    assert min(seconds for _, seconds in took) > 0.99
    assert max(medians) - min(medians) < 0.5, medians
