"""Telemetry of one service process: tracer, meter, propagation, export and the way out."""

import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from opentelemetry import metrics, propagate, trace
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import Tracer
from prometheus_client import CollectorRegistry

from mesh.telemetry.collector import CallsCollector
from mesh.telemetry.export import BoundedExport, endpoint_in
from mesh.telemetry.metrics import Instruments
from mesh.telemetry.metrics_endpoint import MetricsEndpoint
from mesh.telemetry.propagation import MeshPropagator, propagator_from

__all__ = ["Telemetry", "setup"]

_SCOPE = "hamlet.mesh"


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What a service observes itself with. Nothing here is global, so tests run several services in one process."""

    service_name: str
    tracer_provider: TracerProvider
    meter_provider: MeterProvider
    tracer: Tracer
    instruments: Instruments
    propagator: MeshPropagator
    registry: CollectorRegistry
    export: BoundedExport | None

    def make_global(self) -> None:
        """Lets libraries that know only OpenTelemetry's globals use this telemetry; for a process's entry point."""
        trace.set_tracer_provider(self.tracer_provider)
        metrics.set_meter_provider(self.meter_provider)
        propagate.set_global_textmap(self.propagator)

    def serve_metrics(self, host: str = "127.0.0.1", port: int = 0) -> MetricsEndpoint:
        """Serves this service's metrics to Prometheus.

        Raises:
            OSError: the address is taken.
        """
        return MetricsEndpoint(self.registry, host, port)

    def shutdown(self, timeout: float = 2.0) -> bool:
        """Sends what is queued, for at most `timeout` seconds. Blocks: `await asyncio.to_thread(telemetry.shutdown)`.

        Returns:
            Whether every span was sent.
        """
        sent = self.export.shutdown(timeout) if self.export else True
        self.meter_provider.shutdown()
        return sent


def setup(
    service_name: str,
    *,
    environment: Mapping[str, str] = os.environ,
    processors: Sequence[SpanProcessor] = (),
) -> Telemetry:
    """Makes the telemetry of a service.

    Spans are exported over OTLP/gRPC when `OTEL_EXPORTER_OTLP_ENDPOINT` is set, otherwise not at all. The sampler is
    `OTEL_TRACES_SAMPLER`'s, and follows the caller's decision when unset; `OTEL_RESOURCE_ATTRIBUTES`,
    `OTEL_PROPAGATORS` and `OTEL_SDK_DISABLED` are OpenTelemetry's own.

    Args:
        processors: more receivers of spans; tests pass `mesh.testing.spans.SpanRecorder`.

    Raises:
        ValueError: `OTEL_PROPAGATORS` names a format that does not exist.
    """
    resource = Resource.create(
        {
            "service.name": service_name,
            "service.namespace": "hamlet",
            "service.version": version("hamlet"),
            "service.instance.id": str(uuid.uuid4()),
        }
    )
    # The SDK's exit handlers wait for a collector that may be dead; shutdown() does not.
    tracer_provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    endpoint = endpoint_in(environment)
    export = BoundedExport(endpoint, _delay(environment)) if endpoint else None
    for processor in (*processors, *([export.processor] if export else [])):
        tracer_provider.add_span_processor(processor)
    registry = CollectorRegistry()
    reader = PrometheusMetricReader(disable_target_info=True, registry=registry, scope_info_enabled=False)
    meter_provider = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
    instruments = Instruments(meter_provider.get_meter(_SCOPE))
    registry.register(CallsCollector(instruments.durations, resource))
    return Telemetry(
        service_name=service_name,
        tracer_provider=tracer_provider,
        meter_provider=meter_provider,
        tracer=tracer_provider.get_tracer(_SCOPE),
        instruments=instruments,
        propagator=propagator_from(environment),
        registry=registry,
        export=export,
    )


def _delay(environment: Mapping[str, str]) -> float | None:
    given = environment.get("OTEL_BSP_SCHEDULE_DELAY")
    return float(given) if given else None
