"""Envoy's typed extensions as dicts, spelled out once."""

from typing import Any

__all__ = ["Config", "any_of", "extension", "milliseconds"]

Config = dict[str, Any]
"""A message of Envoy's API in its JSON form, under its proto field names."""


def any_of(message: str, **fields: Any) -> Config:
    """A `google.protobuf.Any` that holds an Envoy message, such as `extensions.filters.http.router.v3.Router`."""
    return {"@type": f"type.googleapis.com/envoy.{message}", **fields}


def extension(name: str, message: str, **fields: Any) -> Config:
    """A named extension: a filter, a tracer, a monitor."""
    return {"name": name, "typed_config": any_of(message, **fields)}


def milliseconds(seconds: float) -> str:
    """A `google.protobuf.Duration` in JSON, exact to the millisecond."""
    return f"{seconds:.3f}s"
