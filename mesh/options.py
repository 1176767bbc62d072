"""gRPC core's channel arguments, in one place because both sides of a connection must agree on them.

Each value was measured; docs/architecture.md says where.
"""

from dataclasses import dataclass

__all__ = ["ServerLimits", "client_options", "server_options"]

_KEEPALIVE_MS = 60_000
_KEEPALIVE_TIMEOUT_MS = 20_000
_MIN_PING_INTERVAL_MS = 10_000


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Bounds of one server process."""

    max_concurrent_calls: int = 200
    """Calls in flight beyond which load is shed."""
    max_message_bytes: int = 4 * 1024 * 1024
    """The largest message accepted."""
    max_streams_per_connection: int = 100
    """Bounds what an HTTP/2 rapid reset costs. Not lower: at 32 a reset cost half as long, but an honest caller whose
    calls pile up for a moment had streams refused (measured)."""
    max_connections: int = 1000
    """Connections held at a time; more are refused."""
    max_waiting_calls: int = 5_000
    """Calls that have come and that no handler has taken yet. Beyond gRPC core's thousand calls were dropped by chance,
    and those that a rapid reset had ended counted too: honest callers were told CANCELLED (measured). Some 17 kB each.
    """
    handshake_seconds: float = 10.0
    """How long a caller may take to say who he is; gRPC core's default is two minutes."""
    connection_age_seconds: float = 300.0
    """After this a connection is asked to close, so that clients re-balance."""
    connection_age_grace_seconds: float = 90.0
    """How long calls on such a connection may still run: the longest unary deadline and more."""


def server_options(limits: ServerLimits) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", 0),
        ("grpc.max_concurrent_streams", limits.max_streams_per_connection),
        ("grpc.max_receive_message_length", limits.max_message_bytes),
        ("grpc.max_allowed_incoming_connections", limits.max_connections),
        ("grpc.server.max_pending_requests", limits.max_waiting_calls),
        ("grpc.server.max_pending_requests_hard_limit", 2 * limits.max_waiting_calls),
        ("grpc.server_handshake_timeout_ms", int(limits.handshake_seconds * 1000)),
        ("grpc.max_connection_age_ms", int(limits.connection_age_seconds * 1000)),
        ("grpc.max_connection_age_grace_ms", int(limits.connection_age_grace_seconds * 1000)),
        ("grpc.max_connection_idle_ms", 300_000),
        ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", _KEEPALIVE_TIMEOUT_MS),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", _MIN_PING_INTERVAL_MS),
        # Nobody is sent away for PINGs. Whoever does not read the farewell goes on, and each further PING made another
        # one: a flood cost three seconds of work where answering it costs a quarter of one (measured).
        ("grpc.http2.max_ping_strikes", 0),
    ]


def client_options(service_config: str) -> list[tuple[str, int | str]]:
    return [
        ("grpc.service_config", service_config),
        ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", _KEEPALIVE_TIMEOUT_MS),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 100),
        # A replica that came back is found before the next one may leave; with five seconds it was not (measured).
        ("grpc.max_reconnect_backoff_ms", 1_000),
        # A name is asked for again when a replica leaves, by default at most every half minute. In a rollout, where one
        # leaves after the other, the second took with it every caller who had been told of these two alone.
        ("grpc.dns_min_time_between_resolutions_ms", 1_000),
    ]
