"""Work on a stream with a bounded number of pieces under way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

__all__ = ["as_they_are_ready"]

Piece = TypeVar("Piece")
Done = TypeVar("Done")


async def as_they_are_ready(
    pieces: AsyncIterator[Piece], work: Callable[[Piece], Awaitable[Done]], window: int
) -> AsyncIterator[Done]:
    """Yields each result when it is ready, in any order. No more than `window` pieces are read ahead of the results
    that were taken, so that a fast sender is slowed down instead of filling the memory.

    Raises:
        Exception: the first that `work` or the stream raised; what is under way is cancelled.
    """
    under_way: set[asyncio.Task[Done]] = set()
    reading: asyncio.Task[Piece] | None = asyncio.ensure_future(anext(pieces))
    try:
        while reading is not None or under_way:
            waiting = {*under_way, *({reading} if reading is not None and len(under_way) < window else ())}
            finished, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if reading is not None and reading in finished:
                reading = _start(reading, under_way, work, pieces)
            for task in finished & under_way:
                under_way.discard(task)
                yield task.result()
    finally:
        for task in (*under_way, *((reading,) if reading is not None else ())):
            task.cancel()


def _start(
    read: asyncio.Task[Piece],
    under_way: set[asyncio.Task[Done]],
    work: Callable[[Piece], Awaitable[Done]],
    pieces: AsyncIterator[Piece],
) -> asyncio.Task[Piece] | None:
    """Begins with what was read and reads on; None at the end of the stream."""
    try:
        piece = read.result()
    except StopAsyncIteration:
        return None
    under_way.add(asyncio.ensure_future(work(piece)))
    return asyncio.ensure_future(anext(pieces))
