"""Messages to begin with: each request type filled from its descriptor, wildly or so that the contract takes it."""

import random
from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from mesh.errors import HamletError
from mesh.validation import validate

__all__ = ["CANARY", "ID", "filled", "seeds_of", "valid"]

_DEPTH = 4
ID = "0190b6a5-7c00-7000-8000-00000000dead"
CANARY = "gibes"
"""Stands in some texts, so that it is seen where a caller's words turn up that should not."""
_WORDS = (
    *(ID, "a", f"Where be your {CANARY} now?", "yorick@elsinore.example", "yorick", "long enough a password", ""),
    *("me", "title", "text", "display_name", "graveyard", "https://yorick.example", "203.0.113.7", "en", '"0f8a3c5e"'),
)
_WILD_WORDS = (
    *("\x00é\U0001f480", "\x00", "a" * 5000, "\u202e\ufeff", "%00%ff../..", "'; --", "MTI", "AAAA====", "*", "a.b.c"),
    *("author.name", "\r\nx: y", "\uff19" * 20, "2026-02-30", "::1%lo", "xn--", 'W/"', CANARY * 40),
)
_NUMBERS = (0, 1, 2, 7, 50, 100, 4_102_444_800)
_WILD_NUMBERS = (-1, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 253_402_300_800, -62_135_596_801, 999_999_999)
_TRIES = 2000
_KNOWN = 4
"""How much likelier a word that somebody knows is than one that nobody does."""


def seeds_of(request: Descriptor, count: int, chance: random.Random) -> list[bytes]:
    """Serialised messages: the empty one, one that is filled wholly, and `count` that are filled at random."""
    whole = filled(request, chance, everything=True)
    return [b"", whole.SerializeToString(), *(filled(request, chance).SerializeToString() for _ in range(count))]


def valid(request: Descriptor, chance: random.Random, words: Sequence[str] = ()) -> Message:
    """A message that the contract takes: what breaks a rule is proposed anew, until nothing does.

    Args:
        words: more texts to choose from.

    Raises:
        LookupError: none was found; the words and numbers of this file have to learn a new rule.
    """
    message = filled(request, chance, tame=True, words=words)
    for _ in range(_TRIES):
        try:
            validate(message)
        except HamletError as error:
            for violation in error.violations:
                if not _proposed(message, violation.field.split("."), chance, words):
                    message = filled(request, chance, tame=True, words=words)
                    break
        else:
            return message
    raise LookupError(f"no valid {request.full_name} was found")


def _proposed(message: Message, path: Sequence[str], chance: random.Random, words: Sequence[str]) -> bool:
    """Another value, or none, for the field at fault; False where a path names none."""
    field = message.DESCRIPTOR.fields_by_name.get(path[0].partition("[")[0])
    if field is None:
        return False
    if len(path) > 1 and field.message_type is not None and not field.is_repeated:
        return _proposed(getattr(message, field.name), path[1:], chance, words)
    message.ClearField(field.name)
    if chance.random() < 0.7:
        _fill(message, field, chance, _Way(tame=True, words=words), 0)
    return True


class _Way:
    """How fields are filled."""

    def __init__(self, *, everything: bool = False, tame: bool = False, words: Sequence[str] = ()) -> None:
        self.everything = everything
        self.words = (*_WORDS, *(_KNOWN * tuple(words))) if tame else (*_WORDS, *words, *_WILD_WORDS)
        self.numbers = _NUMBERS if tame else (*_NUMBERS, *_WILD_NUMBERS)
        self.reals = (0.0, 0.5, 1.0) if tame else (0.0, 0.5, 1.0, -1.0, float("inf"), float("nan"))
        self.tame = tame


def filled(
    type_: Descriptor,
    chance: random.Random,
    *,
    everything: bool = False,
    tame: bool = False,
    words: Sequence[str] = (),
    depth: int = 0,
) -> Message:
    """A message whose fields are set, all of them or each with a chance; `tame` values break few rules."""
    return _filled(type_, chance, _Way(everything=everything, tame=tame, words=words), depth)


def _filled(type_: Descriptor, chance: random.Random, way: _Way, depth: int) -> Message:
    message = GetMessageClass(type_)()
    for field in type_.fields:
        if way.everything or chance.random() < 0.75:
            _fill(message, field, chance, way, depth)
    return message


def _fill(message: Message, field: Any, chance: random.Random, way: _Way, depth: int) -> None:
    if field.is_repeated:
        _fill_repeated(message, field, chance, way, depth)
    elif field.message_type is not None:
        if depth < _DEPTH:
            getattr(message, field.name).CopyFrom(_filled(field.message_type, chance, way, depth + 1))
    else:
        setattr(message, field.name, _scalar(field, chance, way))


def _fill_repeated(message: Message, field: FieldDescriptor, chance: random.Random, way: _Way, depth: int) -> None:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return
    values = getattr(message, field.name)
    for _ in range(1 if way.everything else chance.randrange(4)):
        if field.message_type is None:
            values.append(_scalar(field, chance, way))
        elif depth < _DEPTH:
            values.append(_filled(field.message_type, chance, way, depth + 1))


def _scalar(field: FieldDescriptor, chance: random.Random, way: _Way) -> Any:
    if field.type == FieldDescriptor.TYPE_STRING:
        return ID if way.everything else chance.choice(way.words)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return b"\x00\xff"
    if field.type == FieldDescriptor.TYPE_BOOL:
        return True
    if field.enum_type is not None:
        known = chance.choice(field.enum_type.values).number
        return known if way.tame or chance.random() < 0.8 else chance.choice((-1, 99, 2**31 - 1))
    if field.type in (FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_DOUBLE):
        return chance.choice(way.reals)
    return _whole(field, chance.choice(way.numbers))


def _whole(field: FieldDescriptor, number: int) -> int:
    """The number, cut off at what the field's type holds."""
    bits: int = 32 if field.cpp_type in (FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_UINT32) else 64
    if field.cpp_type in (FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64):
        return max(0, min(number, (1 << bits) - 1))
    return max(-(1 << bits - 1), min(number, (1 << bits - 1) - 1))
