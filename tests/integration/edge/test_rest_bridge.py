"""REST is the contracts in JSON: paths, queries, bodies, masks and streams come through as google.api.http says."""

from typing import Any

import httpx
import pytest
from hamlet.account.v1.account_service_pb2 import UpdateAccountRequest
from hamlet.blog.v1.post_pb2 import Post

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

POST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"


async def test_get_takes_its_field_from_the_path_and_answers_in_camel_case(rest: httpx.AsyncClient, stage: Any) -> None:
    stage.answers["GetPost"] = Post(id=POST_ID, body_html="<p>")
    answer = await rest.get(f"/v1/posts/{POST_ID}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["bodyHtml"] == "<p>"
    assert answer.json()["commentsClosed"] is False, "zero values are there too"
    assert stage.only_call().request.post_id == POST_ID


async def test_a_query_becomes_the_other_fields_and_a_plus_is_a_space(rest: httpx.AsyncClient, stage: Any) -> None:
    answer = await rest.get("/v1/posts:search?query=to+be%20or&pageSize=7&page_token=t")
    assert answer.status_code == 200, answer.text
    request = stage.only_call().request
    assert (request.query, request.page_size, request.page_token) == ("to be or", 7, "t")


async def test_post_takes_a_resource_from_the_body_and_the_rest_from_the_query(
    rest: httpx.AsyncClient, stage: Any, keys: Any
) -> None:
    answer = await rest.post(
        f"/v1/posts?requestId={POST_ID}", json={"title": "Elsinore", "tags": ["a", "b"]}, headers=keys.bearer()
    )
    assert answer.status_code == 200, answer.text
    request = stage.only_call().request
    assert (request.post.title, list(request.post.tags), request.request_id) == ("Elsinore", ["a", "b"], POST_ID)


@pytest.mark.parametrize(
    ("path", "body", "resource"),
    [
        (f"/v1/posts/{POST_ID}?updateMask=title,commentsClosed", {"title": "New"}, "post"),
        ("/v1/accounts/me?updateMask=displayName,website", {"displayName": "Ada"}, "account"),
        (f"/v1/comments/{POST_ID}?updateMask=text", {"text": "New"}, "comment"),
    ],
)
async def test_patch_binds_the_id_of_the_path_into_the_body_and_reads_the_mask(
    rest: httpx.AsyncClient, stage: Any, keys: Any, path: str, body: dict[str, str], resource: str
) -> None:
    answer = await rest.patch(path, json=body, headers=keys.bearer())
    assert answer.status_code == 200, answer.text
    request = stage.only_call().request
    assert getattr(request, resource).id == path.split("?")[0].rsplit("/", 1)[1]
    assert len(request.update_mask.paths) == path.count(",") + 1
    assert request.update_mask.IsValidForDescriptor(getattr(request, resource).DESCRIPTOR)


async def test_an_id_in_the_body_that_contradicts_the_path_is_refused(
    rest: httpx.AsyncClient, stage: Any, keys: Any
) -> None:
    answer = await rest.patch("/v1/accounts/me", json={"id": "other", "displayName": "Ada"}, headers=keys.bearer())
    assert answer.status_code == 400
    assert not stage.seen


async def test_delete_needs_no_body(rest: httpx.AsyncClient, stage: Any, keys: Any) -> None:
    answer = await rest.delete(f"/v1/posts/{POST_ID}?etag=abc", headers=keys.bearer())
    assert answer.status_code == 200, answer.text
    assert (stage.only_call().request.post_id, stage.only_call().request.etag) == (POST_ID, "abc")


async def test_a_custom_verb_takes_an_empty_object(rest: httpx.AsyncClient, stage: Any, keys: Any) -> None:
    answer = await rest.post(f"/v1/posts/{POST_ID}:publish", json={}, headers=keys.bearer())
    assert answer.status_code == 200, answer.text
    assert stage.only_call().method == "PublishPost"


async def test_an_unknown_json_field_is_dropped_and_of_two_equal_keys_the_last_wins(
    rest: httpx.AsyncClient, stage: Any, keys: Any
) -> None:
    body = b'{"displayName": "first", "colour": "red", "displayName": "last"}'
    headers = {**keys.bearer(), "content-type": "application/json; charset=utf-8"}
    answer = await rest.patch("/v1/accounts/me", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    request: UpdateAccountRequest = stage.only_call().request
    assert request.account.display_name == "last"


async def test_an_answer_larger_than_the_connection_buffer_arrives(rest: httpx.AsyncClient, stage: Any) -> None:
    stage.answers["GetPost"] = Post(id=POST_ID, body_html="x" * 2_000_000)
    answer = await rest.get(f"/v1/posts/{POST_ID}")
    assert len(answer.json()["bodyHtml"]) == 2_000_000


async def test_an_answer_says_who_made_it_and_under_which_number(rest: httpx.AsyncClient, stage: Any) -> None:
    answer = await rest.get(f"/v1/posts/{POST_ID}")
    assert answer.headers["server"] == "hamlet"
    assert answer.headers["x-request-id"]


async def test_a_rest_caller_gets_the_contracts_deadline_and_the_service_sees_it(
    rest: httpx.AsyncClient, stage: Any
) -> None:
    await rest.get(f"/v1/posts/{POST_ID}")
    assert 1.0 < stage.only_call().time_remaining <= 2.0


async def test_the_service_learns_the_callers_address_and_nobody_can_pretend_another(
    rest: httpx.AsyncClient, stage: Any
) -> None:
    headers = {"x-forwarded-for": "203.0.113.9", "x-envoy-external-address": "203.0.113.9"}
    await rest.get(f"/v1/posts/{POST_ID}", headers=headers)
    metadata = stage.only_call().metadata
    assert metadata["x-envoy-external-address"] == "127.0.0.1"
    assert metadata["x-forwarded-for"].split(",")[-1] != "203.0.113.9"


async def test_the_key_set_is_a_jwk_set(rest: httpx.AsyncClient, keys: Any) -> None:
    answer = await rest.get("/.well-known/jwks.json")
    assert [key["kid"] for key in answer.json()["keys"]] == list(keys.published)
    assert set(answer.json()["keys"][0]) == {"kty", "crv", "x", "kid", "use", "alg"}
