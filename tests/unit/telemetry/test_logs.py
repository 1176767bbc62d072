"""Logs are JSON with the ids of the trace, and hold no secrets, whoever wrote them."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from mesh.telemetry.logs import configure_logs
from mesh.telemetry.propagation import MeshPropagator
from mesh.telemetry.redaction import REDACTED


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("HAMLET_LOG_FORMAT", raising=False)
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    configure_logs("blog", level="INFO", stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_carries_service_level_and_the_ids_of_the_trace(lines: Any) -> None:
    span = NonRecordingSpan(SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=TraceFlags(1)))
    with trace.use_span(span):
        structlog.get_logger("mesh").info("post published", post="p1")
    (line,) = lines()
    assert line["event"] == "post published"
    assert (line["service"], line["level"], line["post"]) == ("blog", "info", "p1")
    assert line["trace_id"] == f"{0xABC:032x}"
    assert line["span_id"] == f"{0xDEF:016x}"


def test_the_standard_librarys_logging_comes_out_the_same_way(lines: Any) -> None:
    logging.getLogger("sqlalchemy").warning("pool of %d is full", 5)
    (line,) = lines()
    assert (line["event"], line["logger"], line["service"]) == ("pool of 5 is full", "sqlalchemy", "blog")


@pytest.mark.parametrize(
    "key",
    ["password", "new_password", "token", "refresh_token", "authorization", "Authorization", "email", "cookie", "ip"],
)
def test_the_value_of_a_telling_key_is_never_printed(lines: Any, key: str) -> None:
    structlog.get_logger().info("x", **{key: "hunter2"}, nested={"deep": [{key: "hunter2"}]})
    (line,) = lines()
    assert line[key] == REDACTED
    assert "hunter2" not in json.dumps(line)


def test_an_address_or_token_inside_a_text_is_never_printed(lines: Any) -> None:
    logging.getLogger("driver").error("duplicate key (ada@example.org) eyJhbGciOiJFZERTQSJ9.eyJzdWIi.c2ln")
    (line,) = lines()
    assert line["event"] == f"duplicate key ({REDACTED}) {REDACTED}"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["a" * 200_000, "a." * 100_000, "a@" + "b" * 200_000, "eyJ-" * 4_000])
def test_no_text_takes_more_than_one_walk_through_it(lines: Any, text: str) -> None:
    logging.getLogger("driver").error(text)
    assert lines()[0]["event"] == text


def test_what_a_caller_says_in_trace_headers_is_not_logged(lines: Any) -> None:
    said = {
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "tracestate": "where be = your gibes now",
        "baggage": "where be your gibes now," * 300 + "gibes=" + "x" * 5000,
    }
    MeshPropagator().extract(said)
    MeshPropagator().extract({"baggage": "gibes" * 2000})
    assert lines() == []


def test_an_exception_shows_its_type_and_place_but_not_its_text(lines: Any) -> None:
    try:
        raise ValueError("what a person wrote")
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("stdlib").exception("failed")
    for line in lines():
        assert line["error_type"] == "ValueError"
        assert "test_logs.py" in line["where"][0]
        assert "what a person wrote" not in json.dumps(line)


def test_what_is_below_the_level_is_not_printed(lines: Any) -> None:
    structlog.get_logger().debug("noise")
    assert lines() == []


def test_the_console_format_is_for_people(monkeypatch: pytest.MonkeyPatch, lines: Any) -> None:
    monkeypatch.setenv("HAMLET_LOG_FORMAT", "console")
    stream = io.StringIO()
    configure_logs("blog", stream=stream)
    structlog.get_logger().info("ready", port=1)
    assert "ready" in stream.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(stream.getvalue())
