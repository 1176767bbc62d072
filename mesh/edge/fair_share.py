"""No address takes all connections of a door that strangers reach directly, nor all the time that it takes to read.

Envoy limits connections by listener, not by caller. So a door is two listeners: the outer one sorts callers into shares
by a hash of their address, each with limits of its own, and passes bytes on to the inner one, in the same process,
that speaks HTTP (ADR 17).
"""

import secrets

from mesh.edge.doors import Door
from mesh.edge.settings import EdgeSettings
from mesh.edge.typed import Config, extension

__all__ = ["SHARES", "bootstrap_extension", "counted", "inner_cluster", "inner_name", "shared_out"]

SHARES = 64
"""As many as this, because with them a flood from one address is felt by one in sixty-four others."""

_SEED = secrets.randbits(32)
"""Else anybody could look up which addresses have a share in common with somebody whom they want out."""


def shared_out(listener: Config, door: Door, settings: EdgeSettings) -> list[Config]:
    """The outer and the inner listener in place of one; that one alone where nobody is counted."""
    if not counted(door, settings):
        return [listener]
    outer = {
        "name": door.name,
        "address": door.address,
        "per_connection_buffer_limit_bytes": listener["per_connection_buffer_limit_bytes"],
        "filter_chain_matcher": _sorting(),
        "filter_chains": [_share(number, door, settings) for number in range(SHARES)],
    }
    inner = {name: value for name, value in listener.items() if name != "address"} | {
        "name": inner_name(door),
        "internal_listener": {},
        # Counted once, at the outer one.
        "ignore_global_conn_limit": True,
        "listener_filters": [
            extension(
                "envoy.filters.listener.proxy_protocol", "extensions.filters.listener.proxy_protocol.v3.ProxyProtocol"
            )
        ],
    }
    return [outer, inner]


def counted(door: Door, settings: EdgeSettings) -> bool:
    """Our cache counts what comes through it, and the operator's own proxies all have the same few addresses."""
    return not door.behind_cache and not settings.trusted_hops


def inner_name(door: Door) -> str:
    return f"{door.name}-http"


def inner_cluster(door: Door) -> Config:
    """From the outer listener to the inner one, which learns the caller's address by the PROXY protocol."""
    inside = extension(
        "envoy.transport_sockets.internal_upstream",
        "extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport",
        transport_socket=extension(
            "envoy.transport_sockets.raw_buffer", "extensions.transport_sockets.raw_buffer.v3.RawBuffer"
        ),
    )
    endpoint = {"address": {"envoy_internal_address": {"server_listener_name": inner_name(door)}}}
    return {
        "name": inner_name(door),
        "type": "STATIC",
        "connect_timeout": "1s",
        "transport_socket": extension(
            "envoy.transport_sockets.upstream_proxy_protocol",
            "extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport",
            config={"version": "V2"},
            transport_socket=inside,
        ),
        # The connections are the callers', who are counted already.
        "circuit_breakers": {"thresholds": [{"max_connections": 2**31, "max_pending_requests": 2**31}]},
        "load_assignment": {
            "cluster_name": inner_name(door),
            "endpoints": [{"lb_endpoints": [{"endpoint": endpoint}]}],
        },
    }


def bootstrap_extension() -> Config:
    return extension("envoy.bootstrap.internal_listener", "extensions.bootstrap.internal_listener.v3.InternalListener")


def _share(number: int, door: Door, settings: EdgeSettings) -> Config:
    return {
        "name": _name(number),
        "filters": [
            extension(
                "envoy.filters.network.connection_limit",
                "extensions.filters.network.connection_limit.v3.ConnectionLimit",
                stat_prefix=f"{door.name}_share",
                max_connections=settings.connections_per_address,
            ),
            # All connections of a share draw on one bucket, which holds a second's worth.
            extension(
                "envoy.filters.network.tcp_bandwidth_limit",
                "extensions.filters.network.tcp_bandwidth_limit.v3.TcpBandwidthLimit",
                stat_prefix=f"{door.name}_share",
                read_limit_kbps=settings.kibibytes_per_second,
            ),
            extension(
                "envoy.filters.network.tcp_proxy",
                "extensions.filters.network.tcp_proxy.v3.TcpProxy",
                stat_prefix=f"{door.name}_share",
                cluster=inner_name(door),
                # Who idles is the inner listener's business.
                idle_timeout="0s",
            ),
        ],
    }


def _sorting() -> Config:
    """The highest number first: each matches whose hash is not less than it."""
    return {
        "matcher_list": {"matchers": [_at_least(number) for number in range(SHARES - 1, 0, -1)]},
        "on_no_match": _to(0),
    }


def _at_least(number: int) -> Config:
    predicate = {
        "input": extension("source", "extensions.matching.common_inputs.network.v3.SourceIPInput"),
        "custom_match": extension(
            "hash",
            "extensions.matching.input_matchers.consistent_hashing.v3.ConsistentHashing",
            threshold=number,
            modulo=SHARES,
            seed=_SEED,
        ),
    }
    return {"predicate": {"single_predicate": predicate}, "on_match": _to(number)}


def _to(number: int) -> Config:
    value = {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": _name(number)}
    return {"action": {"name": _name(number), "typed_config": value}}


def _name(number: int) -> str:
    return f"share-{number}"
