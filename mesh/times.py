"""Times between protobuf and Python: how they are set, and which are none.

protobuf decodes timestamps and durations that its own description of them forbids. JSON has no form for them, Python's
datetime no value, and what converts them raises: so they are refused where requests are validated, and no handler meets
one.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

__all__ = ["set_time", "times_out_of_range"]

_SECONDS = {
    "google.protobuf.Timestamp": (-62_135_596_800, 253_402_300_799),
    "google.protobuf.Duration": (-315_576_000_000, 315_576_000_000),
}
"""From the year 1 to 9999, and ten thousand years (`timestamp.proto`, `duration.proto`)."""
_NANOS = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def set_time(field: Timestamp, at: datetime) -> None:
    """Sets a timestamp of an answer, at a fifth of what `FromDatetime` takes.

    Args:
        at: with its time zone.
    """
    since = at - _EPOCH
    field.seconds, field.nanos = since.days * 86_400 + since.seconds, since.microseconds * 1000


def times_out_of_range(message: Message) -> list[str]:
    """The paths of fields such as `post.publish_time` that hold no time."""
    found: list[str] = []
    _search(message, _timed(message.DESCRIPTOR), "", found)
    return found


class _Field(NamedTuple):
    """What is to be known of a field at each call, worked out once: descriptors are slow to ask.

    Attributes:
        time: the name of its message if that is a time.
    """

    name: str
    repeated: bool
    time: str
    message_type: Descriptor


def _search(message: Message, fields: tuple[_Field, ...], path: str, found: list[str]) -> None:
    for field in fields:
        if field.repeated:
            for number, each in enumerate(getattr(message, field.name)):
                _look_at(each, field, f"{path}{field.name}[{number}]", found)
        elif message.HasField(field.name):
            _look_at(getattr(message, field.name), field, f"{path}{field.name}", found)


def _look_at(value: Any, field: _Field, place: str, found: list[str]) -> None:
    if not field.time:
        _search(value, _timed(field.message_type), f"{place}.", found)
        return
    least, most = _SECONDS[field.time]
    if not (least <= value.seconds <= most and value.nanos in _nanos(field.time, value.seconds)):
        found.append(place)


def _nanos(name: str, seconds: int) -> range:
    """A timestamp counts them forwards; those of a duration have the sign of its seconds."""
    if name == "google.protobuf.Timestamp" or seconds > 0:
        return range(_NANOS)
    return range(1 - _NANOS, _NANOS if seconds == 0 else 1)


@cache
def _timed(message: Descriptor) -> tuple[_Field, ...]:
    """The fields that are times, or messages that hold some."""
    return tuple(
        _Field(
            field.name,
            bool(field.is_repeated),
            field.message_type.full_name if field.message_type.full_name in _SECONDS else "",
            field.message_type,
        )
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
