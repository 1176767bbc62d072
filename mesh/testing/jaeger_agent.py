"""A Jaeger agent for tests: takes Thrift over UDP, as jaeger-client sends it, and makes it the spans that we read."""

import asyncio
from collections.abc import Iterator
from typing import Any

from jaeger_client.thrift_gen.agent import Agent
from thrift.protocol.TCompactProtocol import TCompactProtocol
from thrift.transport.TTransport import TMemoryBuffer

from mesh.telemetry.spans import SpanRecord

__all__ = ["JaegerAgent"]

_UNSIGNED = (1 << 64) - 1


class JaegerAgent(asyncio.DatagramProtocol):
    """Listens on a free UDP port. Use it as an async context manager."""

    def __init__(self) -> None:
        self.spans: list[SpanRecord] = []
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._arrived = asyncio.Event()

    async def __aenter__(self) -> "JaegerAgent":
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        protocol = TCompactProtocol(TMemoryBuffer(data))
        protocol.readMessageBegin()
        arguments: Any = Agent.emitBatch_args()  # type: ignore[no-untyped-call]
        arguments.read(protocol)
        protocol.readMessageEnd()
        self.spans.extend(_records(arguments.batch))
        self._arrived.set()

    async def wait_for(self, number: int, timeout: float = 10.0) -> list[SpanRecord]:  # noqa: ASYNC109
        """The spans received, once there are `number`.

        Raises:
            TimeoutError: they did not come within `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            while len(self.spans) < number:
                self._arrived.clear()
                await self._arrived.wait()
        return self.spans


def _records(batch: Any) -> Iterator[SpanRecord]:
    for span in batch.spans:
        tags = {tag.key: tag.vStr for tag in span.tags or () if tag.vStr is not None}
        yield SpanRecord(
            trace_id=f"{span.traceIdHigh & _UNSIGNED:016x}{span.traceIdLow & _UNSIGNED:016x}",
            span_id=_span_id(span.spanId),
            parent_id=_span_id(span.parentSpanId) if span.parentSpanId else "",
            service=batch.process.serviceName,
            name=span.operationName,
            kind=tags.get("span.kind", "internal").upper(),
            status="UNSET",
            started=span.startTime * 1000,
            ended=(span.startTime + span.duration) * 1000,
        )


def _span_id(number: int) -> str:
    return f"{number & _UNSIGNED:016x}"
