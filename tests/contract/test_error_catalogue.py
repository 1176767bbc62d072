"""Each reason fixes a status and a message, and survives the way to a client and back."""

import grpc
import pytest
from google.rpc import error_details_pb2
from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.errors import HamletError, Violation, spec_of
from mesh.status import to_status

REASONS = [reason for reason in ErrorReason.values() if reason]


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: ErrorReason.Name(reason))
def test_every_reason_has_a_status_and_a_message(reason: ErrorReason.ValueType) -> None:
    spec = spec_of(reason)
    assert spec.code is not grpc.StatusCode.OK
    assert spec.code is not grpc.StatusCode.UNKNOWN
    assert spec.message.endswith(".")
    assert len(spec.reason) <= 63  # AIP-193


def test_the_unspecified_reason_is_never_an_answer() -> None:
    with pytest.raises(KeyError):
        spec_of(ErrorReason.ERROR_REASON_UNSPECIFIED)


def test_an_error_carries_its_details() -> None:
    error = HamletError(
        ErrorReason.ERROR_REASON_RATE_LIMITED,
        metadata={"limit": "3"},
        violations=[Violation("post.title", "is too long", "STRING_MAX_LEN")],
        retry_after=1.5,
    )
    status = to_status(error)
    info, bad, retry = (error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo())
    for message in (info, bad, retry):
        assert any(detail.Unpack(message) for detail in status.details)
    assert (info.reason, info.domain, dict(info.metadata)) == ("RATE_LIMITED", "hamlet", {"limit": "3"})
    assert bad.field_violations[0].field == "post.title"
    assert retry.retry_delay.ToMilliseconds() == 1500


def test_the_text_for_the_log_is_not_in_the_answer() -> None:
    status = to_status(HamletError(ErrorReason.ERROR_REASON_INTERNAL, debug="a secret"))
    assert b"secret" not in status.SerializeToString()
