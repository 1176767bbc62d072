"""SQLite engines: WAL, power-loss durability, one writer, readers that cannot write."""

from typing import Any

from sqlalchemy import URL, Connection, QueuePool, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from services.storage.engines import Engines
from services.storage.inline import InlineConnection, InlineReader
from services.storage.url import sqlite_path, sync_url

__all__ = ["begin_with", "set_pragmas", "sqlite_engines"]

# Below a second, so that a lock held by another process (a backup, a shell) fails the call instead of hanging it.
BUSY_TIMEOUT = 0.75
# A reader waits only while a log is recovered or folded up, and holds the loop meanwhile.
_READER_BUSY_TIMEOUT = 0.05
_READ_ONLY = {"query_only": "ON"}


def sqlite_engines(url: URL, *, pool_size: int) -> Engines:
    """The writer's pool of one connection makes writers queue here and not in SQLite's busy loop.

    secure_delete because what a person has erased must not stay in free pages (see `scrub`).
    synchronous=FULL because NORMAL in WAL mode loses acknowledged commits at power loss.
    """
    sqlite_path(url).parent.mkdir(parents=True, exist_ok=True)
    return Engines(
        reader=_inline_reader(url, pool_size),
        scanner=_engine(url, pool_size, "BEGIN", _READ_ONLY),
        writer=_engine(url, 1, "BEGIN IMMEDIATE", {"foreign_keys": "ON", "secure_delete": "ON"}),
    )


def _engine(url: URL, pool_size: int, begin: str, pragmas: dict[str, str]) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT},
    )
    set_pragmas(engine, _pragmas(pragmas))
    begin_with(engine, begin)
    return engine


def _inline_reader(url: URL, pool_size: int) -> InlineReader:
    engine = create_engine(
        sync_url(url),
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=-1,
        hide_parameters=True,
        connect_args={"isolation_level": None, "timeout": _READER_BUSY_TIMEOUT, "factory": InlineConnection},
    )
    set_pragmas(engine, _pragmas(_READ_ONLY))
    event.listen(engine, "begin", _begin_reading)
    return InlineReader(engine, pool_size)


def _begin_reading(connection: Connection) -> None:
    # By the driver itself: through SQLAlchemy this takes longer than the read.
    connection.connection.cursor().execute("BEGIN")


def _pragmas(own: dict[str, str]) -> dict[str, str]:
    return {"journal_mode": "WAL", "synchronous": "FULL", **own}


def set_pragmas(engine: Any, pragmas: dict[str, str]) -> None:
    """Sets pragmas on every new connection of an engine (sync or async), in the order given."""

    @event.listens_for(getattr(engine, "sync_engine", engine), "connect")
    def _connect(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for name, value in pragmas.items():
            cursor.execute(f"PRAGMA {name} = {value}")
        cursor.close()


def begin_with(engine: Any, statement: str) -> None:
    """Begins every transaction with a statement, because the driver's own BEGIN is deferred and comes too late."""

    @event.listens_for(getattr(engine, "sync_engine", engine), "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)
