"""Rows into the database, in transactions small enough that a running service can write between them."""

from collections.abc import Callable
from itertools import islice

from sqlalchemy import URL, create_engine, insert

from bench.fill.rows import rows
from services.comment.tables import CommentRow, ThreadRow
from services.storage.url import sync_url

__all__ = ["fill"]

_AT_ONCE = 5_000


def fill(url: URL, post_id: str, count: int, *, progress: Callable[[int], None] = lambda _: None) -> None:
    """Writes `count` comments under a post that has none.

    Args:
        url: of a comment database with the current schema, SQLite or PostgreSQL.
        progress: called with the number of comments written so far.
    """
    engine, written = create_engine(sync_url(url)), 0
    try:
        with engine.begin() as connection:
            connection.execute(insert(ThreadRow).values(post_id=post_id, sequence=0, purged=0))
        made = rows(post_id, count)
        while batch := list(islice(made, _AT_ONCE)):
            with engine.begin() as connection:
                connection.execute(insert(CommentRow), batch)
            written += len(batch)
            progress(written)
    finally:
        engine.dispose()
