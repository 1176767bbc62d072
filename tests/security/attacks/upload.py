"""Uploads that keep to flow control, because whoever does not is cut before the size of his message matters."""

import contextlib
import socket
import time

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, StreamEnded, StreamReset, TrailersReceived
from h2.exceptions import H2Error

from tests.security.attacks.crowd import together
from tests.security.attacks.door import Door, Tally
from tests.security.attacks.frames import Header

__all__ = ["upload"]

_PIECE = 16_000


def upload(door: Door, seconds: float, headers: list[Header], body: bytes) -> Tally:
    """Sends the same request again and again over a few connections; `sent` counts those that were answered."""
    return together(lambda tally, end: _uploader(door, end, headers, body, tally), seconds)


def _uploader(door: Door, end: float, headers: list[Header], body: bytes, tally: Tally) -> None:
    while time.monotonic() < end:
        try:
            connection = door.connect()
        except OSError:
            tally.refused += 1
            time.sleep(0.02)
            continue
        with contextlib.closing(connection):
            protocol = H2Connection(H2Configuration(header_encoding=None))
            protocol.initiate_connection()
            try:
                while time.monotonic() < end:
                    tally.obeyed += _request(connection, protocol, headers, body, end)
                    tally.sent += 1
            except (OSError, H2Error, EOFError):
                tally.cut += time.monotonic() < end


def _request(connection: socket.socket, protocol: H2Connection, headers: list[Header], body: bytes, end: float) -> bool:
    """One request up to its answer. Whether it was served.

    Raises:
        EOFError: the server ended the connection, or time is over.
    """
    stream = protocol.get_next_available_stream_id()
    protocol.send_headers(stream, headers)
    at, served = 0, None
    connection.settimeout(0.5)
    while served is None:
        room = min(protocol.local_flow_control_window(stream), protocol.max_outbound_frame_size, _PIECE)
        if at < len(body) and room > 0:
            protocol.send_data(stream, body[at : at + room], end_stream=at + room >= len(body))
            at += room
            connection.sendall(protocol.data_to_send())
            continue
        connection.sendall(protocol.data_to_send())
        served = _served(connection, protocol, stream, end)
    return served


def _served(connection: socket.socket, protocol: H2Connection, stream: int, end: float) -> bool | None:
    """Whether the answer that has come is what was asked for; None while none has come whole."""
    if time.monotonic() > end:
        raise EOFError
    try:
        received = connection.recv(65_536)
    except TimeoutError:
        return None
    if not received:
        raise EOFError
    done, served = False, False
    for event in protocol.receive_data(received):
        if isinstance(event, ConnectionTerminated):
            raise EOFError
        if isinstance(event, TrailersReceived):
            served |= dict(event.headers).get(b"grpc-status") == b"0"
        done |= isinstance(event, StreamEnded | StreamReset) and event.stream_id == stream
    return served if done else None
