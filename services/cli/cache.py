"""`python -m services.cli.cache`: the cache as a process; runs nginx in front of the edge until SIGTERM.

SIGHUP replaces nginx by a new one, and loses no connection. So does another of these that is started beside it: it
takes the sockets over, and this one drains and ends (`mesh.edge.succession`).
"""

import asyncio
import contextlib
import signal
import sys

import structlog

from mesh.edge import EdgeSettings
from mesh.edge.cache import CacheProcess, CacheSettings, LogFiles, NginxDiedError, Tally, cached_routes, tally_codes
from mesh.edge.cache.metrics import observe_cache
from mesh.edge.doors import REST_SOCKET
from mesh.edge.exposure import public_methods
from mesh.edge.succession import Succession, SuccessionError
from mesh.settings import MeshSettings
from mesh.telemetry import configure_logs, setup
from services.cli.edge import village

__all__: list[str] = []

_LINE = "cache.line"
_LOOK_SECONDS = 1.0
_TALLY_BYTES = 1 << 20
_log = structlog.get_logger(__name__)


async def _run() -> int:
    mesh, settings, cache = MeshSettings(), EdgeSettings(), CacheSettings()
    routes = cached_routes(public_methods(village(mesh).services))
    home = mesh.home.absolute()
    process = CacheProcess(routes, settings, cache, folder=home / "edge", upstream=REST_SOCKET, logs=home / "log")
    tally = Tally(process.tally, tally_codes(routes))
    telemetry = setup("cache")
    observe_cache(telemetry.meter_provider.get_meter("hamlet.edge.cache"), tally, process.kept)
    host, _, port = cache.metrics_listen.rpartition(":")
    succession = Succession(home / "edge", _LINE)
    try:
        estate = await succession.inherit()
        await process.start(estate)
        await succession.take_over()
        if estate is not None:
            # Counters of a new process begin with nothing.
            LogFiles({process.tally: -1}, process.reopen_logs).bound()
        files = LogFiles({process.requests: cache.log_bytes, process.tally: _TALLY_BYTES}, process.reopen_logs)
        with contextlib.closing(telemetry.serve_metrics(host, int(port))):
            _log.info("serving", address=process.address, after_another=estate is not None)
            status = await _until_told(process, succession, asyncio.create_task(_look_after(tally, files, process)))
        succession.let_go()
        _log.info("draining")
        await process.stop()
        return status
    except (NginxDiedError, SuccessionError, OSError) as error:
        _log.error("the cache does not start", said=str(error))
        return 1


async def _until_told(process: CacheProcess, succession: Succession, looking: asyncio.Task[None]) -> int:
    """Until SIGTERM or a successor, or until nginx has ended by itself, which the supervisor mends by starting us
    again. Returns the exit status."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    replacements: set[asyncio.Task[None]] = set()
    loop.add_signal_handler(signal.SIGHUP, lambda: replacements.add(asyncio.create_task(_replace(process))))
    ended = asyncio.create_task(process.wait())
    told = [asyncio.create_task(stop.wait()), asyncio.create_task(succession.until_followed(process.handing_over))]
    await asyncio.wait({ended, looking, *told}, return_when=asyncio.FIRST_COMPLETED)
    for task in (*told, *replacements):
        if task.done():
            task.result()
        task.cancel()
    if ended.done():
        return ended.result() or 1
    if looking.done():
        looking.result()
    looking.cancel()
    ended.cancel()
    return 0


async def _replace(process: CacheProcess) -> None:
    try:
        await process.replace()
    except (NginxDiedError, TimeoutError) as error:
        _log.error("the new nginx did not come up, the old one serves on", said=str(error))


async def _look_after(tally: Tally, files: LogFiles, process: CacheProcess) -> None:
    moved = False
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        tally.read()
        moved = process.tally in files.bound() or (moved and not tally.follow())


if __name__ == "__main__":
    configure_logs("cache")
    sys.exit(asyncio.run(_run()))
