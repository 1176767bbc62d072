"""A bound on REST request bodies, which the transcoder's own limit does not enforce while it streams.

The filter holds a body until it is complete, so it is off on the routes of native gRPC and gRPC-Web: those have their
limit in the server (`mesh.options.ServerLimits`) and may be streams. A REST call has its REST path at this point of the
chain and matches none of these routes.
"""

from mesh.edge.typed import Config, any_of, extension

__all__ = ["NAME", "http_filter", "off"]

NAME = "envoy.filters.http.buffer"


def http_filter(max_bytes: int) -> Config:
    return extension(NAME, "extensions.filters.http.buffer.v3.Buffer", max_request_bytes=max_bytes)


def off() -> Config:
    return any_of("extensions.filters.http.buffer.v3.BufferPerRoute", disabled=True)
