"""A service's database: one session per request, for reading or for writing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Self

from hamlet.error.v1.error_reason_pb2 import ErrorReason
from sqlalchemy import URL, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from mesh import call as calls
from mesh.deadline import Deadline
from mesh.errors import HamletError
from services.storage.errors import RETRY_AFTER, hamlet_error
from services.storage.inline import InlineReader, InlineSession
from services.storage.postgresql import postgresql_engines
from services.storage.replica import ReplicaLock
from services.storage.sqlite import sqlite_engines
from services.storage.url import is_sqlite, parse_url, sqlite_path

__all__ = ["Database"]

# Seconds to get a connection and begin, for work that serves no call: readiness is known within a second.
_BEGIN_LIMIT = 0.9
# How much of what is left of a call it may take. Not that second alone: while another process starts on the same cores
# it passes although the database is well (`make drill-restart`), and who has time left would be refused.
_BEGIN_SHARE = 0.75


class Database:
    """Sessions on SQLite or PostgreSQL. Driver errors leave it as HamletError.

    Args:
        url: see `services.storage.url.parse_url`.
        serving: take the replica lock of a SQLite file in `open()`. Migrations and the command line do not serve.
        pool_size: connections of the reader's pool; PostgreSQL may use twice as many for reading and writing.
    """

    def __init__(self, url: str | URL, *, serving: bool = False, pool_size: int = 8) -> None:
        self.url = parse_url(url)
        self._lock = ReplicaLock(sqlite_path(self.url)) if serving and is_sqlite(self.url) else None
        engines = sqlite_engines if is_sqlite(self.url) else postgresql_engines
        self._engines = engines(self.url, pool_size=pool_size)

    async def open(self) -> None:
        """Takes the replica lock. Does not connect: a service starts, not ready, while its database is down.

        Raises:
            SecondReplicaError: another process serves this SQLite file.
        """
        if self._lock is not None:
            self._lock.acquire()

    async def close(self) -> None:
        """Closes every connection; sessions in use lose theirs."""
        await self._engines.dispose()
        if self._lock is not None:
            self._lock.release()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    async def ping(self) -> None:
        """Whether the database answers, for readiness.

        Raises:
            HamletError: UNAVAILABLE, within a second.
        """
        async with self.read() as session:
            await session.execute(text("SELECT 1"))

    def read(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A session on one snapshot (SQLite) or READ COMMITTED (PostgreSQL) that cannot write, for statements that an
        index answers: on SQLite they run on the event loop.

        Raises:
            HamletError: as `services.storage.errors.hamlet_error` says; UNAVAILABLE on SQLite for a statement that
                took longer than `services.storage.inline.PATIENCE`.
        """
        reader = self._engines.reader
        return _InlineReading(reader) if isinstance(reader, InlineReader) else _reading(reader)

    def scan(self) -> AbstractAsyncContextManager[AsyncSession]:
        """As `read`, for statements whose work grows with the data: the loop does not wait for them.

        Raises:
            HamletError: as `services.storage.errors.hamlet_error` says.
        """
        return _reading(self._engines.scanner)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction, committed when the block ends and rolled back when it raises.

        Raises:
            HamletError: as `services.storage.errors.hamlet_error` says; INTERNAL, with nothing written, for an
                ACCESS_OWNER RPC whose handler never asked who owns the resource.
        """
        with _translating(writing=True):
            async with _begun(self._engines.writer) as session:
                yield session
                await session.flush()
                if (call := calls.current_or_none()) is not None:
                    call.refuse_unsettled_ownership()
                await session.commit()


class _InlineReading:
    """A read's session and errors without the generators of the common way, which cost as much as the read."""

    __slots__ = ("_session",)

    def __init__(self, reader: InlineReader) -> None:
        self._session = InlineSession(reader)

    async def __aenter__(self) -> AsyncSession:
        return self._session

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        try:
            await self._session.close()
        except SQLAlchemyError as failed:
            error = error or failed
        if isinstance(error, SQLAlchemyError):
            raise _translated(error, writing=False) from None


@asynccontextmanager
async def _reading(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    with _translating(writing=False):
        async with _begun(engine) as session:
            yield session


@asynccontextmanager
async def _begun(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as session:
        await _begin(session)
        yield session


async def _begin(session: AsyncSession) -> None:
    call = calls.current_or_none()
    limit = _BEGIN_LIMIT if call is None else _seconds_to_begin(call.deadline)
    try:
        async with asyncio.timeout(limit):
            await session.connection()
    except TimeoutError:
        if call is not None and call.deadline.expired:
            raise HamletError(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED) from None
        raise HamletError(
            ErrorReason.ERROR_REASON_UNAVAILABLE,
            retry_after=RETRY_AFTER,
            debug=f"no database connection within {limit:.2f} s",
        ) from None


def _seconds_to_begin(deadline: Deadline) -> float:
    return max(deadline.budget(_BEGIN_LIMIT), _BEGIN_SHARE * (deadline.remaining() or 0.0))


@contextmanager
def _translating(*, writing: bool) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise _translated(error, writing=writing) from None


def _translated(error: SQLAlchemyError, *, writing: bool) -> HamletError:
    """To be raised without the cause: a driver's text holds the values of the row. Its frames are enough to find the
    fault."""
    return hamlet_error(error, writing=writing).with_traceback(error.__traceback__)
