"""Wires the spam service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from grpc_health.v1 import health_pb2
from hamlet.spam.v1 import spam_service_pb2

from mesh.runtime import Runtime
from mesh.server import Server
from model.batcher import Batcher
from model.bundle import default_bundle, load_bundle
from model.engine import Engine
from model.errors import ModelError
from services.spam.filter import Filter
from services.spam.observer import BatchTelemetry
from services.spam.servicer import SpamServicer
from services.spam.settings import SpamSettings

__all__ = ["spam"]

_log = structlog.get_logger(__name__)
_SERVICE = spam_service_pb2.DESCRIPTOR.services_by_name["SpamService"]


@asynccontextmanager
async def spam(runtime: Runtime, server: Server) -> AsyncIterator[None]:
    """Adds the filter to the server. Without a sound model it answers FILTER_UNAVAILABLE and is not healthy."""
    settings = SpamSettings()
    telemetry = runtime.telemetry
    async with AsyncExitStack() as stack:
        engine = await asyncio.to_thread(_engine, settings)
        batcher = None
        if engine is not None:
            batcher = Batcher(
                engine,
                max_batch=settings.max_batch,
                max_wait=settings.max_wait,
                max_queue=settings.max_queue,
                observer=BatchTelemetry(telemetry),
            )
            await stack.enter_async_context(batcher)
        server.add_service(_SERVICE, SpamServicer(Filter(telemetry.tracer, engine, batcher), settings.stream_window))
        if engine is None:
            for name in ("", _SERVICE.full_name):
                await server.health.set(name, health_pb2.HealthCheckResponse.NOT_SERVING)
        yield


def _engine(settings: SpamSettings) -> Engine | None:
    try:
        engine = Engine(load_bundle(settings.bundle or default_bundle()), settings.device)
    except ModelError as error:
        _log.error(
            "no model, so no verdicts",
            error_type=type(error).__qualname__,
            problem=str(error),
            mend="see HAMLET_SPAM_BUNDLE and HAMLET_SPAM_DEVICE",
        )
        return None
    _log.info("model loaded", model=engine.version, device=str(engine.device))
    return engine
