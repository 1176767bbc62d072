"""Spans reach a collector over OTLP, carry nothing personal, and never make a request or an exit wait."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from opentelemetry.sdk.environment_variables import OTEL_EXPORTER_OTLP_ENDPOINT

from mesh.interceptors.client.tracing import client_tracing
from mesh.interceptors.tracing import ServerTracing
from mesh.telemetry.setup import setup
from mesh.telemetry.spans import SpanRecord
from mesh.telemetry.traces import load_trace
from mesh.testing.echo import EchoServer, echo_stub
from mesh.testing.otlp import OtlpReceiver, assert_one_trace, edges, orphans


@pytest.fixture
def black_hole() -> Iterator[str]:
    """A collector that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_a_call_between_two_services_arrives_as_one_whole_trace() -> None:
    async with OtlpReceiver() as received:
        environment = {OTEL_EXPORTER_OTLP_ENDPOINT: received.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "50"}
        comment, spam = setup("comment", environment=environment), setup("spam", environment=environment)
        chain = client_tracing(comment.tracer, comment.propagator, server_address="spam")
        async with (
            EchoServer([ServerTracing(spam.tracer, spam.propagator)]) as server,
            grpc.aio.insecure_channel(server.address, interceptors=chain) as channel,
        ):
            await echo_stub(channel, "Unary")(StringValue(value="hello"))
        spans = await received.wait_for(lambda got: len(got) == 2)
        root = assert_one_trace(spans, services={"comment", "spam"}, calls={("comment", "spam")}, root="comment")
        assert root.kind == "CLIENT"
        assert root.attributes["server.address"] == "spam"
        assert edges(spans) == {("comment", "spam")}
        assert await asyncio.to_thread(comment.shutdown)
        assert await asyncio.to_thread(spam.shutdown)


async def test_only_allowed_attributes_leave_the_process() -> None:
    async with OtlpReceiver() as received:
        telemetry = setup("blog", environment={OTEL_EXPORTER_OTLP_ENDPOINT: received.endpoint})

        def careless() -> None:
            with telemetry.tracer.start_as_current_span("job") as span:
                span.set_attributes({"user.email": "ada@example.org", "hamlet.batch.size": 3})
                raise ValueError("ada@example.org")

        with pytest.raises(ValueError, match="ada"):
            careless()
        assert await asyncio.to_thread(telemetry.shutdown)
        (got,) = received.spans
        assert got.attributes == {"hamlet.batch.size": 3}
        assert got.events == ("exception",)
        assert got.status == "ERROR"
        assert "ada@example.org" not in repr(got)


async def test_spans_still_queued_are_sent_on_shutdown() -> None:
    async with OtlpReceiver() as received:
        environment = {OTEL_EXPORTER_OTLP_ENDPOINT: received.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "60000"}
        telemetry = setup("blog", environment=environment)
        for number in range(1000):
            telemetry.tracer.start_span(f"job {number}").end()
        assert await asyncio.to_thread(telemetry.shutdown)
        assert len(received.spans) == 1000


@pytest.mark.slow
def test_a_collector_that_hangs_delays_neither_a_span_nor_the_shutdown(black_hole: str) -> None:
    telemetry = setup("blog", environment={OTEL_EXPORTER_OTLP_ENDPOINT: black_hole})
    started = time.perf_counter()
    for number in range(5000):
        telemetry.tracer.start_span(f"job {number}").end()
    assert time.perf_counter() - started < 2.5
    started = time.perf_counter()
    assert not telemetry.shutdown(timeout=0.5)
    assert time.perf_counter() - started < 2.0


@pytest.mark.slow
@pytest.mark.parametrize("goodbye", ["telemetry.shutdown(1.0)", "pass"], ids=["shutdown", "no shutdown"])
def test_a_process_with_a_dead_collector_exits_within_five_seconds(black_hole: str, goodbye: str) -> None:
    program = f"""
from mesh.telemetry.setup import setup
telemetry = setup("blog", environment={{"OTEL_EXPORTER_OTLP_ENDPOINT": "{black_hole}"}})
for number in range(5000):
    telemetry.tracer.start_span("job").end()
import time; began = time.perf_counter()
{goodbye}
import atexit; atexit.register(lambda: print(time.perf_counter() - began))
"""
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert float(done.stdout) < 5
    assert time.perf_counter() - started < 20


def test_nothing_is_exported_unless_somebody_asks() -> None:
    telemetry = setup("blog", environment={})
    assert telemetry.export is None
    assert telemetry.shutdown()


async def test_the_sampler_follows_the_caller_and_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    telemetry = setup("blog", environment={})
    assert not telemetry.tracer.start_span("root").is_recording()
    for flag, recorded in (("01", True), ("00", False)):
        remote = telemetry.propagator.extract({"traceparent": f"00-{'a' * 32}-{'b' * 16}-{flag}"})
        span = telemetry.tracer.start_span("child", remote)
        assert span.is_recording() is recorded
        span.end()


def test_orphans_are_found() -> None:
    lost = SpanRecord("t", "2", "1", "spam", "Classify", "SERVER", "UNSET", 1, 2)
    assert orphans([lost]) == [lost]
    with pytest.raises(AssertionError, match="orphans"):
        assert_one_trace([lost], services={"spam"}, calls=set())


@pytest.mark.slow
async def test_the_receiver_runs_as_a_process_and_writes_what_a_reader_finds(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mesh.telemetry.receiver", "--listen", "127.0.0.1:0", "--out", str(tmp_path)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            said = (await process.stdout.readline()).decode()
        assert said.startswith("listening on 127.0.0.1:")
        endpoint = f"http://{said.split()[-1]}"
        telemetry = setup("blog", environment={OTEL_EXPORTER_OTLP_ENDPOINT: endpoint})
        with telemetry.tracer.start_as_current_span("job") as span:
            trace_id = f"{span.get_span_context().trace_id:032x}"
        assert await asyncio.to_thread(telemetry.shutdown)
        (found,) = load_trace(tmp_path, trace_id)
        assert (found.service, found.name) == ("blog", "job")
    finally:
        process.terminate()
        async with asyncio.timeout(10):
            assert await process.wait() == 0
