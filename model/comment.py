"""The input of the filter: a comment as its sender made it."""

from dataclasses import dataclass

__all__ = ["Comment"]


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment. Only the text is needed; an empty string is a field that its sender left empty.

    `language` is a BCP 47 tag. A model uses what it was trained on and ignores the rest; its card says which.
    """

    text: str
    author_name: str = ""
    author_email: str = ""
    author_url: str = ""
    ip: str = ""
    user_agent: str = ""
    post_title: str = ""
    post_url: str = ""
    language: str = ""
