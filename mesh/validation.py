"""buf.validate's rules, checked with protovalidate."""

from google.protobuf.message import Message
from hamlet.error.v1.error_reason_pb2 import ErrorReason
from protovalidate import Validator, Violation

from mesh.errors import HamletError
from mesh.errors import Violation as FieldViolation

__all__ = ["validate"]

_MOST_REPORTED = 20
_validator = Validator()


def validate(message: Message) -> None:
    """Checks a message against the rules of the contract.

    Raises:
        HamletError: INVALID_REQUEST with one violation a broken rule, without the offending values.
    """
    violations = _validator.collect_violations(message)
    if violations:
        found = [_field_violation(each) for each in violations[:_MOST_REPORTED]]
        raise HamletError(ErrorReason.ERROR_REASON_INVALID_REQUEST, violations=found)


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
