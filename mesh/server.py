"""The one way to make a gRPC server: standard services, the interceptor chain, mTLS, drain."""

import asyncio
from collections.abc import Sequence
from typing import Any

import grpc
import structlog
from google.protobuf.descriptor import ServiceDescriptor

from mesh.adapter import rpc_method_handler
from mesh.builtin import HealthServicer, builtin_services
from mesh.call import Interceptor
from mesh.chain import Chain
from mesh.interceptors.deadline import LongLivedCalls
from mesh.options import ServerLimits, server_options
from mesh.policy import Method, methods_of

__all__ = ["Server"]

_log = structlog.get_logger(__name__)


class Server:
    """A gRPC server behind the chain.

    Args:
        interceptors: in the order of `mesh.chain.ORDER`; `mesh.assembly` makes the usual ones.
        long_lived: the registry that the deadline interceptor of the chain uses.
        credentials: None serves plaintext, which only tests on loopback and a sidecar mesh may do.
    """

    def __init__(
        self,
        *,
        interceptors: Sequence[Interceptor],
        long_lived: LongLivedCalls,
        credentials: grpc.ServerCredentials | None,
        limits: ServerLimits | None = None,
    ) -> None:
        self.health = HealthServicer()
        self._chain = Chain(interceptors)
        self._long_lived = long_lived
        self._credentials = credentials
        self._server = grpc.aio.server(options=server_options(limits or ServerLimits()))
        self._services: list[str] = []

    def add_service(self, service: ServiceDescriptor, servicer: Any) -> None:
        """Serves a contract of ours.

        Raises:
            MissingPolicyError: an RPC of the contract has no policy.
        """
        self._add(list(methods_of(service)), servicer)
        self._services.append(service.full_name)

    async def start(self, address: str) -> int:
        """Listens on `host:port` and reports SERVING for every service.

        Returns:
            The port, which the system chose if it was 0.

        Raises:
            RuntimeError: the address is taken.
        """
        for servicer, methods in builtin_services(self.health, self._services):
            self._add(methods, servicer)
        if self._credentials is None:
            port = self._server.add_insecure_port(address)
        else:
            port = self._server.add_secure_port(address, self._credentials)
        serving = self.health._server_status[""]  # noqa: SLF001 - grpcio offers no getter
        for name in self._services:
            await self.health.set(name, serving)
        await self._server.start()
        return port

    async def stop(self, *, drain_seconds: float, grace_seconds: float) -> None:
        """Leaves without failing a call: says NOT_SERVING, waits until callers have noticed, ends watches so that they
        resume elsewhere, and lets what runs finish.
        """
        await self.health.enter_graceful_shutdown()
        await asyncio.sleep(drain_seconds)
        self._long_lived.end()
        await self._server.stop(grace_seconds)

    async def wait(self) -> None:
        await self._server.wait_for_termination()

    def _add(self, methods: list[Method], servicer: Any) -> None:
        handlers = {}
        for method in methods:
            assert method.descriptor is not None  # noqa: S101
            handlers[method.name] = rpc_method_handler(
                method,
                getattr(servicer, method.name),
                self._chain,
                client_streaming=method.descriptor.client_streaming,
                server_streaming=method.descriptor.server_streaming,
            )
        generic = grpc.method_handlers_generic_handler(methods[0].service, handlers)
        self._server.add_generic_rpc_handlers((generic,))
