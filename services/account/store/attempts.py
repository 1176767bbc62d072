"""Counts of sign-in attempts in the database. Whom they are about is kept as a hash, and not for long."""

import hashlib
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from services.account.domain.attempts import Attempts
from services.account.tables import AttemptsRow

__all__ = ["forget", "from_address", "locked", "of_account", "of_login", "purge", "save"]

_UNSYNCHRONISED = {"synchronize_session": False}


def of_account(account_id: str) -> bytes:
    return _subject("account", account_id)


def of_login(login_key: str) -> bytes:
    """A login that no account has, which must look as if one had."""
    return _subject("login", login_key)


def from_address(address: str) -> bytes:
    return _subject("address", address)


async def locked(session: AsyncSession, subject: bytes, now: datetime) -> Attempts:
    """What is counted about a subject, held for update. Who locks several takes them in the order of their bytes."""
    values = {"subject": subject, "failures": 0, "last_at": now, "blocked_until": now}
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    await session.execute(insert(AttemptsRow).values(**values).on_conflict_do_nothing())
    statement = select(AttemptsRow.failures, AttemptsRow.last_at, AttemptsRow.blocked_until)
    row = (await session.execute(statement.where(AttemptsRow.subject == subject).with_for_update())).first()
    # Without a row it was forgotten between the two statements.
    return Attempts.none(now) if row is None else Attempts(*row)


async def save(session: AsyncSession, subject: bytes, attempts: Attempts) -> None:
    await session.execute(
        update(AttemptsRow)
        .where(AttemptsRow.subject == subject)
        .values(failures=attempts.failures, last_at=attempts.last_at, blocked_until=attempts.blocked_until),
        execution_options=_UNSYNCHRONISED,
    )


async def forget(session: AsyncSession, *subjects: bytes) -> None:
    chosen = AttemptsRow.subject.in_(subjects)
    await session.execute(delete(AttemptsRow).where(chosen), execution_options=_UNSYNCHRONISED)


async def purge(session: AsyncSession, before: datetime) -> None:
    """Removes counts without an attempt since `before`."""
    await session.execute(delete(AttemptsRow).where(AttemptsRow.last_at < before), execution_options=_UNSYNCHRONISED)


def _subject(kind: str, name: str) -> bytes:
    return hashlib.sha256(f"{kind}\0{name}".encode()).digest()
