"""How a database finds rows: the plans of the very statements that a piece of code runs."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from services.storage.database import Database
from services.storage.paging import Page

__all__ = ["Plan", "found_by_index", "listed_by_index", "selecting"]

Statement = tuple[str, Any]


class Plan:
    """How each of the statements of a block is answered, one line a step."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []

    async def steps(self, session: AsyncSession) -> list[str]:
        """On PostgreSQL without what is always possible: a full scan, or a sort, that is left has no alternative."""
        return await session.run_sync(self._steps)

    def _steps(self, session: Session) -> list[str]:
        connection, found = session.connection(), list[str]()
        if connection.dialect.name == "sqlite":
            for text, parameters in self.statements:
                rows: Any = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters)
                found += [str(row[3]) for row in rows]
            return found
        for setting in ("enable_seqscan", "enable_sort", "enable_incremental_sort"):
            connection.exec_driver_sql(f"SET LOCAL {setting} = off")
        for text, parameters in self.statements:
            rows = connection.exec_driver_sql(f"EXPLAIN {text}", parameters)
            found += [str(row[0]).strip() for row in rows]
        return found

    async def full_scans(self, session: AsyncSession) -> list[str]:
        """Steps that read a table from end to end. One through a partial index reads only what the index holds."""
        return [step for step in await self.steps(session) if _is_full_scan(step)]

    async def sorts(self, session: AsyncSession) -> list[str]:
        """Steps that need all rows before they have the first."""
        return [step for step in await self.steps(session) if _is_sort(step)]


@contextmanager
def selecting() -> Iterator[Plan]:
    """The plan of what is selected inside the block."""
    plan = Plan()

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT") and "set_config" not in statement:
            plan.statements.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield plan
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def listed_by_index(full: Database, page: Callable[[AsyncSession, str], Awaitable[Page[Any]]]) -> None:
    """Asserts that the first two pages of a list come from an index in its order.

    Args:
        full: a database that holds more than one page.
        page: reads the page of a token, "" for the first one.
    """
    async with full.read() as session:
        with selecting() as plan:
            first = await page(session, "")
            assert first.next_page_token, "the table is full enough for a second page"
            await page(session, first.next_page_token)
        assert len(plan.statements) == 2
        assert await plan.full_scans(session) == []
        assert await plan.sorts(session) == []


async def found_by_index(full: Database, look_up: Callable[[AsyncSession], Awaitable[object]]) -> None:
    """Asserts that a look-up reads no table from end to end."""
    async with full.read() as session:
        with selecting() as plan:
            await look_up(session)
        assert plan.statements
        assert await plan.full_scans(session) == []


def _is_sort(step: str) -> bool:
    return "TEMP B-TREE" in step or step.lstrip("-> ").startswith("Sort")


def _is_full_scan(step: str) -> bool:
    if step.startswith("SCAN"):
        # SQLAlchemy calls a subquery anon_1: that is what was found already.
        return " anon_" not in step and "USING INDEX" not in step and "USING COVERING INDEX" not in step
    return "Seq Scan" in step
