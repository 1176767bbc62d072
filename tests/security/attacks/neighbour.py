"""What a neighbour on the pod network can do to a service without a certificate that it admits."""

import contextlib
import os
import ssl
import time
from dataclasses import replace

from tests.security.attacks import frames
from tests.security.attacks.crowd import hold, press, together
from tests.security.attacks.door import Door, Tally, tls_context
from tests.security.attacks.floods import ping_flood, rapid_reset
from tests.security.attacks.slow import CONNECTIONS
from tests.security.attacks.upload import upload

__all__ = [
    "foreign_certificate",
    "garbage",
    "half_handshakes",
    "handshakes",
    "no_certificate",
    "plaintext",
    "unadmitted",
]

_ERASE_PERSON = "/hamlet.account.v1.PersonalDataService/ErasePerson"
_SOMEBODY = b"0190b6a5-7c00-7000-8000-0000000000aa"


def handshakes(door: Door, seconds: float) -> Tally:
    """One whole TLS handshake after the other, each of which costs the server a signature."""
    return together(lambda tally, end: _shake_hands(door, end, tally), seconds)


def half_handshakes(door: Door, seconds: float) -> Tally:
    """A ClientHello is sent, the server signs its answer, and nothing follows."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = tls_context("").wrap_bio(incoming, outgoing, server_hostname=door.server_name)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return hold(door, seconds, outgoing.read(), CONNECTIONS, raw=True, over=lambda heard: False)


def garbage(door: Door, seconds: float) -> Tally:
    """Random bytes where a TLS handshake should come."""
    return press(replace(door, tls=False), seconds, b"", os.urandom(65_536), 1)


def plaintext(door: Door, seconds: float) -> Tally:
    """HTTP/2 without TLS, and PINGs in it."""
    return press(replace(door, tls=False), seconds, frames.hello(), frames.ping() * 1000, 1000)


def no_certificate(door: Door, seconds: float) -> Tally:
    """A PING flood by somebody who shows no certificate."""
    return ping_flood(door, seconds)


def foreign_certificate(door: Door, seconds: float) -> Tally:
    """A rapid reset by somebody who shows a certificate in the edge's name that he has issued himself."""
    return rapid_reset(replace(door, certificates=door.foreign), seconds)


def unadmitted(door: Door, seconds: float) -> Tally:
    """Call after call by a workload of the mesh that the contract does not admit: to erase somebody."""
    asked = frames.grpc_headers(door, _ERASE_PERSON)
    body = frames.grpc_message(b"\x0a" + bytes([len(_SOMEBODY)]) + _SOMEBODY)
    return upload(replace(door, certificates=door.unadmitted), seconds, asked, body)


def _shake_hands(door: Door, end: float, tally: Tally) -> None:
    while time.monotonic() < end:
        try:
            door.connect().close()
        except OSError:
            tally.refused += 1
        else:
            tally.sent += 1
