"""Decodes and validates what came in, after it is clear that the caller may call at all."""

from collections.abc import AsyncIterator

from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.call import Call, Interceptor, Proceed
from mesh.errors import HamletError
from mesh.http import fill_from_headers, is_rest
from mesh.validation import validate

__all__ = ["Decode"]


class Decode(Interceptor):
    """Turns bytes into valid messages; what is malformed or invalid is the client's fault (INVALID_ARGUMENT)."""

    name = "decode"

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        assert call.method.descriptor is not None  # noqa: S101
        message_class = GetMessageClass(call.method.descriptor.input_type)
        if call.requests is None:
            call.request = _decode(message_class, call.request, call)
        else:
            call.requests = _decoded(message_class, call.requests)
        await proceed(call)


async def _decoded(message_class: type[Message], incoming: AsyncIterator[bytes]) -> AsyncIterator[Message]:
    async for data in incoming:
        yield _decode(message_class, data)


def _decode(message_class: type[Message], data: bytes, call: Call | None = None) -> Message:
    try:
        message = message_class.FromString(data)
    except DecodeError:
        raise HamletError(ErrorReason.ERROR_REASON_MALFORMED_REQUEST) from None
    if call is not None and is_rest(call):
        fill_from_headers(call, message)
    validate(message)
    return message
