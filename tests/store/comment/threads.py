"""Comments as the service writes them, without the service."""

from datetime import UTC, datetime, timedelta

from services.comment.domain.comment import Comment, Decision, Label, Reason, Shown, State, Unjudged, Verdict
from services.comment.domain.thread import reply_path
from services.comment.store import changes, comments, threads
from services.storage.database import Database
from services.storage.ids import uuid7

__all__ = ["HAM", "POST", "SPAM", "changed", "new", "stored", "written"]

POST = "0199f0c0-0000-7000-8000-000000000001"
HAM = Verdict(Label.HAM, 0.01, (Reason("WORDS", "Words", -1.0, ("well",)),), "1")
SPAM = Verdict(Label.SPAM, 0.99, (), "1")


def new(
    parent: Comment | None = None, *, state: State = State.PENDING, author_id: str = "", post: str = POST
) -> Comment:
    """A comment that nobody has stored yet."""
    comment_id, now = uuid7(), datetime.now(UTC)
    return Comment(
        id=comment_id,
        post_id=post,
        parent_id=parent.id if parent else "",
        path=reply_path(parent.path if parent else "", comment_id),
        depth=parent.depth + 1 if parent else 0,
        author_id=author_id,
        author_name="Ophelia",
        author_email="",
        author_url="",
        ip="192.0.2.1",
        user_agent="agent",
        text="Well said.",
        text_html="<p>Well said.</p>",
        state=state,
        decision=Decision.NONE,
        verdict=None,
        revision=1,
        version=1,
        shown=Shown.NOTHING,
        created_at=now,
        updated_at=now,
        text_at=now,
        address_until=now + timedelta(days=30),
        text_until=None,
    )


async def written(database: Database, comment: Comment, unjudged: Unjudged = Unjudged.HOLD) -> Comment:
    async with database.write() as session:
        await threads.lock(session, comment.post_id)
        return await changes.insert(session, comment, unjudged)


async def changed(database: Database, after: Comment, unjudged: Unjudged = Unjudged.HOLD) -> Comment:
    """Stores a comment as it shall be, from what it is."""
    async with database.write() as session:
        await threads.lock(session, after.post_id)
        before = await comments.get(session, after.id)
        return await changes.rewrite(session, before, after, unjudged, datetime.now(UTC))


async def stored(database: Database, comment_id: str) -> Comment:
    async with database.read() as session:
        return await comments.get(session, comment_id)
