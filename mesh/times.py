"""Timestamps and durations that protobuf decodes although its own description of them forbids them.

JSON has no form for them, Python's datetime no value, and what converts them raises: so they are refused where requests
are validated, and no handler meets one.
"""

from collections.abc import Iterator
from functools import cache

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

__all__ = ["times_out_of_range"]

_SECONDS = {
    "google.protobuf.Timestamp": (-62_135_596_800, 253_402_300_799),
    "google.protobuf.Duration": (-315_576_000_000, 315_576_000_000),
}
"""From the year 1 to 9999, and ten thousand years (`timestamp.proto`, `duration.proto`)."""
_NANOS = 1_000_000_000


def times_out_of_range(message: Message, path: str = "") -> Iterator[str]:
    """The paths of fields such as `post.publish_time` that hold no time."""
    for field in _timed(message.DESCRIPTOR):
        place = f"{path}.{field.name}" if path else field.name
        if field.is_repeated:
            for number, each in enumerate(getattr(message, field.name)):
                yield from _out_of_range(each, f"{place}[{number}]")
        elif message.HasField(field.name):
            yield from _out_of_range(getattr(message, field.name), place)


def _out_of_range(message: Message, place: str) -> Iterator[str]:
    name = message.DESCRIPTOR.full_name
    if name not in _SECONDS:
        yield from times_out_of_range(message, place)
        return
    seconds, nanos = getattr(message, "seconds"), getattr(message, "nanos")  # noqa: B009 - the stubs do not know them
    least, most = _SECONDS[name]
    if not (least <= seconds <= most and nanos in _nanos(name, seconds)):
        yield place


def _nanos(name: str, seconds: int) -> range:
    """A timestamp counts them forwards; those of a duration have the sign of its seconds."""
    if name == "google.protobuf.Timestamp" or seconds > 0:
        return range(_NANOS)
    return range(1 - _NANOS, _NANOS if seconds == 0 else 1)


@cache
def _timed(message: Descriptor) -> tuple[FieldDescriptor, ...]:
    """The fields that are times, or messages that hold some."""
    return tuple(
        field
        for field in message.fields
        if field.message_type is not None and _is_timed(field.message_type, frozenset({message.full_name}))
    )


def _is_timed(message: Descriptor, seen: frozenset[str]) -> bool:
    if message.full_name in _SECONDS:
        return True
    if message.full_name in seen or message.GetOptions().map_entry:
        return False
    inner = (field.message_type for field in message.fields if field.message_type is not None)
    return any(_is_timed(each, seen | {message.full_name}) for each in inner)
