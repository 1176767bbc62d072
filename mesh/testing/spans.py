"""Spans as tests see them: recorded in process, with a count of those that were started and never ended."""

import asyncio
from collections.abc import Callable

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

__all__ = ["SpanRecorder"]


class SpanRecorder(SpanProcessor):
    """Keeps every span that ended, and knows which did not."""

    def __init__(self) -> None:
        self.ended: list[ReadableSpan] = []
        self._open: dict[int, Span] = {}
        self._changed = asyncio.Event()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        self._open[_id(span)] = span

    def on_end(self, span: ReadableSpan) -> None:
        self._open.pop(_id(span), None)
        self.ended.append(span)
        self._changed.set()

    @property
    def unfinished(self) -> list[str]:
        """Names of the spans that were started and have not ended."""
        return [span.name for span in self._open.values()]

    async def wait_for(self, number: int, timeout: float = 5.0) -> list[ReadableSpan]:  # noqa: ASYNC109
        """The spans that ended, once there are `number` of them and none is open.

        Raises:
            AssertionError: they did not end within `timeout` seconds.
        """
        return await self.wait_until(lambda: len(self.ended) >= number and not self._open, timeout)

    async def wait_until(self, ready: Callable[[], bool], timeout: float = 5.0) -> list[ReadableSpan]:  # noqa: ASYNC109
        """The spans that ended, once `ready` says so.

        Raises:
            AssertionError: it did not within `timeout` seconds.
        """
        try:
            async with asyncio.timeout(timeout):
                while not ready():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            names = [span.name for span in self.ended]
            raise AssertionError(f"ended: {names}; unfinished: {self.unfinished}") from None
        return self.ended


def _id(span: ReadableSpan) -> int:
    assert span.context is not None  # noqa: S101
    return int(span.context.span_id)
