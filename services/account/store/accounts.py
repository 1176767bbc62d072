"""Accounts in the database."""

from dataclasses import fields
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, insert, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mesh.errors import ErrorReason, HamletError
from services.account.domain.account import Account, Role, email_key, login_key
from services.account.domain.device import new_device_key
from services.account.tables import AccountRow, Base
from services.storage.constraints import refusing
from services.storage.paging import Keyset, Page, fetch_page

__all__ = [
    "Credentials",
    "add",
    "delete_account",
    "device_key_of",
    "find",
    "find_for_sign_in",
    "get",
    "has_administrator",
    "has_other_administrator",
    "page",
    "password_hash_of",
    "renew_device_key",
    "save",
    "set_password_hash",
]

# Ids are UUIDv7, so they sort by the time of registration.
_NEWEST_FIRST = Keyset((AccountRow.id,), descending=True)
_COLUMNS = [each.name for each in fields(Account)]
_TAKEN = {
    "uq_accounts_username": ErrorReason.ERROR_REASON_USERNAME_TAKEN,
    "uq_accounts_email_key": ErrorReason.ERROR_REASON_EMAIL_TAKEN,
}
_UNSYNCHRONISED = {"synchronize_session": False}


async def add(session: AsyncSession, account: Account, password_hash: str) -> None:
    """
    Raises:
        HamletError: USERNAME_TAKEN, EMAIL_TAKEN.
    """
    with refusing(Base.metadata, _TAKEN):
        await session.execute(insert(AccountRow).values(**_values_of(account), password_hash=password_hash))


async def find(session: AsyncSession, account_id: str, *, for_update: bool = False) -> Account | None:
    """
    Args:
        for_update: nobody else changes it, or its sessions, before this transaction ends.
    """
    statement = select(AccountRow).where(AccountRow.id == account_id).execution_options(populate_existing=True)
    if for_update:
        statement = statement.with_for_update()
    row = (await session.execute(statement)).scalar_one_or_none()
    return None if row is None else _account_of(row)


async def get(session: AsyncSession, account_id: str, *, for_update: bool = False) -> Account:
    """As `find`.

    Raises:
        HamletError: ACCOUNT_NOT_FOUND.
    """
    account = await find(session, account_id, for_update=for_update)
    if account is None:
        raise HamletError(ErrorReason.ERROR_REASON_ACCOUNT_NOT_FOUND)
    return account


class Credentials(NamedTuple):
    """
    Attributes:
        device_key: see `domain.device`; None if nobody ever signed in.
    """

    account: Account
    password_hash: str
    device_key: bytes | None


async def find_for_sign_in(session: AsyncSession, login: str) -> Credentials | None:
    """What the account with this address or username is signed in to with. No username holds an @."""
    key = login_key(login)
    column = AccountRow.email_key if "@" in key else AccountRow.username
    row = (await session.execute(select(AccountRow).where(column == key))).scalar_one_or_none()
    return None if row is None else Credentials(_account_of(row), row.password_hash, row.device_key)


async def password_hash_of(session: AsyncSession, account_id: str) -> str | None:
    statement = select(AccountRow.password_hash).where(AccountRow.id == account_id)
    return (await session.execute(statement)).scalar_one_or_none()


async def save(session: AsyncSession, account: Account) -> None:
    """Writes a changed account, which the transaction holds for update.

    Raises:
        HamletError: EMAIL_TAKEN.
    """
    values = _values_of(account)
    with refusing(Base.metadata, _TAKEN):
        await session.execute(
            update(AccountRow).where(AccountRow.id == account.id).values(**values), execution_options=_UNSYNCHRONISED
        )


async def set_password_hash(session: AsyncSession, account_id: str, password_hash: str) -> None:
    await session.execute(
        update(AccountRow).where(AccountRow.id == account_id).values(password_hash=password_hash),
        execution_options=_UNSYNCHRONISED,
    )


async def device_key_of(session: AsyncSession, account_id: str) -> bytes:
    """Of an account that the transaction holds for update; a new one if it has none."""
    statement = select(AccountRow.device_key).where(AccountRow.id == account_id)
    key = (await session.execute(statement)).scalar_one_or_none()
    return await renew_device_key(session, account_id) if key is None else key


async def renew_device_key(session: AsyncSession, account_id: str) -> bytes:
    """All devices of an account, which the transaction holds for update, are strangers from now on."""
    key = new_device_key()
    await session.execute(
        update(AccountRow).where(AccountRow.id == account_id).values(device_key=key), execution_options=_UNSYNCHRONISED
    )
    return key


async def delete_account(session: AsyncSession, account_id: str) -> None:
    """With its sessions and their tokens."""
    await session.execute(delete(AccountRow).where(AccountRow.id == account_id), execution_options=_UNSYNCHRONISED)


async def has_administrator(session: AsyncSession) -> bool:
    """Whether there is one at all, suspended or not."""
    statement = select(AccountRow.id).where(AccountRow.role == Role.ADMIN).limit(1)
    return (await session.execute(statement)).first() is not None


async def has_other_administrator(session: AsyncSession, account_id: str, now: datetime) -> bool:
    """Whether somebody else can administer accounts. The transaction holds the lock `ADMINISTRATORS`."""
    others = select(AccountRow.id).where(AccountRow.role == Role.ADMIN, AccountRow.id != account_id)
    return (await session.execute(others.where(not_(_suspended(now))).limit(1))).first() is not None


async def page(
    session: AsyncSession,
    *,
    role: Role | None,
    suspended: bool | None,
    now: datetime,
    size: int,
    token: str,
    query: bytes,
) -> Page[Account]:
    """A page, the newest first.

    Raises:
        HamletError: INVALID_PAGE_TOKEN.
    """
    statement = select(AccountRow)
    if role is not None:
        statement = statement.where(AccountRow.role == role)
    if suspended is not None:
        statement = statement.where(_suspended(now) if suspended else not_(_suspended(now)))
    rows = await fetch_page(session, statement, _NEWEST_FIRST, size=size, token=token, query=query)
    return Page([_account_of(row) for row in rows.items], rows.next_page_token)


def _suspended(now: datetime) -> ColumnElement[bool]:
    """As `Account.is_suspended`."""
    until = AccountRow.suspended_until
    # The bare column, because SQLite uses the partial index only for the very words of its condition.
    return AccountRow.suspended & or_(until.is_(None), until > now)


def _account_of(row: AccountRow) -> Account:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return Account(**{**values, "role": Role(row.role)})


def _values_of(account: Account) -> dict[str, Any]:
    """By column."""
    values = {name: getattr(account, name) for name in _COLUMNS}
    return {**values, "role": int(account.role), "email_key": email_key(account.email)}
