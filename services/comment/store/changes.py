"""The one way a comment is written: with what it does to what readers see around it, in one transaction."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.comment.domain.comment import Comment, Shown, Unjudged
from services.comment.domain.visibility import EventType, Member, event_between, hides_replies, shown_in
from services.comment.store import comments, threads

__all__ = ["insert", "rewrite", "show_anew"]


async def insert(session: AsyncSession, comment: Comment, unjudged: Unjudged) -> Comment:
    """Adds a comment. The caller holds the lock of the post.

    Returns:
        The comment as it was stored: `shown` follows from its surroundings.
    """
    await comments.add(session, comment)
    return await _show(session, comment, comment, [], unjudged, comment.created_at)


async def rewrite(session: AsyncSession, before: Comment, after: Comment, unjudged: Unjudged, now: datetime) -> Comment:
    """Changes a comment from what was read under the lock of the post.

    Returns:
        The comment as it was stored.

    Raises:
        HamletError: CONFLICT if it is not as it was read.
    """
    if after is before:
        return before
    await comments.save(session, before, after)
    if after.state is before.state:
        # Nothing below is affected, and a deleted comment keeps what it had.
        return after if after.is_deleted else await _show(session, before, after, [], unjudged, now)
    below = await threads.below(session, after.post_id, after.path)
    return await _show(session, before, after, below, unjudged, now)


async def show_anew(session: AsyncSession, comment: Comment, unjudged: Unjudged, now: datetime) -> None:
    """Brings what readers see of a comment and its replies to another policy for unjudged ones."""
    below = await threads.below(session, comment.post_id, comment.path)
    await _show(session, comment, comment, below, unjudged, now)


async def _show(
    session: AsyncSession, before: Comment, after: Comment, below: list[Member], unjudged: Unjudged, now: datetime
) -> Comment:
    above = await threads.above(session, after.post_id, after.path)
    hidden = any(hides_replies(each.state, unjudged) for each in above)
    thread = [Member(after.id, after.path, after.state, after.shown), *below]
    shown = shown_in(thread, hidden=hidden, unjudged=unjudged)
    changed: dict[Shown, list[str]] = defaultdict(list)
    events: list[tuple[EventType, str]] = []
    for member, now_shown in zip(thread, shown, strict=True):
        text_changed = member.id == after.id and after.revision != before.revision
        if member.shown is not now_shown:
            changed[now_shown].append(member.id)
        if event := event_between(member.shown, now_shown, text_changed=text_changed):
            events.append((event, member.id))
    await threads.set_shown(session, changed)
    await _show_places(session, after.post_id, above, Shown.WHOLE in shown, unjudged)
    await threads.publish(session, after.post_id, events, now)
    return replace(after, shown=shown[0])


async def _show_places(
    session: AsyncSession, post_id: str, above: list[Member], whole_below: bool, unjudged: Unjudged
) -> None:
    """Keeps the places of deleted comments above a change while something below them can be seen."""
    changed: dict[Shown, list[str]] = defaultdict(list)
    for index, member in enumerate(above):
        if not member.is_deleted:
            continue
        hidden = any(hides_replies(each.state, unjudged) for each in above[:index])
        has_reply = whole_below or await threads.has_whole_below(session, post_id, member.path)
        shown = Shown.PLACE if has_reply and not hidden else Shown.NOTHING
        if shown is not member.shown:
            changed[shown].append(member.id)
    await threads.set_shown(session, changed)
