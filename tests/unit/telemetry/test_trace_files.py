"""Traces on disk are bounded, survive a torn line, and come back as they were."""

from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mesh.telemetry.receiver.trace_files import TraceFiles, trace_files
from mesh.telemetry.spans import to_otlp_json
from mesh.telemetry.traces import latest_traces, load_trace
from mesh.telemetry.tree import render_tree

TRACE = bytes(range(16))
MS = 1_000_000


def export(
    *spans: tuple[int, int, str, int, int], trace: bytes = TRACE, links: tuple[int, ...] = ()
) -> dict[str, object]:
    """Spans as (id, parent or 0, "service name", start ms, end ms)."""
    request = ExportTraceServiceRequest()
    for number, parent, label, start, end in spans:
        service, name = label.split()
        resource = request.resource_spans.add()
        resource.resource.attributes.add(key="service.name").value.string_value = service
        span = resource.scope_spans.add().spans.add(
            trace_id=trace,
            span_id=number.to_bytes(8, "big"),
            parent_span_id=parent.to_bytes(8, "big") if parent else b"",
            name=name,
            kind=2,
            start_time_unix_nano=start * MS,
            end_time_unix_nano=end * MS,
        )
        span.attributes.add(key="rpc.response.status_code").value.string_value = "OK"
        for link in links:
            span.links.add(trace_id=TRACE, span_id=link.to_bytes(8, "big"))
    return to_otlp_json(request)


def test_ids_are_written_in_hexadecimal() -> None:
    document = export((1, 0, "edge GET", 0, 5), links=(9,))
    (span,) = document["resourceSpans"][0]["scopeSpans"][0]["spans"]  # type: ignore[index]
    assert span["traceId"] == TRACE.hex()
    assert span["spanId"] == "0000000000000001"
    assert span["links"][0]["spanId"] == "0000000000000009"


def test_a_trace_comes_back_by_the_first_digits_of_its_id(tmp_path: Path) -> None:
    files = TraceFiles(tmp_path)
    files.write(export((2, 1, "blog Get", 1, 3), (1, 0, "edge GET", 0, 5)))
    files.write(export((7, 0, "other GET", 0, 5), trace=b"\xff" * 16))
    spans = load_trace(tmp_path, TRACE.hex()[:8])
    files.close()
    assert [(span.service, span.name, span.parent_id) for span in spans] == [
        ("edge", "GET", ""),
        ("blog", "Get", "0000000000000001"),
    ]
    assert spans[1].seconds == 0.002
    assert spans[1].code == "OK"


def test_the_latest_trace_comes_first(tmp_path: Path) -> None:
    files = TraceFiles(tmp_path)
    files.write(export((1, 0, "edge early", 0, 5)))
    files.write(export((2, 0, "edge late", 10, 15), trace=b"\xff" * 16))
    files.close()
    assert [each.name for each in latest_traces(tmp_path)] == ["late", "early"]
    assert latest_traces(tmp_path, limit=1)[0].spans == 1


def test_the_oldest_file_goes_when_there_are_too_many(tmp_path: Path) -> None:
    files = TraceFiles(tmp_path, file_bytes=400, files=3)
    for number in range(1, 40):
        files.write(export((number, 0, f"edge n{number}", number, number + 1)))
    files.close()
    assert len(trace_files(tmp_path)) == 3
    assert sum(file.stat().st_size for file in trace_files(tmp_path)) < 3 * (400 + 400)
    names = [span.name for span in load_trace(tmp_path, TRACE.hex())]
    assert names[-1] == "n39"
    assert "n1" not in names


def test_a_restart_opens_a_new_file_and_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    first = TraceFiles(tmp_path)
    first.write(export((1, 0, "edge before", 0, 1)))
    first.close()
    with trace_files(tmp_path)[0].open("a") as file:
        file.write('{"resourceSpans":[{"sco')
    second = TraceFiles(tmp_path)
    second.write(export((2, 0, "edge after", 2, 3)))
    second.close()
    assert [span.name for span in load_trace(tmp_path, TRACE.hex())] == ["before", "after"]


def test_no_trace_is_an_empty_list_and_says_so_as_a_tree(tmp_path: Path) -> None:
    assert load_trace(tmp_path, "") == load_trace(tmp_path / "nowhere", "abc") == []
    assert render_tree([]) == "no spans"


def test_the_tree_shows_callers_before_callees_with_status_duration_offset_and_links(tmp_path: Path) -> None:
    files = TraceFiles(tmp_path)
    files.write(export((1, 0, "edge POST", 0, 50), (2, 1, "comment Create", 5, 45), (3, 2, "spam Classify", 10, 30)))
    files.write(export((4, 8, "spam batch", 12, 20), trace=b"\xee" * 16, links=(3, 99)))
    files.close()
    lines = render_tree(load_trace(tmp_path, TRACE.hex())).splitlines()
    assert lines[0] == f"trace {TRACE.hex()} · 4 spans · 50.0 ms"
    assert [line.split(" ", 1)[0] for line in lines[1:2]] == ["└──"]
    assert "edge POST server OK 50.0 ms at +0 µs" in lines[1]
    assert "    └── comment Create server OK 40.0 ms at +5.0 ms" in lines[2]
    assert "        └── spam Classify" in lines[3]
    assert lines[4].startswith("            └── spam batch")
    assert "⇢ spam Classify" in lines[4]


def test_a_span_whose_parent_never_came_is_marked(tmp_path: Path) -> None:
    files = TraceFiles(tmp_path)
    files.write(export((3, 77, "spam Classify", 10, 30)))
    files.close()
    assert "its parent is missing" in render_tree(load_trace(tmp_path, TRACE.hex()))
