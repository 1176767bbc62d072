"""Writes the configuration and the files that it names into one folder."""

import json
from pathlib import Path

from mesh.edge.descriptor_set import descriptor_set
from mesh.edge.render import DESCRIPTOR_SET, ROUTE_TABLE, render, render_routes
from mesh.edge.settings import EdgeSettings
from mesh.edge.typed import Config
from mesh.edge.upstream_tls import AUTHORITY, CERTIFICATE, authority_secret, certificate_secret
from mesh.edge.village import Village

__all__ = ["BOOTSTRAP", "write_configuration"]

BOOTSTRAP = "envoy.json"


def write_configuration(
    village: Village,
    settings: EdgeSettings,
    folder: Path,
    *,
    issuer: str = "hamlet",
    audience: str = "hamlet",
    collector: str | None = None,
) -> Path:
    """Renders everything that Envoy reads into `folder`, which is created; arguments as for `render`.

    Returns:
        The bootstrap file.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    contracts = descriptor_set(service.descriptor.file for service in village.services)
    (folder / DESCRIPTOR_SET).write_bytes(contracts.SerializeToString(deterministic=True))
    if village.identity is not None:
        _write(folder / f"{CERTIFICATE}.json", certificate_secret(village.identity))
        _write(folder / f"{AUTHORITY}.json", authority_secret(village.identity))
    for document in village.documents:
        (folder / document.file_name).write_bytes(document.content)
    _write(folder / ROUTE_TABLE, render_routes(village, settings, folder))
    bootstrap = folder / BOOTSTRAP
    _write(bootstrap, render(village, settings, folder, issuer=issuer, audience=audience, collector=collector))
    return bootstrap


def _write(path: Path, config: Config) -> None:
    path.write_text(json.dumps(config, indent=1) + "\n")
