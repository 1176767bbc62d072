"""No handler meets a time that datetime cannot hold: found by `make fuzz-decode ARGS=--real`, INTERNAL until then."""

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hamlet.blog.v1.post_pb2 import Post
from hamlet.blog.v1.post_reading_service_pb2 import ListPostsResponse
from hamlet.blog.v1.post_service_pb2 import SchedulePostRequest
from hamlet.mesh.v1.policy_pb2 import MethodPolicy

from mesh.errors import ErrorReason, HamletError
from mesh.times import times_out_of_range
from mesh.validation import validate

_ID = "0190b6a5-7c00-7000-8000-00000000dead"
_TIMES = [(0, 0), (253_402_300_799, 999_999_999), (-62_135_596_800, 0), (-1, 1)]
_NO_TIMES = [(253_402_300_800, 0), (-62_135_596_801, 0), (0, -1), (0, 10**9), (2**63 - 1, 0)]


@pytest.mark.parametrize(("seconds", "nanos"), _TIMES)
def test_what_protobuf_defines_is_a_time(seconds: int, nanos: int) -> None:
    Timestamp(seconds=seconds, nanos=nanos).ToDatetime()
    assert list(times_out_of_range(Post(create_time=Timestamp(seconds=seconds, nanos=nanos)))) == []


@pytest.mark.parametrize(("seconds", "nanos"), _NO_TIMES)
def test_what_it_does_not_define_is_named_wherever_it_stands(seconds: int, nanos: int) -> None:
    post = Post(create_time=Timestamp(seconds=seconds, nanos=nanos))
    assert list(times_out_of_range(post)) == ["create_time"]
    assert list(times_out_of_range(ListPostsResponse(posts=[Post(), post]))) == ["posts[1].create_time"]


@pytest.mark.parametrize(
    ("seconds", "nanos", "fine"),
    [(1, 1, True), (-1, -1, True), (0, -1, True), (1, -1, False), (-1, 1, False), (315_576_000_001, 0, False)],
)
def test_a_duration_s_parts_have_one_sign(seconds: int, nanos: int, fine: bool) -> None:
    policy = MethodPolicy(deadline=Duration(seconds=seconds, nanos=nanos))
    assert (list(times_out_of_range(policy)) == []) is fine


def test_a_post_is_not_scheduled_beyond_the_calendar() -> None:
    request = SchedulePostRequest(post_id=_ID, publish_time=Timestamp(seconds=253_402_300_800))
    with pytest.raises(HamletError) as refused:
        validate(request)
    assert refused.value.reason == ErrorReason.ERROR_REASON_INVALID_REQUEST
    assert [(each.field, each.reason) for each in refused.value.violations] == [("publish_time", "TIME_OUT_OF_RANGE")]
