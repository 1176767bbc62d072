"""Writes what the chart needs of the contracts' policy: which workload may call which RPC of which process.

`python -m protos.tools.helm_policy [FILE]`; without a file, the committed one. Network policies and the rules of
sidecar meshes are rendered from it, so that they are the matrix that every service applies itself.
"""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from google.protobuf.descriptor import ServiceDescriptor

from mesh.policy import methods_of
from mesh.settings import MeshSettings
from services.account.settings import AccountSettings

__all__ = ["COMMITTED", "contracts", "generate", "policy"]

_GENERATED = Path(__file__).resolve().parents[1] / "gen"
COMMITTED = Path(__file__).resolve().parents[2] / "helm" / "hamlet" / "files" / "policy.yaml"
_EVERY, _EDGE, _OPERATOR = "*", "edge", "operator"
_SERVED_FOR_OTHERS: dict[str, tuple[str, ...]] = {
    "KeySetService": (MeshSettings.model_fields["key_set_peer"].default,),
    "PersonalDataService": AccountSettings.model_fields["keepers"].default,
}
_HEADER = (
    "# Built by `make protos` from the contracts: who may call which RPC. Not written by hand; drift fails a test.\n"
)


def contracts() -> Iterator[tuple[str, ServiceDescriptor]]:
    """Each contract with each process that serves it: the one that its package names, but for two that are served for
    others, by those who are asked by default."""
    for path in sorted(_GENERATED.glob("hamlet/*/v*/*_service_pb2.py")):
        module = importlib.import_module(".".join(path.relative_to(_GENERATED).with_suffix("").parts))
        for service in module.DESCRIPTOR.services_by_name.values():
            for process in _SERVED_FOR_OTHERS.get(service.name, (path.parent.parent.name,)):
                yield process, service


def policy() -> dict[str, Any]:
    """Per process the workloads that may reach it at all, and those that may call each RPC.

    Raises:
        MissingPolicyError: an RPC has no valid policy.
    """
    rpcs: dict[str, dict[str, list[str]]] = {}
    for process, service in contracts():
        for method in methods_of(service):
            rpcs.setdefault(process, {})[method.path] = sorted(method.workloads)
    workloads = sorted({*rpcs, _EDGE, _OPERATOR})
    return {
        "workloads": workloads,
        "services": {
            process: {"callers": _callers(process, paths.values(), workloads), "rpcs": dict(sorted(paths.items()))}
            for process, paths in sorted(rpcs.items())
        },
    }


def generate(out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(_HEADER + yaml.safe_dump(policy(), sort_keys=False, width=120))


def _callers(process: str, admitted: Any, workloads: list[str]) -> list[str]:
    """Everybody whom some RPC admits. The operator always: health, reflection and channelz are for it."""
    named = {_OPERATOR}.union(*admitted)
    return [each for each in workloads if each != process and (each in named or _EVERY in named)]


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else COMMITTED)
