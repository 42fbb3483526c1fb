"""What ajam itself does about a PBX that did not answer."""

from tests.joint.site import until
from tests.peer import Peer


def test_a_pbx_that_is_there_again_is_noticed_though_nobody_asks_it_for_anything(site, peer):
    peer.close()
    assert site.browser().log_in().status == 503
    link = site.daemon.pbx.link
    with Peer(address=peer.address) as restarted:
        site.pass_time(9)
        assert (link.up, restarted.connections) == (False, 0)
        site.pass_time(1)
        until(lambda: link.up and not restarted.live())
        site.pass_time(100)
        assert restarted.connections == 1
