"""Where an attacker knocks: an address, and the certificates that he has."""

import socket
import ssl
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Door", "Tally", "drained", "tls_context"]

_CONNECT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Door:
    """A listening socket.

    Attributes:
        tls: whether the server speaks TLS.
        certificates: folder with the `tls.crt` and `tls.key` that he shows; "" shows none.
        foreign: the same of an authority that is not the mesh's, in the name of one of its workloads.
        unadmitted: the same of the mesh's authority, of a workload that may not call what he will call.
        server_name: the DNS name in the server's certificate.
        source: the attacker's own address: the edge counts by address, and its victims have others.
    """

    port: int
    tls: bool = False
    certificates: str = ""
    foreign: str = ""
    unadmitted: str = ""
    server_name: str = ""
    host: str = "127.0.0.1"
    source: str = "127.0.0.2"

    @property
    def scheme(self) -> str:
        return "https" if self.tls else "http"

    def raw(self) -> socket.socket:
        """A TCP connection on which nothing was said."""
        connected = socket.create_connection((self.host, self.port), _CONNECT_SECONDS, (self.source, 0))
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    def connect(self) -> socket.socket:
        """A connection on which the application's protocol begins: behind the TLS handshake where there is one."""
        connected = self.raw()
        if not self.tls:
            return connected
        try:
            return tls_context(self.certificates).wrap_socket(connected, server_hostname=self.server_name)
        except OSError:
            connected.close()
            raise


@cache
def tls_context(certificates: str) -> ssl.SSLContext:
    """Of somebody who does not care whom he talks to."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certificates:
        folder = Path(certificates)
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
        obeyed: calls that the attacker must not make and that were served.
    """

    sent: int = 0
    cut: int = 0
    refused: int = 0
    held: int = 0
    obeyed: int = 0

    def add(self, other: "Tally") -> None:
        self.sent += other.sent
        self.cut += other.cut
        self.refused += other.refused
        self.held += other.held
        self.obeyed += other.obeyed


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
