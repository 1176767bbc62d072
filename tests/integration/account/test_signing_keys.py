"""Keys are published before they sign, sign when their time has come, and stay until their last token is worthless."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict
from hamlet.account.v1.account_admin_service_pb2 import RotateSigningKeyRequest, RotateSigningKeyResponse
from hamlet.mesh.v1.key_set_service_pb2 import GetKeySetRequest
from joserfc.jws import extract_compact
from sqlalchemy import text

from mesh.errors import ErrorReason, HamletError
from mesh.identity.keyset import StaticKeySet
from mesh.identity.tokens import TokenVerifier
from mesh.settings import MeshSettings
from services.account.app import MIGRATIONS
from services.account.keyring import KeyRing, KeySecretError
from services.account.settings import AccountSettings
from services.storage.database import Database
from services.storage.migration import upgrade
from tests.integration.account.elsinore import Elsinore, elsinore

FAST = {"HAMLET_ACCOUNT_KEY_LEAD": "1.2", "HAMLET_ACCOUNT_KEY_RELOAD": "0.1", "HAMLET_KEY_SET_SECONDS": "0.5"}


@pytest.fixture
async def fast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Elsinore]:
    for name, value in FAST.items():
        monkeypatch.setenv(name, value)
    async with elsinore(tmp_path) as castle:
        yield castle


async def _published(castle: Elsinore) -> list[str]:
    key_set = await castle.keys().GetKeySet(GetKeySetRequest())
    assert all((key.kty, key.crv, key.use, key.alg) == ("OKP", "Ed25519", "sig", "EdDSA") for key in key_set.keys)
    return [key.kid for key in key_set.keys]


def _kid(token: str) -> str:
    return str(extract_compact(token.encode()).headers()["kid"])


async def _rotate(castle: Elsinore) -> RotateSigningKeyResponse:
    return await castle.admin().RotateSigningKey(RotateSigningKeyRequest())


@pytest.mark.slow
async def test_a_new_key_is_published_at_once_and_signs_when_everybody_knows_it(fast: Elsinore) -> None:
    await fast.register("ophelia")
    session = await fast.sign_in("ophelia")
    [old] = await _published(fast)
    rotation = await _rotate(fast)
    async with asyncio.timeout(1):
        while await _published(fast) != [old, rotation.kid]:
            await asyncio.sleep(0.05)
    assert (await fast.operator().RotateSigningKey(RotateSigningKeyRequest())) == rotation
    assert _kid((await fast.sign_in("ophelia")).access_token) == old
    async with asyncio.timeout(10):
        while _kid((refreshed := await fast.sign_in("ophelia")).access_token) == old:
            await asyncio.sleep(0.1)
    assert _kid(refreshed.access_token) == rotation.kid
    key_set = await fast.keys().GetKeySet(GetKeySetRequest())
    keys = StaticKeySet(MessageToDict(key_set, preserving_proto_field_name=True))
    verifier = TokenVerifier(keys, issuer="hamlet", audience="hamlet")
    for each in (session, refreshed):
        assert (await verifier.verify(each.access_token)).account_id == session.account.id


async def test_a_private_key_is_never_published(castle: Elsinore) -> None:
    key_set = await castle.keys().GetKeySet(GetKeySetRequest())
    [key] = key_set.keys
    assert sorted(MessageToDict(key)) == ["alg", "crv", "kid", "kty", "use", "x"]


async def test_the_lead_has_to_cover_what_verifiers_remember(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="HAMLET_ACCOUNT_KEY_LEAD"):
        async with elsinore(tmp_path, {"HAMLET_ACCOUNT_KEY_LEAD": "6"}):
            pass


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    upgrade(url, MIGRATIONS)
    async with Database(url) as opened:
        yield opened


def _ring(database: Database, secret: str = "", **settings: float) -> KeyRing:
    chosen = AccountSettings(**{"key_secret": secret, "key_reload": 0.000001, **settings})  # type: ignore[arg-type]
    return KeyRing(database, chosen, MeshSettings())


async def _stored(database: Database) -> bytes:
    async with database.read() as session:
        return b"".join((await session.execute(text("SELECT private_key FROM signing_keys"))).scalars())


async def test_replicas_that_start_at_once_make_one_key(database: Database) -> None:
    rings = [_ring(database) for _ in range(5)]
    await asyncio.gather(*(ring.ensure() for ring in rings))
    assert len({(await ring.signer()).kid for ring in rings}) == 1


async def test_with_a_secret_keys_are_stored_encrypted_and_unreadable_without_it(database: Database) -> None:
    await _ring(database, "the play is the thing").ensure()
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in await _stored(database)
    await _ring(database, "the play is the thing").ensure()
    for wrong in ("", "another secret"):
        with pytest.raises(KeySecretError, match="HAMLET_ACCOUNT_KEY_SECRET") as caught:
            await _ring(database, wrong).ensure()
        assert "secret" not in str(caught.value).replace("HAMLET_ACCOUNT_KEY_SECRET", "")


async def test_a_secret_that_comes_later_encrypts_the_next_key_and_reads_the_old_one(database: Database) -> None:
    await _ring(database).ensure()
    assert b"ENCRYPTED" not in await _stored(database)
    later = _ring(database, "the play is the thing")
    await later.ensure()
    await later.rotate()
    assert b"ENCRYPTED" in await _stored(database)
    assert len(await later.published()) == 2


async def test_a_key_goes_when_its_last_token_is_worthless(database: Database) -> None:
    ring = _ring(database, access_ttl=1, key_lead=0.000001)
    await ring.ensure()
    old = (await ring.signer()).kid
    await ring.rotate()
    await ring.drop_retired()
    assert old in await ring.published()
    async with database.write() as session:
        for condition, at in (("kid = :old", "2020-01-01"), ("kid <> :old", "2020-01-02")):
            statement = f"UPDATE signing_keys SET active_at = '{at} 00:00:00.000000' WHERE {condition}"  # noqa: S608
            await session.execute(text(statement), {"old": old})
    await ring.drop_retired()
    assert old not in await ring.published()
    assert (await ring.signer()).kid != old


async def test_too_many_rotations_are_refused_until_an_old_key_has_gone(database: Database) -> None:
    ring = _ring(database, key_lead=0.000001)
    await ring.ensure()
    for _ in range(7):
        await ring.rotate()
    with pytest.raises(HamletError, match="OVERLOADED") as caught:
        await ring.rotate()
    assert 600 < (caught.value.retry_after or 0) < 700


async def test_verifiers_are_served_while_the_database_is_away(database: Database) -> None:
    ring = _ring(database)
    await ring.ensure()
    published = await ring.published()

    @asynccontextmanager
    async def away() -> AsyncIterator[None]:
        raise HamletError(ErrorReason.ERROR_REASON_UNAVAILABLE)
        yield

    database.read = away  # type: ignore[method-assign,assignment]
    assert await ring.published() == published
