"""A real server over mTLS: what comes in wrong is the client's fault, what goes wrong inside leaks nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from hamlet.spam.v1 import spam_service_pb2
from hamlet.spam.v1.spam_service_pb2 import (
    ClassifyRequest,
    ClassifyResponse,
    ClassifyStreamRequest,
    ClassifyStreamResponse,
    Comment,
)
from hamlet.spam.v1.spam_service_pb2_grpc import SpamServiceServicer, SpamServiceStub

from mesh.errors import ErrorReason, HamletError
from mesh.runtime import Runtime
from mesh.server import Server
from mesh.status import error_of
from mesh.testing.service import ServiceUnderTest, person, serving

SECRET = "what a person wrote"
ALICE = person("0190b6a5-0000-7000-8000-000000000001")


class Servicer(SpamServiceServicer):
    async def Classify(self, request: ClassifyRequest, context: Any) -> ClassifyResponse:
        match request.comment.text:
            case "crash":
                raise ValueError(SECRET)
            case "cancelled":
                raise asyncio.CancelledError
            case "refused":
                raise HamletError(ErrorReason.ERROR_REASON_QUEUE_FULL, retry_after=0.5, debug=SECRET)
            case "hang":
                await asyncio.Event().wait()
        return ClassifyResponse()

    async def ClassifyBatch(self, request: Any, context: Any) -> Any:
        raise HamletError(ErrorReason.ERROR_REASON_FILTER_UNAVAILABLE)

    async def ListModels(self, request: Any, context: Any) -> Any:
        raise HamletError(ErrorReason.ERROR_REASON_FILTER_UNAVAILABLE)

    async def ClassifyStream(
        self, request_iterator: AsyncIterator[ClassifyStreamRequest], context: Any
    ) -> AsyncIterator[ClassifyStreamResponse]:
        async for request in request_iterator:
            yield ClassifyStreamResponse(key=request.key)


@asynccontextmanager
async def application(runtime: Runtime, server: Server) -> AsyncIterator[None]:
    server.add_service(spam_service_pb2.DESCRIPTOR.services_by_name["SpamService"], Servicer())
    yield


@pytest.fixture
async def spam() -> AsyncIterator[ServiceUnderTest]:
    async with serving(application, "spam") as service:
        yield service


def saying(text: str) -> ClassifyRequest:
    return ClassifyRequest(comment=Comment(text=text))


async def failure(spam: ServiceUnderTest, request: ClassifyRequest, **options: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await SpamServiceStub(spam.channel(ALICE)).Classify(request, **options)
    return caught.value


async def test_a_person_is_answered(spam: ServiceUnderTest) -> None:
    assert await SpamServiceStub(spam.channel(ALICE)).Classify(saying("hello")) == ClassifyResponse()


async def test_a_stream_both_ways_is_answered(spam: ServiceUnderTest) -> None:
    async def requests() -> AsyncIterator[ClassifyStreamRequest]:
        for key in "abc":
            yield ClassifyStreamRequest(key=key, comment=Comment(text="hello"))

    answers = SpamServiceStub(spam.channel(ALICE)).ClassifyStream(requests())
    assert [answer.key async for answer in answers] == ["a", "b", "c"]


async def test_an_exception_is_internal_with_an_error_id_and_no_text(spam: ServiceUnderTest) -> None:
    error = await failure(spam, saying("crash"))
    assert error.code() is grpc.StatusCode.INTERNAL
    known = error_of(error)
    assert known is not None
    assert len(known.metadata["error_id"]) == 32
    assert SECRET not in str(error)


async def test_a_cancellation_from_inside_does_not_hang_the_caller(spam: ServiceUnderTest) -> None:
    assert (await failure(spam, saying("cancelled"))).code() is grpc.StatusCode.UNAVAILABLE


async def test_a_refusal_carries_its_reason_and_when_to_come_back(spam: ServiceUnderTest) -> None:
    error = await failure(spam, saying("refused"))
    known = error_of(error)
    assert known is not None
    assert (error.code(), known.spec.reason, known.retry_after) == (
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "QUEUE_FULL",
        0.5,
    )
    assert SECRET not in str(error)


async def test_without_a_deadline_the_contract_s_applies(spam: ServiceUnderTest) -> None:
    error = await failure(spam, saying("hang"))
    known = error_of(error)
    assert known is not None
    assert known.spec.reason == "DEADLINE_EXCEEDED"


async def test_an_invalid_field_is_named(spam: ServiceUnderTest) -> None:
    known = error_of(await failure(spam, saying("")))
    assert known is not None
    assert (known.spec.reason, known.violations[0].field) == ("INVALID_REQUEST", "comment.text")


@pytest.mark.parametrize(
    "data",
    [b"\xff\xff\xff", b"\x0a\x05ab", b"\x0a\x03\x0a\x01\xff", b"\x0a" * 3, b"\x0b" * 5_000],
    ids=["garbage", "truncated", "not UTF-8", "cut short", "nested too deeply"],
)
async def test_bytes_that_are_no_message_are_the_client_s_fault(spam: ServiceUnderTest, data: bytes) -> None:
    call = spam.channel(ALICE).unary_unary(
        "/hamlet.spam.v1.SpamService/Classify", request_serializer=_as_they_are, response_deserializer=None
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(data)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    known = error_of(caught.value)
    assert known is not None
    assert known.spec.reason == "MALFORMED_REQUEST"


async def test_malformed_bytes_within_a_stream_are_too(spam: ServiceUnderTest) -> None:
    call = spam.channel(ALICE).stream_stream(
        "/hamlet.spam.v1.SpamService/ClassifyStream", request_serializer=_as_they_are, response_deserializer=None
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in call(iter([b"\xff\xff"])):
            pass
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_message_beyond_the_limit_is_refused(spam: ServiceUnderTest) -> None:
    error = await failure(spam, saying("a" * 5_000_000))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def _as_they_are(data: bytes | Message) -> bytes:
    assert isinstance(data, bytes)
    return data
