"""A service passes on the token of the person it works for, so that the next one can check it too."""

from typing import Any

import grpc

from mesh.call import current_or_none
from mesh.interceptors.client.deadline import with_details

__all__ = ["client_identity"]

_HEADER = "authorization"


class _UnaryUnary(grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(_on_behalf(client_call_details), request)


class _UnaryStream(grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(_on_behalf(client_call_details), request)


class _StreamUnary(grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await continuation(_on_behalf(client_call_details), request_iterator)


class _StreamStream(grpc.aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await continuation(_on_behalf(client_call_details), request_iterator)


def client_identity() -> list[grpc.aio.ClientInterceptor]:
    """Adds the token of the call being served, unless the caller set one of its own. Background work has none."""
    return [_UnaryUnary(), _UnaryStream(), _StreamUnary(), _StreamStream()]


def _on_behalf(details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
    serving = current_or_none()
    if serving is None or not serving.caller.token:
        return details
    metadata = grpc.aio.Metadata(*tuple(details.metadata or ()))
    if metadata.get(_HEADER) is not None:
        return details
    metadata.add(_HEADER, f"Bearer {serving.caller.token}")
    return with_details(details, metadata=metadata)
