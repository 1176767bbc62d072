"""An OTLP/gRPC receiver for a village without Jaeger: spans become files that `hamlet trace` reads."""

from mesh.telemetry.receiver.server import TraceReceiver
from mesh.telemetry.receiver.trace_files import TraceFiles

__all__ = ["TraceFiles", "TraceReceiver"]
