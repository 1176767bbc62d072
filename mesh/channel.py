"""The one way to reach another service: balanced, health-checked, traced, with deadlines and budgeted retries."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import grpc
import structlog

from mesh.options import client_options

__all__ = ["ROUND_ROBIN", "SERVICE_CONFIG", "MeshChannel", "service_config"]

ROUND_ROBIN: list[dict[str, Any]] = [{"round_robin": {}}]
"""Because pick_first never health-checks."""
_EJECTING: list[dict[str, Any]] = [
    {
        "outlier_detection_experimental": {
            "interval": "1s",
            "baseEjectionTime": "5s",
            "maxEjectionPercent": 50,
            "failurePercentageEjection": {
                "threshold": 85,
                "enforcementPercentage": 100,
                "minimumHosts": 2,
                "requestVolume": 20,
            },
            "childPolicy": ROUND_ROBIN,
        }
    }
]
"""A replica that fails nearly every call is left alone for a while (gRFC A50). The threshold is high because a call
that was refused for good reason (NOT_FOUND) counts as failed too, and half of the replicas always stay."""


def service_config(balancing: list[dict[str, Any]]) -> str:
    """Balancing with health checks. Retries are ours (mesh.interceptors.client.retry), because core's throttling
    cannot express a budget."""
    config = {"loadBalancingConfig": balancing, "healthCheckConfig": {"serviceName": ""}}
    return json.dumps(config, separators=(",", ":"))


SERVICE_CONFIG = service_config(_EJECTING)

_CLOSE_GRACE = 30.0
_log = structlog.get_logger(__name__)


class MeshChannel(grpc.aio.Channel):
    """A channel that stubs keep for the life of the process, while the connections behind it are renewed.

    gRPC reads a client certificate once a channel. When `fingerprint` changes, the next call opens a new channel with
    the new certificate; the old one closes when its calls are done. Files that are missing or wrong change
    nothing.

    Args:
        target: `dns:///blog:50051` or `ipv4:127.0.0.1:5001,127.0.0.1:5002`.
        credentials: makes credentials from the files as they are now; None for plaintext.
        server_name: the DNS name that the server's certificate must have.
        fingerprint: changes when the certificate files do.
        config: gRPC's service config.
    """

    def __init__(
        self,
        target: str,
        *,
        interceptors: Sequence[grpc.aio.ClientInterceptor],
        credentials: Callable[[], grpc.ChannelCredentials] | None = None,
        server_name: str = "",
        fingerprint: Callable[[], object] = lambda: None,
        config: str = SERVICE_CONFIG,
    ) -> None:
        self._target, self._interceptors, self._credentials = target, list(interceptors), credentials
        self._options: list[tuple[str, Any]] = [*client_options(config)]
        if server_name:
            self._options.append(("grpc.ssl_target_name_override", server_name))
        self._fingerprint, self._seen = fingerprint, fingerprint()
        self._said: tuple[str, str | None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._calls: dict[tuple[str, str], Any] = {}
        self._channel = self._open()

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._multicallable("unary_unary", method, args, kwargs)

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._multicallable("unary_stream", method, args, kwargs)

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._multicallable("stream_unary", method, args, kwargs)

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._multicallable("stream_stream", method, args, kwargs)

    def _multicallable(self, kind: str, method: str, args: Any, kwargs: Any) -> Callable[..., Any]:
        def start(*call_args: Any, **call_kwargs: Any) -> Any:
            channel = self._current()
            multicallable = self._calls.get((kind, method))
            if multicallable is None:
                multicallable = self._calls[kind, method] = getattr(channel, kind)(method, *args, **kwargs)
            return multicallable(*call_args, **call_kwargs)

        return start

    def _current(self) -> grpc.aio.Channel:
        try:
            now = self._fingerprint()
            if now != self._seen:
                self._renew(now)
        except OSError as error:
            self._say_once(error)
        return self._channel

    def _renew(self, now: object) -> None:
        """Raises: OSError: a file cannot be read; the next call tries again."""
        try:
            channel = self._open()
        except ValueError as error:
            # To read these again takes long and says the same.
            self._seen = now
            self._say_once(error)
            return
        self._seen, self._said = now, None
        self._retire(self._channel)
        self._calls.clear()
        self._channel = channel

    def _say_once(self, error: Exception) -> None:
        """The connections that there are and the certificate before serve on."""
        said = (type(error).__qualname__, getattr(error, "filename", None))
        if said != self._said:
            self._said = said
            _log.error("new certificate files are of no use", target=self._target, error_type=said[0], file=said[1])

    def _open(self) -> grpc.aio.Channel:
        if self._credentials is None:
            return grpc.aio.insecure_channel(self._target, options=self._options, interceptors=self._interceptors)
        return grpc.aio.secure_channel(
            self._target, self._credentials(), options=self._options, interceptors=self._interceptors
        )

    def _retire(self, channel: grpc.aio.Channel) -> None:
        task = asyncio.get_running_loop().create_task(channel.close(_CLOSE_GRACE))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self, grace: float | None = None) -> None:
        await self._channel.close(grace)
        for task in list(self._closing):
            task.cancel()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self._channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self._channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self._current().channel_ready()

    async def __aenter__(self) -> "MeshChannel":
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close(None)
