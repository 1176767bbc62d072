"""Made-up comments as rows, every one as the service itself would have written it."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.comment.domain.comment import Comment, Decision, Label, Shown, State, Verdict
from services.comment.domain.thread import reply_path
from services.comment.store.rows import values_of
from services.markup import Profile, to_html

__all__ = ["rows"]

_WORDS = [
    "the",
    "question",
    "is",
    "whether",
    "it",
    "is",
    "nobler",
    "in",
    "mind",
    "to",
    "suffer",
    "slings",
    "and",
    "arrows",
    "of",
    "outrageous",
    "fortune",
    "or",
    "take",
    "arms",
    "against",
    "a",
    "sea",
    "of",
    "troubles",
    "and",
    "by",
    "opposing",
    "end",
    "them",
    "to",
    "die",
    "to",
    "sleep",
    "no",
    "more",
    "and",
    "by",
    "a",
    "sleep",
    "say",
    "we",
    "end",
    "heartache",
]
_TEXTS = 500
_REPLY_SHARE, _OPEN_THREADS, _DEEPEST = 0.4, 50, 5
_REJECTED_SHARE = 0.1
_HAM = Verdict(Label.HAM, 0.03, (), "bench")
_SPAM = Verdict(Label.SPAM, 0.98, (), "bench")


def rows(post_id: str, count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """`count` comments under a post, parents before replies: four in ten are replies, one in ten is rejected spam.

    Each second has its comments, ending now, so that ids, paths and times agree.
    """
    chance = random.Random(seed)
    texts = [_text(chance) for _ in range(_TEXTS)]
    started = datetime.now(UTC) - timedelta(milliseconds=10 * count)
    parents: list[Comment] = []
    for number in range(count):
        now = started + timedelta(milliseconds=10 * number)
        parent = chance.choice(parents) if parents and chance.random() < _REPLY_SHARE else None
        comment = _comment(chance, post_id, parent, texts[chance.randrange(_TEXTS)], now)
        if comment.state is State.VISIBLE and comment.depth < _DEEPEST:
            parents = [*parents[-_OPEN_THREADS:], comment]
        yield values_of(comment)


def _comment(
    chance: random.Random, post_id: str, parent: Comment | None, text: tuple[str, str], now: datetime
) -> Comment:
    comment_id = _uuid7(now, chance)
    visible = Comment(
        id=comment_id,
        post_id=post_id,
        parent_id=parent.id if parent else "",
        path=reply_path(parent.path if parent else "", comment_id),
        depth=parent.depth + 1 if parent else 0,
        author_id="",
        author_name=f"Guest {chance.randrange(10_000)}",
        author_email="",
        author_url="",
        ip="",
        user_agent="",
        text=text[0],
        text_html=text[1],
        state=State.VISIBLE,
        decision=Decision.FILTER,
        verdict=_HAM,
        revision=1,
        version=2,
        shown=Shown.WHOLE,
        created_at=now,
        updated_at=now,
        text_at=now,
        address_until=None,
        text_until=None,
    )
    if chance.random() >= _REJECTED_SHARE:
        return visible
    return replace(visible, state=State.REJECTED, verdict=_SPAM, shown=Shown.NOTHING)


def _text(chance: random.Random) -> tuple[str, str]:
    text = " ".join(chance.choices(_WORDS, k=chance.randrange(8, 90)))
    return text, to_html(text, Profile.COMMENT)


def _uuid7(now: datetime, chance: random.Random) -> str:
    """As `services.storage.ids.uuid7`, for a time that is given."""
    millis = int(now.timestamp() * 1000)
    return str(
        uuid.UUID(int=millis << 80 | 0x7 << 76 | chance.getrandbits(12) << 64 | 0b10 << 62 | chance.getrandbits(62))
    )
