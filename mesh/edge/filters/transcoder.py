"""REST: JSON over HTTP to gRPC and back, as `google.api.http` says."""

from collections.abc import Iterable
from pathlib import Path

from mesh.edge.typed import Config, any_of, extension

__all__ = ["NAME", "http_filter", "off"]

NAME = "envoy.filters.http.grpc_json_transcoder"
_MAX_RESPONSE_BYTES = 16 * 1024 * 1024


def http_filter(descriptor_set: Path, services: Iterable[str], *, max_body_bytes: int) -> Config:
    """The descriptor set has to hold google/rpc/error_details.proto: without it an error with details leaves with an
    empty body (measured).

    The response limit is that of a 4 MiB message as JSON; its default is the connection's small buffer.
    """
    return extension(
        NAME,
        "extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
        proto_descriptor=str(descriptor_set),
        services=sorted(services),
        convert_grpc_status=True,
        query_param_unescape_plus=True,
        max_request_body_size=max_body_bytes,
        max_response_body_size=_MAX_RESPONSE_BYTES,
        request_validation_options={
            "reject_unknown_method": True,
            "reject_unknown_query_parameters": True,
            "reject_binding_body_field_collisions": True,
        },
        # Zero values appear in the JSON; a server stream is text/event-stream, which browsers read.
        print_options={"always_print_primitive_fields": True, "stream_sse_style_delimited": True},
    )


def off() -> Config:
    """For a route of a REST path that no RPC has: a transcoder without services lets it pass."""
    return any_of(
        "extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder", proto_descriptor="", services=[]
    )
