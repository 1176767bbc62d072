"""What an operator can set about the filter, from `HAMLET_SPAM_*` environment variables. Times are in seconds."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["SpamSettings"]


class SpamSettings(BaseSettings):
    """Settings of the spam service."""

    model_config = SettingsConfigDict(env_prefix="HAMLET_SPAM_", use_attribute_docstrings=True)

    device: str = "auto"
    """auto, cpu, cuda or cuda:N."""
    bundle: Path | None = None
    """The model's folder. Default: the one that this release ships."""
    max_batch: int = Field(default=64, ge=1)
    """Comments judged together at most."""
    max_wait: float = Field(default=0.002, ge=0)
    """How long a comment waits for company."""
    max_queue: int = Field(default=1024, ge=1)
    """Comments that may wait; more are refused as QUEUE_FULL."""
    stream_window: int = Field(default=32, ge=1)
    """Comments of one stream that may wait; its sender is slowed down beyond."""
