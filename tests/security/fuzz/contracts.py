"""Every RPC of every contract that is installed, found by walking the stubs: a new one is fuzzed without being told."""

import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import hamlet
from google.protobuf.descriptor import FileDescriptor

from mesh.policy import Method, methods_of

__all__ = ["all_rpcs"]


@cache
def all_rpcs() -> tuple[Method, ...]:
    """In the order of their paths."""
    found = [
        method for file in _files() for service in file.services_by_name.values() for method in methods_of(service)
    ]
    return tuple(sorted(found, key=lambda method: method.path))


def _files() -> Iterator[FileDescriptor]:
    for root in map(Path, hamlet.__path__):
        for stub in root.rglob("*_service_pb2.py"):
            name = ".".join(("hamlet", *stub.relative_to(root).with_suffix("").parts))
            yield importlib.import_module(name).DESCRIPTOR
