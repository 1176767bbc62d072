"""The catalogue of instruments: every metric that a service reports is named here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from opentelemetry.metrics import CallbackOptions, Meter, Observation
from opentelemetry.semconv._incubating.metrics.rpc_metrics import RPC_CLIENT_CALL_DURATION, RPC_SERVER_CALL_DURATION

from mesh.telemetry.conventions import method_of_path, rpc_attributes
from mesh.telemetry.durations import Durations

__all__ = ["Instruments", "OutboxState"]

OUTBOX_NAME = "hamlet.outbox.name"

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Bounds at the village's objectives (10, 50, 100, 300 ms; 1 s), so that an alert reads a bucket and no estimate."""
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How far a relay is behind: rows that wait, and the age of the oldest in seconds."""

    depth: int
    oldest_age: float


class Instruments:
    """One service's instruments. Durations and ages are in seconds.

    Attributes:
        in_flight: calls being served, by their RPC's path.
    """

    def __init__(self, meter: Meter) -> None:
        self.server_duration = Durations(RPC_SERVER_CALL_DURATION, "How long a call took to serve", _SECONDS)
        self.client_duration = Durations(RPC_CLIENT_CALL_DURATION, "How long a call to another service took", _SECONDS)
        self.in_flight: dict[str, int] = {}
        meter.create_observable_up_down_counter(
            "hamlet.rpc.server.in_flight", [self._calls], unit="{call}", description="Calls being served"
        )
        self.server_shed = meter.create_counter(
            "hamlet.rpc.server.shed", unit="{call}", description="Calls refused because the process was full"
        )
        self.inference_queue = meter.create_up_down_counter(
            "hamlet.inference.queue.depth", unit="{request}", description="Requests that wait for a batch"
        )
        self.inference_wait = meter.create_histogram(
            "hamlet.inference.queue.wait",
            unit="s",
            description="How long a request waited for its batch",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self.inference_batch = meter.create_histogram(
            "hamlet.inference.batch.size",
            unit="{request}",
            description="Requests in a batch",
            explicit_bucket_boundaries_advisory=_SIZES,
        )
        self._outboxes: dict[str, Callable[[], OutboxState]] = {}
        meter.create_observable_gauge(
            "hamlet.outbox.depth", [self._depths], unit="{row}", description="Rows that wait for delivery"
        )
        meter.create_observable_gauge(
            "hamlet.outbox.oldest_age", [self._ages], unit="s", description="Age of the oldest row that waits"
        )

    @property
    def durations(self) -> tuple[Durations, ...]:
        """The histograms that are not the SDK's."""
        return self.server_duration, self.client_duration

    def shed(self, path: str) -> None:
        """Counts a refused call; what `LoadShedding(on_shed=...)` takes."""
        self.server_shed.add(1, rpc_attributes(method_of_path(path)))

    def observe_outbox(self, name: str, read: Callable[[], OutboxState]) -> None:
        """Reports an outbox whenever metrics are read.

        Args:
            read: called in the thread that serves metrics, so it returns what the relay saw last and does no I/O.
        """
        self._outboxes[name] = read

    def _calls(self, _: CallbackOptions) -> Iterable[Observation]:
        for path, calls in list(self.in_flight.items()):
            yield Observation(calls, rpc_attributes(method_of_path(path)))

    def _depths(self, _: CallbackOptions) -> Iterable[Observation]:
        for name, read in list(self._outboxes.items()):
            yield Observation(read().depth, {OUTBOX_NAME: name})

    def _ages(self, _: CallbackOptions) -> Iterable[Observation]:
        for name, read in list(self._outboxes.items()):
            yield Observation(read().oldest_age, {OUTBOX_NAME: name})
