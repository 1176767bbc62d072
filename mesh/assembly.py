"""The usual server and channels of a service: every interceptor, in order, with what it needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import grpc

from mesh.call import Interceptor
from mesh.channel import MeshChannel
from mesh.identity.credentials import CertificateFiles, channel_credentials, server_credentials, server_name
from mesh.identity.tokens import TokenVerifier
from mesh.interceptors.authorization import AuthorizationInterceptor
from mesh.interceptors.cancel_guard import CancelGuard
from mesh.interceptors.client.deadline import client_deadlines
from mesh.interceptors.client.identity import client_identity
from mesh.interceptors.client.metrics import client_metrics
from mesh.interceptors.client.retry import ClientRetry
from mesh.interceptors.client.tracing import client_tracing
from mesh.interceptors.deadline import DeadlineInterceptor, LongLivedCalls
from mesh.interceptors.decode import Decode
from mesh.interceptors.errors import ErrorBoundary
from mesh.interceptors.identity import IdentityInterceptor
from mesh.interceptors.load_shedding import LoadShedding
from mesh.interceptors.metrics import ServerMetrics
from mesh.interceptors.rate_limit import RateLimitInterceptor
from mesh.interceptors.tracing import ServerTracing
from mesh.options import ServerLimits
from mesh.retry_budget import RetryBudget
from mesh.server import Server
from mesh.settings import MeshSettings, endpoint_of
from mesh.telemetry import Telemetry

__all__ = ["Workload"]


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload's place in the mesh: its name, its certificate, how it observes itself.

    Attributes:
        certificates: None speaks plaintext, which only tests on loopback and a sidecar mesh may do.
        targets: where peers are, instead of `HAMLET_<PEER>_TARGET`.
    """

    name: str
    settings: MeshSettings
    telemetry: Telemetry
    certificates: CertificateFiles | None
    targets: Mapping[str, str] = field(default_factory=dict)

    def server(self, verifier: TokenVerifier) -> Server:
        """A server with the whole chain."""
        long_lived = LongLivedCalls()
        return Server(
            interceptors=self.chain(verifier, long_lived),
            long_lived=long_lived,
            credentials=None if self.certificates is None else server_credentials(self.certificates),
            limits=ServerLimits(max_concurrent_calls=self.settings.max_concurrent_calls),
        )

    def connect(self, peer: str) -> MeshChannel:
        """A channel to a peer, found by `HAMLET_<PEER>_TARGET` unless `targets` says where it is."""
        files = self.certificates
        return MeshChannel(
            self.targets.get(peer) or endpoint_of(peer).target,
            interceptors=self._client_interceptors(peer),
            credentials=None if files is None else lambda: channel_credentials(files),
            server_name="" if files is None else server_name(peer, self.settings.trust_domain),
            fingerprint=(lambda: None) if files is None else files.fingerprint,
        )

    def chain(self, verifier: TokenVerifier, long_lived: LongLivedCalls) -> list[Interceptor]:
        """The interceptors of `server`."""
        telemetry = self.telemetry
        return [
            ErrorBoundary(),
            CancelGuard(),
            DeadlineInterceptor(long_lived),
            ServerTracing(telemetry.tracer, telemetry.propagator),
            ServerMetrics(telemetry.instruments),
            IdentityInterceptor(verifier, trust_domain=self.settings.trust_domain, vouching=self.settings.vouching()),
            AuthorizationInterceptor(),
            LoadShedding(self.settings.max_concurrent_calls, telemetry.instruments.shed),
            RateLimitInterceptor(self.settings.rate_limit_factor),
            Decode(),
        ]

    def _client_interceptors(self, peer: str) -> list[grpc.aio.ClientInterceptor]:
        telemetry = self.telemetry
        return [
            *client_deadlines(),
            ClientRetry(RetryBudget()),
            *client_identity(),
            *client_tracing(telemetry.tracer, telemetry.propagator, server_address=peer),
            *client_metrics(telemetry.instruments),
        ]
