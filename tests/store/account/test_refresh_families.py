"""A refresh token works once; whoever shows one again ends its whole family, in whatever order things happen."""

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest
import structlog
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule
from sqlalchemy import select

from mesh.errors import HamletError
from services.account.app import MIGRATIONS
from services.account.domain.account import Account
from services.account.domain.session import Session
from services.account.handlers.signing_in import SignedIn
from services.account.store import accounts, sessions
from services.account.tables import RefreshTokenRow
from services.storage.database import Database
from services.storage.migration import upgrade
from tests.store.account.people import People

Result = TypeVar("Result")


async def _refresh(people: People, token: str) -> str:
    """The next token, or the reason why there is none."""
    try:
        return (await people.signing_in.refresh(token)).refresh_token
    except HamletError as error:
        return error.spec.reason


async def _kept(people: People, account: Account) -> list[Session]:
    async with people.database.read() as session:
        return await sessions.of_account(session, account.id)


async def test_a_replayed_token_ends_its_family_and_no_other(people: People) -> None:
    gertrude = await people.add("gertrude")
    first, other = await people.sign_in(gertrude), await people.sign_in(gertrude)
    second = await people.signing_in.refresh(first.refresh_token)
    with structlog.testing.capture_logs() as logs:
        assert await _refresh(people, first.refresh_token) == "INVALID_REFRESH_TOKEN"
    assert await _refresh(people, second.refresh_token) == "INVALID_REFRESH_TOKEN"
    assert (await people.signing_in.refresh(other.refresh_token)).session.id == other.session.id
    assert [(each["event"], each["session_id"]) for each in logs] == [("session.replayed", first.session.id)]
    assert not any(
        secret in str(logs) for secret in (gertrude.id, gertrude.email, gertrude.username, first.refresh_token)
    )


async def test_of_two_who_use_a_token_at_once_one_gets_a_session_and_the_family_ends(people: People) -> None:
    gertrude = await people.add("gertrude")
    for _ in range(5):
        signed_in = await people.sign_in(gertrude)
        answers = await asyncio.gather(*(_refresh(people, signed_in.refresh_token) for _ in range(2)))
        assert sorted(answer == "INVALID_REFRESH_TOKEN" for answer in answers) == [False, True]
        winner = next(answer for answer in answers if answer != "INVALID_REFRESH_TOKEN")
        assert await _refresh(people, winner) == "INVALID_REFRESH_TOKEN"


async def test_tokens_are_stored_as_hashes_only(people: People) -> None:
    signed_in = await people.sign_in(await people.add("gertrude"))
    async with people.database.read() as session:
        digests = list((await session.execute(select(RefreshTokenRow.digest))).scalars())
    assert [len(digest) for digest in digests] == [32]
    assert signed_in.refresh_token.encode() not in digests
    assert len(signed_in.refresh_token) == 43


async def test_a_refresh_carries_the_role_of_now(people: People) -> None:
    gertrude = await people.add("gertrude")
    signed_in = await people.sign_in(gertrude)
    promoted = await people.administration.set_role(gertrude.id, type(gertrude.role).AUTHOR)
    assert (await people.signing_in.refresh(signed_in.refresh_token)).account == promoted


async def test_signing_out_ends_the_session_and_twice_is_no_error(people: People) -> None:
    signed_in = await people.sign_in(await people.add("gertrude"))
    refreshed = await people.signing_in.refresh(signed_in.refresh_token)
    for token in (refreshed.refresh_token, refreshed.refresh_token, "no token of ours"):
        await people.signing_in.sign_out(token)
    assert await _refresh(people, refreshed.refresh_token) == "INVALID_REFRESH_TOKEN"


async def test_a_suspension_ends_sessions_for_good_and_says_so_while_it_lasts(people: People) -> None:
    gertrude = await people.add("gertrude")
    signed_in = await people.sign_in(gertrude)
    await people.administration.suspend(gertrude.id, datetime.now(UTC) + timedelta(days=1))
    for attempt in (people.signing_in.refresh(signed_in.refresh_token), people.sign_in(gertrude)):
        with pytest.raises(HamletError, match="ACCOUNT_SUSPENDED") as caught:
            await attempt
        assert caught.value.metadata["until"].endswith("Z")
    await people.administration.unsuspend(gertrude.id)
    assert await _refresh(people, signed_in.refresh_token) == "INVALID_REFRESH_TOKEN"
    await people.sign_in(gertrude)


async def test_a_suspended_account_is_not_told_of_to_those_who_guess(people: People) -> None:
    gertrude = await people.add("gertrude")
    await people.administration.suspend(gertrude.id, None)
    with pytest.raises(HamletError, match="INVALID_CREDENTIALS"):
        await people.sign_in(gertrude, "a guess")


async def test_whoever_signs_in_while_being_suspended_keeps_no_session(people: People) -> None:
    gertrude = await people.add("gertrude")
    sign_in, _suspended = await asyncio.gather(
        people.sign_in(gertrude), people.administration.suspend(gertrude.id, None), return_exceptions=True
    )
    if isinstance(sign_in, SignedIn):
        assert await _refresh(people, sign_in.refresh_token) == "ACCOUNT_SUSPENDED"
    assert not any(each.lasts(datetime.now(UTC)) for each in await _kept(people, gertrude))


async def test_expired_tokens_are_worthless(database: Database) -> None:
    async with People.of(database, refresh_idle=0.000001) as people:
        signed_in = await people.sign_in(await people.add("gertrude"))
        assert await _refresh(people, signed_in.refresh_token) == "INVALID_REFRESH_TOKEN"


async def test_nobody_signs_in_with_a_password_that_is_replaced_meanwhile(people: People) -> None:
    gertrude = await people.add("gertrude")
    renewed = await people.passwords.hash("another password")
    checked, replaced = asyncio.Event(), asyncio.Event()
    check = people.passwords.check

    async def slow_check(password: str, password_hash: str | None) -> bool:
        found = await check(password, password_hash)
        checked.set()
        await replaced.wait()
        return found

    people.passwords.check = slow_check  # type: ignore[method-assign]
    signing_in = asyncio.create_task(people.sign_in(gertrude))
    await asyncio.wait_for(checked.wait(), 10)
    async with people.database.write() as session:
        await accounts.set_password_hash(session, gertrude.id, renewed)
    replaced.set()
    with pytest.raises(HamletError, match="INVALID_CREDENTIALS"):
        await signing_in
    assert await _kept(people, gertrude) == []


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="families-"))
    atexit.register(shutil.rmtree, folder)
    upgrade(f"sqlite:///{folder / 'migrated.db'}", MIGRATIONS)
    return folder / "migrated.db"


class Families(RuleBasedStateMachine):
    """Sign-ins, refreshes, replays and sign-outs of one account, in any order.

    The model: each token's family, the one token of each family that works, and the families that have ended.
    """

    tokens = Bundle("tokens")

    @initialize()
    def begin(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / "account.db"
        shutil.copy(_template(), path)
        self._runner, self._stack = asyncio.Runner(), AsyncExitStack()
        self._family: dict[str, int] = {}
        self._works: dict[int, str] = {}
        self._run(self._open(f"sqlite:///{path}"))

    @rule(target=tokens)
    def sign_in(self) -> str:
        token = self._run(self._start())
        family = len(set(self._family.values()))
        self._family[token], self._works[family] = family, token
        return token

    @rule(target=tokens, token=tokens)
    def present(self, token: str) -> str:
        family = self._family[token]
        answer = self._run(_refresh(self._people, token))
        if self._works.get(family) == token:
            assert answer != "INVALID_REFRESH_TOKEN"
            self._family[answer], self._works[family] = family, answer
            return answer
        assert answer == "INVALID_REFRESH_TOKEN"
        self._works.pop(family, None)
        return token

    @rule(token=tokens)
    def sign_out(self, token: str) -> None:
        self._run(self._people.signing_in.sign_out(token))
        self._works.pop(self._family[token], None)

    @rule(text=st.text(max_size=20))
    def present_nonsense(self, text: str) -> None:
        assert self._run(_refresh(self._people, text)) == "INVALID_REFRESH_TOKEN"

    def teardown(self) -> None:
        if not hasattr(self, "_runner"):
            return
        lasting = {each.id for each in self._run(_kept(self._people, self._account)) if each.ended_at is None}
        assert len(lasting) == len(self._works)
        self._run(self._stack.aclose())
        self._runner.close()
        self._folder.cleanup()

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(work)

    async def _open(self, url: str) -> None:
        database = await self._stack.enter_async_context(Database(url))
        self._people = await self._stack.enter_async_context(People.of(database))
        self._account = await self._people.add("gertrude")

    async def _start(self) -> str:
        async with self._people.database.write() as session:
            signed_in = await self._people.signing_in.start(session, self._account, datetime.now(UTC))
        return signed_in.refresh_token


TestFamilies = pytest.mark.slow(Families.TestCase)
TestFamilies.settings = hypothesis_settings(max_examples=25, stateful_step_count=20, deadline=None, derandomize=True)
