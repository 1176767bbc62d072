"""What becomes of a comment. Each function gives the comment as it is afterwards; who calls stores it."""

from dataclasses import replace
from datetime import datetime, timedelta

from mesh.errors import ErrorReason, HamletError
from services.comment.domain.comment import Comment, Decision, Label, State, Verdict

__all__ = ["deleted", "edited", "erased", "forgotten", "judged", "moderated", "require_editable", "waits_for_filter"]

_STATE_OF = {Label.HAM: State.VISIBLE, Label.UNSURE: State.HELD, Label.SPAM: State.REJECTED}


def waits_for_filter(comment: Comment) -> bool:
    """Whether a verdict is still wanted: nobody decided about the present text."""
    return comment.state is State.PENDING and comment.decision is Decision.NONE


def judged(comment: Comment, verdict: Verdict, revision: int, now: datetime) -> Comment:
    """Applies a verdict about the text of `revision`, once.

    It changes nothing if the text is another by now, if a person decided meanwhile, or if it was applied before.
    """
    if comment.revision != revision or not waits_for_filter(comment):
        return comment
    state = _STATE_OF[verdict.label]
    return _changed(replace(comment, state=state, decision=Decision.FILTER, verdict=verdict), now)


def moderated(comment: Comment, *, approve: bool, now: datetime) -> Comment:
    """A person's decision, which no verdict overwrites."""
    state = State.VISIBLE if approve else State.REJECTED
    if comment.state is state and comment.decision is Decision.MODERATOR:
        return comment
    return _changed(replace(comment, state=state, decision=Decision.MODERATOR), now)


def require_editable(comment: Comment, now: datetime, window: timedelta) -> None:
    """
    Raises:
        HamletError: COMMENT_NOT_FOUND once it was deleted; EDIT_WINDOW_CLOSED.
    """
    if comment.is_deleted:
        raise HamletError(ErrorReason.ERROR_REASON_COMMENT_NOT_FOUND)
    if now >= comment.created_at + window:
        raise HamletError(ErrorReason.ERROR_REASON_EDIT_WINDOW_CLOSED)


def edited(comment: Comment, text: str, text_html: str, now: datetime) -> Comment:
    """The comment with another text, waiting for a verdict about it.

    An approval was for the text that a moderator read, so that it does not outlive an edit: otherwise one could have
    something harmless approved and then write something else. A rejection was for the comment and stays.
    """
    new = replace(comment, text=text, text_html=text_html, revision=comment.revision + 1, text_at=now, verdict=None)
    if comment.state is State.REJECTED and comment.decision is Decision.MODERATOR:
        return _changed(new, now)
    return _changed(replace(new, state=State.PENDING, decision=Decision.NONE), now)


def deleted(comment: Comment, now: datetime, retention: timedelta) -> Comment:
    """Deletion is soft: nobody sees the text any more, and it is erased after `retention`."""
    if comment.is_deleted:
        return comment
    return _changed(replace(comment, state=State.DELETED, text_until=now + retention), now)


def forgotten(comment: Comment) -> Comment:
    """Without the address it came from."""
    return replace(comment, ip="", user_agent="", address_until=None)


def erased(comment: Comment, now: datetime) -> Comment:
    """What is left of a comment whose author was erased: its place."""
    nothing = replace(
        forgotten(comment), author_id="", author_name="", author_email="", author_url="", text="", text_html=""
    )
    return _changed(replace(nothing, state=State.DELETED, verdict=None, text_until=None), now)


def _changed(comment: Comment, now: datetime) -> Comment:
    return replace(comment, version=comment.version + 1, updated_at=now)
