"""Counts of sign-in attempts in the database. Whom they are about is kept as a hash, and not for long."""

import hashlib
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from services.account.domain.attempts import Attempts
from services.account.domain.device import Device
from services.account.tables import AttemptsRow

__all__ = [
    "EVERYBODY",
    "forget",
    "from_address",
    "from_device",
    "locked",
    "of_account",
    "of_login",
    "purge",
    "save",
    "so_far",
]

_AT_ONCE = 500
_UNSYNCHRONISED = {"synchronize_session": False}


def of_account(account_id: str) -> bytes:
    """Whoever is signed in and names the password once more."""
    return _subject("account", account_id)


def of_login(login_key: str) -> bytes:
    """A stranger who names this login. By the words and not by the account: otherwise a wait under one name for guesses
    under another would tell that both belong to one person."""
    return _subject("login", login_key)


def from_address(network: str) -> bytes:
    return _subject("address", network)


def from_device(device: Device) -> bytes:
    return _subject("device", f"{device.account_id}\0{device.name.hex()}")


def _subject(kind: str, name: str) -> bytes:
    return hashlib.sha256(f"{kind}\0{name}".encode()).digest()


EVERYBODY = _subject("everybody", "")
"""What strangers failed at, all over."""


async def so_far(session: AsyncSession, subjects: Collection[bytes], now: datetime) -> dict[bytes, Attempts]:
    """What is counted about each, without holding it."""
    statement = select(AttemptsRow.subject, AttemptsRow.failures, AttemptsRow.last_at)
    rows = (await session.execute(statement.where(AttemptsRow.subject.in_(subjects)))).all()
    return dict.fromkeys(subjects, Attempts.none(now)) | {row[0]: Attempts(*row[1:]) for row in rows}


async def locked(session: AsyncSession, subject: bytes, now: datetime) -> Attempts:
    """What is counted about a subject, held for update. Who locks several takes them in the order of their bytes."""
    values = {"subject": subject, "failures": 0, "last_at": now, "blocked_until": now}
    dialect = session.get_bind().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    await session.execute(insert(AttemptsRow).values(**values).on_conflict_do_nothing())
    statement = select(AttemptsRow.failures, AttemptsRow.last_at)
    row = (await session.execute(statement.where(AttemptsRow.subject == subject).with_for_update())).first()
    # Without a row it was forgotten between the two statements.
    return Attempts.none(now) if row is None else Attempts(*row)


async def save(session: AsyncSession, subject: bytes, attempts: Attempts) -> None:
    await session.execute(
        update(AttemptsRow)
        .where(AttemptsRow.subject == subject)
        .values(failures=attempts.failures, last_at=attempts.last_at, blocked_until=attempts.last_at),
        execution_options=_UNSYNCHRONISED,
    )


async def forget(session: AsyncSession, *subjects: bytes) -> None:
    chosen = AttemptsRow.subject.in_(subjects)
    await session.execute(delete(AttemptsRow).where(chosen), execution_options=_UNSYNCHRONISED)


async def purge(session: AsyncSession, before: datetime) -> int:
    """Removes some counts of which nothing is left, because they were last written before `before`; returns how many.
    One that is in use is left to the next time."""
    old = select(AttemptsRow.subject).where(AttemptsRow.last_at < before).limit(_AT_ONCE)
    chosen = AttemptsRow.subject.in_(old.with_for_update(skip_locked=True))
    removed = delete(AttemptsRow).where(chosen).returning(AttemptsRow.subject)
    return len((await session.execute(removed, execution_options=_UNSYNCHRONISED)).all())
