"""Schemas for readers: the type of a field in a few words, and its bounds."""

import html
from typing import Any

from protos.tools.openapi.page.prose import inline, prose, tag
from protos.tools.openapi.records import Json

__all__ = ["fields", "name_of", "resolve", "type_of"]

_NAMES = {"date-time": "time", "uuid": "UUID", "email": "e-mail", "uri": "URI"}
_DULL = {2**31 - 1, -(2**31), 2**32 - 1}


def name_of(schema: Json) -> str:
    """The name of the component that a reference names, else nothing."""
    return str(schema.get("$ref", "")).rsplit("/", 1)[-1]


def resolve(document: Json, node: Json) -> Json:
    """What a reference stands for."""
    if "$ref" not in node:
        return node
    found: Any = document
    for key in node["$ref"].removeprefix("#/").split("/"):
        found = found[key]
    return dict(found)


def type_of(schema: Json) -> str:
    """The type as HTML, with a link where it has a section of its own."""
    if name := name_of(schema):
        return tag("a", html.escape(name), href=f"#type-{name}")
    if "anyOf" in schema:
        return type_of(schema["anyOf"][0]) + " or empty"
    if "allOf" in schema:
        return type_of(schema["allOf"][0])
    if schema.get("type") == "array":
        return "list of " + type_of(schema["items"])
    if "enum" in schema:
        return " | ".join(tag("code", html.escape(value)) for value in schema["enum"])
    kind = str(schema.get("type", "anything"))
    return _NAMES.get(str(schema.get("format")), kind)


def fields(schema: Json) -> str:
    """The fields of an object, one row each."""
    required = set(schema.get("required", []))
    rows = [
        _row(name, each, name in required, readable=schema.get("x-answer", False))
        for name, each in schema.get("properties", {}).items()
    ]
    return tag("dl", "".join(rows), kind="fields") if rows else ""


def _row(name: str, schema: Json, required: bool, *, readable: bool) -> str:
    marks = tag("span", "required", kind="must") if required and not readable else ""
    facts = _bounds(schema.get("anyOf", [schema])[0])
    head = tag("code", html.escape(name)) + tag("span", type_of(schema), kind="type") + marks
    return tag("dt", head) + tag("dd", prose(str(schema.get("description", ""))) + facts)


def _bounds(schema: Json) -> str:
    if schema.get("format") == "uuid":
        return ""
    words = []
    for low, high, what in (("minLength", "maxLength", "characters"), ("minItems", "maxItems", "items")):
        if schema.get(low) and schema.get(high):
            words.append(f"{schema[low]} to {schema[high]} {what}")
        elif schema.get(high):
            words.append(f"at most {schema[high]} {what}")
        elif schema.get(low):
            words.append(f"at least {schema[low]} {what}")
    if "minimum" in schema and schema["minimum"] not in _DULL:
        words.append(f"from {schema['minimum']}")
    if "maximum" in schema and schema["maximum"] not in _DULL:
        words.append(f"up to {schema['maximum']}")
    if schema.get("uniqueItems"):
        words.append("each once")
    if "pattern" in schema:
        words.append(f"`{schema['pattern']}`")
    return tag("p", inline(", ".join(words)), kind="bounds") if words else ""
