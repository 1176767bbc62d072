"""Leaving: all that is kept about a person, for them and then for nobody."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf.struct_pb2 import Struct

from mesh.call import Call
from mesh.errors import ErrorReason, HamletError
from services.account.clients import Keeper
from services.account.domain.account import Account
from services.account.domain.session import Session
from services.account.handlers.profile import owned_id
from services.account.store import accounts, attempts, locks, sessions
from services.account.tables import keys, outbox
from services.storage.database import Database
from services.storage.outbox import OutboxMessage
from services.storage.scrub import scrub

__all__ = ["Departure", "topic_of"]


def topic_of(keeper: str) -> str:
    """The outbox topic under which a service is asked to erase people."""
    return f"erase-{keeper}"


@dataclass(frozen=True, slots=True)
class Departure:
    """
    Attributes:
        keepers: the services that keep data about people, by name.
    """

    database: Database
    keepers: Mapping[str, Keeper]

    async def delete(self, call: Call, account_id: str) -> None:
        """Erases the account, and has the person erased elsewhere. The outbox knows nothing of them but the id.

        Raises:
            HamletError: ACCOUNT_NOT_FOUND for another's account, NOT_OWNER, LAST_ADMIN.
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
            if account.administers(now) and not await accounts.has_other_administrator(session, account_id, now):
                raise HamletError(ErrorReason.ERROR_REASON_LAST_ADMIN)
            await accounts.delete_account(session, account_id)
            await attempts.forget(session, attempts.of_account(account_id))
            await keys.erase(session, account_id, account.email)
            for keeper in self.keepers:
                await outbox.enqueue(session, topic_of(keeper), account_id)
        await scrub(self.database)

    async def deliver(self, message: OutboxMessage) -> None:
        """Asks one service to erase a person; raises until it has."""
        keeper = message.topic.removeprefix(topic_of(""))
        await self.keepers[keeper].erase(message.key)

    async def about(self, call: Call, account_id: str) -> tuple[Account, list[Session]]:
        """What this service itself keeps.

        Raises:
            HamletError: ACCOUNT_NOT_FOUND, NOT_OWNER.
        """
        account_id = owned_id(call, account_id)
        async with self.database.read() as session:
            return await accounts.get(session, account_id), await sessions.of_account(session, account_id)

    async def elsewhere(self, account_id: str) -> AsyncGenerator[tuple[str, str, Struct], None]:
        """(service, kind, record) of what the others keep.

        Raises:
            HamletError: UNAVAILABLE; an export that leaves something out would be a lie.
        """
        for name, keeper in self.keepers.items():
            async for kind, record in keeper.export(account_id):
                yield name, kind, record
