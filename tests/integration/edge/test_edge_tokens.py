"""Access tokens at the edge: what needs a person is refused without one, an invalid token always, by any path."""

import asyncio
import base64
import hmac
import json
import time
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.edge import EdgeSettings, Village
from mesh.errors import HamletError
from mesh.testing.envoy import running_edge

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

POST_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
PUBLIC = f"/v1/posts/{POST_ID}"
SIGNED_IN = "/v1/spam/models"
OWNER = "/v1/accounts/me"
ROLE = "/v1/accounts"


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["details"][0]["reason"])


def unsigned(token: str) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


def confused(keys: Any) -> str:
    """Signed with the published key, taken for a shared secret (RFC 8725, section 2.1)."""
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "first"}).encode()).rstrip(b"=").decode()
    signed = f"{header}.{keys.token().split('.')[1]}"
    signature = hmac.digest(keys.key_set().keys[0].x.encode(), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def bad_tokens(keys: Any) -> dict[str, str]:
    stranger = Ed25519PrivateKey.generate()
    return {
        "alg confusion": confused(keys),
        "a path for a key id": keys.token(kid="../../../../proc/self/environ", key=stranger),
        "SQL for a key id": keys.token(kid="' UNION SELECT private_key FROM signing_keys --", key=stranger),
        "no key id": keys.token(kid="", key=stranger),
        "an endless key id": keys.token(kid="k" * 5_000, key=stranger),
        "no JWT": "nonsense",
        "expired": keys.token(exp=1),
        "without an end": keys.token(exp=None),
        "not yet valid": keys.token(nbf=2**33),
        "another issuer": keys.token(iss="evil"),
        "another audience": keys.token(aud="evil"),
        "another key": keys.token(key=Ed25519PrivateKey.generate()),
        "unknown key id": keys.token(kid="unknown", key=Ed25519PrivateKey.generate()),
        "alg none": unsigned(keys.token()),
    }


@pytest.mark.parametrize("path", [SIGNED_IN, OWNER, ROLE])
async def test_without_a_token_what_needs_a_person_is_refused(rest: httpx.AsyncClient, stage: Any, path: str) -> None:
    answer = await rest.get(path)
    assert (answer.status_code, reason(answer)) == (401, "UNAUTHENTICATED")
    assert not stage.seen


@pytest.mark.parametrize("path", [SIGNED_IN, OWNER, ROLE, PUBLIC])
async def test_a_valid_token_passes_and_reaches_the_service_which_checks_it_again(
    rest: httpx.AsyncClient, stage: Any, keys: Any, path: str
) -> None:
    headers = keys.bearer()
    assert (await rest.get(path, headers=headers)).status_code == 200
    assert stage.only_call().metadata["authorization"] == headers["authorization"]


@pytest.mark.parametrize("path", [PUBLIC, SIGNED_IN])
async def test_an_invalid_token_is_refused_even_where_none_is_needed(
    rest: httpx.AsyncClient, stage: Any, keys: Any, path: str
) -> None:
    for name, token in bad_tokens(keys).items():
        answer = await rest.get(path, headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401, name
        assert reason(answer) == "INVALID_TOKEN", name
        assert token not in answer.text, name
    assert not stage.seen


async def test_a_token_that_was_remembered_vouches_for_no_other_signature_and_not_for_ever(
    rest: httpx.AsyncClient, stage: Any, keys: Any
) -> None:
    # Beyond the clock skew that is forgiven, which is whole seconds: the token ends while this test looks.
    token = keys.token(exp=int(time.time()) - 3)
    headers = {"authorization": f"Bearer {token}"}
    assert (await rest.get(SIGNED_IN, headers=headers)).status_code == 200
    forged = f"{token.rpartition('.')[0]}.{keys.token(sub='eve').rpartition('.')[2]}"
    assert (await rest.get(SIGNED_IN, headers={"authorization": f"Bearer {forged}"})).status_code == 401
    async with asyncio.timeout(10):
        while (await rest.get(SIGNED_IN, headers=headers)).status_code != 401:
            await asyncio.sleep(0.05)


async def test_a_flood_of_made_up_key_ids_is_no_flood_of_fetches(
    scripted: Any, stage: Any, keys: Any, folder: Any
) -> None:
    own, fetched, stranger = type(stage)(), 0, Ed25519PrivateKey.generate()

    async def counted(request: Any, context: Any) -> Any:
        nonlocal fetched
        fetched += 1
        return keys.key_set()

    settings = EdgeSettings(concurrency=1, key_set_seconds=60)
    async with (
        scripted(own, keys) as (village, _),
        running_edge(village, folder, settings) as edge,
        httpx.AsyncClient(base_url=edge.url) as rest,
    ):
        own.answers["GetKeySet"] = counted
        assert (await rest.get(SIGNED_IN, headers=keys.bearer())).status_code == 200
        before = fetched
        for number in range(200):
            token = keys.token(kid=f"made-up-{number}", key=stranger)
            assert (await rest.get(SIGNED_IN, headers={"authorization": f"Bearer {token}"})).status_code == 401
        # The edge renews its keys by itself too, soon after its start; no token makes it ask.
        assert fetched - before <= 3


async def test_a_token_in_the_query_is_no_token(rest: httpx.AsyncClient, stage: Any, keys: Any) -> None:
    answer = await rest.get(f"{SIGNED_IN}?access_token={keys.token()}")
    assert answer.status_code in (400, 401)
    assert not stage.seen


@pytest.mark.parametrize(
    "path",
    [
        "//v1/spam/models",
        "/v1//spam/models",
        "/v1/spam/models/",
        "/v1/spam/models//",
        "/v1/./spam/models",
        "/v1/posts/../spam/models",
        "/v1/posts/..;/spam/models",
        "/v1/spam%2Fmodels",
        "/v1%2fspam%2fmodels",
        "/v1/spam/%6Dodels",
        "/v1/%2e%2e/v1/spam/models",
        "/V1/SPAM/MODELS",
        "/v1/spam/models?",
        "/v1/spam/models;x=1",
        "/v1/spam/models%00",
        "/v1/spam\\models",
        "/hamlet.spam.v1.SpamService/ListModels",
        "//hamlet.spam.v1.SpamService/ListModels",
    ],
)
async def test_no_spelling_of_a_path_leads_around_the_token(rest: httpx.AsyncClient, stage: Any, path: str) -> None:
    for name in ("x-envoy-original-path", "x-http-method-override", "x-original-url"):
        url = httpx.URL(str(rest.base_url)).copy_with(raw_path=path.encode())
        answer = await rest.get(url, headers={name: PUBLIC})
        assert answer.status_code in (307, 400, 401, 404), path
        if answer.has_redirect_location:
            assert (await rest.get(answer.headers["location"])).status_code in (400, 401, 404), path
    assert not stage.seen


@pytest.mark.parametrize("path", ["/hamlet.spam.v1.SpamService/ListModels", "//hamlet.spam.v1.SpamService/ListModels"])
async def test_native_grpc_needs_the_token_too(channel: grpc.aio.Channel, stage: Any, keys: Any, path: str) -> None:
    call: Any = channel.unary_unary(path)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(b"", timeout=5)
    assert refused.value.code() in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.UNIMPLEMENTED)
    assert not stage.seen
    admitted: Any = channel.unary_unary("/hamlet.spam.v1.SpamService/ListModels")
    await admitted(b"", timeout=5, metadata=tuple(keys.bearer().items()))
    assert stage.only_call().method == "ListModels"


async def test_a_new_key_is_known_within_its_publication_and_an_old_one_forgotten(
    session_village: Village, stage: Any, keys: Any, folder: Any
) -> None:
    settings = EdgeSettings(concurrency=1, key_set_seconds=1)

    async def answers(status: int, token: str) -> None:
        async with asyncio.timeout(10):
            while (await rest.get(SIGNED_IN, headers={"authorization": f"Bearer {token}"})).status_code != status:
                await asyncio.sleep(0.05)

    async with running_edge(session_village, folder, settings) as edge, httpx.AsyncClient(base_url=edge.url) as rest:
        old = keys.token()
        await answers(200, old)
        first = keys.published["first"]
        try:
            keys.published["second"] = Ed25519PrivateKey.generate()
            await answers(200, keys.token(kid="second"))
            assert (await rest.get(SIGNED_IN, headers={"authorization": f"Bearer {old}"})).status_code == 200
            del keys.published["first"]
            # Tokens that the edge has not seen; those that it has the services refuse.
            async with asyncio.timeout(10):
                while (
                    await rest.get(SIGNED_IN, headers=keys.bearer(key=first, jti=str(time.monotonic())))
                ).status_code != 401:
                    await asyncio.sleep(0.05)
        finally:
            keys.published = {"first": first}


async def test_tokens_are_checked_with_the_last_known_keys_while_the_account_service_is_away(
    session_village: Village, stage: Any, keys: Any, folder: Any
) -> None:
    settings = EdgeSettings(concurrency=1, key_set_seconds=1)
    async with running_edge(session_village, folder, settings) as edge, httpx.AsyncClient(base_url=edge.url) as rest:
        # Twice, so that the first set has reached the worker before anybody asks: one that a request had to fetch
        # itself is forgotten after `key_set_seconds`.
        await _fetches(folder, "success", 2)
        assert (await rest.get(SIGNED_IN, headers=keys.bearer())).status_code == 200
        stage.answers["GetKeySet"] = HamletError(ErrorReason.ERROR_REASON_UNAVAILABLE)
        await _fetches(folder, "failed", 3)
        answer = await rest.get(SIGNED_IN, headers=keys.bearer())
        assert answer.status_code == 200, answer.text


async def _fetches(folder: Path, outcome: str, times: int) -> None:
    """Waits until Envoy has counted so many fetches of the key set that ended so."""
    admin = (folder / "admin-address").read_text().strip()
    async with httpx.AsyncClient(base_url=f"http://{admin}") as envoy, asyncio.timeout(15):
        while _total((await envoy.get("/stats", params={"filter": f"edge_rest.*jwks_fetch_{outcome}$"})).text) < times:
            await asyncio.sleep(0.05)


def _total(stats: str) -> int:
    return sum(int(line.rpartition(":")[2]) for line in stats.splitlines())
