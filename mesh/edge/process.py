"""Envoy as a child process that can be replaced by its successor without losing a connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mesh.edge.admin import EnvoyAdmin
from mesh.edge.binary import envoy_path
from mesh.edge.instance import EnvoyDiedError, EnvoyInstance, Line
from mesh.edge.settings import EdgeSettings
from mesh.edge.succession import Estate

__all__ = ["EnvoyDiedError", "EnvoyProcess"]

_PATIENCE_SECONDS = 30.0
_MARGIN_SECONDS = 5.0


class EnvoyProcess:
    """A line of Envoys with one bootstrap file, of which one serves. When it ends by itself, starting anew is the
    supervisor's business: `wait` says when it is due.

    Args:
        bootstrap: from `write_configuration`. Its folder is Envoy's working directory, where the
            admin address and the sockets are made.
        log_output: where its stdout (access log) and stderr (its own log) go; a file descriptor, or None to inherit.
    """

    def __init__(self, bootstrap: Path, settings: EdgeSettings, *, log_output: int | None = None) -> None:
        self._bootstrap, self._settings, self._log_output = bootstrap, settings, log_output
        self._serving: EnvoyInstance | None = None
        self._leaving: EnvoyInstance | None = None
        self._replacing = asyncio.Lock()

    @property
    def pid(self) -> int:
        """Of the instance that serves."""
        return self._instance().pid

    @property
    def admin(self) -> EnvoyAdmin:
        """The admin interface of the instance that serves.

        Raises:
            RuntimeError: Envoy was not started.
        """
        return self._instance().admin

    async def start(self, patience: float = _PATIENCE_SECONDS, *, estate: Estate | None = None) -> None:
        """Starts Envoy and waits until it serves.

        Args:
            estate: of a process that runs and is to be followed. Envoy takes the sockets from Envoy.

        Raises:
            SuccessionError: the settings want other sockets than there are.
            EnvoyDiedError: it ended instead, most likely because its configuration is wrong or the port is taken.
            TimeoutError: it was not ready after `patience` seconds, and was killed.
        """
        after = None
        if estate is not None:
            estate.refuse_change(**self._decisive)
            after = Line(estate.words["base_id"], estate.words["epoch"])
            await self._check()
        self._serving = EnvoyInstance(self._bootstrap, self._settings, after=after, log_output=self._log_output)
        await self._serving.start(patience)

    async def replace(self, patience: float = _PATIENCE_SECONDS) -> None:
        """Starts a successor from the bootstrap file as it is now, and waits until the old Envoy has ended.

        The successor takes over the listening sockets, those on Unix sockets too, so that no connection is refused.
        The old one asks its connections to close and ends after `drain_seconds` and `grace_seconds`.

        Raises:
            EnvoyDiedError: the successor did not come up. The old one serves on.
            TimeoutError: it was not ready after `patience` seconds, and was killed; the old one serves on.
        """
        async with self._replacing:
            old = self._instance()
            await self._check()
            successor = EnvoyInstance(self._bootstrap, self._settings, after=old.line, log_output=self._log_output)
            await successor.start(patience)
            self._serving, self._leaving = successor, old
            await old.wait()
            self._leaving = None

    @asynccontextmanager
    async def handing_over(self) -> AsyncIterator[Estate]:
        """What a successor starts with; this Envoy is not replaced until the block ends.

        Raises:
            EnvoyDiedError: nobody listens any more: the successor ended after it had taken the sockets.
        """
        async with self._replacing:
            line = self._instance().line
            try:
                yield Estate({**self._decisive, "base_id": line.base_id, "epoch": line.epoch})
            finally:
                if not await self._door_is_open():
                    raise EnvoyDiedError("a successor ended after it had taken the sockets")

    async def followed(self) -> None:
        """Waits until Envoy has ended, because another process's Envoy has taken over from it and tells it to."""
        instance = self._instance()
        try:
            async with asyncio.timeout(self._settings.drain_seconds + self._settings.grace_seconds + _MARGIN_SECONDS):
                await instance.wait()
        except TimeoutError:
            await instance.kill()

    async def wait(self) -> int:
        """Waits until the Envoy that serves has ended. Returns its exit status."""
        while True:
            watched = self._instance()
            status = await watched.wait()
            if watched is self._serving:
                return status

    async def stop(self, grace: float = 10.0) -> None:
        """Lets requests in flight finish, then ends Envoy; after `grace` seconds it ends with requests in flight."""
        try:
            async with asyncio.timeout(grace):
                if self._leaving is not None:
                    await self._leaving.wait()
                await self._instance().drain()
        except (OSError, TimeoutError, EnvoyDiedError):
            pass
        for instance in filter(None, (self._leaving, self._serving)):
            await instance.kill()
        self._instance().forget_line()

    async def _check(self) -> None:
        """A successor that dies over its configuration would leave the line without another try (measured)."""
        command = [envoy_path(), "--mode", "validate", "--config-path", str(self._bootstrap), "--log-level", "error"]
        process = await asyncio.create_subprocess_exec(
            *command, stdout=self._log_output, stderr=self._log_output, cwd=self._bootstrap.parent
        )
        if await process.wait():
            raise EnvoyDiedError("the new configuration is not valid")

    async def _door_is_open(self) -> bool:
        host, _, port = self._settings.grpc_listen.rpartition(":")
        try:
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        except OSError:
            return False
        writer.close()
        return True

    @property
    def _decisive(self) -> dict[str, Any]:
        """The settings that decide which sockets there are."""
        names = ("listen", "grpc_listen", "cache", "concurrency")
        return {f"HAMLET_EDGE_{name.upper()}": getattr(self._settings, name) for name in names}

    def _instance(self) -> EnvoyInstance:
        if self._serving is None:
            raise RuntimeError("Envoy was not started")
        return self._serving
