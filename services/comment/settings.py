"""What an operator can set about comments, from `HAMLET_COMMENT_*` environment variables. Times are in seconds."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.comment.domain.comment import Unjudged

__all__ = ["CommentSettings"]

_DAY = 86_400.0


class CommentSettings(BaseSettings):
    """Settings of the comment service."""

    model_config = SettingsConfigDict(env_prefix="HAMLET_COMMENT_", use_attribute_docstrings=True)

    migrate: bool = True
    """Bring the database to the newest schema at start."""
    guests: bool = True
    """Whether people who are not signed in may comment."""
    unjudged: Unjudged = Unjudged.HOLD
    """HOLD keeps a comment from readers until it was judged; SHOW shows it meanwhile."""
    max_depth: int = Field(default=8, ge=0, le=15)
    """The deepest reply; 0 allows no replies."""
    edit_window: float = Field(default=900.0, ge=0)
    """How long an author may edit a comment."""
    site_url: str = ""
    """The blog's address, such as `https://blog.example`; the filter is told the address of a post with it."""
    accept_within: float = Field(default=0.28, gt=0)
    """How long an author waits at most for a comment to be accepted; what blog took is not left to the filter."""
    filter_timeout: float = Field(default=0.2, gt=0)
    """How long the filter may take while the author waits."""
    reserve: float = Field(default=0.1, ge=0)
    """What is left of the caller's deadline to store the verdict and to answer."""
    relay_filter_timeout: float = Field(default=5.0, gt=0)
    """How long the filter may take when nobody waits."""
    relay_after: float = Field(default=3.0, gt=0)
    """How long the relay leaves a new comment to the request that wrote it."""
    blog_timeout: float = Field(default=0.5, gt=0)
    """How long blog may take to say what a post is, where what it said before will do."""
    blog_patience: float = Field(default=1.5, gt=0)
    """How long it may take where nothing else will do: writers, and readers of what nobody has asked for lately."""
    post_fresh: float = Field(default=1.0, ge=0)
    """How long readers of comments rely on what blog said. Writers always ask."""
    post_stale: float = Field(default=60.0, ge=0)
    """How long they rely on it while blog does not answer."""
    address_retention: float = Field(default=30 * _DAY, gt=0)
    """How long IP address and user agent are kept with a comment."""
    deleted_retention: float = Field(default=30 * _DAY, ge=0)
    """How long the text of a deleted comment is kept, unseen, before it is erased."""
    event_retention: float = Field(default=_DAY, gt=0)
    """How long a broken watch can be resumed."""
    purge_every: float = Field(default=600.0, gt=0)
    """Between two looks for what has been kept long enough."""
    heartbeat: float = Field(default=5.0, gt=0, lt=10)
    """A watch is never quiet for longer; the edge cuts quiet streams."""
    watch_poll: float = Field(default=1.0, gt=0, le=1)
    """How soon a watch learns of what another replica wrote."""
    max_watches: int = Field(default=1000, gt=0)
    """Watches that one process holds; more are refused as OVERLOADED."""
