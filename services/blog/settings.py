"""What an operator can set about posts, from `HAMLET_BLOG_*` environment variables. Times are in seconds."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["BlogSettings"]


class BlogSettings(BaseSettings):
    """Settings of the blog service."""

    model_config = SettingsConfigDict(env_prefix="HAMLET_BLOG_", use_attribute_docstrings=True)

    migrate: bool = True
    """Bring the database to the newest schema at start."""
    undelete_window: float = Field(default=30 * 86_400.0, ge=0)
    """How long a deleted post can be brought back before it is erased."""
    publish_every: float = Field(default=1.0, gt=0)
    """How late a scheduled post may go out."""
    purge_every: float = Field(default=600.0, gt=0)
    """Between two looks for deleted posts whose time is over."""
