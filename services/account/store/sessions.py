"""Sessions and their refresh tokens in the database."""

import hashlib
import secrets
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.account.domain.session import Session
from services.account.tables import RefreshTokenRow, SessionRow

__all__ = ["end", "end_all", "find_by_token", "of_account", "purge", "rotate", "start"]

_TOKEN_BYTES = 32
_AT_ONCE = 500
_COLUMNS = [each.name for each in fields(Session)]
_UNSYNCHRONISED = {"synchronize_session": False}


async def start(session: AsyncSession, started: Session) -> str:
    """Writes a new session and returns its first refresh token. The transaction holds the account for update."""
    await session.execute(insert(SessionRow).values(**asdict(started)))
    return await _add_token(session, started.id)


async def find_by_token(session: AsyncSession, refresh_token: str) -> tuple[Session, bool] | None:
    """The session that a token belongs to, held for update, and whether the token was used before."""
    token = select(RefreshTokenRow.session_id).where(RefreshTokenRow.digest == _digest(refresh_token))
    session_id = (await session.execute(token)).scalar_one_or_none()
    if session_id is None:
        return None
    # The session first and its token afterwards, so that whoever uses a token waits for whoever uses it now.
    locked = select(SessionRow).where(SessionRow.id == session_id).with_for_update()
    row = (await session.execute(locked)).scalar_one_or_none()
    used = select(RefreshTokenRow.used).where(RefreshTokenRow.digest == _digest(refresh_token))
    was_used = (await session.execute(used)).scalar_one_or_none()
    return None if row is None or was_used is None else (_session_of(row), was_used)


async def rotate(session: AsyncSession, refreshed: Session, refresh_token: str) -> str:
    """Uses a token up and returns the next one. The transaction holds the session for update."""
    await session.execute(
        update(RefreshTokenRow).where(RefreshTokenRow.digest == _digest(refresh_token)).values(used=True),
        execution_options=_UNSYNCHRONISED,
    )
    await session.execute(
        update(SessionRow)
        .where(SessionRow.id == refreshed.id)
        .values(refreshed_at=refreshed.refreshed_at, expires_at=refreshed.expires_at),
        execution_options=_UNSYNCHRONISED,
    )
    return await _add_token(session, refreshed.id)


async def end(session: AsyncSession, session_id: str, now: datetime) -> None:
    """Ending it twice changes nothing."""
    lasting = SessionRow.ended_at.is_(None)
    await session.execute(
        update(SessionRow).where(SessionRow.id == session_id, lasting).values(ended_at=now),
        execution_options=_UNSYNCHRONISED,
    )


async def end_all(session: AsyncSession, account_id: str, now: datetime) -> None:
    lasting = SessionRow.ended_at.is_(None)
    await session.execute(
        update(SessionRow).where(SessionRow.account_id == account_id, lasting).values(ended_at=now),
        execution_options=_UNSYNCHRONISED,
    )


async def of_account(session: AsyncSession, account_id: str) -> list[Session]:
    """All that are kept, the oldest first."""
    statement = select(SessionRow).where(SessionRow.account_id == account_id).order_by(SessionRow.id)
    return [_session_of(row) for row in (await session.execute(statement)).scalars()]


async def purge(session: AsyncSession, now: datetime) -> int:
    """Removes some sessions that have expired; returns how many."""
    expired = select(SessionRow.id).where(SessionRow.expires_at <= now).limit(_AT_ONCE)
    removed = delete(SessionRow).where(SessionRow.id.in_(expired)).returning(SessionRow.id)
    return len((await session.execute(removed, execution_options=_UNSYNCHRONISED)).all())


async def _add_token(session: AsyncSession, session_id: str) -> str:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    await session.execute(insert(RefreshTokenRow).values(digest=_digest(token), session_id=session_id, used=False))
    return token


def _digest(refresh_token: str) -> bytes:
    return hashlib.sha256(refresh_token.encode()).digest()


def _session_of(row: SessionRow) -> Session:
    return Session(**{name: getattr(row, name) for name in _COLUMNS})
