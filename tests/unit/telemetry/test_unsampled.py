"""The short way for callers that ask not to be sampled goes where the SDK's long way would have gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.trace import NoOpTracer, Tracer, get_current_span

from mesh.telemetry.propagation import MeshPropagator
from mesh.telemetry.unsampled import Unsampled

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
REFUSED = f"00-{TRACE}-{SPAN}-00"


def tracer(sampler: Sampler) -> Tracer:
    return TracerProvider(sampler=sampler, shutdown_on_exit=False).get_tracer("test")


FOLLOWING = tracer(ParentBased(ALWAYS_ON))


def test_a_caller_that_asks_not_to_be_sampled_is_heeded_and_its_trace_goes_on() -> None:
    context = Unsampled(FOLLOWING).context({"traceparent": REFUSED})
    assert context is not None
    theirs = get_current_span(context).get_span_context()
    assert f"{theirs.trace_id:032x}" == TRACE
    assert not theirs.trace_flags.sampled
    assert not FOLLOWING.start_span("onward", context).is_recording()
    onward: dict[str, str] = {}
    MeshPropagator().inject(onward, context)
    assert onward["traceparent"] == REFUSED


def test_an_empty_tracestate_says_nothing_as_envoy_s_does() -> None:
    assert Unsampled(FOLLOWING).context({"traceparent": REFUSED, "tracestate": ""}) is not None


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"traceparent": f"00-{TRACE}-{SPAN}-01"},
        {"traceparent": f"00-{'0' * 32}-{SPAN}-00"},
        {"traceparent": f"00-{TRACE}-{'0' * 16}-00"},
        {"traceparent": f"ff-{TRACE}-{SPAN}-00"},
        {"traceparent": REFUSED.upper()},
        {"traceparent": REFUSED + "-more"},
        {"traceparent": REFUSED, "tracestate": "vendor=1"},
        {"traceparent": REFUSED, "baggage": "a=b"},
        {"traceparent": REFUSED, "uber-trace-id": f"{TRACE}:{SPAN}:0:1"},
    ],
)
def test_whatever_else_comes_is_the_sdk_s(metadata: dict[str, str]) -> None:
    assert Unsampled(FOLLOWING).context(metadata) is None


@pytest.mark.parametrize("sampler", [ALWAYS_ON, TraceIdRatioBased(0.5), ParentBased(ALWAYS_ON, ALWAYS_ON, ALWAYS_ON)])
def test_a_sampler_that_decides_by_itself_is_asked(sampler: Sampler) -> None:
    usual = Unsampled(tracer(sampler)).context({"traceparent": REFUSED})
    follows = "remoteParentNotSampled:AlwaysOffSampler" in sampler.get_description()
    assert (usual is not None) == follows


def test_without_an_sdk_nothing_is_decided_here() -> None:
    assert Unsampled(NoOpTracer()).context({"traceparent": REFUSED}) is None


@given(st.from_regex(r"0[0-1]-[0-9a-f]{30,33}-[0-9a-f]{15,17}-[0-9a-f]{2}", fullmatch=True))
def test_it_never_drops_what_the_sdk_would_record(traceparent: str) -> None:
    short = Unsampled(FOLLOWING).context({"traceparent": traceparent})
    if short is not None:
        remote = MeshPropagator().extract({"traceparent": traceparent})
        span = FOLLOWING.start_span("usual", remote)
        assert not span.is_recording()
        assert span.get_span_context().trace_id == get_current_span(short).get_span_context().trace_id
