"""Messages to begin with: each request type filled from its descriptor, often with what its rules let pass."""

import random
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

__all__ = ["filled", "seeds_of"]

_DEPTH = 4
_ID = "0190b6a5-7c00-7000-8000-00000000dead"
_WORDS = (
    _ID,
    "a",
    "Where be your gibes now?",
    "yorick@elsinore.example",
    "yorick",
    "long enough a password",
    "",
    "\x00é\U0001f480",
)
_NUMBERS = (0, 1, 2, 7, 50, 100, 2**31 - 1)


def seeds_of(request: Descriptor, count: int, chance: random.Random) -> list[bytes]:
    """Serialised messages: the empty one, one with every string an id, and `count` that are filled at random."""
    whole = filled(request, chance, everything=True)
    return [b"", whole.SerializeToString(), *(filled(request, chance).SerializeToString() for _ in range(count))]


def filled(type_: Descriptor, chance: random.Random, *, everything: bool = False, depth: int = 0) -> Message:
    """A message whose fields are set, all of them or each with a chance."""
    message = GetMessageClass(type_)()
    for field in type_.fields:
        if not everything and chance.random() < 0.25:
            continue
        if field.is_repeated:
            _fill_repeated(message, field, chance, everything, depth)
        elif field.message_type is not None:
            if depth < _DEPTH:
                part = filled(field.message_type, chance, everything=everything, depth=depth + 1)
                getattr(message, field.name).CopyFrom(part)
        else:
            setattr(message, field.name, _scalar(field, chance, everything))
    return message


def _fill_repeated(
    message: Message, field: FieldDescriptor, chance: random.Random, everything: bool, depth: int
) -> None:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return
    values = getattr(message, field.name)
    for _ in range(1 if everything else chance.randrange(4)):
        if field.message_type is None:
            values.append(_scalar(field, chance, everything))
        elif depth < _DEPTH:
            values.append(filled(field.message_type, chance, everything=everything, depth=depth + 1))


def _scalar(field: FieldDescriptor, chance: random.Random, everything: bool) -> Any:
    if field.type == FieldDescriptor.TYPE_STRING:
        return _ID if everything else chance.choice(_WORDS)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return b"\x00\xff"
    if field.type == FieldDescriptor.TYPE_BOOL:
        return True
    if field.enum_type is not None:
        return chance.choice(field.enum_type.values).number
    if field.type in (FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_DOUBLE):
        return chance.choice((0.0, 0.5, 1.0, -1.0, float("inf"), float("nan")))
    return chance.choice(_NUMBERS)
