"""Leaves nothing of erased rows in the files of a database."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from mesh.errors import ErrorReason, HamletError
from services.storage.database import Database
from services.storage.url import is_sqlite, sqlite_path

__all__ = ["scrub"]

_ATTEMPTS = 20
_PAUSE = 0.1


async def scrub(database: Database) -> None:
    """Call it after the commit that erased something.

    SQLite: `secure_delete`, which the writer always has on, overwrites what is erased; that reaches the database file
    with a checkpoint, which also empties the write-ahead log with its older pages. PostgreSQL: what is erased leaves
    the files with (auto)vacuum and with the recycling of its log, which are the operator's.

    Raises:
        HamletError: CONFLICT while somebody keeps reading an older state of the database.
    """
    if not is_sqlite(database.url):
        return
    for _attempt in range(_ATTEMPTS):
        if await asyncio.to_thread(_checkpointed, sqlite_path(database.url)):
            return
        await asyncio.sleep(_PAUSE)
    raise HamletError(ErrorReason.ERROR_REASON_CONFLICT, retry_after=1.0, debug="the write-ahead log is in use")


def _checkpointed(path: Path) -> bool:
    with closing(sqlite3.connect(path, timeout=_PAUSE, isolation_level=None)) as connection:
        busy, _pages, _moved = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
