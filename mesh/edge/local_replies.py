"""Envoy's own answers in the one shape of all errors: google.rpc.Status with an ErrorInfo (AIP-193).

The transcoder shapes errors that come from a service. An answer that Envoy makes itself is mapped here to a reason of
the contract: for REST callers as JSON, for gRPC and gRPC-Web callers as status, message and details in headers.
"""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass

from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.edge.filters.rate_limit import RETRY_SECONDS
from mesh.edge.typed import Config, extension, milliseconds
from mesh.errors import DOMAIN, HamletError, spec_of
from mesh.status import STATUS_METADATA_KEY, to_status

__all__ = ["local_reply_config"]


@dataclass(frozen=True, slots=True)
class _Case:
    """When Envoy answers so, this is the reason.

    Attributes:
        grpc_reason: the reason for gRPC callers, where theirs is another.
        status: replaces Envoy's HTTP status where that misleads.
        explained: whether Envoy's own text is added as `ErrorInfo.metadata.detail`.
        retry_after: seconds, told as `RetryInfo`.
    """

    when: Config
    reason: ErrorReason.ValueType
    grpc_reason: ErrorReason.ValueType | None = None
    status: int | None = None
    explained: bool = False
    retry_after: float | None = None


def local_reply_config() -> Config:
    """The first mapper that matches answers."""
    return {"mappers": [mapper for case in _cases() for mapper in _mappers(case)]}


def _cases() -> Iterator[_Case]:
    yield _Case(
        _details_start_with("jwt_authn_access_denied{Jwks_remote_fetch"),
        ErrorReason.ERROR_REASON_UNAVAILABLE,
        status=503,
    )
    yield _Case(_all(_status(401), _absent("authorization")), ErrorReason.ERROR_REASON_UNAUTHENTICATED)
    # Envoy says 403 to a token for another audience.
    yield _Case(_details_start_with("jwt_authn_access_denied"), ErrorReason.ERROR_REASON_INVALID_TOKEN, status=401)
    yield _Case(_status(403), ErrorReason.ERROR_REASON_CONTENT_TYPE_NOT_JSON)
    yield _Case(
        _status(404), ErrorReason.ERROR_REASON_PATH_NOT_FOUND, grpc_reason=ErrorReason.ERROR_REASON_UNIMPLEMENTED
    )
    yield _Case(_status(405), ErrorReason.ERROR_REASON_METHOD_NOT_ALLOWED)
    yield _Case(_status(408), ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED)
    yield _Case(_any(_status(413), _status(431)), ErrorReason.ERROR_REASON_MESSAGE_TOO_LARGE)
    yield _Case(
        _details_start_with("local_rate_limited"), ErrorReason.ERROR_REASON_RATE_LIMITED, retry_after=RETRY_SECONDS
    )
    yield _Case(_status(429), ErrorReason.ERROR_REASON_OVERLOADED)
    yield _Case(_status(504), ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED)
    yield _Case(_flags("UO", "OM"), ErrorReason.ERROR_REASON_OVERLOADED)
    yield _Case(_any(_status(502), _status(503)), ErrorReason.ERROR_REASON_UNAVAILABLE)
    yield _Case(_at_least(500), ErrorReason.ERROR_REASON_INTERNAL)
    # What does not fit into path or query is named. What does not fit into the body is not: its text quotes the body.
    yield _Case(
        _details_start_with("early_grpc_json_transcode_failure"),
        ErrorReason.ERROR_REASON_MALFORMED_REQUEST,
        explained=True,
    )
    yield _Case(_at_least(400), ErrorReason.ERROR_REASON_MALFORMED_REQUEST)


def _mappers(case: _Case) -> Iterator[Config]:
    yield {"filter": _all(_NATIVE, case.when), **_grpc_answer(case)}
    rest: Config = {"filter": case.when, "body_format_override": _json_body(case)}
    if case.status is not None:
        rest["status_code"] = case.status
    yield rest


def _json_body(case: _Case) -> Config:
    spec = spec_of(case.reason)
    info: Config = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": spec.reason, "domain": DOMAIN}
    if case.explained:
        info["metadata"] = {"detail": "%LOCAL_REPLY_BODY%"}
    details = [info]
    if case.retry_after is not None:
        delay = milliseconds(case.retry_after)
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})
    body = {"code": spec.code.value[0], "message": spec.message, "details": details}
    return {"content_type": "application/json", "json_format": body}


def _grpc_answer(case: _Case) -> Config:
    error = HamletError(case.grpc_reason or case.reason, retry_after=case.retry_after)
    spec, details = error.spec, b64encode(to_status(error).SerializeToString()).decode()
    return {
        "body_format_override": {"text_format_source": {"inline_string": spec.message}},
        "headers_to_add": [
            _overwriting("grpc-status", str(spec.code.value[0])),
            _overwriting(STATUS_METADATA_KEY, details.rstrip("=")),
        ],
    }


def _overwriting(name: str, value: str) -> Config:
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}


def _compared(operator: str, status: int) -> Config:
    value = {"default_value": status, "runtime_key": f"edge.local_reply.{operator.lower()}_{status}"}
    return {"status_code_filter": {"comparison": {"op": operator, "value": value}}}


def _status(status: int) -> Config:
    return _compared("EQ", status)


def _at_least(status: int) -> Config:
    return _compared("GE", status)


def _flags(*flags: str) -> Config:
    return {"response_flag_filter": {"flags": list(flags)}}


def _absent(header: str) -> Config:
    return {"header_filter": {"header": {"name": header, "present_match": False}}}


def _details_start_with(prefix: str) -> Config:
    return {
        "extension_filter": extension(
            "envoy.access_loggers.extension_filters.cel",
            "extensions.access_loggers.filters.cel.v3.ExpressionFilter",
            expression=f"response.code_details.startsWith('{prefix}')",
        )
    }


def _all(*filters: Config) -> Config:
    return {"and_filter": {"filters": list(filters)}}


def _any(*filters: Config) -> Config:
    return {"or_filter": {"filters": list(filters)}}


# A REST call has gRPC's content type too once it is transcoded; only then it also has its original path, a header
# that the listener takes off what comes in.
_NATIVE = _all(
    {"header_filter": {"header": {"name": "content-type", "string_match": {"prefix": "application/grpc"}}}},
    _absent("x-envoy-original-path"),
)
