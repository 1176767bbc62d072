"""Which calls are observed: the contributed instrumentation's filters, and its environment variable."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opentelemetry.instrumentation.grpc.filters import any_of, health_check, negate, service_name

__all__ = ["CallFilter", "Selection", "usual_calls"]

CallFilter = Callable[[Any], bool]
"""A filter of `opentelemetry.instrumentation.grpc.filters`: takes call details, says whether to observe the call."""

_EXCLUDED = "OTEL_PYTHON_GRPC_EXCLUDED_SERVICES"
_HOUSEKEEPING = service_name("hamlet.mesh.v1.KeySetService")
"""Every service asks for the keys every few seconds; as traces of their own they would hide those of people."""


def usual_calls() -> CallFilter:
    """All calls but health checks, polls for keys, and the services in OTEL_PYTHON_GRPC_EXCLUDED_SERVICES."""
    names = [name.strip() for name in os.environ.get(_EXCLUDED, "").split(",")]
    excluded: CallFilter = any_of(health_check(), _HOUSEKEEPING, *(service_name(name) for name in names if name))
    return negate(excluded)


@dataclass(frozen=True, slots=True)
class _CallDetails:
    method: str


class Selection:
    """A filter that is asked once a method."""

    def __init__(self, chosen: CallFilter) -> None:
        self._chosen = chosen
        self._known: dict[str, bool] = {}

    def __contains__(self, path: str) -> bool:
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = bool(self._chosen(_CallDetails(path)))
        return known
