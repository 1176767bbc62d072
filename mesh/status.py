"""Errors on the wire: google.rpc.Status with ErrorInfo, BadRequest and RetryInfo (AIP-193)."""

from typing import Any

import grpc
from google.protobuf import duration_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.errors import DOMAIN, HamletError, Violation

__all__ = ["STATUS_METADATA_KEY", "error_of", "to_status"]

STATUS_METADATA_KEY = "grpc-status-details-bin"


def to_status(error: HamletError) -> status_pb2.Status:
    """The status message that carries an error to its caller."""
    status = status_pb2.Status(code=error.code.value[0], message=error.spec.message)
    info = error_details_pb2.ErrorInfo(reason=error.spec.reason, domain=DOMAIN, metadata=error.metadata)
    status.details.add().Pack(info)
    if error.violations:
        bad = error_details_pb2.BadRequest()
        for each in error.violations:
            bad.field_violations.add(field=each.field, description=each.description, reason=each.reason)
        status.details.add().Pack(bad)
    if error.retry_after is not None:
        delay = duration_pb2.Duration()
        delay.FromNanoseconds(int(error.retry_after * 1e9))
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    return status


def error_of(rpc_error: grpc.RpcError) -> HamletError | None:
    """The HamletError that a server of ours answered with, or None if the error did not come from one."""
    call: Any = rpc_error  # every RpcError of a call is one, which the stubs do not say
    status = rpc_status.from_call(call)
    return None if status is None else _from_status(status)


def _from_status(status: status_pb2.Status) -> HamletError | None:
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    violations: list[Violation] = []
    known, retry_after = None, None
    for detail in status.details:
        if detail.Unpack(info) and info.domain == DOMAIN:
            known = ErrorReason.DESCRIPTOR.values_by_name.get(f"ERROR_REASON_{info.reason}")
        elif detail.Unpack(bad):
            violations += [Violation(v.field, v.description, v.reason) for v in bad.field_violations]
        elif detail.Unpack(retry):
            retry_after = retry.retry_delay.ToNanoseconds() / 1e9
    if known is None:
        return None
    reason = ErrorReason.ValueType(known.number)
    return HamletError(reason, metadata=info.metadata, violations=violations, retry_after=retry_after)
