"""Steady requests at the edge while something is done to it, and what became of them."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import grpc
import httpx

__all__ = ["over_rest", "serving", "under_load"]


@asynccontextmanager
async def under_load(
    *calls: Callable[[], Awaitable[str]], each: int = 3, pause: float = 0.0
) -> AsyncIterator[Counter[str]]:
    """Repeats each call until the block ends, and counts how they ended: "ok" or what went wrong.

    Args:
        each: how many repeat a call.
        pause: seconds between two calls of one, so that what is started meanwhile gets its turn.
    """
    ended: Counter[str] = Counter()
    stopping = asyncio.Event()

    async def repeat(call: Callable[[], Awaitable[str]]) -> None:
        while not stopping.is_set():
            try:
                ended[await call()] += 1
            except (httpx.HTTPError, grpc.RpcError) as error:
                ended[repr(error)] += 1
            await asyncio.sleep(pause)

    tasks = [asyncio.create_task(repeat(call)) for call in calls for _ in range(each)]
    try:
        yield ended
    finally:
        stopping.set()
        await asyncio.gather(*tasks)


async def over_rest(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path)
    return "ok" if answer.status_code == 200 else f"{answer.status_code} {answer.text}"


async def serving(rest: httpx.AsyncClient) -> None:
    """Returns once the edge does."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await rest.get("/docs")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
