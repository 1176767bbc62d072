"""Envoy as a child process that can be replaced by its successor without losing a connection."""

import asyncio
from pathlib import Path

from mesh.edge.admin import EnvoyAdmin
from mesh.edge.binary import envoy_path
from mesh.edge.instance import EnvoyDiedError, EnvoyInstance
from mesh.edge.settings import EdgeSettings

__all__ = ["EnvoyDiedError", "EnvoyProcess"]

_PATIENCE_SECONDS = 30.0


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

    async def start(self, patience: float = _PATIENCE_SECONDS) -> None:
        """Starts Envoy and waits until it serves.

        Raises:
            EnvoyDiedError: it ended instead, most likely because its configuration is wrong or the port is taken.
            TimeoutError: it was not ready after `patience` seconds, and was killed.
        """
        self._serving = EnvoyInstance(self._bootstrap, self._settings, log_output=self._log_output)
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
            successor = EnvoyInstance(self._bootstrap, self._settings, after=old, log_output=self._log_output)
            await successor.start(patience)
            self._serving, self._leaving = successor, old
            await old.wait()
            self._leaving = None

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
        command = [
            envoy_path(),
            "--mode",
            "validate",
            "--config-path",
            str(self._bootstrap),
            "--log-level",
            "error",
        ]
        process = await asyncio.create_subprocess_exec(
            *command, stdout=self._log_output, stderr=self._log_output, cwd=self._bootstrap.parent
        )
        if await process.wait():
            raise EnvoyDiedError("the new configuration is not valid")

    def _instance(self) -> EnvoyInstance:
        if self._serving is None:
            raise RuntimeError("Envoy was not started")
        return self._serving
