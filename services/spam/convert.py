"""Between the contract and the model."""

from hamlet.spam.v1 import spam_service_pb2, verdict_pb2

from model.comment import Comment
from model.observer import Priority
from model.verdict import Label, Verdict

__all__ = ["comment_of", "model_message", "priority_of", "verdict_message"]

_LABELS = {
    Label.HAM: verdict_pb2.LABEL_HAM,
    Label.UNSURE: verdict_pb2.LABEL_UNSURE,
    Label.SPAM: verdict_pb2.LABEL_SPAM,
}


def comment_of(message: spam_service_pb2.Comment) -> Comment:
    return Comment(
        text=message.text,
        author_name=message.author_name,
        author_email=message.author_email,
        author_url=message.author_url,
        ip=message.ip,
        user_agent=message.user_agent,
        post_title=message.post_title,
        post_url=message.post_url,
        language=message.language,
    )


def priority_of(priority: spam_service_pb2.Priority.ValueType) -> Priority:
    return Priority.BACKFILL if priority == spam_service_pb2.PRIORITY_BACKFILL else Priority.LIVE


def verdict_message(verdict: Verdict) -> verdict_pb2.Verdict:
    message = verdict_pb2.Verdict(
        label=_LABELS[verdict.label], probability=verdict.probability, model_version=verdict.model_version
    )
    for reason in verdict.reasons:
        message.reasons.add(
            code=reason.code, description=reason.description, weight=reason.weight, evidence=reason.evidence
        )
    return message


def model_message(version: str, device: str, *, spam_from: float, unsure_from: float) -> spam_service_pb2.Model:
    return spam_service_pb2.Model(
        version=version, device=device, live=True, spam_threshold=spam_from, unsure_threshold=unsure_from
    )
