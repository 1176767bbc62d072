"""From buf.validate to JSON Schema. A rule that the generator does not know fails the build."""

from collections.abc import Callable
from typing import Any

from protos.tools.openapi.records import ContractError, Field, Json

__all__ = ["bounds", "list_bounds", "may_be_empty"]

_INT32 = {"minimum": -(2**31), "maximum": 2**31 - 1}
_UINT32 = {"minimum": 0, "maximum": 2**32 - 1}
_COMMON = frozenset({"required", "ignore"})


def bounds(field: Field, *, items: bool = False) -> Json:
    """The keywords for a field's value; for a list that of its items.

    Raises:
        ContractError: a rule has no form here.
    """
    rules = field.rules
    if rules is not None and items:
        rules = rules.repeated.items if rules.HasField("repeated") else None
    keywords: Json = {}
    if field.kind in {"int32", "sint32", "sfixed32"}:
        keywords |= _INT32
    elif field.kind in {"uint32", "fixed32"}:
        keywords |= _UINT32
    if rules is None:
        return keywords
    for rule, value in rules.ListFields():
        if rule.name in _COMMON or rule.name == "repeated":
            continue
        for bound, limit in value.ListFields():
            keywords |= _keyword(field, f"{rule.name}.{bound.name}", limit)
    return keywords


def list_bounds(field: Field) -> Json:
    """The keywords for a list itself."""
    if field.rules is None or not field.rules.HasField("repeated"):
        return {}
    rules = field.rules.repeated
    names = {"min_items": "minItems", "max_items": "maxItems", "unique": "uniqueItems"}
    return {names[rule.name]: value for rule, value in rules.ListFields() if rule.name != "items"}


def may_be_empty(field: Field) -> bool:
    """Whether the zero value passes although the rules would refuse it: it stands for unset."""
    return field.rules is not None and field.rules.ignore != 0


def _keyword(field: Field, rule: str, limit: Any) -> Json:
    kind, name = rule.split(".")
    known = _STRING.get(name) if kind == "string" else _NUMBER.get(name)
    if kind == "enum" and name in {"defined_only", "not_in"}:
        return {} if name == "defined_only" else {"x-not-in": list(limit)}
    if rule in {"timestamp.gt_now", "duration.gt", "duration.gte"}:
        return {"x-hamlet-rules": [{"id": rule.upper().replace(".", "_"), "message": _WORDS[rule]}]}
    if known is None:
        raise ContractError(f"{field.name}: the rule {rule} has no form in OpenAPI yet")
    return known(limit)


_WORDS = {
    "timestamp.gt_now": "must lie in the future",
    "duration.gt": "must be longer than nothing",
    "duration.gte": "must not be negative",
}
_STRING: dict[str, Callable[[Any], Json]] = {
    "min_len": lambda limit: {"minLength": limit},
    "max_len": lambda limit: {"maxLength": limit},
    "max_bytes": lambda limit: {
        "x-hamlet-rules": [{"id": "STRING_MAX_BYTES", "message": f"must have at most {limit} bytes as UTF-8"}]
    },
    "pattern": lambda pattern: {"pattern": pattern},
    "uuid": lambda _: {"format": "uuid"},
    "email": lambda _: {"format": "email"},
    "uri": lambda _: {"format": "uri"},
}
_NUMBER: dict[str, Callable[[Any], Json]] = {
    "gte": lambda limit: {"minimum": limit},
    "lte": lambda limit: {"maximum": limit},
    "gt": lambda limit: {"exclusiveMinimum": limit},
    "lt": lambda limit: {"exclusiveMaximum": limit},
}
