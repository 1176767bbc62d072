"""What Prometheus reads from a service: durations by method and status, calls in hand, queues and outboxes."""

import asyncio
import urllib.request
from collections.abc import Iterator

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from prometheus_client.parser import text_string_to_metric_families

from mesh.call import Interceptor
from mesh.interceptors.client.metrics import client_metrics
from mesh.interceptors.metrics import ServerMetrics
from mesh.interceptors.tracing import ServerTracing
from mesh.telemetry.metrics import OutboxState
from mesh.telemetry.metrics_endpoint import MetricsEndpoint
from mesh.telemetry.setup import Telemetry, setup
from mesh.testing.echo import ECHO, EchoServer, echo_stub

Sample = dict[tuple[str, str], float]


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    made = setup("echo", environment={})
    yield made
    made.shutdown()


@pytest.fixture
def endpoint(telemetry: Telemetry) -> Iterator[MetricsEndpoint]:
    served = telemetry.serve_metrics()
    yield served
    served.close()


def scrape(endpoint: MetricsEndpoint) -> Sample:
    """Values by (sample name, status code or le or name)."""
    with urllib.request.urlopen(endpoint.url, timeout=5) as answer:
        text = answer.read().decode()
    return {
        (sample.name, sample.labels.get("rpc_response_status_code", sample.labels.get("hamlet_outbox_name", ""))): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }


async def test_durations_are_counted_by_status_on_both_sides(telemetry: Telemetry, endpoint: MetricsEndpoint) -> None:
    observers: list[Interceptor] = [
        ServerTracing(telemetry.tracer, telemetry.propagator),
        ServerMetrics(telemetry.instruments),
    ]
    chain = client_metrics(telemetry.instruments)
    async with (
        EchoServer(observers) as server,
        grpc.aio.insecure_channel(server.address, interceptors=chain) as channel,
    ):
        unary = echo_stub(channel, "Unary")
        for word in ("hello", "hello", "missing", "crash"):
            call = unary(StringValue(value=word))
            await call.code()
        hanging = unary(StringValue(value="hang"))
        await server.servicer.hanging.wait()
        during = await asyncio.to_thread(scrape, endpoint)
        hanging.cancel()
        await hanging.code()
    after = await asyncio.to_thread(scrape, endpoint)
    for side in ("server", "client"):
        counts = {
            code: value for (name, code), value in after.items() if name == f"rpc_{side}_call_duration_seconds_count"
        }
        assert counts == {"OK": 2, "NOT_FOUND": 1, "INTERNAL": 1, "CANCELLED": 1}
    assert during["hamlet_rpc_server_in_flight", ""] == 1
    assert after["hamlet_rpc_server_in_flight", ""] == 0


def test_the_objectives_of_the_village_are_bounds_of_buckets(telemetry: Telemetry, endpoint: MetricsEndpoint) -> None:
    telemetry.instruments.server_duration.series({}).record(0.01)
    with urllib.request.urlopen(endpoint.url, timeout=5) as answer:
        text = answer.read().decode()
    for bound in ("0.01", "0.05", "0.1", "0.2", "0.3", "1.0"):
        assert f'rpc_server_call_duration_seconds_bucket{{le="{bound}"}}' in text
    assert 'service_name="echo"' in text


def test_shed_calls_queues_and_outboxes_are_reported(telemetry: Telemetry, endpoint: MetricsEndpoint) -> None:
    instruments = telemetry.instruments
    instruments.shed(f"/{ECHO}/Unary")
    instruments.inference_queue.add(3)
    instruments.inference_wait.record(0.02)
    instruments.inference_batch.record(8)
    instruments.observe_outbox("comment", lambda: OutboxState(depth=4, oldest_age=1.5))
    instruments.observe_outbox("account", lambda: OutboxState(depth=0, oldest_age=0.0))
    seen = scrape(endpoint)
    assert seen["hamlet_rpc_server_shed_total", ""] == 1
    assert seen["hamlet_inference_queue_depth", ""] == 3
    assert seen["hamlet_inference_queue_wait_seconds_sum", ""] == 0.02
    assert seen["hamlet_inference_batch_size_sum", ""] == 8
    assert seen["hamlet_outbox_depth", "comment"] == 4
    assert seen["hamlet_outbox_oldest_age_seconds", "comment"] == 1.5
    assert seen["hamlet_outbox_depth", "account"] == 0


def test_two_services_in_one_process_keep_their_metrics_apart(endpoint: MetricsEndpoint) -> None:
    other = setup("other", environment={})
    other.instruments.server_duration.series({}).record(1.0)
    assert ("rpc_server_call_duration_seconds_count", "") not in scrape(endpoint)
    other.shutdown()
