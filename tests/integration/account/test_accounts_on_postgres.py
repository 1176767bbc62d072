"""The main way of an account through the whole service on PostgreSQL, with two replicas."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hamlet.account.v1 import account_service_pb2 as own

from mesh.testing.postgres import postgres_server
from services.storage.ids import uuid7
from tests.integration.account.elsinore import elsinore, me, refusal


@pytest.mark.slow
async def test_two_replicas_on_postgres_share_people_sessions_and_keys(tmp_path: Path) -> None:
    with postgres_server() as postgres:
        environment = {"HAMLET_ACCOUNT_DATABASE_URL": postgres.create("account")}
        async with AsyncExitStack() as stack:
            for name in ("one", "two"):
                (tmp_path / name).mkdir()
            one = await stack.enter_async_context(elsinore(tmp_path / "one", environment))
            two = await stack.enter_async_context(elsinore(tmp_path / "two", environment))
            request_id = uuid7()
            ophelia = await one.register("ophelia", request_id=request_id)
            assert await two.register("ophelia", request_id=request_id) == ophelia
            session = await two.sign_in("ophelia")
            refreshed = await one.refresh(session)
            assert (await refusal(two.refresh(session))).spec.reason == "INVALID_REFRESH_TOKEN"
            assert (await refusal(one.refresh(refreshed))).spec.reason == "INVALID_REFRESH_TOKEN"
            await two.accounts(me(ophelia)).DeleteAccount(own.DeleteAccountRequest(account_id="me"))
            get = one.accounts(me(ophelia)).GetAccount(own.GetAccountRequest(account_id="me"))
            assert (await refusal(get)).spec.reason == "ACCOUNT_NOT_FOUND"
