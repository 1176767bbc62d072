"""The filters in their one order."""

from collections.abc import Iterable
from pathlib import Path

from mesh.edge.exposure import PublicMethod
from mesh.edge.filters import (
    body_limit,
    content_type,
    cors,
    rate_limit,
    response_headers,
    rest,
    spread,
    transcoder,
)
from mesh.edge.rest_paths import plain_reads, rest_paths
from mesh.edge.settings import EdgeSettings
from mesh.edge.typed import Config, extension

__all__ = ["grpc_filters", "rest_filters", "router"]


def rest_filters(
    methods: list[PublicMethod],
    settings: EdgeSettings,
    *,
    pages: Iterable[str],
    descriptor_set: Path,
    jwt_filter: Config,
) -> list[Config]:
    """CORS first, so that a page's script can read errors too; tokens last, because only then the path is final."""
    return [
        cors.http_filter(),
        _grpc_web(),
        rate_limit.http_filter(),
        *spread.http_filters(settings, behind_cache=settings.cache),
        rest.http_filter(rest_paths(methods, pages), plain_reads(methods)),
        content_type.http_filter(),
        response_headers.http_filter(),
        body_limit.http_filter(settings.max_body_bytes),
        transcoder.http_filter(
            descriptor_set,
            {public.method.service for public in methods},
            max_body_bytes=settings.max_body_bytes,
        ),
        jwt_filter,
        router(),
    ]


def grpc_filters(jwt_filter: Config, settings: EdgeSettings) -> list[Config]:
    """Nothing of REST: a request that is not gRPC meets no route, or a service that refuses it."""
    return [
        cors.http_filter(),
        _grpc_web(),
        rate_limit.http_filter(),
        *spread.http_filters(settings, behind_cache=False),
        content_type.http_filter(),
        jwt_filter,
        router(),
    ]


def _grpc_web() -> Config:
    return extension("envoy.filters.http.grpc_web", "extensions.filters.http.grpc_web.v3.GrpcWeb")


def router() -> Config:
    return extension(
        "envoy.filters.http.router", "extensions.filters.http.router.v3.Router", suppress_envoy_headers=True
    )
