"""The one attribute schema: OpenTelemetry's current RPC conventions, and what is ours under `hamlet.`.

Source: OpenTelemetry semantic conventions, "RPC" and "gRPC"; the old names (`rpc.system`, `rpc.grpc.status_code`) are
never written.
"""

from functools import cache

import grpc
from opentelemetry.semconv._incubating.attributes.rpc_attributes import (
    RPC_METHOD,
    RPC_RESPONSE_STATUS_CODE,
    RPC_SYSTEM_NAME,
)
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.semconv.attributes.exception_attributes import EXCEPTION_STACKTRACE, EXCEPTION_TYPE
from opentelemetry.semconv.attributes.server_attributes import SERVER_ADDRESS, SERVER_PORT

__all__ = [
    "ALLOWED",
    "ERROR_REASON",
    "ERROR_TYPE",
    "EXCEPTION_STACKTRACE",
    "EXCEPTION_TYPE",
    "RPC_METHOD",
    "RPC_RESPONSE_STATUS_CODE",
    "RPC_SYSTEM_NAME",
    "SERVER_ADDRESS",
    "SERVER_FAULTS",
    "SERVER_PORT",
    "is_allowed",
    "method_of_path",
    "rpc_attributes",
]

ERROR_REASON = "hamlet.error.reason"
"""The reason of `hamlet.error.v1.ErrorReason` that a caller got: `POST_NOT_FOUND`."""

SERVER_FAULTS = frozenset(
    {
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    }
)
"""Codes that make a SERVER span an error. With any other code the server did its work; a client's span is an error for
every code but OK."""

ALLOWED = frozenset(
    {
        RPC_SYSTEM_NAME,
        RPC_METHOD,
        RPC_RESPONSE_STATUS_CODE,
        ERROR_TYPE,
        ERROR_REASON,
        EXCEPTION_TYPE,
        EXCEPTION_STACKTRACE,
        SERVER_ADDRESS,
        SERVER_PORT,
        "db.system.name",
        "db.operation.name",
    }
)
"""What a span or an event may carry out of the process, beside the families below."""

_ALLOWED_FAMILIES = ("hamlet.inference.", "hamlet.batch.", "hamlet.model.", "hamlet.verdict.", "hamlet.outbox.")


def is_allowed(attribute: str) -> bool:
    """Whether an attribute is known to hold no personal data."""
    return attribute in ALLOWED or attribute.startswith(_ALLOWED_FAMILIES)


def method_of_path(path: str | bytes) -> str:
    """`/hamlet.blog.v1.PostService/GetPost` as the conventions write it: without the leading slash."""
    return (path.decode() if isinstance(path, bytes) else path).removeprefix("/")


@cache
def rpc_attributes(method: str) -> dict[str, str]:
    """The attributes that every span of an RPC starts with; made once a method, so an unsampled call builds none."""
    return {RPC_SYSTEM_NAME: "grpc", RPC_METHOD: method}
