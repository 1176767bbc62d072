"""Locks on what no single row stands for."""

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from services.account.tables import LockRow

__all__ = ["ADMINISTRATORS", "SIGNING_KEYS", "lock"]

ADMINISTRATORS = "administrators"
"""Who is an administrator. Taken before the row of any account."""
SIGNING_KEYS = "signing-keys"


async def lock(session: AsyncSession, name: str) -> None:
    """Lets one transaction at a time go on. SQLite has one writer anyway."""
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    await session.execute(insert(LockRow).values(name=name).on_conflict_do_nothing())
    await session.execute(select(LockRow.name).where(LockRow.name == name).with_for_update())
