"""Which pages' scripts may call: those of the origins that the operator named, with gRPC-Web's headers."""

from typing import Any

import httpx
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

ORIGIN = "https://blog.example"
STRANGER = "https://blog.example.evil"


def preflight(origin: str) -> dict[str, str]:
    return {"origin": origin, "access-control-request-method": "PATCH"}


@pytest.mark.parametrize("path", ["/v1/accounts/me", "/hamlet.blog.v1.PostReadingService/GetPost"])
async def test_a_preflight_of_a_named_origin_is_granted(rest: httpx.AsyncClient, path: str) -> None:
    answer = await rest.options(path, headers=preflight(ORIGIN))
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert {"authorization", "x-grpc-web"} <= set(answer.headers["access-control-allow-headers"].split(", "))
    assert "access-control-allow-credentials" not in answer.headers


async def test_a_preflight_of_a_stranger_is_not(rest: httpx.AsyncClient) -> None:
    answer = await rest.options("/v1/accounts/me", headers=preflight(STRANGER))
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/v1/posts", "/v1/accounts/me", "/v1/nothing", "/v1/posts?colour=red"])
async def test_a_page_of_a_named_origin_can_read_answers_and_errors(
    rest: httpx.AsyncClient, stage: Any, path: str
) -> None:
    answer = await rest.get(path, headers={"origin": ORIGIN})
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    stranger = await rest.get(path, headers={"origin": STRANGER})
    assert "access-control-allow-origin" not in stranger.headers
