"""A web server to talk to over TLS, and browsers for it."""

import socket
import ssl

from ajam.web.tls import Certificates
from tests.browser import Browser
from tests.web.site import Site


class SecureBrowser(Browser):
    """A Browser over TLS.

    context  a client's ssl.SSLContext
    """

    def __init__(self, address, context, timeout=10.0):
        super().__init__(address, timeout)
        self._file.close()
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self._file = self.socket.makefile("rb")


class SecureSite(Site):
    """A Site over TLS.

    options  as for Certificates
    context  of the browsers it gives out
    """

    def __init__(self, options, context, *arguments, **more):
        super().__init__(*arguments, **more)
        self.certificates = self.server.certificates = Certificates(options)
        self.context = context

    def browser(self):
        """A SecureBrowser that is connected."""
        return SecureBrowser(self.address, self.context)

    def by_hand(self):
        """A ByHand that is connected."""
        return ByHand(self.address, self.context)


class ByHand:
    """A TLS client whose ciphertext passes through the test's hands; a context manager.

    socket  the plain socket
    tls     the ssl.SSLObject
    wire    all that the server has sent, as it stood on the wire
    """

    def __init__(self, address, context):
        self.socket = socket.create_connection(address, 10.0)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname="localhost")
        self.wire = b""

    def spoken(self):
        """The next ciphertext of the handshake; b"" when it is the server's turn, or all is said."""
        self.is_shaken()
        return self._outgoing.read()

    def is_shaken(self):
        """True once the handshake is done, as far as what has come tells."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def enciphered(self, data):
        """The ciphertext of `data`."""
        self.tls.write(data)
        return self._outgoing.read()

    def listen(self):
        """Takes in what comes next; False at the end of the TCP connection, a reset included."""
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            return False
        self._incoming.write(data)
        self.wire += data
        return bool(data)

    def shake_hands(self, send=None):
        """Does the handshake; `send` takes the place of the socket's own sendall()."""
        send = send or self.socket.sendall
        send(self.spoken())
        while not self.is_shaken():
            assert self.listen()
            send(self.spoken())

    def read_to_end(self):
        """(what was said until the connection ended, whether TLS said so too, by close_notify)."""
        said = b""
        while self.listen():
            pass
        while True:
            try:
                data = self.tls.read(65536)
            except ssl.SSLWantReadError:
                return said, False
            if not data:
                return said, True
            said += data

    def close(self):
        """Ends the connection, without a word of TLS."""
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
