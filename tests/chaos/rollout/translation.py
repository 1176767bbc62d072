"""A rendered container as a process of this machine. Everything that is not as in the cluster is here.

| in the cluster | here |
|---|---|
| an image's tag | the folder with that version's code; all share one Python environment |
| a pod's network: `0.0.0.0`, and a loopback of its own | the pod's address on this machine's loopback |
| a pod's folders | the same paths below a folder of the pod's |
| a Secret | a value, or a folder, that the drill has made |

Names, ports, commands, probes, delays and every other variable are as the chart renders them.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.launches import inherited

__all__ = ["Machine", "Program", "import_path", "mount", "program_of"]

_OWN_ADDRESSES = ("0.0.0.0:", "127.0.0.1:")


@dataclass(frozen=True, slots=True)
class Machine:
    """What stands for the cluster.

    Attributes:
        versions: the code of each version, by its images' tag.
        values: of Secrets, by name and key.
        folders: of Secrets that are mounted, by name.
    """

    versions: Mapping[str, Path]
    values: Mapping[str, Mapping[str, str]]
    folders: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Program:
    command: list[str]
    environment: dict[str, str]
    folder: Path


def program_of(
    container: dict[str, Any], settings: Mapping[str, Mapping[str, str]], machine: Machine, address: str, root: Path
) -> Program:
    """
    Args:
        settings: the release's ConfigMaps, by name.
        address: the pod's.
        root: the pod's folder.

    Raises:
        KeyError: it is told something of the cluster that is not here.
    """
    told: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        told |= {name: str(value) for name, value in settings[source["configMapRef"]["name"]].items()}
    for each in container.get("env", ()):
        told[each["name"]] = each["value"] if "value" in each else _secret(each["valueFrom"], machine)
    code = machine.versions[container["image"].rpartition(":")[2]]
    interpreter, *rest = container["command"]
    return Program(
        [{"python": sys.executable}[interpreter], *rest],
        {
            **inherited(),
            **{name: _here(value, address, root) for name, value in told.items()},
            "PYTHONPATH": import_path(code),
            "TMPDIR": str(root / "tmp"),
        },
        code,
    )


def import_path(code: Path) -> str:
    """A version's packages and its contracts, before those of the working tree, which is what is installed."""
    return f"{code}:{code / 'protos' / 'gen'}"


def mount(pod: dict[str, Any], machine: Machine, root: Path) -> None:
    """Makes the folders of a pod's specification. Its containers share them."""
    volumes = {each["name"]: each for each in pod.get("volumes", ())}
    for container in pod["containers"]:
        for each in container.get("volumeMounts", ()):
            volume, place = volumes[each["name"]], root / each["mountPath"].lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            if "secret" in volume and not place.exists():
                place.symlink_to(machine.folders[volume["secret"]["secretName"]])
            place.mkdir(exist_ok=True)


def _secret(source: dict[str, Any], machine: Machine) -> str:
    wanted = source["secretKeyRef"]
    return machine.values[wanted["name"]][wanted["key"]]


def _here(value: str, address: str, root: Path) -> str:
    for own in _OWN_ADDRESSES:
        if value.startswith(own):
            return f"{address}:{value.removeprefix(own)}"
    return f"{root}{value}" if value.startswith("/") else value
