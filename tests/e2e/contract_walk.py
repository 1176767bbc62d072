"""Every RPC that is reachable through the front door, with a REST path for each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from google.api import annotations_pb2
from google.protobuf.descriptor import MethodDescriptor

from mesh.policy import Access, Method, methods_of
from services.cli.edge import CONTRACTS

__all__ = ["Reachable", "all_methods", "reachable"]

NOBODY = "0190b6a5-7c00-7000-8000-00000000dead"
"""An id that no resource has."""
_VARIABLE = re.compile(r"\{(?P<name>[a-z_.]+)\}")
_VALUES = {"revision": "1"}


@dataclass(frozen=True, slots=True)
class Reachable:
    """An RPC and where it is over REST."""

    method: Method
    verb: str
    path: str
    has_body: bool

    @property
    def fields(self) -> list[str]:
        """The JSON names of the request's fields."""
        assert self.method.descriptor is not None
        return [field.json_name for field in self.method.descriptor.input_type.fields]

    @property
    def id(self) -> str:
        return self.method.path.removeprefix("/hamlet.")


def all_methods() -> Iterator[Method]:
    for modules in CONTRACTS.values():
        for module in modules:
            for service in module.DESCRIPTOR.services_by_name.values():
                yield from methods_of(service)


def reachable() -> list[Reachable]:
    """What the edge lets through, as the contracts say: what has a REST form and is not for workloads alone."""
    found = []
    for method in all_methods():
        assert method.descriptor is not None
        each = _over_rest(method, method.descriptor)
        if each.verb and method.access != Access.ACCESS_WORKLOAD and method.admits_workload("edge"):
            found.append(each)
    return found


def _over_rest(method: Method, descriptor: MethodDescriptor) -> Reachable:
    rule = descriptor.GetOptions().Extensions[annotations_pb2.http]
    verb = str(rule.WhichOneof("pattern") or "")
    template = str(getattr(rule, verb)) if verb else ""
    path = _VARIABLE.sub(lambda found: _VALUES.get(found["name"], NOBODY), template)
    return Reachable(method, verb.upper(), path, bool(rule.body))
