"""google.rpc.Status as JSON: the one shape of all errors, and an example of each reason."""

from collections.abc import Iterable

from protos.tools.openapi.errors import HTTP
from protos.tools.openapi.records import Json, Reason

__all__ = ["CODES", "error_examples", "error_schemas", "example_of"]

CODES = {
    name: number
    for number, name in enumerate(
        (
            "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
            "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
            "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
        )
    )
}  # fmt: skip
"""The gRPC codes by name."""

_TYPE = "type.googleapis.com/google.rpc."
_METADATA = {
    "INTERNAL": {"error_id": "7d0c4b0e51f2"},
    "ROLE_REQUIRED": {"required_role": "AUTHOR"},
    "POST_STATE_CONFLICT": {"state": "DELETED"},
    "ACCOUNT_SUSPENDED": {"until": "2100-01-01T00:00:00Z"},
}


def error_schemas(reasons: Iterable[Reason]) -> Json:
    """The schemas of errors."""
    names = [reason.name for reason in reasons]
    return {
        "Error": _object(
            "The one shape of all errors (google.rpc.Status, AIP-193). The first detail is always an ErrorInfo.",
            code={"type": "integer", "format": "int32", "minimum": 1, "maximum": 16, "description": "The gRPC code."},
            message={"type": "string", "description": "For a person. Never branch on it: it may change."},
            details={
                "type": "array",
                "description": "Machine-readable: an ErrorInfo first, then what helps.",
                "minItems": 1,
                "items": _reference("ErrorDetail"),
            },
        ),
        "ErrorReason": {
            "type": "string",
            "description": "Why. Branch on it: it is part of the contract.",
            "enum": names,
        },
        "ErrorInfo": _object(
            "Which error it is.",
            **_typed("ErrorInfo"),
            reason=_reference("ErrorReason"),
            domain={"type": "string", "const": "hamlet", "description": "Whose reason it is."},
            metadata={
                "type": "object",
                "additionalProperties": {"type": "string"},
                "description": "What the reason's description names.",
            },
        )
        | {"required": ["@type", "reason", "domain"]},
        "ErrorDetail": {
            "description": "A detail, told apart by `@type`.",
            "oneOf": [_reference("ErrorInfo"), _reference("BadRequest"), _reference("RetryInfo")],
        },
        "BadRequest": _object(
            "Which fields break a rule.",
            **_typed("BadRequest"),
            fieldViolations={"type": "array", "items": _reference("FieldViolation"), "description": "One for each."},
        ),
        "FieldViolation": _object(
            "A field that breaks a rule.",
            field={"type": "string", "description": "The field, as the proto has it: `post.title`."},
            description={"type": "string", "description": "What is wrong, for a person."},
            reason={"type": "string", "description": "The rule: `STRING_MAX_LEN`."},
        )
        | {"required": ["field", "description"]},
        "RetryInfo": _object(
            "When to try again.",
            **_typed("RetryInfo"),
            retryDelay={"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?s$", "description": "A time: `1.5s`."},
        ),
    }


def error_examples(reasons: Iterable[Reason], text: str) -> Json:
    """The examples to which a text refers."""
    reasons = [reason for reason in reasons if f'/examples/{reason.name}"' in text]
    return {reason.name: {"summary": reason.message, "value": example_of(reason)} for reason in reasons}


def example_of(reason: Reason) -> Json:
    """The error as JSON."""
    info: Json = {"@type": f"{_TYPE}ErrorInfo", "reason": reason.name, "domain": "hamlet"}
    details: list[Json] = [{**info, "metadata": _METADATA.get(reason.name, {})}]
    if reason.name == "INVALID_REQUEST":
        broken = {"field": "post.title", "description": "must be at most 200 characters", "reason": "STRING_MAX_LEN"}
        details.append({"@type": f"{_TYPE}BadRequest", "fieldViolations": [broken]})
    if reason.retry == "LATER":
        details.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": "1.500s"})
    return {"code": CODES[reason.code], "message": reason.message, "details": details}


def _typed(name: str) -> Json:
    return {"@type": {"type": "string", "const": f"{_TYPE}{name}"}}


def _object(description: str, /, **properties: Json) -> Json:
    return {"type": "object", "description": description, "properties": properties, "required": list(properties)}


def _reference(key: str) -> Json:
    return {"$ref": f"#/components/schemas/{key}"}


assert CODES.keys() - {"OK"} == HTTP.keys()  # noqa: S101 - two lists of the same codes
