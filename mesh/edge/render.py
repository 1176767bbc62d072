"""Envoy's whole configuration, from the contracts and a few settings."""

from pathlib import Path

from mesh.edge import fair_share
from mesh.edge.clusters import collector_cluster, upstream_cluster
from mesh.edge.doors import grpc_door, rest_door, socket_address
from mesh.edge.exposure import WORKLOAD, public_methods
from mesh.edge.filters import jwt
from mesh.edge.filters.chain import grpc_filters, rest_filters
from mesh.edge.key_set import CLUSTER, URL, key_set_cluster, key_set_listener
from mesh.edge.listener import public_listener
from mesh.edge.overload import overload_manager
from mesh.edge.routes import route_configuration
from mesh.edge.runtime import runtime
from mesh.edge.settings import EdgeSettings
from mesh.edge.status import admin_cluster, status_listener
from mesh.edge.tracing import COLLECTOR
from mesh.edge.typed import Config, any_of
from mesh.edge.village import Village

__all__ = ["DESCRIPTOR_SET", "ROUTE_TABLE", "render", "render_routes"]

DESCRIPTOR_SET, ROUTE_TABLE = "contracts.binpb", "routes.json"


def render(
    village: Village, settings: EdgeSettings, folder: Path, *, issuer: str, audience: str, collector: str | None
) -> Config:
    """Envoy's bootstrap configuration.

    Args:
        folder: where the files lie that it names; `write_configuration` writes them.
        issuer: `iss` of access tokens.
        audience: `aud` of access tokens.
        collector: `host:port` of an OTLP/gRPC collector; None traces nothing.

    Raises:
        MissingPolicyError: an RPC has no valid policy.
    """
    methods = list(public_methods(village.services))
    contracts = folder / DESCRIPTOR_SET
    jwt_filter = jwt.http_filter(settings, issuer=issuer, audience=audience, key_set_url=URL, cluster=CLUSTER)
    chains = [
        (grpc_door(settings), grpc_filters(jwt_filter, settings)),
        (
            rest_door(settings),
            rest_filters(
                methods,
                settings,
                pages=[document.path for document in village.documents],
                descriptor_set=contracts,
                jwt_filter=jwt_filter,
            ),
        ),
    ]
    traced = collector is not None
    doors = [
        listener
        for door, chain in chains
        for listener in fair_share.shared_out(
            public_listener(door, settings, http_filters=chain, routes=folder / ROUTE_TABLE, traced=traced),
            door,
            settings,
        )
    ]
    clusters = [upstream_cluster(upstream, village.identity, folder) for upstream in village.upstreams]
    clusters.append(key_set_cluster())
    clusters += [fair_share.inner_cluster(door) for door, _ in chains if fair_share.counted(door, settings)]
    if collector is not None:
        clusters.append(collector_cluster(COLLECTOR, collector))
    if settings.status_listen:
        doors.append(status_listener(settings.status_listen))
        clusters.append(admin_cluster(settings.admin_listen))
    return {
        "node": {"id": WORKLOAD, "cluster": WORKLOAD},
        "admin": {"address": socket_address(settings.admin_listen)},
        "overload_manager": overload_manager(settings),
        "layered_runtime": runtime(),
        "bootstrap_extensions": [fair_share.bootstrap_extension()],
        "static_resources": {
            "listeners": [key_set_listener(contracts, village.key_set_cluster), *doors],
            "clusters": clusters,
        },
    }


def render_routes(village: Village, settings: EdgeSettings, folder: Path) -> Config:
    """The route table, in a file of its own so that both doors share what it counts.

    Raises:
        MissingPolicyError: an RPC has no valid policy.
    """
    table = route_configuration(public_methods(village.services), village.documents, settings, folder)
    return {"version_info": "1", "resources": [any_of("config.route.v3.RouteConfiguration", **table)]}
