"""Between rows and domain objects."""

from dataclasses import asdict, fields
from operator import attrgetter
from typing import Any

from sqlalchemy import Row

from services.comment.domain.comment import Comment, Decision, Label, Reason, Revision, Shown, State, Verdict
from services.comment.tables import CommentRow, RevisionRow

__all__ = ["comment_of", "revision_of", "values_of"]

_PLAIN = [each.name for each in fields(Comment) if each.name not in ("state", "decision", "verdict", "shown")]


_plain = attrgetter(*_PLAIN)


def comment_of(row: "CommentRow | Row[*tuple[Any, ...]]") -> Comment:
    """Args: row: an entity, or the columns of one."""
    return Comment(
        **dict(zip(_PLAIN, _plain(row), strict=True)),
        state=State(row.state),
        decision=Decision(row.decision),
        shown=Shown(row.shown),
        verdict=None if row.verdict is None else _verdict_of(row.verdict),
    )


def revision_of(row: RevisionRow) -> Revision:
    return Revision(row.comment_id, row.revision, row.text, row.created_at)


def values_of(comment: Comment) -> dict[str, Any]:
    """By column."""
    return {
        **{name: getattr(comment, name) for name in _PLAIN},
        "state": int(comment.state),
        "decision": int(comment.decision),
        "shown": int(comment.shown),
        "verdict": None if comment.verdict is None else asdict(comment.verdict),
    }


def _verdict_of(record: dict[str, Any]) -> Verdict:
    reasons = tuple(Reason(**{**each, "evidence": tuple(each["evidence"])}) for each in record["reasons"])
    return Verdict(Label(record["label"]), record["probability"], reasons, record["model_version"])
