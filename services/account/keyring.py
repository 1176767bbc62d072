"""The keys that sign access tokens: made, published ahead of their time, used, retired."""

import asyncio
import time
import uuid
from datetime import UTC, datetime, timedelta

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from joserfc.jwk import OKPKey

from mesh.errors import ErrorReason, HamletError
from mesh.identity.tokens import TokenSigner
from mesh.settings import MeshSettings
from services.account.domain.signing import KeyTimes, Schedule
from services.account.settings import AccountSettings
from services.account.store import locks, signing_keys
from services.account.store.signing_keys import StoredKey
from services.storage.database import Database

__all__ = ["KeyRing", "KeySecretError"]

_log = structlog.get_logger(__name__)

# What verifiers forgive, and as much again for replicas that do not yet sign with the next key.
_LEEWAY = timedelta(seconds=60)
# Half of what a key set holds by its contract.
_MOST = 8


class KeySecretError(RuntimeError):
    """A stored key cannot be decrypted. Its text never holds a secret."""


class KeyRing:
    """All replicas share the keys in the database and look there every `key_reload` seconds."""

    def __init__(self, database: Database, settings: AccountSettings, mesh: MeshSettings) -> None:
        self._database, self._settings, self._mesh = database, settings, mesh
        self._outlives = timedelta(seconds=settings.access_ttl) + _LEEWAY
        self._keys: dict[str, tuple[KeyTimes, OKPKey]] = {}
        self._loaded_at = float("-inf")
        self._loading = asyncio.Lock()

    async def signer(self) -> TokenSigner:
        """What signs now."""
        await self._load()
        now = datetime.now(UTC)
        times = self._schedule().signing(now)
        if times is None:
            raise HamletError(ErrorReason.ERROR_REASON_UNAVAILABLE, retry_after=1.0, debug="no signing key yet")
        key = self._keys[times.kid][1]
        issuer, audience = self._mesh.token_issuer, self._mesh.token_audience
        return TokenSigner(key, times.kid, issuer, audience, self._settings.access_ttl)

    async def published(self) -> dict[str, OKPKey]:
        """Every key that a token in use may be signed with, and the one to come; by id."""
        await self._load()
        return {kid: key for kid, (_, key) in self._keys.items()}

    async def ensure(self) -> None:
        """Makes the first key where there is none. It signs at once, for nobody can know another.

        Raises:
            KeySecretError: a key is encrypted with another secret.
        """
        async with self._database.write() as session:
            await locks.lock(session, locks.SIGNING_KEYS)
            if not await signing_keys.all_keys(session):
                now = datetime.now(UTC)
                await signing_keys.add(session, self._new(now, now))
        await self._load()

    async def rotate(self) -> KeyTimes:
        """Makes the next key. While one waits for its time it is that one.

        Raises:
            HamletError: OVERLOADED while too many old keys are published.
        """
        now = datetime.now(UTC)
        async with self._database.write() as session:
            await locks.lock(session, locks.SIGNING_KEYS)
            stored = await signing_keys.all_keys(session)
            schedule = Schedule([each.times for each in stored], self._outlives)
            if (pending := schedule.pending(now)) is not None:
                return pending
            if len(stored) >= _MOST and (at := schedule.next_retirement()) is not None:
                raise HamletError(ErrorReason.ERROR_REASON_OVERLOADED, retry_after=max(1.0, (at - now).total_seconds()))
            made = self._new(now, now + timedelta(seconds=self._settings.key_lead))
            await signing_keys.add(session, made)
        self._loaded_at = float("-inf")
        return made.times

    async def drop_retired(self) -> None:
        """Removes keys whose last token has expired."""
        async with self._database.write() as session:
            await locks.lock(session, locks.SIGNING_KEYS)
            stored = await signing_keys.all_keys(session)
            retired = Schedule([each.times for each in stored], self._outlives).retired(datetime.now(UTC))
            if retired:
                await signing_keys.drop(session, retired)

    async def _load(self) -> None:
        async with self._loading:
            if time.monotonic() - self._loaded_at < self._settings.key_reload:
                return
            try:
                async with self._database.read() as session:
                    stored = await signing_keys.all_keys(session)
            except HamletError as error:
                if not self._keys:
                    raise
                # Verifiers go on while the database is away.
                _log.warning("signing_keys.not_loaded", reason=error.spec.reason, debug=error.debug)
                return
            self._keys = {each.times.kid: (each.times, self._opened(each)) for each in stored}
            self._loaded_at = time.monotonic()

    def _schedule(self) -> Schedule:
        return Schedule([times for times, _ in self._keys.values()], self._outlives)

    def _new(self, created_at: datetime, active_at: datetime) -> StoredKey:
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, self._encryption())
        return StoredKey(KeyTimes(uuid.uuid4().hex, created_at, active_at), pem)

    def _opened(self, stored: StoredKey) -> OKPKey:
        if (known := self._keys.get(stored.times.kid)) is not None:
            return known[1]
        try:
            encrypted = b"ENCRYPTED" in stored.private_key
            return OKPKey.import_key(stored.private_key, password=self._secret() if encrypted else None)
        except (ValueError, TypeError):
            raise KeySecretError(
                "a signing key cannot be read with this HAMLET_ACCOUNT_KEY_SECRET: set the one that it was stored with"
            ) from None

    def _encryption(self) -> KeySerializationEncryption:
        secret = self._secret()
        return BestAvailableEncryption(secret) if secret else NoEncryption()

    def _secret(self) -> bytes:
        return self._settings.key_secret.get_secret_value().encode()
