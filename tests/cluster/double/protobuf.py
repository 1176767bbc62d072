"""What Helm and kubectl write in protobuf: the Secret of a release, a Namespace, the options of a deletion.

`k8s\\0`, then runtime.Unknown (1 type, 2 the object); numbers from k8s.io/api/core/v1/generated.proto and
k8s.io/apimachinery/pkg/apis/meta/v1/generated.proto.
"""

import base64
from collections.abc import Iterator
from typing import Any

from tests.cluster.double.status import unsupported

__all__ = ["decoded"]

_MAGIC = b"k8s\0"


def decoded(body: bytes) -> dict[str, Any]:
    """
    Raises:
        Refused: it is of another kind.
    """
    if not body.startswith(_MAGIC):
        raise unsupported("protobuf without Kubernetes' prefix")
    unknown = dict(_fields(body[len(_MAGIC) :]))
    kind = dict(_fields(unknown[1]))[2].decode()
    if kind == "Secret":
        return _secret(unknown.get(2, b""))
    if kind == "Namespace":
        return {"apiVersion": "v1", "kind": kind, "metadata": _metadata(dict(_fields(unknown[2]))[1])}
    if kind == "DeleteOptions":
        policy = dict(_fields(unknown.get(2, b""))).get(4, b"")
        return {"propagationPolicy": policy.decode()} if policy else {}
    raise unsupported(f"protobuf of {kind}")


def _secret(body: bytes) -> dict[str, Any]:
    fields = list(_fields(body))
    last = dict(fields)
    data = {key.decode(): base64.b64encode(value).decode() for key, value in _map(fields, 2)}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": _metadata(last[1]),
        "type": last.get(3, b"Opaque").decode(),
        "data": data,
    }


def _metadata(body: bytes) -> dict[str, Any]:
    fields = list(_fields(body))
    last = dict(fields)
    named = {1: "name", 3: "namespace", 5: "uid", 6: "resourceVersion"}
    found: dict[str, Any] = {name: last[number].decode() for number, name in named.items() if last.get(number)}
    for number, name in ((11, "labels"), (12, "annotations")):
        if pairs := {key.decode(): value.decode() for key, value in _map(fields, number)}:
            found[name] = pairs
    return found


def _map(fields: list[tuple[int, Any]], number: int) -> Iterator[tuple[bytes, bytes]]:
    for found, value in fields:
        if found == number:
            entry = dict(_fields(value))
            yield entry.get(1, b""), entry.get(2, b"")


def _fields(body: bytes) -> Iterator[tuple[int, Any]]:
    """Numbers and contents: bytes, or an int for a varint."""
    place = 0
    while place < len(body):
        tag, place = _varint(body, place)
        if tag & 7 == 0:
            value, place = _varint(body, place)
            yield tag >> 3, value
        elif tag & 7 == 2:
            length, place = _varint(body, place)
            yield tag >> 3, body[place : place + length]
            place += length
        else:
            raise unsupported(f"protobuf's wire type {tag & 7}")


def _varint(body: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = body[place]
        place += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, place
