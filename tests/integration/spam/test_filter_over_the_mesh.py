"""The filter as its callers meet it: a real model, batched, observed, and honest when it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest
from hamlet.spam.v1 import spam_service_pb2 as messages
from hamlet.spam.v1.spam_service_pb2_grpc import SpamServiceStub
from hamlet.spam.v1.verdict_pb2 import LABEL_HAM, LABEL_SPAM

from mesh.errors import ErrorReason, HamletError
from mesh.status import error_of
from mesh.telemetry import setup
from mesh.testing.service import ServiceUnderTest, person, serving
from mesh.testing.spans import SpanRecorder
from model.comment import Comment
from model.observer import Priority
from services.spam.app import spam
from services.spam.filter import Filter
from services.storage.ids import uuid7

if TYPE_CHECKING:
    from hamlet.spam.v1.spam_service_pb2_grpc import SpamServiceAsyncStub

READER = person(uuid7())
HAM = messages.Comment(
    text="Thank you, the part about keyset pages finally made me understand why my offsets got slower every month.",
    author_name="Horatio",
)
SPAM = messages.Comment(
    text="Buy cheap replica watches and viagra!!! Best price http://cheap-replica.example.com/buy now",
    author_name="Cheap Replica Watches",
    author_url="http://cheap-replica.example.com/buy",
)


@pytest.fixture
def spans() -> SpanRecorder:
    return SpanRecorder()


@pytest.fixture
async def service(spans: SpanRecorder) -> AsyncIterator[ServiceUnderTest]:
    async with serving(spam, "spam", processors=[spans]) as running:
        yield running


@pytest.fixture
def stub(service: ServiceUnderTest) -> SpamServiceAsyncStub:
    return SpamServiceStub(service.channel(READER))


async def classify(stub: SpamServiceAsyncStub, comment: messages.Comment) -> messages.ClassifyResponse:
    return await stub.Classify(messages.ClassifyRequest(comment=comment))


async def test_it_tells_spam_from_ham_and_says_why(stub: SpamServiceAsyncStub) -> None:
    ham = (await stub.Classify(messages.ClassifyRequest(comment=HAM))).verdict
    caught = (await stub.Classify(messages.ClassifyRequest(comment=SPAM))).verdict
    assert (ham.label, caught.label) == (LABEL_HAM, LABEL_SPAM)
    assert caught.probability > ham.probability
    assert caught.reasons[0].weight > 0
    assert caught.model_version


async def test_many_at_once_get_the_verdicts_that_each_gets_alone(stub: SpamServiceAsyncStub) -> None:
    comments = [HAM, SPAM] * 20
    alone = {each.text: (await stub.Classify(messages.ClassifyRequest(comment=each))).verdict for each in (HAM, SPAM)}
    batch = await stub.ClassifyBatch(messages.ClassifyBatchRequest(comments=comments))
    assert list(batch.verdicts) == [alone[each.text] for each in comments]
    together = await asyncio.gather(*(classify(stub, each) for each in comments))
    assert [each.verdict for each in together] == list(batch.verdicts)


async def test_a_stream_answers_each_comment_under_its_key(stub: SpamServiceAsyncStub) -> None:
    async def requests() -> AsyncIterator[messages.ClassifyStreamRequest]:
        for number in range(100):
            yield messages.ClassifyStreamRequest(key=str(number), comment=SPAM if number % 2 else HAM)

    answers = {answer.key: answer.verdict.label async for answer in stub.ClassifyStream(requests())}
    assert answers == {str(number): LABEL_SPAM if number % 2 else LABEL_HAM for number in range(100)}


async def test_the_model_is_listed(stub: SpamServiceAsyncStub) -> None:
    (model,) = (await stub.ListModels(messages.ListModelsRequest())).models
    assert model.live
    assert 0 < model.unsure_threshold < model.spam_threshold < 1


async def test_one_request_is_one_inference_span_and_its_batch_links_to_it(
    stub: SpamServiceAsyncStub, spans: SpanRecorder
) -> None:
    await asyncio.gather(*(classify(stub, HAM) for _ in range(5)))
    await spans.wait_until(lambda: not spans.unfinished)
    inference = [span for span in spans.ended if span.name == "hamlet.inference"]
    served = {span.context.span_id for span in spans.ended if span.kind.name == "SERVER" and span.context}
    linked = {
        link.context.span_id for span in spans.ended if span.name == "hamlet.inference.batch" for link in span.links
    }
    assert len(inference) == 5
    assert {span.parent.span_id for span in inference if span.parent} <= served
    assert linked == {span.context.span_id for span in inference if span.context}


async def test_strangers_do_not_get_an_oracle(service: ServiceUnderTest) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await SpamServiceStub(service.channel(None)).Classify(messages.ClassifyRequest(comment=HAM))
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    relay = SpamServiceStub(service.channel(None, workload="comment"))
    assert (await relay.Classify(messages.ClassifyRequest(comment=HAM))).verdict.label == LABEL_HAM


async def test_a_full_queue_is_an_honest_refusal() -> None:
    environment = {"HAMLET_SPAM_MAX_QUEUE": "1", "HAMLET_SPAM_MAX_WAIT": "0.2", "HAMLET_SPAM_MAX_BATCH": "8"}
    async with serving(spam, "spam", environment=environment) as running:
        stub = SpamServiceStub(running.channel(READER))
        calls = [classify(stub, HAM) for _ in range(8)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
    refused = [error_of(each) for each in outcomes if isinstance(each, grpc.aio.AioRpcError)]
    assert refused
    assert all(each is not None and each.spec.reason == "QUEUE_FULL" and each.retry_after for each in refused)


async def test_without_a_model_it_is_not_healthy_so_no_call_is_sent_to_it(tmp_path: Path) -> None:
    async with serving(spam, "spam", environment={"HAMLET_SPAM_BUNDLE": str(tmp_path)}) as running:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await SpamServiceStub(running.channel(READER)).Classify(messages.ClassifyRequest(comment=HAM))
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_without_a_model_whoever_calls_all_the_same_is_told_why() -> None:
    tracer = setup("spam", environment={}).tracer
    with pytest.raises(HamletError) as refused:
        await Filter(tracer, None, None).judge(Comment("hello"), Priority.LIVE)
    assert refused.value.reason == ErrorReason.ERROR_REASON_FILTER_UNAVAILABLE
