"""A comment over REST is one trace from the edge to the model, whoever goes away in the middle."""

import http.client
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh.telemetry.spans import SpanRecord
from mesh.telemetry.traces import latest_traces
from mesh.testing.otlp import assert_one_trace, orphans
from services.cli.rest import call
from tests.e2e.processes import pid_of
from tests.e2e.running import Village, end, start
from tests.e2e.trace_source import Jaeger, Received, TraceSource, settled

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("traces")]

JAEGER = os.environ.get("JAEGER_QUERY_URL") or ("http://127.0.0.1:16686" if os.environ.get("JAEGER_BIN") else "")
CREATE = "hamlet.comment.v1.CommentService/CreateComment"
TEXT = "The second paragraph explains better than the manual why the verdict travels with the comment."


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    running = start(tmp_path_factory.mktemp("traced"))
    yield running
    end(running)


@pytest.fixture(params=["received", pytest.param("jaeger", marks=pytest.mark.jaeger)])
def source(request: pytest.FixtureRequest, village: Village) -> TraceSource:
    if request.param == "received":
        return Received(village.home / "traces")
    if not JAEGER:
        pytest.skip("no Jaeger: set JAEGER_BIN or JAEGER_QUERY_URL")
    return Jaeger(JAEGER)


@pytest.fixture
def post(village: Village) -> str:
    return str(call(village.url, "/v1/posts").body["posts"][0]["id"])


def comment(village: Village, post: str) -> str:
    """Comments, and returns the trace's id."""
    answer = call(village.url, f"/v1/posts/{post}/comments", {"authorName": "Horatio", "text": TEXT})
    return str(answer.headers["x-trace-id"])


def is_whole(spans: list[SpanRecord]) -> bool:
    return {"edge", "comment", "blog", "spam"} <= {span.service for span in spans} and not orphans(spans)


def _is_whole_without_spam(spans: list[SpanRecord]) -> bool:
    rest = _without_spam(spans)
    return {"edge", "comment", "blog"} <= {span.service for span in rest} and not orphans(rest)


def _without_spam(spans: list[SpanRecord]) -> list[SpanRecord]:
    return [span for span in spans if span.service != "spam"]


def test_a_comment_is_one_trace(village: Village, post: str, source: TraceSource) -> None:
    spans = settled(source, comment(village, post), is_whole)

    root = assert_one_trace(
        spans,
        services={"edge", "comment", "blog", "spam"},
        calls={("edge", "comment"), ("comment", "blog"), ("comment", "spam")},
        root="edge",
    )
    assert CREATE in root.name or any(CREATE in span.name for span in spans if span.parent_id == root.span_id)
    inference = [span for span in spans if span.name == "hamlet.inference"]
    batches = [span for span in spans if span.name == "hamlet.inference.batch"]
    assert len(inference) == 1
    assert len(batches) == 1
    assert (inference[0].trace_id, inference[0].span_id) in batches[0].links
    served = {span.span_id: span for span in spans}[inference[0].parent_id]
    assert (served.service, served.kind) == ("spam", "SERVER")


def test_a_client_that_goes_away_leaves_a_whole_trace(village: Village, post: str, source: TraceSource) -> None:
    known = {each.trace_id for each in latest_traces(village.home / "traces", 1000)}
    for _ in range(5):
        _hang_up(village, post)
    found = _new_traces(village, known, count=3)
    for trace_id in found:
        spans = settled(source, trace_id, lambda spans: not orphans(spans))
        assert [span for span in spans if not span.parent_id][0].service == "edge"  # noqa: RUF015 - there is one
        assert not orphans(spans)


def test_a_filter_that_is_killed_in_the_middle_leaves_a_whole_trace(
    village: Village, post: str, source: TraceSource
) -> None:
    stopped = pid_of(village.layout, "spam")
    os.kill(stopped, signal.SIGSTOP)
    connection = http.client.HTTPConnection("127.0.0.1", village.layout.edge, timeout=20)
    body = json.dumps({"authorName": "Horatio", "text": TEXT})
    connection.request("POST", f"/v1/posts/{post}/comments", body, {"content-type": "application/json"})
    os.kill(stopped, signal.SIGKILL)
    answer = connection.getresponse()
    assert answer.status == 200
    trace_id = str(answer.headers["x-trace-id"])
    assert json.loads(answer.read())["state"] == "COMMENT_STATE_PENDING"
    connection.close()

    spans = settled(source, trace_id, _is_whole_without_spam)
    assert_one_trace(_without_spam(spans), services={"edge", "comment", "blog"}, calls=set())
    failed = [span for span in spans if span.service == "comment" and "Classify" in span.name]
    assert failed
    assert all(span.status == "ERROR" for span in failed if span.kind == "CLIENT")


def _hang_up(village: Village, post: str) -> None:
    """Sends a comment and closes the connection without reading the answer."""
    body = json.dumps({"authorName": "Horatio", "text": TEXT}).encode()
    head = (
        f"POST /v1/posts/{post}/comments HTTP/1.1\r\nhost: hamlet\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", village.layout.edge)) as connection:
        connection.sendall(head.encode() + body)
        time.sleep(0.01)  # the request is on its way when the client goes
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def _new_traces(village: Village, known: set[str], count: int) -> list[str]:
    deadline = time.monotonic() + 20
    folder: Path = village.home / "traces"
    while True:
        new = [
            each.trace_id for each in latest_traces(folder, 50) if each.trace_id not in known and each.service == "edge"
        ]
        if len(new) >= count:
            return new
        assert time.monotonic() < deadline, f"only {len(new)} traces"
        time.sleep(0.1)
