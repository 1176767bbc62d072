"""One field's value as JSON Schema, after proto3's mapping to JSON."""

from typing import Protocol

from protos.tools.openapi.bounds import bounds, list_bounds, may_be_empty
from protos.tools.openapi.records import ContractError, Contracts, Enum, Field, Json

__all__ = ["References", "described", "value_schema"]

_SCALARS: dict[str, Json] = {
    "string": {"type": "string"},
    "bool": {"type": "boolean"},
    "bytes": {"type": "string", "contentEncoding": "base64"},
    "double": {"type": "number", "format": "double"},
    "float": {"type": "number", "format": "float"},
    **{kind: {"type": "integer", "format": "int32"} for kind in ("int32", "sint32", "sfixed32")},
    **{kind: {"type": "integer"} for kind in ("uint32", "fixed32")},
    # A 64-bit number does not fit into JavaScript's, so JSON has it as a string.
    **{kind: {"type": "string", "pattern": "^-?[0-9]{1,19}$"} for kind in ("int64", "sint64", "sfixed64")},
    **{kind: {"type": "string", "pattern": "^[0-9]{1,20}$"} for kind in ("uint64", "fixed64")},
}
_WELL_KNOWN: dict[str, Json] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$"},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Struct": {"type": "object", "additionalProperties": True},
    "google.protobuf.Empty": {"type": "object", "additionalProperties": False},
}


class References(Protocol):
    """Where a message's or an enum's own schema is."""

    def message(self, name: str) -> Json: ...
    def enum(self, name: str) -> Json: ...


def value_schema(contracts: Contracts, field: Field, references: References) -> Json:
    """The schema of a field without its description.

    Raises:
        ContractError: the type or a rule of the field has no form here.
    """
    if field.repeated:
        return {"type": "array", "items": _single(contracts, field, references, items=True), **list_bounds(field)}
    return _single(contracts, field, references, items=False)


def described(schema: Json, comment: str, **more: object) -> Json:
    """A schema with the contract's words, and with what its rules say that JSON Schema cannot."""
    rules = [rule["message"] for rule in schema.get("x-hamlet-rules", [])]
    text = comment + "".join(f" It {rule}." for rule in rules)
    return {**schema, **({"description": text} if text else {}), **more}


def _single(contracts: Contracts, field: Field, references: References, *, items: bool) -> Json:
    keywords = bounds(field, items=items)
    if field.kind == "enum":
        return _enum(contracts.enums[field.type_name], keywords, references)
    if field.kind == "message":
        known = _WELL_KNOWN.get(field.type_name)
        if known is None and field.type_name not in contracts.messages:
            raise ContractError(f"{field.name}: {field.type_name} has no form in OpenAPI yet")
        return {**known, **keywords} if known is not None else references.message(field.type_name)
    schema = {**_SCALARS[field.kind], **keywords}
    return _or_empty(schema) if may_be_empty(field) else schema


def _enum(enum: Enum, keywords: Json, references: References) -> Json:
    excluded = keywords.get("x-not-in", [])
    if not excluded:
        return references.enum(enum.full_name)
    return {"type": "string", "enum": [value.name for value in enum.values if value.number not in excluded]}


def _or_empty(schema: Json) -> Json:
    """The empty string stands for unset, whatever the rules say of others."""
    if "format" in schema:
        return {"anyOf": [schema, {"type": "string", "maxLength": 0}]}
    return {**schema, "pattern": f"^$|{schema['pattern']}"} if "pattern" in schema else {**schema, "minLength": 0}
