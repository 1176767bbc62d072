"""Leaving: all that is kept about a person, for them and then for nobody."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf.struct_pb2 import Struct

from mesh.call import Call
from mesh.errors import ErrorReason, HamletError
from services.account.clients import Keeper
from services.account.domain.account import Account, login_key
from services.account.domain.session import Session
from services.account.handlers.erasure import SCRUB, topic_of
from services.account.handlers.profile import owned_id
from services.account.store import accounts, attempts, locks, sessions
from services.account.tables import keys, outbox
from services.storage.database import Database
from services.storage.etag import require_etag
from services.storage.scrub import scrub

__all__ = ["Departure"]


@dataclass(frozen=True, slots=True)
class Departure:
    """
    Attributes:
        keepers: the services that keep data about people, by name.
        present: (kind, record) of what this service itself keeps.
        begin_within: seconds that each of them may take to begin an export.
        wake: lets the relay look at the outbox now.
    """

    database: Database
    keepers: Mapping[str, Keeper]
    present: Callable[[Account, list[Session]], list[tuple[str, Struct]]]
    etag: Callable[[Account], str]
    begin_within: float
    wake: Callable[[], None]

    async def delete(self, call: Call, account_id: str, etag: str = "") -> None:
        """Erases the account, and has the person erased elsewhere. The outbox knows nothing of them but the id.

        Raises:
            HamletError: ACCOUNT_NOT_FOUND for another's account, NOT_OWNER, ETAG_MISMATCH, LAST_ADMIN.
        """
        account_id = owned_id(call, account_id)
        now = datetime.now(UTC)
        async with self.database.write() as session:
            await locks.lock(session, locks.ADMINISTRATORS)
            account = await accounts.find(session, account_id, for_update=True)
            if account is None:
                if call.require_principal().account_id == account_id:
                    return
                raise HamletError(ErrorReason.ERROR_REASON_ACCOUNT_NOT_FOUND)
            require_etag(etag, self.etag(account))
            if account.administers(now) and not await accounts.has_other_administrator(session, account_id, now):
                raise HamletError(ErrorReason.ERROR_REASON_LAST_ADMIN)
            await accounts.delete_account(session, account_id)
            logins = (attempts.of_login(login_key(each)) for each in (account.email, account.username))
            await attempts.forget(session, attempts.of_account(account_id), *logins)
            await keys.erase(session, account_id, account.email)
            for keeper in self.keepers:
                await outbox.enqueue(session, topic_of(keeper), account_id)
            await outbox.enqueue(session, SCRUB, "")
        self.wake()
        # At once if it can be; the relay does it otherwise.
        with contextlib.suppress(HamletError):
            await scrub(self.database)

    async def export(self, call: Call, account_id: str) -> AsyncGenerator[tuple[str, str, Struct], None]:
        """(service, kind, record) of all that is kept about a person.

        Raises:
            HamletError: ACCOUNT_NOT_FOUND, NOT_OWNER; UNAVAILABLE where a service does not answer, as a rule before the
                first record: an export that leaves something out would be a lie.
        """
        account_id = owned_id(call, account_id)
        async with self.database.read() as session:
            account = await accounts.get(session, account_id)
            kept = await sessions.of_account(session, account_id)
        async with AsyncExitStack() as stack:
            begun = []
            for name, keeper in self.keepers.items():
                records = await stack.enter_async_context(aclosing(keeper.export(account_id)))
                begun.append((name, await self._first(records), records))
            for kind, record in self.present(account, kept):
                yield "account", kind, record
            for name, first, records in begun:
                if first is not None:
                    yield name, *first
                async for kind, record in records:
                    yield name, kind, record

    async def _first(self, records: AsyncGenerator[tuple[str, Struct], None]) -> tuple[str, Struct] | None:
        try:
            async with asyncio.timeout(self.begin_within):
                return await anext(records, None)
        except TimeoutError:
            raise HamletError(
                ErrorReason.ERROR_REASON_UNAVAILABLE, retry_after=1.0, debug="a keeper did not begin its export"
            ) from None
