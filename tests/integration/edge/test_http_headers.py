"""HTTP's own headers, through a real Envoy: what a REST client may send, and what its answers say."""

from typing import Any

import httpx
import pytest
from hamlet.blog.v1.post_pb2 import Post
from hamlet.blog.v1.post_reading_service_pb2 import GetPostRequest, ListPostsResponse
from hamlet.blog.v1.post_reading_service_pb2_grpc import PostReadingServiceStub
from hamlet.comment.v1.comment_service_pb2 import WatchCommentsResponse

from mesh.call import Quota, current
from mesh.errors import ErrorReason, HamletError

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

POST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
POST = f"/v1/posts/{POST_ID}"
PRIVATE = "private, no-store"
MISMATCH = HamletError(ErrorReason.ERROR_REASON_ETAG_MISMATCH)


async def test_a_public_answer_says_who_may_keep_it_and_under_which_keys(rest: httpx.AsyncClient, stage: Any) -> None:
    stage.answers["GetPost"] = Post(id=POST_ID, etag='"5f1d"')
    answer = await rest.get(POST)
    assert answer.headers["cache-control"] == "public, max-age=0, s-maxage=1, stale-while-revalidate=1"
    assert answer.headers["surrogate-control"] == "max-age=1, stale-while-revalidate=1"
    assert answer.headers["cdn-cache-control"] == "max-age=1, stale-while-revalidate=1"
    assert answer.headers["surrogate-key"] == f"GetPost post/{POST_ID}"
    assert answer.headers["etag"] == '"5f1d"'
    assert answer.headers["vary"] == "authorization"


NOT_FOUND = ErrorReason.ERROR_REASON_POST_NOT_FOUND


async def test_that_a_post_is_not_there_may_be_kept_as_long_as_a_post(rest: httpx.AsyncClient, stage: Any) -> None:
    stage.answers["GetPost"] = HamletError(NOT_FOUND)
    answer = await rest.get(POST)
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "public, max-age=0, s-maxage=1, stale-while-revalidate=1"
    assert answer.headers["surrogate-key"] == f"GetPost post/{POST_ID}"
    assert answer.headers["vary"] == "authorization"
    assert not {"ratelimit", "etag", "grpc-status"} & set(answer.headers)


@pytest.mark.parametrize(
    ("rpc", "path", "reason", "signed_in"),
    [
        ("GetPost", POST, NOT_FOUND, True),
        ("GetPost", POST, ErrorReason.ERROR_REASON_ROLE_REQUIRED, False),
        ("GetPost", POST, ErrorReason.ERROR_REASON_INVALID_REQUEST, False),
        ("WatchComments", f"{POST}/comments:watch", NOT_FOUND, False),
        ("GetAccount", "/v1/accounts/me", ErrorReason.ERROR_REASON_ACCOUNT_NOT_FOUND, True),
    ],
)
async def test_no_other_error_may_be_kept(
    rest: httpx.AsyncClient, stage: Any, keys: Any, rpc: str, path: str, reason: Any, signed_in: bool
) -> None:
    stage.answers[rpc] = HamletError(reason)
    answer = await rest.get(path, headers=keys.bearer() if signed_in else {})
    assert answer.status_code >= 400
    assert answer.headers["cache-control"] == PRIVATE
    assert not {"surrogate-control", "cdn-cache-control", "surrogate-key"} & set(answer.headers)


@pytest.mark.parametrize("path", [POST, "/v1/posts", "/v1/accounts/me"])
async def test_nothing_that_a_signed_in_person_is_answered_may_be_kept(
    rest: httpx.AsyncClient, stage: Any, keys: Any, path: str
) -> None:
    answer = await rest.get(path, headers=keys.bearer())
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == PRIVATE
    assert not {"surrogate-control", "cdn-cache-control", "surrogate-key"} & set(answer.headers)


async def test_a_list_has_a_weak_tag_that_changes_with_it(rest: httpx.AsyncClient, stage: Any) -> None:
    tags = []
    for title in ("a", "a", "b"):
        stage.answers["ListPosts"] = ListPostsResponse(posts=[Post(id=POST_ID, title=title)])
        tags.append((await rest.get("/v1/posts")).headers["etag"])
    assert tags[0] == tags[1] != tags[2]
    assert tags[0].startswith('W/"')


async def test_pages_are_linked_by_what_the_request_meant(rest: httpx.AsyncClient, stage: Any) -> None:
    stage.answers["ListPosts"] = ListPostsResponse(next_page_token="n&x")
    answer = await rest.get("/v1/posts?page_token=t&tag=a%3Eb&pageSize=07&state=POST_STATE_DRAFT")
    query = "pageSize=7&tag=a%3Eb&state=POST_STATE_DRAFT"
    assert answer.headers["link"] == (
        f'</v1/posts?{query}&pageToken=n%26x>; rel="next", </v1/posts?{query}>; rel="first"'
    )
    following = answer.links["next"]["url"]
    await rest.get(following)
    assert stage.seen[-1].request.page_token == "n&x"


async def test_the_last_page_has_no_next_link(rest: httpx.AsyncClient, stage: Any) -> None:
    assert "link" not in (await rest.get("/v1/posts")).headers


async def test_what_is_left_of_a_limit_is_said(rest: httpx.AsyncClient, stage: Any, keys: Any) -> None:
    async def limited(request: Any, context: Any) -> Post:
        current().quota = Quota(remaining=59, seconds=12.3)
        return Post(id=POST_ID)

    stage.answers["CreatePost"] = limited
    answer = await rest.post("/v1/posts", json={"title": "t"}, headers=keys.bearer())
    assert answer.headers["ratelimit-policy"] == '"CreatePost";q=60;w=60'
    assert answer.headers["ratelimit"] == '"CreatePost";r=59;t=13'


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (ErrorReason.ERROR_REASON_RATE_LIMITED, 429),
        (ErrorReason.ERROR_REASON_OVERLOADED, 429),
        (ErrorReason.ERROR_REASON_UNAVAILABLE, 503),
    ],
)
@pytest.mark.parametrize(("rpc", "path"), [("GetPost", POST), ("WatchComments", f"{POST}/comments:watch")])
async def test_an_error_that_passes_says_when_in_whole_seconds(
    rest: httpx.AsyncClient, stage: Any, reason: Any, status: int, rpc: str, path: str
) -> None:
    stage.answers[rpc] = HamletError(reason, retry_after=2.1)
    answer = await rest.get(path)
    assert answer.status_code == status
    assert answer.headers["retry-after"] == "3"
    assert answer.headers["cache-control"] == PRIVATE


@pytest.mark.parametrize(
    ("reason", "moment"),
    [
        (ErrorReason.ERROR_REASON_UNAVAILABLE, "1"),
        (ErrorReason.ERROR_REASON_OVERLOADED, "1"),
        (ErrorReason.ERROR_REASON_POST_NOT_FOUND, None),
    ],
)
async def test_who_is_away_or_full_and_cannot_say_for_how_long_asks_for_a_moment(
    rest: httpx.AsyncClient, stage: Any, reason: Any, moment: str | None
) -> None:
    stage.answers["GetPost"] = HamletError(reason)
    assert (await rest.get(POST)).headers.get("retry-after") == moment


async def test_a_stream_is_not_kept(rest: httpx.AsyncClient, stage: Any) -> None:
    stage.answers["WatchComments"] = [WatchCommentsResponse(resume_token="a")]
    answer = await rest.get(f"{POST}/comments:watch")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, PRIVATE)


@pytest.mark.parametrize("tag", ['"5f1d"', 'W/"5f1d"'])
async def test_if_match_is_the_etag_of_an_edit(rest: httpx.AsyncClient, stage: Any, keys: Any, tag: str) -> None:
    await rest.delete(POST, headers={**keys.bearer(), "if-match": tag})
    await rest.patch(POST, json={"title": "t"}, headers={**keys.bearer(), "if-match": tag})
    assert [stage.seen[0].request.etag, stage.seen[1].request.post.etag] == ['"5f1d"', '"5f1d"']


async def test_if_match_that_fails_is_412_and_an_etag_in_the_body_409(
    rest: httpx.AsyncClient, stage: Any, keys: Any
) -> None:
    stage.answers["UpdatePost"] = MISMATCH
    failed = await rest.patch(POST, json={"title": "t"}, headers={**keys.bearer(), "if-match": '"old"'})
    refused = await rest.patch(POST, json={"title": "t", "etag": '"old"'}, headers=keys.bearer())
    assert (failed.status_code, refused.status_code) == (412, 409)
    assert [each.json()["details"][0]["reason"] for each in (failed, refused)] == ["ETAG_MISMATCH"] * 2
    assert "x-hamlet-status" not in failed.headers


async def test_an_answer_keeps_its_status_although_if_match_was_sent(
    rest: httpx.AsyncClient, stage: Any, keys: Any
) -> None:
    headers = {**keys.bearer(), "if-match": "*"}
    stage.answers["UpdatePost"] = Post(id=POST_ID)
    assert (await rest.patch(POST, json={"title": "t"}, headers=headers)).status_code == 200
    stage.answers["UpdatePost"] = HamletError(ErrorReason.ERROR_REASON_SLUG_TAKEN)
    assert (await rest.patch(POST, json={"title": "t"}, headers=headers)).status_code == 409


@pytest.mark.parametrize("header", ['"a", "b"', "unquoted", '"open', ""])
async def test_if_match_that_is_no_single_tag_is_refused(
    rest: httpx.AsyncClient, stage: Any, keys: Any, header: str
) -> None:
    answer = await rest.delete(POST, headers={**keys.bearer(), "if-match": header})
    assert answer.status_code == 400
    assert answer.json()["details"][1]["fieldViolations"][0]["field"] == "if-match"
    assert not stage.seen


async def test_two_lines_of_if_match_are_a_list(rest: httpx.AsyncClient, stage: Any, keys: Any) -> None:
    headers = [("if-match", '"a"'), ("if-match", '"b"'), *keys.bearer().items()]
    assert (await rest.delete(POST, headers=headers)).status_code == 400


async def test_an_idempotency_key_is_the_request_id(rest: httpx.AsyncClient, stage: Any, keys: Any) -> None:
    for key in (POST_ID, f'"{POST_ID}"'):
        headers = {**keys.bearer(), "idempotency-key": key}
        assert (await rest.post("/v1/posts", json={"title": "t"}, headers=headers)).status_code == 200
    assert [each.request.request_id for each in stage.seen] == [POST_ID] * 2


@pytest.mark.parametrize(
    ("path", "key", "field"),
    [
        ("/v1/posts", "not-a-uuid", "request_id"),
        ("/v1/posts?requestId=01890a5d-ac96-774b-bcce-b302099a8058", POST_ID, "request_id"),
        ("/v1/posts", '"open', "idempotency-key"),
        ("/v1/accounts/me:changePassword", POST_ID, "idempotency-key"),
    ],
)
async def test_an_idempotency_key_that_cannot_be_kept_is_refused(
    rest: httpx.AsyncClient, stage: Any, keys: Any, path: str, key: str, field: str
) -> None:
    answer = await rest.post(path, json={"title": "t"}, headers={**keys.bearer(), "idempotency-key": key})
    assert answer.status_code == 400, answer.text
    assert answer.json()["details"][1]["fieldViolations"][0]["field"] == field
    assert not stage.seen


async def test_last_event_id_resumes_and_wins_over_the_url_that_eventsource_repeats(
    rest: httpx.AsyncClient, stage: Any
) -> None:
    await rest.get(f"{POST}/comments:watch?resumeToken=old", headers={"last-event-id": "new"})
    assert stage.only_call().request.resume_token == "new"


async def test_grpc_callers_get_none_of_it(channel: Any, stage: Any) -> None:
    call = PostReadingServiceStub(channel).GetPost(GetPostRequest(post_id=POST_ID))
    await call
    assert "cache-control" not in dict(await call.initial_metadata())
