"""The use cases of the account service on a database, without a server around them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from mesh.settings import MeshSettings
from services.account.convert import etag
from services.account.domain.account import Account, Role
from services.account.handlers.administration import Administration
from services.account.handlers.profile import Profile
from services.account.handlers.signing_in import SignedIn, SigningIn
from services.account.handlers.throttle import Throttle
from services.account.keyring import KeyRing
from services.account.passwords import Passwords
from services.account.settings import AccountSettings
from services.account.store import accounts
from services.storage.database import Database
from services.storage.ids import uuid7

__all__ = ["PASSWORD", "People"]

PASSWORD = "rue for remembrance"
CHEAP = {"password_memory": 19_456, "password_passes": 2, "password_lanes": 1}


@dataclass(slots=True)
class People:
    database: Database
    settings: AccountSettings
    passwords: Passwords
    keyring: KeyRing
    administration: Administration
    signing_in: SigningIn
    profile: Profile
    _hash: str

    @classmethod
    @asynccontextmanager
    async def of(
        cls, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC), **settings: Any
    ) -> AsyncIterator[Self]:
        """
        Args:
            clock: by which attempts are counted.
        """
        chosen = AccountSettings(**{**CHEAP, **settings})
        passwords = Passwords(chosen)
        keyring, throttle = KeyRing(database, chosen, MeshSettings()), Throttle(database, chosen, clock)
        await keyring.ensure()
        signing_in = SigningIn(database, passwords, keyring, throttle, chosen)
        profile = Profile(database, passwords, signing_in, throttle, etag)
        hashed = await passwords.hash(PASSWORD)
        yield cls(database, chosen, passwords, keyring, Administration(database, etag), signing_in, profile, hashed)
        passwords.close()

    async def add(self, username: str, role: Role = Role.READER) -> Account:
        account = Account.new(uuid7(), username, f"{username}@elsinore.example", "", role, datetime.now(UTC))
        async with self.database.write() as session:
            await accounts.add(session, account, self._hash)
        return account

    async def sign_in(self, account: Account, password: str = PASSWORD) -> SignedIn:
        return await self.signing_in.sign_in(account.username, password, "")

    async def find(self, account: Account) -> Account | None:
        async with self.database.read() as session:
            return await accounts.find(session, account.id)
