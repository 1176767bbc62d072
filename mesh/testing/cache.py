"""A real nginx on a free port, in front of whatever a test has put on a Unix socket."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from mesh.edge.cache import CachedRoute, CacheProcess, CacheSettings
from mesh.edge.doors import REST_SOCKET
from mesh.edge.settings import EdgeSettings

__all__ = ["running_cache"]


@asynccontextmanager
async def running_cache(
    routes: Sequence[CachedRoute],
    folder: Path,
    settings: EdgeSettings | None = None,
    cache: CacheSettings | None = None,
) -> AsyncIterator[CacheProcess]:
    """Runs the cache until the block ends. Whatever `settings` say, it listens on a free port of the loopback.

    Args:
        folder: the edge's, where the upstream's socket is.
    """
    settings = (settings or EdgeSettings(drain_seconds=1.0)).model_copy(update={"listen": "127.0.0.1:0"})
    process = CacheProcess(
        routes, settings, cache or CacheSettings(), folder=folder, upstream=REST_SOCKET, logs=folder / "log"
    )
    try:
        await process.start()
        yield process
    finally:
        await process.stop()
