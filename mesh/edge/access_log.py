"""One line of JSON for each request. It names the RPC, never the URL: paths and queries hold what people wrote."""

from mesh.edge.typed import Config, extension

__all__ = ["access_log"]


def access_log() -> Config:
    """Written to stdout, beside the logs of the services."""
    fields = {
        "timestamp": "%START_TIME%",
        "level": "info",
        "event": "request",
        "service": "edge",
        "route": "%ROUTE_NAME%",
        "protocol": "%PROTOCOL%",
        "status": "%RESPONSE_CODE%",
        "grpc_status": "%GRPC_STATUS_NUMBER%",
        "flags": "%RESPONSE_FLAGS%",
        "details": "%RESPONSE_CODE_DETAILS%",
        "duration_ms": "%DURATION%",
        "bytes_received": "%BYTES_RECEIVED%",
        "bytes_sent": "%BYTES_SENT%",
        "upstream": "%UPSTREAM_CLUSTER%",
        "trace_id": "%TRACE_ID%",
        "request_id": "%REQ(X-REQUEST-ID)%",
    }
    return extension(
        "envoy.access_loggers.stdout",
        "extensions.access_loggers.stream.v3.StdoutAccessLog",
        log_format={"json_format": fields},
    )
