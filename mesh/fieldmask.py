"""Which fields an update changes (AIP-134, AIP-161)."""

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from mesh.errors import ErrorReason, HamletError

__all__ = ["changed_fields"]


def changed_fields(mask: FieldMask | None, message: Message, allowed: frozenset[str]) -> frozenset[str]:
    """The names of the fields of a resource that an update changes; a field that the message leaves out is emptied.

    Args:
        mask: of the request. None or empty stands for all fields that are set (not default) in the message, of which
            those that cannot be changed, such as its id, are left as they are.
        message: the resource of the request.
        allowed: the top-level fields that can be changed.

    Raises:
        HamletError: INVALID_UPDATE_MASK for `*`, and for a path that is unknown, nested, output-only or immutable.
    """
    if mask is None or not mask.paths:
        return frozenset(field.name for field, _value in message.ListFields()) & allowed
    named = frozenset(mask.paths)
    if not named <= allowed:
        raise HamletError(ErrorReason.ERROR_REASON_INVALID_UPDATE_MASK)
    return named
