"""Short reads of SQLite: on the event loop itself, in no other thread.

Through a thread a read costs some ten handovers (cursor, execute, fetch and close of BEGIN and of the statement, then
ROLLBACK), each of which takes longer than SQLite does to answer. In WAL mode a reader waits for nobody, so the loop is
held for as long as a statement works and no longer; what works too long is broken off (docs/adr/0019).
"""

import sqlite3
import time
from typing import Any, Final, Self

from sqlalchemy import Engine, Result
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

__all__ = ["PATIENCE", "InlineConnection", "InlineSession"]

PATIENCE: Final = 0.1
"""Seconds for which a statement may hold the loop."""

# Of SQLite's virtual machine, between two looks at the clock: some tenths of a millisecond.
_INSTRUCTIONS = 20_000


class _Cursor(sqlite3.Cursor):
    def execute(self, sql: str, parameters: Any = (), /) -> Self:
        connection: Any = self.connection
        connection.until = time.monotonic() + PATIENCE
        return super().execute(sql, parameters)


class InlineConnection(sqlite3.Connection):
    """A connection whose statements are broken off (SQLITE_INTERRUPT) once PATIENCE is over."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.until = 0.0
        self.set_progress_handler(self._impatient, _INSTRUCTIONS)

    def cursor(self, factory: Any = _Cursor) -> Any:
        return super().cursor(factory)

    def _impatient(self) -> bool:
        return time.monotonic() > self.until


class InlineSession(AsyncSession):
    """An AsyncSession for code that reads, on a blocking engine: what it awaits is there already.

    Args:
        engine: its connections are `InlineConnection`s, and its pool never waits.
    """

    def __init__(self, engine: Engine) -> None:
        self.sync_session = self._proxied = self._assign_proxied(Session(engine, expire_on_commit=False))

    async def execute(self, *args: Any, **kwargs: Any) -> Result[*tuple[Any, ...]]:
        return self.sync_session.execute(*args, **kwargs)

    async def scalar(self, *args: Any, **kwargs: Any) -> Any:
        return self.sync_session.scalar(*args, **kwargs)

    async def scalars(self, *args: Any, **kwargs: Any) -> Any:
        return self.sync_session.scalars(*args, **kwargs)

    async def close(self) -> None:
        self.sync_session.close()

    async def __aexit__(self, *_exc: object) -> None:
        self.sync_session.close()
