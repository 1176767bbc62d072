"""Who calls, and with which headers: as it should be, or in each way that it should not."""

import random
import time
from collections.abc import Mapping

from joserfc.jwk import OKPKey

from mesh.identity.tokens import TokenSigner
from mesh.policy import Method, Role
from mesh.testing.service import TestMesh, person
from tests.security.fuzz.seeds import CANARY, ID
from tests.security.fuzz.stub_context import StubContext

__all__ = ["Callers"]

Metadata = list[tuple[str, str | bytes]]
_PEOPLE, _ADDRESSES, _RENEWED_AFTER = 800, 2**13, 240.0
_RIGHTLY = 190
"""Of 256 callers so many may call, and what they send is what decides."""
_LESSER = (Role.ROLE_READER, Role.ROLE_AUTHOR, Role.ROLE_MODERATOR)
_TRACE, _SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
_TRACES: tuple[Mapping[str, str], ...] = (
    # Most callers are not sampled, as behind an edge that samples few; the rest is the rarer and the dearer way.
    *({"traceparent": f"00-{_TRACE}-{_SPAN}-00"},) * 20,
    *({"traceparent": f"00-{_TRACE}-{_SPAN}-01"},) * 2,
    {"traceparent": f"00-{_TRACE}-{_SPAN}-01", "tracestate": "a=1,b@c=2", "baggage": "k=v;p,l=%20"},
    {"uber-trace-id": f"{_TRACE}:{_SPAN}:0:1", "uberctx-k": "v"},
    {"x-b3-traceid": _TRACE, "x-b3-spanid": _SPAN, "x-b3-sampled": "1"},
    {},
)
_WILD_TRACES: tuple[Mapping[str, str], ...] = (
    {"traceparent": f"00-{'0' * 32}-{_SPAN}-01"},
    {"traceparent": f"ff-{_TRACE}-{_SPAN}-01-more"},
    {"traceparent": f"00-{_TRACE}-{_SPAN}"},
    {"traceparent": f"00-{_TRACE}-{_SPAN}-01", "tracestate": f"{CANARY} =,{CANARY},=,a=1,a=1," + "x=y," * 40},
    {"baggage": f"{CANARY},{CANARY}=%ff,=,{CANARY} {CANARY}=1" + f",{CANARY}" * 50},
    {"baggage": f"{CANARY}=" + "x" * 5000 + ",a=b" * 200},
    {"baggage": CANARY * 2000},
    {"uber-trace-id": "::::", "uberctx-": "%"},
    {"uber-trace-id": f"{'f' * 40}:{'g' * 16}:-1:999"},
    {"uber-trace-id": f"{_TRACE}%3A{_SPAN}%3A0%3A1"},
    {"x-b3-traceid": "z" * 32, "x-b3-spanid": "", "x-b3-flags": "1"},
    {"b3": f"{_TRACE}-{_SPAN}-d-{_SPAN}"},
)
_TAGS = ('"0f8a3c5e"', '"a", "b"', "*", 'W/"x"', "", '"', '"' + "e" * 3000 + '"', " ")
_KEYS = (ID, f'"{ID}"', "", "no uuid", '"\\"', "k" * 3000)
_PLACES = (
    "203.0.113.7",
    "2001:db8::7",
    "",
    "::ffff:1.2.3.4",
    "1.2.3.4, 5.6.7.8",
    "999.1.1.1",
    "fe80::1%eth0",
    "x" * 500,
)
_LEFT = (None, None, None, 5.0, 0.0, -1.0, 1e-9, 1e8)


class Callers:
    """Makes the contexts of calls.

    Args:
        mesh: whose tokens and trust domain are the right ones.
        known: the id of an account that exists; many calls come from it.
    """

    def __init__(self, mesh: TestMesh, known: str = "") -> None:
        self._mesh, self._known = mesh, known
        self._calls, self._signed, self._tokens = 0, float("-inf"), [""]
        self._lesser, self._false_tokens = [""], [""]

    def right(self, rpc: Method) -> StubContext:
        """Whom the contract admits, over gRPC."""
        self._renew()
        return self._admitted(rpc, random.Random(0), rest=False)

    def of(self, rpc: Method, head: bytes, payload: bytes) -> StubContext:
        """The caller whom three bytes of an input choose; some headers are made of the message."""
        self._renew()
        self._calls += 1
        chance = random.Random(head[1] << 8 | head[2])
        if head[0] < _RIGHTLY:
            return self._admitted(rpc, chance, rest=head[0] % 2 == 0)
        return self._other(rpc, chance, payload[:200].decode("ascii", errors="ignore"))

    def _renew(self) -> None:
        """A token lasts for ten minutes, a campaign for longer."""
        if time.monotonic() - self._signed < _RENEWED_AFTER:
            return
        self._signed = time.monotonic()
        self._tokens = [self._token(number, Role.ROLE_ADMIN) for number in range(_PEOPLE)]
        self._lesser = [self._token(number, role) for number in range(8) for role in _LESSER]
        self._false_tokens = _false_tokens(self._mesh)

    def _token(self, number: int, role: Role.ValueType) -> str:
        account_id = self._known if self._known and number % 4 == 0 else f"{number:08d}{ID[8:]}"
        return self._mesh.token(person(account_id, role))

    def _admitted(self, rpc: Method, chance: random.Random, *, rest: bool) -> StubContext:
        alone = bool(rpc.autonomous_workloads) and chance.random() < 0.3
        workload = min(rpc.autonomous_workloads) if alone else _workload(rpc)
        metadata: Metadata = [("x-envoy-external-address", self._address()), ("user-agent", "grpc-python/1.0")]
        metadata += chance.choice(_TRACES).items()
        if not alone and not (rpc.edge_cache and chance.random() < 0.5):
            metadata.append(("authorization", f"Bearer {self._admin()}"))
        if rest:
            metadata.append(("x-envoy-original-path", "/v1/posts"))
        return self._context(metadata, workload)

    def _other(self, rpc: Method, chance: random.Random, text: str) -> StubContext:
        """Each part is right or wrong by itself, so that errors meet."""
        metadata: Metadata = [("user-agent", text), ("x-forwarded-user-agent", text)]
        metadata.append(("x-envoy-external-address", chance.choice((self._address(), chance.choice(_PLACES), text))))
        metadata += chance.choice((*_TRACES, *_WILD_TRACES, {"traceparent": text, "baggage": text})).items()
        said = chance.choice(("", self._admin(), chance.choice(self._lesser), chance.choice(self._false_tokens), text))
        if said:
            metadata.append(("authorization", chance.choice(("", "Bearer ", "bearer  ", "Basic ", "Bearer ")) + said))
        if chance.random() < 0.5:
            metadata += [("x-envoy-original-path", text or "/v1/posts"), ("trace-bin", text.encode())]
            metadata += _conditions(chance, text)
        names = chance.choice((*(_workload(rpc),) * 4, "edge", "", "nobody", "comment"))
        return self._context(metadata, names, left=chance.choice(_LEFT), twice=chance.random() < 0.05)

    def _context(
        self, metadata: Metadata, workload: str, left: float | None = None, twice: bool = False
    ) -> StubContext:
        domain = self._mesh.settings.trust_domain
        names = [f"spiffe://{domain}/{workload}".encode()] if workload else []
        return StubContext([*names, f"spiffe://{domain}/blog".encode()] if twice else names, metadata, left)

    def _admin(self) -> str:
        return self._tokens[self._calls % len(self._tokens)]

    def _address(self) -> str:
        number = self._calls % _ADDRESSES
        return f"10.0.{number >> 8 & 255}.{number & 255}"


def _conditions(chance: random.Random, text: str) -> Metadata:
    """HTTP's headers that fill fields of the request."""
    found: Metadata = []
    for name, values in {"if-match": _TAGS, "idempotency-key": _KEYS, "last-event-id": ("MTI", text)}.items():
        if chance.random() < 0.3:
            found.append((name, chance.choice((*values, text))))
    return found


def _workload(rpc: Method) -> str:
    return "edge" if rpc.admits_workload("edge") else min(rpc.workloads)


def _false_tokens(mesh: TestMesh) -> list[str]:
    """Tokens that are refused, each for another reason."""
    right, other = mesh.signer, OKPKey.generate_key("Ed25519", parameters={"kid": mesh.signer.kid})
    someone = person(ID, Role.ROLE_ADMIN)
    good = right.sign(someone)
    head, body, signature = good.split(".")
    return [
        right.sign(someone, now=time.time() - 10_000),
        right.sign(someone, now=time.time() + 10_000),
        TokenSigner(other, right.kid, right.issuer, right.audience).sign(someone),
        TokenSigner(right.key, "another", right.issuer, right.audience).sign(someone),
        TokenSigner(right.key, right.kid, "somebody", right.audience).sign(someone),
        TokenSigner(right.key, right.kid, right.issuer, "somebody").sign(someone),
        *(f"{head}.{body}.", f"{head}.{body}", f"{head}..{signature}", f".{body}.{signature}", "..", good + "."),
        f"eyJhbGciOiJub25lIn0.{body}.",
        f"W10.{body}.{signature}",
        f"{head}.W10.{signature}",
        good * 12,
    ]
