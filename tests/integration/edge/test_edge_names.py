"""Services are found by name, also by one with addresses of which some answer: `localhost` has two."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hamlet.blog.v1.post_pb2 import Post

from mesh.edge import EdgeSettings, Upstream, Village
from mesh.testing.envoy import running_edge

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

GET_POST = "/v1/posts/01890a5d-ac96-774b-bcce-b302099a8057"


async def test_the_address_at_which_a_service_answers_is_found(
    session_village: Village, stage: Any, folder: Path
) -> None:
    stage.answers["GetPost"] = Post()
    named = [
        Upstream(each.name, tuple(address.replace("127.0.0.1", "localhost") for address in each.addresses))
        for each in session_village.upstreams
    ]
    assert all("localhost" in address for each in named for address in each.addresses)
    async with (
        running_edge(replace(session_village, upstreams=named), folder, EdgeSettings(concurrency=1)) as edge,
        httpx.AsyncClient(base_url=edge.url) as rest,
        asyncio.timeout(10),
    ):
        # Once the first health checks are over, every call is answered.
        while (await rest.get(GET_POST)).status_code != 200:
            await asyncio.sleep(0.1)
        assert [(await rest.get(GET_POST)).status_code for _ in range(20)] == [200] * 20
