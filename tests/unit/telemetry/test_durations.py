"""Durations that are counted here fall into the buckets into which the SDK would have put them."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader
from opentelemetry.trace import SpanContext

from mesh.telemetry.durations import Durations

BOUNDS = (0.001, 0.01, 0.1, 1.0)
DURATIONS = st.lists(st.one_of(st.sampled_from(BOUNDS), st.floats(0, 5)), min_size=1, max_size=20)


@given(DURATIONS)
def test_buckets_are_those_of_the_sdk(durations: list[float]) -> None:
    series = Durations("calls", "", BOUNDS).series({})
    for seconds in durations:
        series.record(seconds)
    point = of_the_sdk(durations)
    assert series.counts == list(point.bucket_counts)
    assert series.total == point.sum


def of_the_sdk(durations: Sequence[float]) -> HistogramDataPoint:
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader], shutdown_on_exit=False).get_meter("test")
    histogram = meter.create_histogram("calls", explicit_bucket_boundaries_advisory=BOUNDS)
    for seconds in durations:
        histogram.record(seconds)
    data = reader.get_metrics_data()
    assert data is not None
    point = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points[0]
    assert isinstance(point, HistogramDataPoint)
    return point


def test_a_set_of_attributes_is_one_series_in_any_order() -> None:
    durations = Durations("calls", "", BOUNDS)
    durations.series({"method": "a", "code": "OK"}).record(0.5)
    durations.series({"code": "OK", "method": "a"}).record(0.5)
    durations.series({"method": "b", "code": "OK"})
    (recorded,) = durations.recorded()
    assert sum(recorded.counts) == 2


def test_a_bucket_keeps_the_last_sampled_call() -> None:
    series = Durations("calls", "", BOUNDS).series({})
    first, last = (SpanContext(1, number, is_remote=False) for number in (1, 2))
    series.record(0.05, first)
    series.record(0.06, last)
    series.record(0.07)
    assert {index: example.trace for index, example in series.examples.items()} == {2: last}
