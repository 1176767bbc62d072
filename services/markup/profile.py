"""What a kind of text may hold."""

from enum import Enum

__all__ = ["Profile"]

_INLINE = frozenset({"a", "blockquote", "br", "code", "del", "em", "li", "ol", "p", "pre", "s", "strong", "ul"})
_BLOCKS = frozenset(
    {"h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "table", "tbody", "td", "th", "thead", "tr"},
)


class Profile(Enum):
    """POST: the blog's authors. COMMENT: anybody, so no headings, images or tables, and links that lend no rank."""

    POST = "post"
    COMMENT = "comment"

    @property
    def tags(self) -> frozenset[str]:
        return _INLINE | _BLOCKS if self is Profile.POST else _INLINE

    @property
    def link_relation(self) -> str:
        return "noopener noreferrer" if self is Profile.POST else "nofollow ugc noopener noreferrer"
