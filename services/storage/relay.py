"""The loop that works an outbox off."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog

from mesh.errors import HamletError
from services.storage.backoff import Backoff
from services.storage.database import Database
from services.storage.outbox import Outbox, OutboxMessage

__all__ = ["Handler", "Relay"]

Handler = Callable[[OutboxMessage], Awaitable[None]]

_log = structlog.get_logger(__name__)
# A handler is stopped before its lease ends, so that two never work on one message at the same time.
_SHARE_OF_LEASE = 0.8


class Relay:
    """Gives due messages to their handlers, at least once, until stopped.

    A handler that returns has done its message. One that raises gets it again later: nothing is ever given up, so a
    message that can never succeed has to be recognised by its handler. Handlers may call `outbox.done` in the
    transaction of their effect; that the relay does so again is harmless.

    Args:
        handlers: by topic. Messages of other topics are left to others.
        concurrency: messages handled at once.
        lease: seconds; how long a message of a relay that died stays hidden. Handlers get 80 % of it.
        poll: seconds between looks at the table when nobody calls `wake()`.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        handlers: Mapping[str, Handler],
        *,
        concurrency: int = 4,
        lease: float = 30.0,
        poll: float = 1.0,
        backoff: Backoff | None = None,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._handlers = dict(handlers)
        self._concurrency = concurrency
        self._lease = lease
        self._poll = poll
        self._backoff = backoff or Backoff()
        self._woken = asyncio.Event()
        self._stopping = False
        self._running: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look at the table now: call it after a commit that enqueued something due."""
        self._woken.set()

    async def run(self) -> None:
        """Works until `stop()`; then returns when the handlers at work have ended. Cancelling it cancels them."""
        failures = 0
        try:
            while not self._stopping:
                self._woken.clear()
                try:
                    claimed = await self._claim()
                    failures = 0
                except HamletError as error:
                    failures += 1
                    _log.warning("outbox.claim_failed", reason=error.spec.reason, debug=error.debug)
                    claimed = []
                for message in claimed:
                    self._start(message)
                if not claimed or len(self._running) >= self._concurrency:
                    await self._rest(self._poll if failures == 0 else self._backoff.delay(failures))
            await asyncio.gather(*self._running)
        finally:
            await self._cancel_running()

    def stop(self) -> None:
        """Claims nothing more. `run()` ends with its last handler."""
        self._stopping = True
        self._woken.set()

    async def _claim(self) -> list[OutboxMessage]:
        free = self._concurrency - len(self._running)
        if free <= 0:
            return []
        async with self._database.write() as session:
            lease = timedelta(seconds=self._lease)
            return await self._outbox.claim(session, free, lease, topics=frozenset(self._handlers))

    def _start(self, message: OutboxMessage) -> None:
        task = asyncio.create_task(self._deliver(message), name=f"outbox-{message.topic}")
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._woken.set()

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    async def _deliver(self, message: OutboxMessage) -> None:
        try:
            async with asyncio.timeout(self._lease * _SHARE_OF_LEASE):
                await self._handlers[message.topic](message)
        except Exception as error:  # noqa: BLE001, RUF100 - whatever a handler does, the relay goes on
            await self._postpone(message, error)
        else:
            await self._settle(message)

    async def _settle(self, message: OutboxMessage) -> None:
        try:
            async with self._database.write() as session:
                await self._outbox.done(session, message.id)
        except HamletError as error:
            # The lease ends by itself and the message comes again, which its handler expects.
            _log.warning("outbox.done_failed", topic=message.topic, reason=error.spec.reason, debug=error.debug)

    async def _postpone(self, message: OutboxMessage, error: Exception) -> None:
        asked = error.retry_after if isinstance(error, HamletError) else None
        delay = self._backoff.delay(message.attempts, at_least=asked or 0.0)
        reason = error.spec.reason if isinstance(error, HamletError) else type(error).__name__
        _log.warning(
            "outbox.delivery_failed", topic=message.topic, reason=reason, attempts=message.attempts, delay=delay
        )
        with contextlib.suppress(HamletError):
            async with self._database.write() as session:
                await self._outbox.retry(session, message.id, timedelta(seconds=delay))

    async def _cancel_running(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
