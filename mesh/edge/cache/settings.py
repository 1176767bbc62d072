"""What an operator can set about the cache, from `HAMLET_EDGE_CACHE_*` environment variables."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["CacheSettings"]


class CacheSettings(BaseSettings):
    """The defaults are for a village on one machine. Whether there is a cache at all, `EdgeSettings.cache` says."""

    model_config = SettingsConfigDict(env_prefix="HAMLET_EDGE_CACHE_", use_attribute_docstrings=True)

    bytes: int = Field(default=256 * 1024 * 1024, ge=1024 * 1024)
    """About how much the kept answers may take on disk; what was asked for longest ago goes first."""
    entries: int = Field(default=32_000, ge=1_000)
    """About how many answers are kept."""
    folder: Path | None = None
    """Where answers are kept. Default: in the home folder. One on tmpfs spares the disk what changes each second."""
    connections_per_address: int = Field(default=256, ge=1)
    """Requests in flight from one address. Not counted behind proxies of ours, which all share theirs."""
    metrics_listen: str = "127.0.0.1:9465"
    """host:port of the Prometheus endpoint; port 0 takes a free one."""
    log_bytes: int = Field(default=64 * 1024 * 1024, ge=1024 * 1024)
    """From which size on the access log is moved aside; one older one is kept."""
