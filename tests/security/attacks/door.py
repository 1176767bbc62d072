"""Where an attacker knocks: an address, with a certificate of the mesh where the door asks for one."""

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Door", "Tally", "drained"]

_CONNECT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Door:
    """A listening socket.

    Attributes:
        certificates: folder with `tls.crt`, `tls.key` and `ca.crt`; "" speaks plaintext.
        server_name: the DNS name in the server's certificate.
        source: the attacker's own address: the edge counts by address, and its victims have others.
    """

    port: int
    certificates: str = ""
    server_name: str = ""
    host: str = "127.0.0.1"
    source: str = "127.0.0.2"

    @property
    def scheme(self) -> str:
        return "https" if self.certificates else "http"

    def raw(self) -> socket.socket:
        """A TCP connection on which nothing was said."""
        connected = socket.create_connection((self.host, self.port), _CONNECT_SECONDS, (self.source, 0))
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    def connect(self) -> socket.socket:
        """A connection on which the application's protocol begins: behind the TLS handshake where there is one."""
        connected = self.raw()
        if not self.certificates:
            return connected
        try:
            return self._tls().wrap_socket(connected, server_hostname=self.server_name)
        except OSError:
            connected.close()
            raise

    def _tls(self) -> ssl.SSLContext:
        folder = Path(self.certificates)
        context = ssl.create_default_context(cafile=str(folder / "ca.crt"))
        context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
        context.set_alpn_protocols(["h2"])
        return context


@dataclass(slots=True)
class Tally:
    """What an attacker did and what became of it.

    Attributes:
        sent: units of the attack: frames, requests, messages.
        cut: connections that the server ended.
        refused: connections that were never made.
        held: connections or streams that the server still kept when the attack ended.
    """

    sent: int = 0
    cut: int = 0
    refused: int = 0
    held: int = 0

    def add(self, other: "Tally") -> None:
        self.sent += other.sent
        self.cut += other.cut
        self.refused += other.refused
        self.held += other.held


def drained(connection: socket.socket, heard: bytearray | None = None) -> bool:
    """Reads what has come, into `heard` where it matters, and says whether the connection is still open."""
    connection.setblocking(False)
    try:
        while received := connection.recv(65536):
            if heard is not None:
                heard += received
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False
    finally:
        if connection.fileno() >= 0:
            connection.settimeout(_CONNECT_SECONDS)
    return False
