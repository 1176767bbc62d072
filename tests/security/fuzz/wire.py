"""Protobuf's wire format, broken in each way that it can be broken."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["broken", "fields_of", "varint"]

_LENGTH, _WIRE_TYPES = 2, 8
_FIXED = {1: 8, 5: 4}
_BEYOND = b"\xff" * 9 + b"\x7f"
"""Eleven bits more than a varint may hold."""


@dataclass(frozen=True, slots=True)
class Field:
    """Where a field stands: from its tag to its end; `value` is where what follows tag and length begins."""

    start: int
    value: int
    end: int
    number: int
    wire_type: int


def varint(number: int) -> bytes:
    """Base 128, the lowest seven bits first."""
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def fields_of(payload: bytes) -> list[Field]:
    """The fields of the outermost message, up to the first that is malformed."""
    found, at = [], 0
    while at < len(payload):
        tag, value = _varint_at(payload, at)
        wire_type = tag & 7
        if wire_type == 0:
            _, end = _varint_at(payload, value)
        elif wire_type == _LENGTH:
            length, value = _varint_at(payload, value)
            end = value + length
        else:
            end = value + _FIXED.get(wire_type, len(payload))
        if end > len(payload):
            break
        found.append(Field(at, value, end, tag >> 3, wire_type))
        at = end
    return found


def _varint_at(payload: bytes, at: int) -> tuple[int, int]:
    """A varint, and where it ends: beyond the end of the payload if it has none."""
    number = shift = 0
    while at < len(payload):
        byte = payload[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
    return number, len(payload) + 1


def broken(payload: bytes, other: bytes, chance: random.Random) -> bytes:
    """The message with one thing wrong.

    Args:
        other: a message to splice in.
    """
    return chance.choice(_WAYS)(payload, other, chance)


def _flipped(payload: bytes, other: bytes, chance: random.Random) -> bytes:
    data = bytearray(payload or b"\x00")
    for _ in range(chance.randrange(1, 9)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def _cut(payload: bytes, other: bytes, chance: random.Random) -> bytes:
    return payload[: chance.randrange(len(payload) + 1)]


def _spliced(payload: bytes, other: bytes, chance: random.Random) -> bytes:
    return payload[: chance.randrange(len(payload) + 1)] + other[chance.randrange(len(other) + 1) :]


def _huge_varint(payload: bytes, other: bytes, chance: random.Random) -> bytes:
    value = chance.choice((_BEYOND, b"\xff" * 9 + b"\x01", b"\x80" * 9 + b"\x00", b"\xff" * 30, b"\x80" * 10 + b"\x01"))
    return _inserted(payload, varint(_number(payload, chance) << 3) + value, chance)


def _wrong_length(payload: bytes, other: bytes, chance: random.Random) -> bytes:
    length = chance.choice((len(payload) + 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1))
    return _inserted(payload, varint(_number(payload, chance) << 3 | _LENGTH) + varint(length), chance)


def _nested(payload: bytes, other: bytes, chance: random.Random) -> bytes:
    """Messages in messages, or groups in groups, deeper than a decoder should follow."""
    number, depth = _number(payload, chance), chance.choice((2, 30, 99, 100, 101, 102, 500))
    if chance.random() < 0.3:
        opened, closed = varint(number << 3 | 3), varint(number << 3 | 4)
        return payload + opened * depth + (closed * depth if chance.random() < 0.5 else b"")
    tag, inner = varint(number << 3 | _LENGTH), payload[:50]
    for _ in range(depth):
        inner = tag + varint(len(inner)) + inner
    return inner


def _unknown(payload: bytes, other: bytes, chance: random.Random) -> bytes:
    """Fields that the contract does not have, the impossible number 0 and the reserved ones among them."""
    number = chance.choice((0, 18, 999, 19_000, 2**29 - 1, 2**29, 2**32))
    wire_type = chance.randrange(_WIRE_TYPES)
    value = {0: varint(chance.getrandbits(64)), _LENGTH: varint(len(other)) + other}.get(wire_type, other[:8])
    return _inserted(payload, varint(number << 3 | wire_type) + value, chance)


def _wrong_type(payload: bytes, other: bytes, chance: random.Random) -> bytes:
    fields = fields_of(payload)
    if not fields:
        return _unknown(payload, other, chance)
    field = chance.choice(fields)
    tag = varint(field.number << 3 | chance.randrange(_WIRE_TYPES))
    return payload[: field.start] + tag + payload[field.start + len(varint(field.number << 3)) :]


def _invalid_text(payload: bytes, other: bytes, chance: random.Random) -> bytes:
    """UTF-8 that is none: lone continuation bytes, overlong forms, surrogates, what lies beyond U+10FFFF."""
    text = chance.choice((b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"a\x80", b"\xe2\x82"))
    fields = [field for field in fields_of(payload) if field.wire_type == _LENGTH]
    number = chance.choice(fields).number if fields else 1
    return _inserted(payload, varint(number << 3 | _LENGTH) + varint(len(text)) + text, chance)


def _repeated(payload: bytes, other: bytes, chance: random.Random) -> bytes:
    fields = fields_of(payload)
    if not fields:
        return payload * 2
    field = chance.choice(fields)
    return payload + payload[field.start : field.end] * chance.choice((1, 2, 65, 300, 1001))


def _shuffled(payload: bytes, other: bytes, chance: random.Random) -> bytes:
    fields = fields_of(payload)
    chance.shuffle(fields)
    return b"".join(payload[field.start : field.end] for field in fields)


def _inserted(payload: bytes, part: bytes, chance: random.Random) -> bytes:
    """Between two fields."""
    at = chance.choice([0, *(field.end for field in fields_of(payload))])
    return payload[:at] + part + payload[at:]


def _number(payload: bytes, chance: random.Random) -> int:
    """Of a field that is there, or a small one."""
    fields = fields_of(payload)
    return chance.choice(fields).number if fields and chance.random() < 0.8 else chance.randrange(1, 17)


_WAYS: Sequence[Callable[[bytes, bytes, random.Random], bytes]] = (
    *(_flipped, _cut, _spliced, _huge_varint, _wrong_length, _nested),
    *(_unknown, _wrong_type, _invalid_text, _repeated, _shuffled),
)
