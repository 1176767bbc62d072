"""`python -m services.cli.cluster.certificates`: issues the workloads' certificates into Secrets of the namespace.

Certificates that are good for long enough stay, so that it may run as often as one likes. The services take new ones up
without a restart. With cert-manager, or a sidecar mesh, nothing of this runs.
"""

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from mesh.settings import MeshSettings
from services.cli.certs import ensure_certificates
from services.cli.cluster.secret_store import ApiError, ConflictError, SecretStore
from services.cli.layout import WORKLOADS

__all__ = ["ClusterSettings", "issue"]

_AUTHORITY = "authority"
_FILES = {_AUTHORITY: ("ca.crt", "ca.key")} | dict.fromkeys(WORKLOADS, ("tls.crt", "tls.key", "ca.crt"))


class ClusterSettings(BaseSettings):
    """Where the Job is, from `HAMLET_CLUSTER_*` and what Kubernetes tells every container."""

    model_config = SettingsConfigDict(env_prefix="HAMLET_CLUSTER_", use_attribute_docstrings=True)

    namespace: str = "default"
    """The namespace of the Secrets."""
    prefix: str = "hamlet"
    """What their names start with: `<prefix>-blog-tls`, `<prefix>-authority`."""
    owner: str = ""
    """The ServiceAccount with which they are removed."""
    api: str = Field(
        default_factory=lambda: (
            f"https://{os.environ.get('KUBERNETES_SERVICE_HOST', 'kubernetes.default.svc')}"
            f":{os.environ.get('KUBERNETES_SERVICE_PORT', '443')}"
        )
    )
    """The API server's URL."""
    account: Path = Path("/var/run/secrets/kubernetes.io/serviceaccount")
    """The folder of the mounted token."""


@dataclass(slots=True)
class _Kept:
    """The Secrets as files in a folder, where the authority works on them."""

    store: SecretStore
    prefix: str
    folder: Path
    versions: dict[str, str]

    def load(self) -> None:
        for place, names in _FILES.items():
            stored = self.store.get(self._name(place))
            if stored is None or not set(names) <= set(stored.files):
                continue
            self.versions[place] = stored.version
            (self.folder / place).mkdir(exist_ok=True)
            for name in names:
                (self.folder / place / name).write_bytes(stored.files[name])

    def save(self, place: str) -> None:
        files = {name: (self.folder / place / name).read_bytes() for name in _FILES[place]}
        kind = "Opaque" if place == _AUTHORITY else "kubernetes.io/tls"
        self.store.put(self._name(place), files, kind, self.versions.get(place, ""))

    def _name(self, place: str) -> str:
        return f"{self.prefix}-{place}" + ("" if place == _AUTHORITY else "-tls")


def issue(store: SecretStore, prefix: str, trust_domain: str) -> list[str]:
    """Issues what is missing or expires soon. Returns whose certificates it was.

    The authority is written first: one that another Job made meanwhile wins, and nothing was signed by ours yet that
    anybody has.

    Raises:
        ConflictError: another Job is at it; the next try finds its result.
        ApiError: the API server refused.
    """
    with tempfile.TemporaryDirectory() as folder:
        settings = MeshSettings(home=Path(folder), certs_dir=Path(folder), trust_domain=trust_domain)
        kept = _Kept(store, prefix, Path(folder), {})
        kept.load()
        issued = ensure_certificates(settings)
        if _AUTHORITY not in kept.versions:
            kept.save(_AUTHORITY)
        for workload in issued:
            kept.save(workload)
        return issued


def _main() -> int:
    cluster = ClusterSettings()
    labels = {"app.kubernetes.io/name": "hamlet", "app.kubernetes.io/managed-by": "hamlet-certificates"}
    store = SecretStore(cluster.api, cluster.namespace, cluster.account, cluster.owner, labels)
    try:
        issued = issue(store, cluster.prefix, MeshSettings().trust_domain)
    except ConflictError:
        print("another Job issues certificates; this one looks again when it is started anew")
        return 1
    except ApiError as error:
        print(f"no certificates: {error}")
        return 1
    print(f"issued: {', '.join(issued)}" if issued else "every certificate is good for long enough")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
