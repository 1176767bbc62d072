"""Every token that is not exactly ours is refused, always with the same words."""

import base64
import json
import time
from typing import Any

import pytest
from joserfc import jwk, jws
from joserfc.jwk import OctKey, OKPKey, RSAKey

from mesh.call import Principal
from mesh.errors import ErrorReason, HamletError
from mesh.identity.keyset import StaticKeySet
from mesh.identity.tokens import TokenSigner, TokenVerifier
from mesh.policy import Role

KID = "current"
PRINCIPAL = Principal("0190b6a5-0000-7000-8000-000000000001", Role.ROLE_AUTHOR, "session", "Yorick")


@pytest.fixture(scope="module")
def key() -> OKPKey:
    return OKPKey.generate_key("Ed25519")


@pytest.fixture
def verifier(key: OKPKey) -> TokenVerifier:
    public = {**key.as_dict(private=False), "kid": KID}
    return TokenVerifier(StaticKeySet({"keys": [public]}), issuer="hamlet", audience="hamlet", leeway=30)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {"iss": "hamlet", "aud": "hamlet", "iat": now, "exp": now + 600, "sub": PRINCIPAL.account_id}
    whole |= {"role": "author", "sid": "session", "name": "Yorick", **changes}
    return {name: value for name, value in whole.items() if value is not None}


def signed(key: OKPKey, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token with a true signature over whatever it says."""
    head = {"alg": "EdDSA", "kid": KID, **(header or {})}
    head = {name: value for name, value in head.items() if value is not None}
    content = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims(**changes)).encode())}"
    private: Any = key.private_key
    return f"{content}.{b64(private.sign(content.encode()))}"


async def refused(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(HamletError) as error:
        await verifier.verify(token)
    assert error.value.reason == ErrorReason.ERROR_REASON_INVALID_TOKEN
    assert not error.value.metadata
    assert error.value.spec.message == "The access token is not valid."


async def test_a_token_of_ours_says_who_it_is(verifier: TokenVerifier, key: OKPKey) -> None:
    token = TokenSigner(key, KID, "hamlet", "hamlet").sign(PRINCIPAL)
    assert await verifier.verify(token) == PRINCIPAL
    assert await verifier.verify(token) == PRINCIPAL
    assert await verifier.verify(signed(key)) == PRINCIPAL


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "other"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"role": None},
        {"role": "owner"},
        {"role": 4},
        {"exp": 1},
        {"exp": "tomorrow"},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
    ],
    ids=str,
)
async def test_claims_that_are_wrong(verifier: TokenVerifier, key: OKPKey, changes: dict[str, Any]) -> None:
    await refused(verifier, signed(key, **changes))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "eddsa"},
        {"alg": None},
        {"kid": "unknown"},
        {"kid": None},
        {"kid": 7},
        {"kid": "../../etc/passwd"},
        {"kid": "' OR 1=1 --"},
        {"kid": "k" * 5_000},
        {"crit": ["exp"]},
        {"kid": [KID]},
    ],
    ids=lambda header: str(header)[:40],
)
async def test_headers_that_are_wrong(verifier: TokenVerifier, key: OKPKey, header: dict[str, Any]) -> None:
    await refused(verifier, signed(key, header))


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é.è.ê", "eyJ9.e30.", "x" * 100_000, "a.b.c.d.e", "\x00"])
async def test_what_is_no_token_at_all(verifier: TokenVerifier, token: str) -> None:
    await refused(verifier, token)


async def test_another_key_under_a_known_name(verifier: TokenVerifier) -> None:
    await refused(verifier, signed(OKPKey.generate_key("Ed25519")))


async def test_the_public_key_taken_for_a_shared_secret(verifier: TokenVerifier, key: OKPKey) -> None:
    public = key.as_dict(private=False)["x"]
    secret = OctKey.import_key(str(public))
    content = json.dumps(claims()).encode()
    await refused(verifier, jws.serialize_compact({"alg": "HS256", "kid": KID}, content, secret))


async def test_an_algorithm_that_is_sound_but_not_ours(verifier: TokenVerifier) -> None:
    rsa = RSAKey.generate_key(2048)
    content = json.dumps(claims()).encode()
    await refused(verifier, jws.serialize_compact({"alg": "RS256", "kid": KID}, content, rsa))


async def test_keys_that_the_token_brings_along_are_not_used(verifier: TokenVerifier) -> None:
    own = OKPKey.generate_key("Ed25519")
    for header in ({"jwk": own.as_dict(private=False)}, {"jku": "http://evil.example"}, {"x5u": "http://evil.example"}):
        await refused(verifier, signed(own, header))


async def test_one_changed_character_is_enough(verifier: TokenVerifier, key: OKPKey) -> None:
    head, body, signature = signed(key).split(".")
    for part in range(3):
        parts = [head, body, signature]
        parts[part] = parts[part][:5] + ("A" if parts[part][5] != "A" else "B") + parts[part][6:]
        await refused(verifier, ".".join(parts))


async def test_a_token_that_was_seen_before_stops_when_its_key_goes(key: OKPKey) -> None:
    class Keys:
        known = True

        async def key(self, kid: str) -> jwk.OKPKey | None:
            return key if self.known else None

    keys = Keys()
    verifier = TokenVerifier(keys, issuer="hamlet", audience="hamlet")
    token = signed(key)
    assert await verifier.verify(token) == PRINCIPAL
    keys.known = False
    await refused(verifier, token)


async def test_clocks_may_differ_by_the_leeway(key: OKPKey, verifier: TokenVerifier) -> None:
    now = int(time.time())
    assert await verifier.verify(signed(key, exp=now - 20)) == PRINCIPAL
    await refused(verifier, signed(key, exp=now - 40))
