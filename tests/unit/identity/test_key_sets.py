"""Keys are fetched seldom, renewed in time, and outlive a publisher that is away."""

import asyncio
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from mesh.errors import ErrorReason, HamletError
from mesh.identity.keyset import RemoteKeySet


class Publisher:
    def __init__(self) -> None:
        self.kids = ["one"]
        self.fetched = 0
        self.away = False

    async def fetch(self) -> dict[str, Any]:
        self.fetched += 1
        await asyncio.sleep(0)
        if self.away:
            raise OSError("nobody there")
        return {"keys": [{**OKPKey.generate_key("Ed25519").as_dict(private=False), "kid": kid} for kid in self.kids]}


async def test_a_set_is_fetched_once_for_many_at_once() -> None:
    publisher = Publisher()
    keys = RemoteKeySet(publisher.fetch, fresh_seconds=60)
    found = await asyncio.gather(*(keys.key("one") for _ in range(50)))
    assert all(found)
    assert publisher.fetched == 1


async def test_a_flood_of_made_up_ids_is_one_fetch() -> None:
    publisher = Publisher()
    keys = RemoteKeySet(publisher.fetch, fresh_seconds=60, unknown_seconds=60)
    assert await keys.key("one")
    assert not any([await keys.key(f"made-up-{n}") for n in range(500)])
    assert publisher.fetched == 1


async def test_a_new_key_is_found_before_its_time() -> None:
    publisher = Publisher()
    keys = RemoteKeySet(publisher.fetch, fresh_seconds=60, unknown_seconds=0)
    assert await keys.key("one")
    publisher.kids.append("two")
    assert await keys.key("two")


async def test_the_last_good_set_serves_while_the_publisher_is_away() -> None:
    publisher = Publisher()
    keys = RemoteKeySet(publisher.fetch, fresh_seconds=0, unknown_seconds=0)
    assert await keys.key("one")
    publisher.away = True
    for _ in range(5):
        assert await keys.key("one")
    assert await keys.key("two") is None


async def test_without_any_set_nobody_is_called_a_forger() -> None:
    publisher = Publisher()
    publisher.away = True
    keys = RemoteKeySet(publisher.fetch)
    with pytest.raises(HamletError) as unknown:
        await keys.key("one")
    assert unknown.value.reason == ErrorReason.ERROR_REASON_UNAVAILABLE


async def test_a_caller_that_gives_up_does_not_stop_the_fetch_of_the_others() -> None:
    publisher = Publisher()
    keys = RemoteKeySet(publisher.fetch, fresh_seconds=60)
    impatient = asyncio.create_task(keys.key("one"))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await keys.key("one")
    assert publisher.fetched == 1
