"""The cache as a process that can be followed by another without a connection lost."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mesh.edge.cache.fetch import FETCH_SOCKET
from mesh.edge.cache.nginx import Nginx
from mesh.edge.cache.render import Places, render
from mesh.edge.cache.routes import CachedRoute
from mesh.edge.cache.settings import CacheSettings
from mesh.edge.cache.sockets import InheritedSockets
from mesh.edge.settings import EdgeSettings
from mesh.edge.succession import Estate

__all__ = ["CacheProcess"]

_KEPT = "hamlet-answers"


class CacheProcess:
    """nginx in front of Envoy. Restarting it when it ends by itself is the supervisor's business.

    Args:
        routes: from `cached_routes`.
        folder: the edge's, where Envoy's socket is; what nginx needs lies in `cache` below it.
        upstream: Envoy's REST socket, relative to `folder`.
        logs: the folder of the access log and the tally.
    """

    def __init__(
        self,
        routes: Sequence[CachedRoute],
        settings: EdgeSettings,
        cache: CacheSettings,
        *,
        folder: Path,
        upstream: str,
        logs: Path,
    ) -> None:
        self._routes, self._settings, self._cache = routes, settings, cache
        self._folder, self._upstream = folder.resolve(), upstream
        self.requests, self.tally = logs.resolve() / "cache-requests.log", logs.resolve() / "cache-tally.log"
        self.kept = (cache.folder or self._folder / "cache").resolve() / _KEPT
        self._sockets: InheritedSockets | None = None
        self._nginx: Nginx | None = None
        self._number = 0
        self._replacing = asyncio.Lock()

    @property
    def address(self) -> str:
        """`host:port` of the front door."""
        return self._opened().address

    @property
    def pid(self) -> int:
        return self._serving().pid

    async def start(self, estate: Estate | None = None) -> None:
        """Starts with an empty cache; what an earlier process kept is too old to be of use.

        Args:
            estate: of a process that runs and is to be followed.

        Raises:
            NginxDiedError: nginx refuses its configuration.
            OSError: the address is taken.
            SuccessionError: the settings want other sockets than `estate` has.
        """
        if estate is None:
            self._begin()
        else:
            estate.refuse_change(**self._decisive)
            self._sockets = InheritedSockets.inherited(estate.words["address"], estate.sockets)
            self._number = estate.words["number"]
        self._nginx = await self._next()

    @asynccontextmanager
    async def handing_over(self) -> AsyncIterator[Estate]:
        """What a successor starts with; nothing of it changes until the block ends."""
        async with self._replacing:
            words = {**self._decisive, "address": self.address, "number": self._number}
            yield Estate(words, self._opened().each)

    def _begin(self) -> None:
        shutil.rmtree(self._folder / "cache", ignore_errors=True)
        shutil.rmtree(self.kept, ignore_errors=True)
        (self._folder / "cache").mkdir(parents=True)
        self.requests.parent.mkdir(parents=True, exist_ok=True)
        self.kept.mkdir(parents=True, mode=0o700)
        self._sockets = InheritedSockets.open(
            self._settings.listen, self._settings.concurrency, self._folder, f"cache/{FETCH_SOCKET}"
        )

    async def replace(self) -> None:
        """Starts another nginx on the same sockets, and lets the one before finish what it has begun.

        Raises:
            NginxDiedError: the new one did not come up; the old one serves on.
        """
        async with self._replacing:
            new, old = await self._next(), self._serving()
            self._nginx = new
            await old.leave(self._grace)
            shutil.rmtree(old.own, ignore_errors=True)

    async def wait(self) -> int:
        """Waits until nginx has ended by itself. Returns its exit status."""
        while True:
            watched = self._serving()
            status = await watched.wait()
            async with self._replacing:
                if watched is self._nginx:
                    return status

    def reopen_logs(self) -> None:
        self._serving().signal(signal.SIGUSR1)

    async def stop(self) -> None:
        """Lets requests in flight finish, for at most the drain time."""
        if self._nginx is not None:
            await self._nginx.leave(self._grace)
            shutil.rmtree(self._nginx.own, ignore_errors=True)
        if self._sockets is not None:
            self._sockets.close()

    @property
    def _decisive(self) -> dict[str, Any]:
        """The settings that decide which sockets there are."""
        return {"HAMLET_EDGE_LISTEN": self._settings.listen, "HAMLET_EDGE_CONCURRENCY": self._settings.concurrency}

    @property
    def _grace(self) -> float:
        # nginx itself ends what is left of its requests when the drain time is over.
        return self._settings.drain_seconds + 3.0

    async def _next(self) -> Nginx:
        self._number += 1
        own = self._folder / "cache" / str(self._number)
        own.mkdir()
        places = Places(
            listen=self._opened().address,
            fetch=f"cache/{FETCH_SOCKET}",
            upstream=self._upstream,
            ready=f"cache/{self._number}/ready.sock",
            own=own,
            kept=self.kept,
            requests=self.requests,
            tally=self.tally,
        )
        configuration = own / "nginx.conf"
        configuration.write_text(render(self._routes, self._settings, self._cache, places))
        nginx = Nginx(configuration, self._folder, places.ready, self._opened())
        await nginx.start()
        return nginx

    def _opened(self) -> InheritedSockets:
        if self._sockets is None:
            raise RuntimeError("the cache was not started")
        return self._sockets

    def _serving(self) -> Nginx:
        if self._nginx is None:
            raise RuntimeError("the cache was not started")
        return self._nginx
