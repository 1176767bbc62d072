"""A JSON field that the contract does not have is dropped and changes nothing (docs/adr/0011): if an Envoy comes that
refuses one, or passes one on, this is where it shows."""

from typing import Any

import httpx
import pytest
from hamlet.comment.v1.comment_pb2 import Comment

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
COMMENTS = f"/v1/posts/{ID}/comments"


@pytest.mark.parametrize(
    "body",
    [
        '{"text": "Well said.", "parentID": "01890a5d-ac96-774b-bcce-b302099a8057"}',
        '{"text": "Well said.", "colour": {"of": ["a", {"rose": null}]}}',
        '{"text": "Well said.", "verdict": {"certainty": 1}, "VERDICT": {}}',
        '{"te\\u0078t": "Well said."}',
        '{"text": "Well said.", "text ": "Ill said."}',
    ],
)
async def test_an_unknown_field_has_no_effect(rest: httpx.AsyncClient, stage: Any, body: str) -> None:
    answer = await rest.post(COMMENTS, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    sent = stage.only_call().request.comment
    sent.ClearField("verdict")  # a known field, empty: only what is in it was unknown
    assert sent == Comment(text="Well said.")


async def test_a_required_field_that_was_misspelt_is_missed(rest: httpx.AsyncClient, stage: Any) -> None:
    answer = await rest.post(COMMENTS, json={"Text": "Well said."})
    assert answer.status_code == 400
    assert answer.json()["details"][0]["reason"] == "INVALID_REQUEST"
    assert not stage.seen


async def test_an_unknown_query_parameter_is_refused(rest: httpx.AsyncClient, stage: Any) -> None:
    answer = await rest.post(f"{COMMENTS}?requestID={ID}", json={"text": "Well said."})
    assert answer.status_code == 400
    assert not stage.seen
