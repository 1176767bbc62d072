"""Fields that a client may send and not decide, found in the contracts by `google.api.field_behavior`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor

from mesh.policy import Method
from tests.e2e.contract_walk import NOBODY, all_methods

__all__ = ["Writes", "forged", "writing_rpcs"]

OUTPUT_ONLY = field_behavior_pb2.FieldBehavior.OUTPUT_ONLY
IMMUTABLE = field_behavior_pb2.FieldBehavior.IMMUTABLE
_FORGED = {
    "username": "somebody-else",
    "author_email": "forged@evil.example",
    "author_url": "https://evil.example/",
    "website": "https://evil.example/",
}


@dataclass(frozen=True, slots=True)
class Writes:
    """An RPC that takes a resource, and the fields of it that are not the client's to set."""

    method: Method
    resource: FieldDescriptor
    protected: tuple[FieldDescriptor, ...]

    @property
    def updates(self) -> bool:
        assert self.method.descriptor is not None
        return "update_mask" in self.method.descriptor.input_type.fields_by_name


def writing_rpcs() -> Iterator[Writes]:
    for method in all_methods():
        descriptor: MethodDescriptor | None = method.descriptor
        assert descriptor is not None
        for field in descriptor.input_type.fields:
            if field.message_type is None or field.is_repeated:
                continue
            updates = "update_mask" in descriptor.input_type.fields_by_name
            refused = {OUTPUT_ONLY, IMMUTABLE} if updates else {OUTPUT_ONLY}
            protected = tuple(each for each in field.message_type.fields if refused & _behaviour(each))
            if protected:
                yield Writes(method, field, protected)


def _behaviour(field: FieldDescriptor) -> set[int]:
    return set(field.GetOptions().Extensions[field_behavior_pb2.field_behavior])


def forged(field: FieldDescriptor) -> Any:
    """A JSON value that is valid for the field and that nobody would have given it."""
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        return "2001-01-01T00:00:00Z" if field.name.endswith(("_time", "_until")) else {}
    if field.enum_type is not None:
        return field.enum_type.values[-1].name
    if field.type == FieldDescriptor.TYPE_STRING:
        return _FORGED.get(field.name, NOBODY)
    return True if field.type == FieldDescriptor.TYPE_BOOL else 97
