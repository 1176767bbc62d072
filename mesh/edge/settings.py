"""What an operator can set about the edge, from `HAMLET_EDGE_*` environment variables."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

__all__ = ["EdgeSettings"]


class EdgeSettings(BaseSettings):
    """The defaults are for a village on one machine."""

    model_config = SettingsConfigDict(env_prefix="HAMLET_EDGE_", use_attribute_docstrings=True)

    listen: str = "127.0.0.1:8080"
    """host:port of the front door, REST and gRPC-Web; without the cache native gRPC too. Port 0 takes a free one, and
    after each replacement another."""
    grpc_listen: str = "127.0.0.1:8081"
    """host:port of the door for native gRPC, which no cache stands before; gRPC-Web works there too."""
    cache: bool = True
    """Whether a cache stands before REST. Without it Envoy itself listens at the front door."""
    admin_listen: str = "127.0.0.1:0"
    """host:port of Envoy's admin interface, which is all-powerful: loopback only."""
    status_listen: str = ""
    """host:port where probes find /ready and Prometheus finds /metrics; nothing else of the admin interface, which
    needs a fixed port for it. Unset: none."""
    concurrency: int = Field(default=2, ge=1)
    """Worker threads."""
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins whose pages may call from a browser, separated by commas: `https://blog.example`. Default: none."""
    trusted_hops: int = Field(default=0, ge=0)
    """How many of the operator's proxies stand in front and append to X-Forwarded-For; the cache is not counted."""
    sampling_percent: float = Field(default=100.0, ge=0, le=100)
    """The share of requests that are traced. The public has no say in it."""
    trust_trace_context: bool = False
    """Whether callers' `traceparent` and `tracestate` are continued; only where all callers are proxies of ours."""
    key_set_seconds: int = Field(default=5, ge=1)
    """How often the keys of access tokens are fetched anew."""
    max_body_bytes: int = Field(default=1024 * 1024, ge=1)
    """The largest REST request body."""
    requests_per_second: float = Field(default=200.0, gt=0)
    """How fast one client may ask for long, cached answers not counted. One address may be a whole office's, or
    thousands of a mobile carrier's customers, so this is far above what a person needs."""
    burst: int = Field(default=1000, ge=1)
    """How many requests one client may have at once beyond that."""
    at_once: int = Field(default=0, ge=0)
    """How many requests one client may begin in one instant before further ones wait for up to 0.6 s, so that
    others' come between them. More are free as fast as `requests_per_second` says. 0: nobody waits."""
    max_clients: int = Field(default=20_000, ge=1)
    """Clients counted at a time; beyond it the one not seen for longest is forgotten."""
    max_connections: int = Field(default=4000, ge=1)
    """Connections held at a time."""
    connections_per_address: int = Field(default=100, ge=1)
    """Connections that Envoy holds for one address; about one in sixty-four others has to share them. Not counted
    behind proxies of yours, which all share theirs, nor behind the cache, which counts for itself."""
    kibibytes_per_second: int = Field(default=2048, ge=16)
    """What Envoy reads from one address a second, counted in the same way. Frames and headers cost time before there is
    a request that could be counted; this is far more than two hundred requests a second need."""
    max_heap_bytes: int = 512 * 1024 * 1024
    """Memory from which on requests are refused; keep it below the container's limit."""
    watch_idle_seconds: float = 300.0
    """How long a watch may be silent before it is cut; clients resume."""
    drain_seconds: float = 5.0
    """Over how long a leaving edge asks its connections to close."""
    grace_seconds: float = 5.0
    """How long after that the requests in flight may go on."""
    access_log: bool = True
    """Whether a line of JSON is written to stdout for each request."""

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(filter(None, (each.strip() for each in value.split(",")))) if isinstance(value, str) else value
