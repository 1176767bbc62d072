"""What Prometheus reads beside the SDK's instruments: the calls' histograms, each bucket with the trace of a call."""

import re
from collections.abc import Iterable, Sequence

from opentelemetry.sdk.resources import Resource
from prometheus_client.core import HistogramMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar

from mesh.telemetry.durations import Durations, Series

__all__ = ["CallsCollector"]

_Bucket = tuple[str, float] | tuple[str, float, Exemplar]


class CallsCollector(Collector):
    """Histograms named as OpenTelemetry's exporter names them, and `target_info`, which says whose they are.

    A client that asks for OpenMetrics gets exemplars, which that exporter leaves out (otel#4178).
    """

    def __init__(self, histograms: Sequence[Durations], resource: Resource) -> None:
        self._histograms = histograms
        self._target = {_label(name): str(value) for name, value in resource.attributes.items()}

    def collect(self) -> Iterable[Metric]:
        yield InfoMetricFamily("target", "Target metadata", value=self._target)
        for histogram in self._histograms:
            series = histogram.recorded()
            if series:
                yield _family(histogram, series)


def _family(histogram: Durations, series: Sequence[Series]) -> HistogramMetricFamily:
    names = sorted({name for each in series for name in each.attributes})
    labels = [_label(name) for name in names]
    family = HistogramMetricFamily(_label(histogram.name), histogram.description, labels=labels, unit="seconds")
    for each in series:
        values = [each.attributes.get(name, "") for name in names]
        family.add_metric(values, _buckets(each), each.total)
    return family


def _buckets(series: Series) -> list[_Bucket]:
    """Cumulative counts, as Prometheus has them."""
    buckets: list[_Bucket] = []
    calls = 0
    for index, (bound, count) in enumerate(zip((*series.bounds, float("inf")), list(series.counts), strict=True)):
        calls += count
        least = "+Inf" if bound == float("inf") else str(float(bound))
        example = series.examples.get(index)
        if example is None:
            buckets.append((least, calls))
        else:
            trace = {"trace_id": f"{example.trace.trace_id:032x}", "span_id": f"{example.trace.span_id:016x}"}
            buckets.append((least, calls, Exemplar(trace, example.seconds, example.at)))
    return buckets


def _label(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_]", "_", name)
