"""Deadlines flow on: no onward call outlives the call that it serves."""

from collections.abc import Callable
from typing import Any

import grpc
from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.call import current_or_none
from mesh.contract import method_at
from mesh.errors import HamletError

__all__ = ["client_deadlines", "with_details"]

_WITHOUT_CONTRACT = 10.0


class _UnaryUnary(grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(_bounded(client_call_details), request)


class _UnaryStream(grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(_bounded(client_call_details), request)


class _StreamUnary(grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await continuation(_bounded(client_call_details), request_iterator)


class _StreamStream(grpc.aio.StreamStreamClientInterceptor):
    async def intercept_stream_stream(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await continuation(_bounded(client_call_details), request_iterator)


def client_deadlines() -> list[grpc.aio.ClientInterceptor]:
    """Sets each call's timeout to the least of the caller's own, the contract's, and what is left of the call being
    served. When nothing is left the call is not made.

    One interceptor a kind of RPC, because grpc.aio uses an interceptor for the first kind it implements only.
    """
    return [_UnaryUnary(), _UnaryStream(), _StreamUnary(), _StreamStream()]


def _bounded(details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
    timeout = details.timeout if details.timeout is not None else _of_contract(details.method)
    serving = current_or_none()
    left = None if serving is None else serving.deadline.remaining()
    if left is not None:
        if left <= 0:
            raise HamletError(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED)
        timeout = left if timeout is None else min(timeout, left)
    return with_details(details, timeout=timeout)


def _of_contract(path: str | bytes) -> float | None:
    method = method_at(path.decode() if isinstance(path, bytes) else path)
    return _WITHOUT_CONTRACT if method is None else method.deadline


def with_details(details: grpc.aio.ClientCallDetails, **changes: Any) -> grpc.aio.ClientCallDetails:
    """The call details with some of them changed; grpc.aio's own type is a namedtuple in all but name."""
    fields: dict[str, Callable[..., Any] | Any] = {
        name: getattr(details, name) for name in ("method", "timeout", "metadata", "credentials", "wait_for_ready")
    }
    return grpc.aio.ClientCallDetails(**{**fields, **changes})
