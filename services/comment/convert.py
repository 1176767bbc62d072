"""Between the contract's messages and what the domain knows."""

import math
from datetime import datetime, timedelta

from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp
from hamlet.comment.v1 import comment_pb2, comment_service_pb2
from hamlet.spam.v1 import spam_service_pb2, verdict_pb2

from mesh.times import set_time
from services.comment.clients import PostFacts
from services.comment.domain.comment import Comment, Label, Reason, Revision, Shown, Verdict
from services.comment.domain.draft import Draft
from services.comment.domain.viewer import READER, Viewer
from services.comment.domain.visibility import EventType
from services.storage.etag import etag_of

__all__ = ["Presentation", "classify_request", "draft_of", "exported", "revision_message", "verdict_of"]

_LIVE = spam_service_pb2.Priority.PRIORITY_LIVE
_BACKFILL = spam_service_pb2.Priority.PRIORITY_BACKFILL


def draft_of(message: comment_pb2.Comment) -> Draft:
    return Draft(message.parent_id, message.author_name.strip(), message.author_email, message.author_url, message.text)


class Presentation:
    """Comments as one viewer or another sees them.

    Args:
        edit_window: how long an author may edit.
    """

    def __init__(self, edit_window: timedelta) -> None:
        self._edit_window = edit_window

    def comment(self, comment: Comment, viewer: Viewer, *, own: bool = False) -> comment_pb2.Comment:
        """
        Args:
            own: the viewer wrote it, which of a guest cannot be seen otherwise.
        """
        if comment.is_deleted:
            return self._place(comment)
        message = self._place(comment)
        message.author_id, message.author_name = comment.author_id, comment.author_name
        message.author_url = comment.author_url
        message.text, message.text_html = comment.text, comment.text_html
        message.decision = comment_pb2.Decision.ValueType(comment.decision)
        if comment.author_id:
            message.edit_until_time.CopyFrom(_timestamp(comment.created_at + self._edit_window))
        if viewer.moderator:
            message.author_email = comment.author_email
        if comment.verdict is not None and (own or viewer.sees_verdict(comment)):
            message.verdict.CopyFrom(_verdict_message(comment.verdict))
        return message

    def event(self, kind: EventType, comment: Comment) -> comment_service_pb2.CommentEvent:
        """As readers see it, whoever watches."""
        seen = self.comment(comment, READER) if comment.shown is Shown.WHOLE else comment_pb2.Comment(id=comment.id)
        if kind is EventType.DISAPPEARED:
            seen = comment_pb2.Comment(id=comment.id)
        return comment_service_pb2.CommentEvent(type=comment_service_pb2.CommentEventType.ValueType(kind), comment=seen)

    def _place(self, comment: Comment) -> comment_pb2.Comment:
        """Where it stands, and nothing that its author wrote."""
        return comment_pb2.Comment(
            id=comment.id,
            post_id=comment.post_id,
            parent_id=comment.parent_id,
            depth=comment.depth,
            state=comment_pb2.CommentState.ValueType(comment.state),
            revision=comment.revision,
            create_time=_timestamp(comment.created_at),
            update_time=_timestamp(comment.updated_at),
            etag=etag_of(comment.id, comment.version),
        )


def revision_message(revision: Revision) -> comment_pb2.CommentRevision:
    return comment_pb2.CommentRevision(
        comment_id=revision.comment_id,
        revision=revision.revision,
        text=revision.text,
        create_time=_timestamp(revision.created_at),
    )


def classify_request(
    comment: Comment, post: PostFacts | None, site_url: str, *, live: bool
) -> spam_service_pb2.ClassifyRequest:
    """Args: post: None if blog did not say."""
    content = spam_service_pb2.Comment(
        text=comment.text,
        author_name=comment.author_name,
        author_email=comment.author_email,
        author_url=comment.author_url,
        ip=comment.ip,
        user_agent=comment.user_agent,
    )
    if post is not None:
        content.post_title = post.title
        content.post_url = f"{site_url.rstrip('/')}/posts/{post.slug}" if site_url else ""
    return spam_service_pb2.ClassifyRequest(comment=content, priority=_LIVE if live else _BACKFILL)


def verdict_of(message: verdict_pb2.Verdict) -> Verdict:
    reasons = tuple(
        Reason(each.code, each.description, _finite(each.weight), tuple(each.evidence)) for each in message.reasons
    )
    return Verdict(Label(message.label), message.probability, reasons, message.model_version)


def exported(record: Comment | Revision) -> Struct:
    """What is kept about a person, for that person."""
    found = Struct()
    if isinstance(record, Revision):
        found.update({"comment_id": record.comment_id, "revision": record.revision, "text": record.text})
        found.update({"create_time": record.created_at.isoformat()})
        return found
    found.update({name: getattr(record, name) for name in _EXPORTED})
    found.update({"state": record.state.name, "create_time": record.created_at.isoformat()})
    found.update({"update_time": record.updated_at.isoformat()})
    if record.verdict is not None:
        verdict = record.verdict
        reasons = [{"code": each.code, "evidence": list(each.evidence)} for each in verdict.reasons]
        found.update({"verdict": {"label": verdict.label.name, "probability": verdict.probability, "reasons": reasons}})
    return found


_EXPORTED = (
    "id",
    "post_id",
    "parent_id",
    "author_name",
    "author_email",
    "author_url",
    "ip",
    "user_agent",
    "text",
    "revision",
)


def _verdict_message(verdict: Verdict) -> verdict_pb2.Verdict:
    message = verdict_pb2.Verdict(
        label=verdict_pb2.Label.ValueType(verdict.label),
        probability=verdict.probability,
        model_version=verdict.model_version,
    )
    for each in verdict.reasons:
        message.reasons.add(
            code=each.code, description=each.description, weight=each.weight, evidence=list(each.evidence)
        )
    return message


def _finite(weight: float) -> float:
    # JSON has no other numbers.
    return weight if math.isfinite(weight) else 0.0


def _timestamp(moment: datetime) -> Timestamp:
    timestamp = Timestamp()
    set_time(timestamp, moment)
    return timestamp
