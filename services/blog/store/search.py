"""Finding published posts by their words: an inverted index in plain tables, the same on both databases."""

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.blog.domain.post import Post, State
from services.blog.domain.words import Query, index_of
from services.blog.tables import PostRow, PostTextRow, PostWordRow
from services.storage.paging import Keyset, Page, fetch_rows

__all__ = ["find", "keep_in_step"]


async def keep_in_step(session: AsyncSession, post: Post) -> None:
    """Makes a published post findable as it is now, and any other post not."""
    for table in (PostWordRow, PostTextRow):
        await session.execute(delete(table).where(table.post_id == post.id))
    if post.state != State.PUBLISHED:
        return
    index = index_of(post.draft.title, post.draft.body)
    session.add(PostTextRow(post_id=post.id, words=index.text))
    words = [{"word": word, "post_id": post.id, "weight": weight} for word, weight in index.weights.items()]
    if words:
        await session.execute(insert(PostWordRow), words)


async def find(session: AsyncSession, wanted: Query, *, size: int, token: str, query: bytes) -> Page[PostRow]:
    """A page of posts that hold every word and phrase, the best match first. Convert with `posts.summary`."""
    scores = (
        select(PostWordRow.post_id, func.sum(PostWordRow.weight).label("score"))
        .where(PostWordRow.word.in_(wanted.words))
        .group_by(PostWordRow.post_id)
        .having(func.count() == len(wanted.words))
        .subquery()
    )
    statement = select(PostRow).join(scores, scores.c.post_id == PostRow.id).where(PostRow.state == State.PUBLISHED)
    if wanted.phrases:
        # Joined, so that only the texts are read of posts that hold the words.
        statement = statement.join(PostTextRow, PostTextRow.post_id == PostRow.id)
    for phrase in wanted.phrases:
        statement = statement.where(PostTextRow.words.contains(f" {phrase} ", autoescape=True))
    order = Keyset((scores.c.score, PostRow.id), descending=True)
    rows = await fetch_rows(session, statement, order, size=size, token=token, query=query)
    return Page([row[0] for row in rows.items], rows.next_page_token)
