"""Who looks at a comment, and what they may see of it."""

from dataclasses import dataclass

from services.comment.domain.comment import Comment, Shown

__all__ = ["READER", "Viewer"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """`account_id` is "" for somebody who is not signed in."""

    account_id: str = ""
    moderator: bool = False

    def wrote(self, comment: Comment) -> bool:
        return bool(self.account_id) and comment.author_id == self.account_id

    def sees(self, comment: Comment) -> bool:
        """Authors and moderators see all states, readers what is shown."""
        return comment.shown is Shown.WHOLE or self.moderator or self.wrote(comment)

    def sees_verdict(self, comment: Comment) -> bool:
        return self.moderator or self.wrote(comment)


READER = Viewer()
"""Somebody of whom nothing is known."""
