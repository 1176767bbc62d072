"""Every format that callers use is understood, and what is written is W3C plus what the operator adds."""

import pytest
from opentelemetry import baggage, trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from mesh.telemetry.propagation import MeshPropagator, propagator_from

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def remote(carrier: dict[str, str]) -> SpanContext:
    return trace.get_current_span(MeshPropagator().extract(carrier)).get_span_context()


@pytest.mark.parametrize(
    "carrier",
    [
        {"traceparent": f"00-{TRACE}-{SPAN}-01"},
        {"b3": f"{TRACE}-{SPAN}-1"},
        {"x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-sampled": "1"},
        {"uber-trace-id": f"{TRACE}:{SPAN}:0:1"},
    ],
    ids=["w3c", "b3 single", "b3 multi", "jaeger"],
)
def test_a_callers_context_is_read_in_each_format(carrier: dict[str, str]) -> None:
    context = remote(carrier)
    assert (f"{context.trace_id:032x}", f"{context.span_id:016x}") == (TRACE, SPAN)
    assert context.trace_flags.sampled
    assert context.is_remote


def test_w3c_wins_over_the_others() -> None:
    other = "f" * 32
    context = remote({"traceparent": f"00-{TRACE}-{SPAN}-00", "b3": f"{other}-{SPAN}-1"})
    assert f"{context.trace_id:032x}" == TRACE
    assert not context.trace_flags.sampled


@pytest.mark.parametrize(
    "carrier",
    [
        {},
        {"traceparent": "nonsense"},
        {"b3": "a-b-c-d-e-f"},
        {"b3": ""},
        {"uber-trace-id": "::::"},
        {"uber-trace-id": "x:y:z:w"},
        {"x-b3-traceid": "short"},
    ],
)
def test_a_context_that_cannot_be_read_starts_a_new_trace(carrier: dict[str, str]) -> None:
    assert not remote(carrier).is_valid


def test_an_ambient_span_is_never_taken_for_the_callers() -> None:
    ambient = NonRecordingSpan(SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(1)))
    with trace.use_span(ambient):
        assert not remote({}).is_valid


def test_baggage_is_read() -> None:
    assert baggage.get_baggage("kind", MeshPropagator().extract({"baggage": "kind=live"})) == "live"


def written(formats: str) -> dict[str, str]:
    span = NonRecordingSpan(SpanContext(int(TRACE, 16), int(SPAN, 16), is_remote=False, trace_flags=TraceFlags(1)))
    carrier: dict[str, str] = {}
    propagator_from({"OTEL_PROPAGATORS": formats}).inject(carrier, set_span_in_context(span, Context()))
    return carrier


def test_w3c_alone_is_written_by_default() -> None:
    assert written("") == {"traceparent": f"00-{TRACE}-{SPAN}-01"}


def test_formats_that_the_operator_names_are_written_as_well() -> None:
    carrier = written("b3,b3multi,jaeger")
    assert carrier["traceparent"] == f"00-{TRACE}-{SPAN}-01"
    assert carrier["b3"] == f"{TRACE}-{SPAN}-1"
    assert carrier["x-b3-traceid"] == TRACE
    assert carrier["uber-trace-id"].startswith(f"{TRACE}:{SPAN}:")


def test_a_format_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="xray"):
        propagator_from({"OTEL_PROPAGATORS": "xray"})
