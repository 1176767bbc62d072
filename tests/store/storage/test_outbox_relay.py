"""The relay delivers at least once, whatever its handlers and the database do."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from mesh.errors import ErrorReason, HamletError
from mesh.testing.postgres import PostgresServer
from services.storage.backoff import Backoff
from services.storage.database import Database
from services.storage.outbox import OutboxMessage
from services.storage.relay import Handler, Relay
from tests.store.storage.notes import outbox

_FAST = Backoff(first=0.01, at_most=0.02)


@asynccontextmanager
async def _running(relay: Relay) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(relay.run())
    try:
        yield task
    finally:
        relay.stop()
        await asyncio.wait_for(task, 10)


def _relay(database: Database, handler: Handler, *, poll: float = 0.02, lease: float = 5.0) -> Relay:
    return Relay(database, outbox, {"judge": handler}, backoff=_FAST, poll=poll, lease=lease)


async def _enqueue(database: Database, count: int) -> None:
    async with database.write() as session:
        for number in range(count):
            await outbox.enqueue(session, "judge", str(number))


async def _depth(database: Database) -> int:
    async with database.read() as session:
        return (await outbox.backlog(session)).depth


class _Recorder:
    """Counts deliveries by key; `fails` says which attempts raise what."""

    def __init__(self, expected: int, fails: Callable[[OutboxMessage], Exception | None] = lambda _: None) -> None:
        self.delivered: Counter[str] = Counter()
        self._expected = expected
        self._all = asyncio.Event()
        self._fails = fails

    async def all_delivered(self) -> None:
        await asyncio.wait_for(self._all.wait(), 20)

    async def __call__(self, message: OutboxMessage) -> None:
        error = self._fails(message)
        if error is not None:
            raise error
        self.delivered[message.key] += 1
        if self.delivered.total() >= self._expected:
            self._all.set()


async def test_everything_is_delivered_once_when_nothing_fails(database: Database) -> None:
    await _enqueue(database, 50)
    recorder = _Recorder(50)
    async with _running(_relay(database, recorder)):
        await recorder.all_delivered()
    assert recorder.delivered == Counter(map(str, range(50)))
    assert await _depth(database) == 0


async def test_two_relays_share_the_work_without_doing_it_twice(database: Database) -> None:
    await _enqueue(database, 50)
    recorder = _Recorder(50)
    async with _running(_relay(database, recorder)), _running(_relay(database, recorder)):
        await recorder.all_delivered()
    assert recorder.delivered == Counter(map(str, range(50)))


async def test_a_handler_that_raises_gets_the_message_again(database: Database) -> None:
    await _enqueue(database, 10)
    errors: list[Exception] = [RuntimeError("first"), HamletError(ErrorReason.ERROR_REASON_FILTER_UNAVAILABLE)]
    recorder = _Recorder(10, lambda message: errors[message.attempts - 1] if message.attempts < 3 else None)
    async with _running(_relay(database, recorder)):
        await recorder.all_delivered()
    assert recorder.delivered == Counter(map(str, range(10)))
    assert await _depth(database) == 0


async def test_a_wake_up_spares_the_wait_for_the_next_poll(database: Database) -> None:
    delivered = asyncio.Event()

    async def handle(_message: OutboxMessage) -> None:
        delivered.set()

    relay = _relay(database, handle, poll=60.0)
    async with _running(relay):
        await _enqueue(database, 1)
        relay.wake()
        await asyncio.wait_for(delivered.wait(), 5)


async def test_a_stop_waits_for_the_handlers_at_work(database: Database) -> None:
    await _enqueue(database, 1)
    started, finish = asyncio.Event(), asyncio.Event()

    async def handle(_message: OutboxMessage) -> None:
        started.set()
        await finish.wait()

    relay = _relay(database, handle)
    task = asyncio.create_task(relay.run())
    await asyncio.wait_for(started.wait(), 5)
    relay.stop()
    assert not task.done()
    finish.set()
    await asyncio.wait_for(task, 5)
    assert await _depth(database) == 0


async def test_a_relay_that_is_killed_loses_nothing(database: Database) -> None:
    await _enqueue(database, 3)
    started = asyncio.Event()

    async def hang(_message: OutboxMessage) -> None:
        started.set()
        await asyncio.Event().wait()

    killed = asyncio.create_task(_relay(database, hang, lease=0.5).run())
    await asyncio.wait_for(started.wait(), 5)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    recorder = _Recorder(3)
    async with _running(_relay(database, recorder)):
        await recorder.all_delivered()
    assert recorder.delivered == Counter(["0", "1", "2"])
    assert await _depth(database) == 0


async def test_a_handler_that_hangs_is_ended_before_its_lease(database: Database) -> None:
    await _enqueue(database, 1)
    attempts: list[int] = []
    handled = asyncio.Event()

    async def hang_once(message: OutboxMessage) -> None:
        attempts.append(message.attempts)
        if message.attempts == 1:
            await asyncio.Event().wait()
        handled.set()

    async with _running(_relay(database, hang_once, lease=0.5)):
        await asyncio.wait_for(handled.wait(), 5)
    assert attempts == [1, 2]
    assert await _depth(database) == 0


async def test_messages_of_other_topics_stay(database: Database) -> None:
    async with database.write() as session:
        await outbox.enqueue(session, "erase", "a")
    await _enqueue(database, 1)
    recorder = _Recorder(1)
    async with _running(_relay(database, recorder)):
        await recorder.all_delivered()
    assert recorder.delivered == Counter(["0"])
    assert await _depth(database) == 1


@pytest.mark.slow
async def test_the_relay_survives_a_database_that_goes_away(postgres: PostgresServer) -> None:
    url = postgres.create("relayed")
    async with Database(url) as database:
        async with database.write() as session:
            await session.run_sync(lambda sync: outbox.table.create(sync.connection()))
        recorder = _Recorder(3)
        async with _running(_relay(database, recorder)):
            await asyncio.to_thread(postgres.stop)
            with pytest.raises(HamletError, match="UNAVAILABLE"):
                await database.ping()
            await asyncio.to_thread(postgres.start)
            await _enqueue(database, 3)
            await recorder.all_delivered()
        assert recorder.delivered == Counter(["0", "1", "2"])
    postgres.drop("relayed")
