"""The schema is what the tables say, and its indexes serve the lists."""

import pytest
from sqlalchemy import text

from services.comment.app import MIGRATIONS
from services.comment.tables import Base
from services.storage.database import Database
from services.storage.migration import differences, heads


async def test_migrations_make_the_declared_tables(migrated_url: str) -> None:
    assert differences(migrated_url, Base.metadata) == []


def test_the_history_has_one_head() -> None:
    assert len(heads(MIGRATIONS)) == 1


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("SELECT * FROM comments WHERE post_id = 'p' AND shown > 0 AND path > 'a' ORDER BY path", "ix_comments_shown"),
        ("SELECT * FROM comments WHERE state IN (1, 3) ORDER BY created_at, id", "ix_comments_waiting"),
        (
            "SELECT * FROM comments WHERE state IN (1, 3) AND post_id = 'p' ORDER BY created_at, id",
            "ix_comments_post_waiting",
        ),
        ("SELECT * FROM comments WHERE post_id = 'p' AND path > 'a' AND path < 'ag' ORDER BY path", "post_id_path"),
        ("SELECT * FROM comments WHERE author_id = 'a' AND id > '' ORDER BY id", "ix_comments_author"),
    ],
)
async def test_a_list_needs_no_sorting(database: Database, database_kind: str, statement: str, index: str) -> None:
    explain = "EXPLAIN QUERY PLAN" if database_kind == "sqlite" else "EXPLAIN"
    async with database.read() as session:
        if database_kind == "postgres":
            # An empty table is cheapest to scan, which says nothing.
            await session.execute(text("SET LOCAL enable_seqscan = off"))
            await session.execute(text("SET LOCAL enable_bitmapscan = off"))
        plan = " ".join(str(tuple(row)) for row in await session.execute(text(f"{explain} {statement}")))
    assert index in plan or "sqlite_autoindex_comments" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
