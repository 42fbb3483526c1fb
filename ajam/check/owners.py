"""Which process listens on a TCP port, as far as this one may see: root sees all, others their own.

Source: proc_pid_net(5), proc_pid_fd(5).
"""

import contextlib
import ipaddress
import os
import struct
from typing import NamedTuple, Tuple

LISTENING = "0A"  # TCP_LISTEN in the column `st`
TABLES = ("net/tcp", "net/tcp6")
OURS = ("ajam", "ajam.pyz")


class Owner(NamedTuple):
    """A process: its number, its name ("asterisk"), its command line."""

    pid: int
    name: str
    arguments: Tuple[str, ...]

    @property
    def is_ajam(self):
        """True for an ajam, however it was started: `ajam`, `python3 -m ajam`, `python3 ajam.pyz`."""
        return any(os.path.basename(argument) in OURS for argument in self.arguments)


def owners_of(host, port, proc="/proc"):
    """The Owners of the sockets that keep others from listening on the address `host` and `port`: those to be seen."""
    wanted = ipaddress.ip_address(host)
    sockets = {"socket:[%s]" % inode for address, inode in _listening(port, proc)
               if address == wanted or address.is_unspecified or wanted.is_unspecified}
    return tuple(_holders(sockets, proc)) if sockets else ()


def _listening(port, proc):
    """(address, inode) of each socket that listens on the port."""
    for table in TABLES:
        for line in _text(os.path.join(proc, table)).splitlines()[1:]:
            fields = line.split()
            address, _, number = fields[1].partition(":")
            if fields[3] == LISTENING and int(number, 16) == port:
                yield _address(address), fields[9]


def _address(digits):
    """An address from its hexadecimal digits: words of 32 bits, each in this machine's order of bytes."""
    words = [int(digits[at:at + 8], 16) for at in range(0, len(digits), 8)]
    address = ipaddress.ip_address(struct.pack("=%dI" % len(words), *words))
    return getattr(address, "ipv4_mapped", None) or address


def _holders(sockets, proc):
    for pid in sorted(filter(str.isdigit, os.listdir(proc)), key=int):
        directory = os.path.join(proc, pid)
        if not sockets.isdisjoint(_links(os.path.join(directory, "fd"))):
            arguments = _text(os.path.join(directory, "cmdline")).split("\0")
            yield Owner(int(pid), _text(os.path.join(directory, "comm")).strip(), tuple(arguments))


def _links(directory):
    """What the links of a directory lead to; nothing where that is not for us to see, or gone."""
    with contextlib.suppress(OSError):
        for name in os.listdir(directory):
            with contextlib.suppress(OSError):
                yield os.readlink(os.path.join(directory, name))


def _text(path):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""
