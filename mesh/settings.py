"""What an operator can set about the mesh, from `HAMLET_*` environment variables."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mesh.identity.sidecar import Sidecar, Vouching

__all__ = ["EndpointSettings", "MeshSettings", "endpoint_of"]


class MeshSettings(BaseSettings):
    """Settings that all services of a village share."""

    model_config = SettingsConfigDict(env_prefix="HAMLET_", use_attribute_docstrings=True)

    home: Path = Path("var")
    """Where data, certificates and logs are kept."""
    certs_dir: Path | None = None
    """Certificates, one folder a workload. Default: `certs` in the home folder."""
    trust_domain: str = "hamlet.internal"
    """The SPIFFE trust domain of this village."""
    token_issuer: str = "hamlet"  # noqa: S105 - a name, no secret
    """`iss` of access tokens."""
    token_audience: str = "hamlet"  # noqa: S105 - a name, no secret
    """`aud` of access tokens."""
    key_set_seconds: float = 5.0
    """How long a key set is used before it is fetched anew. Key rotation waits longer than this."""
    drain_seconds: float = 1.0
    """Between saying NOT_SERVING and refusing new calls: callers and balancers must notice within it."""
    grace_seconds: float = 10.0
    """How long calls may still run after that."""
    max_concurrent_calls: int = 200
    """Calls in flight beyond which a server sheds load."""
    rate_limit_factor: float = Field(default=1.0, gt=0)
    """Multiplies the contract's rate limits: what measures or fuzzes a village calls more often than any person."""
    key_set_peer: str = "account"
    """The service whose KeySetService publishes the keys of access tokens."""
    sidecar: Sidecar | None = None
    """linkerd or istio: the mesh whose sidecar does TLS, so that ours is off. Unset: our own mTLS."""
    sidecar_identity: str = ""
    """How the sidecar mesh names a workload, with `{workload}` where ours stands in it:
    `spiffe://cluster.local/ns/hamlet/sa/hamlet-{workload}`."""
    sidecar_own_address: str = ""
    """The pod's own address, from which Linkerd's proxy calls; Istio's calls from the loopback."""

    @model_validator(mode="after")
    def _name_identities(self) -> Self:
        if self.sidecar is not None:
            self.vouching()
        return self

    def vouching(self) -> Vouching | None:
        """Who says who calls; None where certificates do.

        Raises:
            ValueError: `sidecar_identity` names no workload.
        """
        if self.sidecar is None:
            return None
        return Vouching(self.sidecar, self.sidecar_identity, self.sidecar_own_address)

    @property
    def certificates(self) -> Path:
        return self.certs_dir or self.home / "certs"


class EndpointSettings(BaseSettings):
    """Where one service listens and where its callers find it: `HAMLET_<SERVICE>_*`."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    listen: str = "127.0.0.1:50051"
    """host:port of the gRPC server; port 0 takes a free one."""
    metrics_listen: str = "127.0.0.1:9464"
    """host:port of the Prometheus endpoint; port 0 takes a free one."""
    health_listen: str = ""
    """host:port of a plaintext server that answers health checks and nothing else, for Kubernetes' probes, which show
    no certificate. Unset: none."""
    target: str = ""
    """A gRPC target such as `dns:///blog:50051` or `ipv4:127.0.0.1:5001,127.0.0.1:5002`."""


def endpoint_of(service: str) -> EndpointSettings:
    """The endpoint settings of a service, its target defaulting to its name and the usual port."""
    endpoint = EndpointSettings(_env_prefix=f"HAMLET_{service.upper()}_")  # type: ignore[call-arg] # pydantic's own
    if not endpoint.target:
        endpoint.target = f"dns:///{service}:50051"
    return endpoint
