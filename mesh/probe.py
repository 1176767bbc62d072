"""`python -m mesh.probe grpc HOST:PORT [SERVICE]` or `http HOST:PORT/PATH`: 0 where it serves, 1 where it does not.

For container engines that know no probes but a command in the container, which runs every few seconds for ever. So
nothing is imported: a gRPC client alone would cost ten times what the question does (docs/adr/0024).
"""

import socket
import sys

__all__ = ["serves_grpc", "serves_http"]

_TIMEOUT = 2.0
_HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _GOAWAY = 0, 1, 3, 4, 7
_END_STREAM, _END_HEADERS = 1, 4
_PATH = "/grpc.health.v1.Health/Check"
_SERVING = b"\0\0\0\0\x02\x08\x01"
"""A gRPC message of two bytes: field 1 of HealthCheckResponse is 1."""


def serves_grpc(address: str, service: str = "") -> bool:
    """Whether `grpc.health.v1` answers SERVING over plaintext at `host:port`.

    Frames are those of RFC 9113; headers are literals (RFC 7541, 6.2.2), and those of the answer need not be read.

    Raises:
        OSError: nobody answers.
    """
    name = service.encode()
    message = b"\x0a" + bytes([len(name)]) + name if name else b""
    body = b"\0" + len(message).to_bytes(4, "big") + message
    headers = {":method": "POST", ":scheme": "http", ":path": _PATH, ":authority": address}
    headers |= {"te": "trailers", "content-type": "application/grpc"}
    block = b"".join(b"\0" + _text(key) + _text(value) for key, value in headers.items())
    with _connected(address) as connection:
        asked = _frame(_SETTINGS, 0, 0, b"") + _frame(_HEADERS, _END_HEADERS, 1, block)
        connection.sendall(_HTTP2 + asked + _frame(_DATA, _END_STREAM, 1, body))
        return _answer(connection) == _SERVING


def serves_http(url: str) -> bool:
    """Whether `host:port/path` answers a GET with 200.

    Raises:
        OSError: nobody answers.
    """
    address, _, path = url.partition("/")
    with _connected(address) as connection:
        # Envoy refuses HTTP/1.0.
        connection.sendall(f"GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
        return connection.makefile("rb").readline().split()[1:2] == [b"200"]


def _connected(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), _TIMEOUT)


def _text(value: str) -> bytes:
    return bytes([len(value)]) + value.encode()


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _answer(connection: socket.socket) -> bytes:
    """What came as DATA until the stream, or the connection, ended."""
    data = b""
    with connection.makefile("rb") as stream:
        while head := stream.read(9):
            payload = stream.read(int.from_bytes(head[:3], "big"))
            kind, flags = head[3], head[4]
            data += payload if kind == _DATA else b""
            ended = kind in {_DATA, _HEADERS} and flags & _END_STREAM
            if ended or kind in {_RST_STREAM, _GOAWAY}:
                break
    return data


def _main(kind: str, *asked: str) -> int:
    try:
        good = serves_grpc(*asked) if kind == "grpc" else serves_http(*asked)
    except OSError as error:
        sys.stderr.write(f"{asked[0]}: {error}\n")
        return 1
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
