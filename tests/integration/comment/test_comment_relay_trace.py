"""One trace leads from the request to the verdict that came later."""

from pathlib import Path

from hamlet.comment.v1 import comment_pb2
from opentelemetry.sdk.trace import ReadableSpan

from mesh.testing.spans import SpanRecorder
from tests.integration.comment.village import village

_TEXT = "xylophone-of-elsinore"


def _named(spans: list[ReadableSpan], name: str) -> list[ReadableSpan]:
    return [span for span in spans if span.name == name]


async def test_the_relay_continues_the_trace_of_the_request(tmp_path: Path) -> None:
    recorder = SpanRecorder()
    async with village(tmp_path, processors=[recorder]) as home:
        home.filter.broken = True
        comment = await home.write(home.blog.add(), _TEXT)
        home.filter.broken = False
        await home.until_state(comment.id, comment_pb2.COMMENT_STATE_VISIBLE)
        await recorder.wait_until(lambda: bool(_named(recorder.ended, "outbox judge")))
    [request] = _named(recorder.ended, "hamlet.comment.v1.CommentService/CreateComment")
    late = _named(recorder.ended, "outbox judge")
    assert request.context is not None
    assert {span.context.trace_id for span in late if span.context} == {request.context.trace_id}
    assert all(span.parent is not None for span in late)
    for span in recorder.ended:
        assert _TEXT not in f"{span.attributes} {[event.attributes for event in span.events]} {span.status.description}"
        assert "Ophelia" not in f"{span.attributes}"
