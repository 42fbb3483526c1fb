"""A TLS connection that is used as a socket which does not block.

ssl.SSLSocket is nearly that; where it is not, code written for sockets goes wrong:

    recv, send   of one that has to wait raise errors of their own: here it is BlockingIOError, as ever
    recv         may leave bytes behind where no selector sees them: here it leaves none
    send         takes all or nothing, and wants the same bytes again when it took nothing
    shutdown     throws the TLS away, so that a reply being sent by another thread goes on in
                 clear text: here it ends the TCP connection below and touches nothing else
    recv, send   at a time, by two threads, are more than OpenSSL bears: here each waits its turn

Renegotiation is off in every context that is used here, so reading never waits for room and
writing never for bytes; should it happen all the same the connection counts as broken.
"""

import contextlib
import selectors
import socket as sockets
import ssl
import threading


class SecureSocket:
    """See above. The lock is held while OpenSSL works on the connection, which never waits.

    socket   a connected socket that does not block; it is this one's from then on
    context  ssl.SSLContext
    role     as for SSLContext.wrap_socket: server_side=True, or server_hostname=...

    Raises OSError when there is nobody at the other end any more.
    """

    def __init__(self, socket, context, **role):
        socket.getpeername()  # CPython leaves one to the collector whose other end was gone before it was wrapped
        self._tls = context.wrap_socket(socket, do_handshake_on_connect=False, **role)
        self._turn = threading.Lock()

    def shake_hands(self):
        """Goes on with the handshake: the selectors event to wait for before the next call, 0 when it is done.

        raises  OSError  it has failed; ssl.SSLError and its kinds say why
        """
        try:
            with self._turn:
                self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return selectors.EVENT_READ
        except ssl.SSLWantWriteError:
            return selectors.EVENT_WRITE
        return 0

    def recv(self, size):
        """What has come, `size` bytes or the record that has more; b"" at the end; BlockingIOError for nothing yet."""
        with self._turn:
            try:
                data = self._tls.recv(size)
            except ssl.SSLWantReadError:
                raise BlockingIOError from None
            while data and self._tls.pending():
                data += self._tls.recv(self._tls.pending())
        return data

    def send(self, data):
        """The length of `data`, all of which is gone; BlockingIOError: wait for room, then send the same bytes."""
        with self._turn:
            try:
                return self._tls.send(data) if data else 0  # CPython 3.9 takes an empty one for the end
            except ssl.SSLWantWriteError:
                raise BlockingIOError from None

    def shutdown(self, how):
        """As socket.shutdown(), of the TCP connection; whoever reads sees its end."""
        sockets.socket.shutdown(self._tls, how)

    def part(self):
        """Says that nothing more will be sent, in TLS and in TCP; returns the plain socket, good for draining alone."""
        self._say_end()
        plain = sockets.socket(fileno=self._tls.detach())
        plain.setblocking(False)
        with contextlib.suppress(OSError):  # the other side was quicker
            plain.shutdown(sockets.SHUT_WR)
        return plain

    def getsockopt(self, level, option):
        """As socket.getsockopt()."""
        return self._tls.getsockopt(level, option)

    def fileno(self):
        """The socket's descriptor."""
        return self._tls.fileno()

    def close(self):
        """Ends the connection, with a close_notify when there is room for it; any number of times."""
        self._say_end()
        self._tls.close()

    def _say_end(self):
        """Sends close_notify (RFC 8446 6.1). That of the other side is not waited for, so unwrap() always fails."""
        with self._turn, contextlib.suppress(OSError, ValueError):  # ValueError: ended already
            self._tls.unwrap()
