"""buf.validate's rules, checked with protovalidate."""

from functools import cache

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from hamlet.error.v1.error_reason_pb2 import ErrorReason
from protovalidate import Validator, Violation

from mesh.errors import HamletError
from mesh.errors import Violation as FieldViolation
from mesh.times import times_out_of_range

__all__ = ["has_rules", "validate"]

_MOST_REPORTED = 20
_NO_TIME = ("must be a time that protobuf defines", "TIME_OUT_OF_RANGE")
_validator = Validator()


def validate(message: Message) -> None:
    """Checks a message against the rules of the contract, and its times against protobuf's own.

    Raises:
        HamletError: INVALID_REQUEST with one violation a broken rule, without the offending values; MALFORMED_REQUEST
            for bytes that protobuf takes and protovalidate does not.
    """
    if places := times_out_of_range(message):
        found = [FieldViolation(place, *_NO_TIME) for place in places[:_MOST_REPORTED]]
        raise HamletError(ErrorReason.ERROR_REASON_INVALID_REQUEST, violations=found)
    if not has_rules(message.DESCRIPTOR):
        return
    try:
        violations = _validator.collect_violations(message)
    except ValueError:
        # It decodes the message once more, by itself, and is stricter about unknown fields than protobuf. A rule that
        # is at fault raises something else.
        raise HamletError(ErrorReason.ERROR_REASON_MALFORMED_REQUEST) from None
    if violations:
        found = [_field_violation(each) for each in violations[:_MOST_REPORTED]]
        raise HamletError(ErrorReason.ERROR_REASON_INVALID_REQUEST, violations=found)


@cache
def has_rules(message: Descriptor) -> bool:
    """Whether the contract has a rule for a message, or for one that it holds."""
    return _ruled(message, set())


def _ruled(message: Descriptor, seen: set[str]) -> bool:
    if message.full_name in seen:
        return False
    seen.add(message.full_name)
    return (
        message.GetOptions().HasExtension(validate_pb2.message)
        or any(oneof.GetOptions().HasExtension(validate_pb2.oneof) for oneof in message.oneofs)
        or any(field.GetOptions().HasExtension(validate_pb2.field) for field in message.fields)
        or any(_ruled(field.message_type, seen) for field in message.fields if field.message_type is not None)
    )


def _field_violation(violation: Violation) -> FieldViolation:
    proto = violation.proto
    path = _path(proto.field) if proto.field is not None else ""
    reason = proto.rule_id.upper().replace(".", "_")
    return FieldViolation(field=path, description=proto.message, reason=reason)


def _path(field: object) -> str:
    parts = []
    for element in getattr(field, "elements", ()):
        subscript = getattr(element, "subscript", None)
        index = getattr(subscript, "value", None) if getattr(subscript, "field", None) == "index" else None
        parts.append(element.field_name + ("" if index is None else f"[{index}]"))
    return ".".join(parts)
