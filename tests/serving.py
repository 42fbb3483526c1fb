"""An ajam to talk to: a Daemon on a free port, in front of any PBX, from configuration texts."""

import time

from ajam.conf import settings as configuration
from ajam.daemon import Daemon

HTTP_CONF = """\
[general]
enabled=yes
enable_static=yes
enable_status=yes
bindaddr=127.0.0.1
bindport=0
prefix=asterisk
"""

MANAGER_CONF = """\
[general]
enabled=yes
webenabled=yes

[admin]
secret=s3cret
read=all
write=all

[viewer]
secret=viewer pass
read=call,reporting
write=reporting
"""


def write_configuration(directory, pbx_address, http_conf=HTTP_CONF, manager_conf=MANAGER_CONF, ajam_conf="", **more):
    """Writes http.conf, manager.conf and ajam.conf, whose [pbx] names `pbx_address`, and `more` as NAME_conf=text.

    The socket for commands is `directory`/ajam.ctl and root may serve, unless `ajam_conf` has a [daemon] of its own.
    """
    texts = {"http": http_conf, "manager": manager_conf,
             "ajam": ajam_conf + "\n[pbx]\nhost=%s\nport=%d\n" % tuple(pbx_address[:2])}
    if "[daemon]" not in ajam_conf:
        texts["ajam"] += "[daemon]\nsocket=%s/ajam.ctl\nroot=yes\n" % directory
    texts.update((name.replace("_conf", ""), text) for name, text in more.items())
    for name, text in texts.items():
        (directory / (name + ".conf")).write_text(text)


def serve(directory, pbx_address, clock=time.monotonic, **texts):
    """A Daemon, not started, on the configuration that write_configuration() writes: `with serve(...) as daemon`."""
    write_configuration(directory, pbx_address, **texts)
    return Daemon(configuration.load(directory), clock=clock)
