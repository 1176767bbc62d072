"""Short reads of SQLite: on the event loop itself, in no other thread.

Through a thread a read costs some ten handovers (cursor, execute, fetch and close of BEGIN and of the statement, then
ROLLBACK), each of which takes longer than SQLite does to answer. In WAL mode a reader waits for nobody, so the loop is
held for as long as a statement works and no longer; what works too long is broken off (docs/adr/0019).
"""

import sqlite3
import time
from typing import Any, Final, Self

from sqlalchemy import Connection, Engine, Result
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

__all__ = ["PATIENCE", "InlineConnection", "InlineReader", "InlineSession"]

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


class InlineReader:
    """Connections for short reads, which stay open from one to the next.

    Args:
        engine: its connections are `InlineConnection`s, and its pool never waits: it would stop the loop that has to
            give the connection back.
        kept: how many are kept while nobody reads.
    """

    def __init__(self, engine: Engine, kept: int) -> None:
        self.engine, self._kept = engine, kept
        self._idle: list[Connection] = []
        self.reading = 0

    def take(self) -> Connection:
        connection = self._idle.pop() if self._idle else self.engine.connect()
        self.reading += 1
        return connection

    def give_back(self, connection: Connection) -> None:
        """Ends its transaction."""
        self.reading -= 1
        if len(self._idle) >= self._kept or connection.invalidated:
            connection.close()
            return
        connection.rollback()
        self._idle.append(connection)

    def dispose(self) -> None:
        while self._idle:
            self._idle.pop().close()
        self.engine.dispose()


class InlineSession(AsyncSession):
    """An AsyncSession for code that reads, on a blocking engine: what it awaits is there already.

    Statements of tables go to the connection; those of entities to an ORM session on that connection and in its
    transaction, which is made for them alone.

    """

    def __init__(self, reader: InlineReader) -> None:
        self._reader = reader
        self._opened: Connection | None = None
        self._entities: Session | None = None

    @property
    def sync_session(self) -> Session:  # type: ignore[override]  # made when it is needed
        if self._entities is None:
            self._entities = self._assign_proxied(Session(self._connection(), expire_on_commit=False))
        return self._entities

    @property
    def _proxied(self) -> Session:  # type: ignore[override]
        return self.sync_session

    async def execute(self, statement: Any, params: Any = None, **options: Any) -> Result[*tuple[Any, ...]]:
        if options or _has_entities(statement):
            return self.sync_session.execute(statement, params, **options)
        return self._connection().execute(statement, params)

    async def scalar(self, *args: Any, **kwargs: Any) -> Any:
        return self.sync_session.scalar(*args, **kwargs)

    async def scalars(self, *args: Any, **kwargs: Any) -> Any:
        return self.sync_session.scalars(*args, **kwargs)

    async def close(self) -> None:
        if self._entities is not None:
            self._entities.close()
        if self._opened is not None:
            opened, self._opened = self._opened, None
            self._reader.give_back(opened)

    def _connection(self) -> Connection:
        if self._opened is None:
            self._opened = self._reader.take()
        return self._opened


def _has_entities(statement: Any) -> bool:
    """Whether a statement speaks of mapped classes, by what SQLAlchemy's own session goes by."""
    return bool(statement._propagate_attrs)  # noqa: SLF001 - it has no public name
