"""Kubernetes' own schemas: what is valid, and how lists and maps are merged (from `kubernetes-validate`)."""

import json
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib import resources
from typing import Any

import jsonschema
from referencing import Registry, Resource

from tests.cluster.double.kinds import VERSION, Kind
from tests.cluster.double.status import Refused, invalid

__all__ = ["Shape", "shape_of", "validate"]

_ATOMIC = "atomic"


@cache
def _definitions() -> dict[str, Any]:
    folder = resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"v{VERSION}.0-local-strict"
    found: dict[str, Any] = json.loads((folder / "_definitions.json").read_text())
    return found


@cache
def _validator(definition: str) -> Any:
    document = _definitions()
    registry: Any = Resource.from_contents(document) @ Registry()
    schema = {"$ref": f"{document['$id']}#/$defs/{definition}"}
    return jsonschema.Draft202012Validator(schema, registry=registry)


def validate(kind: Kind, document: dict[str, Any]) -> None:
    """Unknown fields and wrong types, as `fieldValidation=Strict` finds them.

    Raises:
        Refused: 400 for an unknown field, 422 for another fault.
    """
    error = next(iter(_validator(kind.definition).iter_errors(document)), None)
    if error is None:
        return
    field = ".".join(str(each) for each in error.absolute_path)
    if error.validator == "additionalProperties":
        text = f"strict decoding error: {field}: {error.message}"
        raise Refused(HTTPStatus.BAD_REQUEST, text)
    raise invalid(kind.name, str(document.get("metadata", {}).get("name", "")), field, error.message)


@dataclass(frozen=True, slots=True)
class Shape:
    """A place in an object, as its schema has it; `{}` where the schema says nothing."""

    at: str
    """The schema as JSON."""

    def field(self, name: str) -> "Shape":
        """Of a map's or an object's member."""
        schema = _resolved(self.at)
        found = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
        return Shape(json.dumps(found) if isinstance(found, dict) else "{}")

    @property
    def items(self) -> "Shape":
        """Of a list's items."""
        return Shape(json.dumps(_resolved(self.at).get("items", {})))

    @property
    def atomic(self) -> bool:
        """Replaced as a whole by server-side apply: lists unless they say otherwise, maps if they say so."""
        schema = _resolved(self.at)
        if "items" in schema:
            return bool(schema.get("x-kubernetes-list-type", _ATOMIC) == _ATOMIC)
        return bool(schema.get("x-kubernetes-map-type") == _ATOMIC)

    @property
    def keys(self) -> tuple[str, ...]:
        """What tells the items of a list apart, for server-side apply; empty for a set."""
        return tuple(_resolved(self.at).get("x-kubernetes-list-map-keys", ()))

    @property
    def merge_key(self) -> str:
        """The same for a strategic merge patch."""
        return str(_resolved(self.at).get("x-kubernetes-patch-merge-key", ""))

    @property
    def strategies(self) -> frozenset[str]:
        """`merge`, `retainKeys`, or none: how a strategic merge patch treats it."""
        return frozenset(filter(None, str(_resolved(self.at).get("x-kubernetes-patch-strategy", "")).split(",")))


@cache
def _resolved(at: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(at)
    name = schema.get("$ref", "").rpartition("/")[2]
    return {**_definitions()["$defs"][name], **schema} if name else schema


def shape_of(kind: Kind) -> Shape:
    return Shape(json.dumps({"$ref": f"#/$defs/{kind.definition}"}))
