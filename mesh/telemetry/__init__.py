"""Traces, metrics and logs of a service."""

from mesh.telemetry.inference import batch_span, inference_span
from mesh.telemetry.logs import configure_logs
from mesh.telemetry.metrics import Instruments, OutboxState
from mesh.telemetry.setup import Telemetry, setup

__all__ = ["Instruments", "OutboxState", "Telemetry", "batch_span", "configure_logs", "inference_span", "setup"]
