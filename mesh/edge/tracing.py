"""The root span of each trace, by Envoy's OpenTelemetry tracer over OTLP/gRPC.

The edge decides alone what is sampled: whatever a public caller sends to continue, force or suppress a trace is taken
off before Envoy looks at it, so every trace begins here; or in a proxy of the operator's before it, if he says so.
"""

from mesh.edge.exposure import WORKLOAD
from mesh.edge.settings import EdgeSettings
from mesh.edge.typed import Config, extension

__all__ = ["COLLECTOR", "early_header_mutation", "tracing"]

COLLECTOR = "otlp-collector"
"""The cluster that takes the spans."""

_TRACE_HEADERS = ("traceparent", "tracestate", "baggage", "b3", "uber-trace-id", "x-request-id", "x-client-trace-id")
_TRUSTED = ("traceparent", "tracestate")
_TRACE_PREFIXES = ("x-b3-", "uberctx-", "x-ot-", "x-envoy-", "x-datadog-", "sw8", "jaeger-")
# Envoy writes these into each span by itself; a later tag of the same name replaces it. They are personal data.
_REDACTED_TAGS = ("peer.address", "user_agent")


def tracing(settings: EdgeSettings) -> Config:
    """Spans carry the RPC, the status and ids; no address, no user agent, and of the URL not even the path."""
    return {
        "provider": extension(
            "envoy.tracers.opentelemetry",
            "config.trace.v3.OpenTelemetryConfig",
            service_name=WORKLOAD,
            grpc_service={"envoy_grpc": {"cluster_name": COLLECTOR}, "timeout": "1s"},
        ),
        "client_sampling": {"value": 0},
        "random_sampling": {"value": settings.sampling_percent},
        "overall_sampling": {"value": 100},
        "max_path_tag_length": 0,
        "custom_tags": [{"tag": tag, "literal": {"value": "redacted"}} for tag in _REDACTED_TAGS],
    }


def early_header_mutation(settings: EdgeSettings) -> Config:
    """Takes off headers that steer Envoy or a tracer, whoever sent them; W3C's stay where the operator trusts them."""
    kept = _TRUSTED if settings.trust_trace_context else ()
    mutations: list[Config] = [{"remove": header} for header in _TRACE_HEADERS if header not in kept]
    mutations += [
        {"remove_on_match": {"key_matcher": {"prefix": prefix, "ignore_case": True}}} for prefix in _TRACE_PREFIXES
    ]
    return extension(
        "envoy.http.early_header_mutation.header_mutation",
        "extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
        mutations=mutations,
    )
