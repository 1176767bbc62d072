"""Signing keys in the database."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.account.domain.signing import KeyTimes
from services.account.tables import SigningKeyRow

__all__ = ["StoredKey", "add", "all_keys", "drop"]


@dataclass(frozen=True, slots=True)
class StoredKey:
    """
    Attributes:
        private_key: PKCS #8 in PEM, encrypted or not.
    """

    times: KeyTimes
    private_key: bytes


async def all_keys(session: AsyncSession) -> list[StoredKey]:
    """A handful."""
    rows = (await session.execute(select(SigningKeyRow).order_by(SigningKeyRow.active_at))).scalars()
    return [StoredKey(KeyTimes(row.kid, row.created_at, row.active_at), row.private_key) for row in rows]


async def add(session: AsyncSession, key: StoredKey) -> None:
    times = key.times
    values = {"created_at": times.created_at, "active_at": times.active_at, "private_key": key.private_key}
    await session.execute(insert(SigningKeyRow).values(kid=times.kid, **values))


async def drop(session: AsyncSession, kids: Sequence[str]) -> None:
    await session.execute(delete(SigningKeyRow).where(SigningKeyRow.kid.in_(kids)))
