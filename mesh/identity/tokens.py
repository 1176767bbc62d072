"""Access tokens: EdDSA JWTs of a few minutes (RFC 7519, RFC 8037)."""

import copy
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from hamlet.error.v1.error_reason_pb2 import ErrorReason
from hamlet.mesh.v1.policy_pb2 import Role
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry, extract_compact

from mesh.call import Principal
from mesh.errors import HamletError
from mesh.identity.keyset import KeySource

__all__ = ["TokenSigner", "TokenVerifier"]

_ALGORITHM = "EdDSA"
_ROLES = {
    "reader": Role.ROLE_READER,
    "author": Role.ROLE_AUTHOR,
    "moderator": Role.ROLE_MODERATOR,
    "admin": Role.ROLE_ADMIN,
}
_ROLE_NAMES = {role: name for name, role in _ROLES.items()}
_LONGEST_TOKEN = 4096


def _eddsa_alone() -> JWSRegistry:
    """Knows one algorithm. RFC 9864 renamed it to Ed25519, which neither Envoy's JWT filter nor most clients know yet.
    Our keys are Ed25519 alone, so the ambiguity that the renaming ends does not arise, and its warning does not help.
    """
    algorithm = copy.copy(JWSRegistry.algorithms[_ALGORITHM])
    algorithm.security_warning = None
    registry = JWSRegistry(algorithms=[_ALGORITHM])
    registry.algorithms = {_ALGORITHM: algorithm}
    return registry


_REGISTRY = _eddsa_alone()


@dataclass(frozen=True, slots=True)
class TokenSigner:
    """Signs access tokens with one private key.

    Attributes:
        ttl: seconds.
    """

    key: OKPKey
    kid: str
    issuer: str
    audience: str
    ttl: int = 600

    def sign(self, principal: Principal, now: float | None = None) -> str:
        issued = int(time.time() if now is None else now)
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": self.audience,
            "iat": issued,
            "exp": issued + self.ttl,
            "sub": principal.account_id,
            "role": _ROLE_NAMES[principal.role],
            "sid": principal.session_id,
            "name": principal.name,
        }
        return jwt.encode({"alg": _ALGORITHM, "kid": self.kid}, claims, self.key, registry=_REGISTRY)


class TokenVerifier:
    """Says who a token's bearer is.

    Args:
        keys: the keys that the account service publishes.
        leeway: seconds by which clocks may differ.
        remembered: how many verified tokens are kept, so that one is checked once.
    """

    def __init__(
        self, keys: KeySource, *, issuer: str, audience: str, leeway: int = 30, remembered: int = 4096
    ) -> None:
        self._keys, self._leeway, self._remembered = keys, leeway, remembered
        self._claims = jwt.JWTClaimsRegistry(
            leeway=leeway,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            role={"essential": True, "values": list(_ROLES)},
        )
        self._known: OrderedDict[str, tuple[str, float, Principal]] = OrderedDict()

    async def verify(self, token: str) -> Principal:
        """Whoever the token was issued to.

        Raises:
            HamletError: INVALID_TOKEN, whatever is wrong with it; UNAVAILABLE when no key set could be fetched yet.
        """
        if (known := self._known.get(token)) is not None:
            kid, expires, principal = known
            if expires + self._leeway > time.time() and await self._keys.key(kid) is not None:
                return principal
            self._known.pop(token, None)
        kid, expires, principal = await self._check(token)
        self._known[token] = (kid, expires, principal)
        if len(self._known) > self._remembered:
            self._known.popitem(last=False)
        return principal

    async def _check(self, token: str) -> tuple[str, float, Principal]:
        try:
            kid = _kid(token)
            key = await self._keys.key(kid)
            if key is None:
                raise ValueError("unknown kid")
            decoded = jwt.decode(token, key, registry=_REGISTRY)
            self._claims.validate(decoded.claims)
            claims = decoded.claims
            principal = Principal(
                account_id=str(claims["sub"]),
                role=_ROLES[claims["role"]],
                session_id=str(claims.get("sid", "")),
                name=str(claims.get("name", "")),
            )
            return kid, float(claims["exp"]), principal
        except (JoseError, ValueError, KeyError, TypeError):
            raise HamletError(ErrorReason.ERROR_REASON_INVALID_TOKEN) from None


def _kid(token: str) -> str:
    """The key id that an unverified token names.

    Raises:
        ValueError: it is no compact JWT of ours.
    """
    if len(token) > _LONGEST_TOKEN:
        raise ValueError("too long")
    header = extract_compact(token.encode("ascii")).headers()
    kid = header.get("kid")
    if header.get("alg") != _ALGORITHM or not isinstance(kid, str) or not 0 < len(kid) <= 64:
        raise ValueError("not a token of ours")
    return kid
