"""The one kind of error that code of ours raises, and the catalogue that says what a caller gets for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import grpc
from google.rpc import code_pb2
from hamlet.error.v1 import error_reason_pb2, error_spec_pb2
from hamlet.error.v1.error_reason_pb2 import ErrorReason

__all__ = ["DOMAIN", "ErrorReason", "ErrorSpec", "HamletError", "Violation", "reason_name", "spec_of"]

DOMAIN = "hamlet"
_PREFIX = "ERROR_REASON_"


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    """What the contract (`hamlet.error.v1`) says of a reason."""

    reason: str
    code: grpc.StatusCode
    message: str


@dataclass(frozen=True, slots=True)
class Violation:
    """One field of a request that breaks a rule: `field` is a proto path such as `post.title`."""

    field: str
    description: str
    reason: str = ""


class HamletError(Exception):
    """An answer that is an error: a reason of `hamlet.error.v1.ErrorReason` and what a client needs to act on it.

    The reason fixes status and message; neither `metadata` nor `violations` may hold personal data or secrets,
    because both reach the caller.

    Args:
        metadata: dynamic values for `ErrorInfo.metadata`.
        violations: becomes `BadRequest.field_violations`.
        retry_after: seconds, becomes `RetryInfo.retry_delay`.
        debug: for the log alone; never sent.
    """

    def __init__(
        self,
        reason: ErrorReason.ValueType,
        *,
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[Violation] = (),
        retry_after: float | None = None,
        debug: str = "",
    ) -> None:
        self.reason = reason
        self.spec = spec_of(reason)
        self.metadata = dict(metadata or {})
        self.violations = tuple(violations)
        self.retry_after = retry_after
        self.debug = debug
        super().__init__(self.spec.reason)

    @property
    def code(self) -> grpc.StatusCode:
        return self.spec.code


def reason_name(reason: ErrorReason.ValueType) -> str:
    """The reason as it is sent: `POST_NOT_FOUND`."""
    return ErrorReason.Name(reason).removeprefix(_PREFIX)


@cache
def spec_of(reason: ErrorReason.ValueType) -> ErrorSpec:
    """What the contract says of a reason.

    Raises:
        KeyError: the reason is the unspecified one or carries no `spec` option.
    """
    values = error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"].values_by_number
    options = values[reason].GetOptions()
    if not options.HasExtension(error_spec_pb2.spec):
        raise KeyError(ErrorReason.Name(reason))
    spec = options.Extensions[error_spec_pb2.spec]
    code = _codes()[spec.code]
    return ErrorSpec(reason_name(reason), code, spec.message)


@cache
def _codes() -> dict[int, grpc.StatusCode]:
    by_number = {code.value[0]: code for code in grpc.StatusCode}
    return {number: by_number[number] for number in code_pb2.Code.values()}
