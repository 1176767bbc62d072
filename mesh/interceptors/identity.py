"""Who calls: the workload of the certificate, or whom the sidecar vouches for, and the person of the token."""

from functools import lru_cache
from urllib.parse import unquote

from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.call import Call, Caller, Interceptor, Principal, Proceed
from mesh.errors import HamletError
from mesh.identity.sidecar import Vouching
from mesh.identity.spiffe import workload_of
from mesh.identity.tokens import TokenVerifier

__all__ = ["IdentityInterceptor"]

_EDGE = "edge"
_SAN = "x509_subject_alternative_name"


class IdentityInterceptor(Interceptor):
    """Fills in the call's caller. A token that is not valid fails even a public call: whoever sends one means it.

    Args:
        verifier: None refuses every token.
        assume_workload: who callers without TLS are taken for; for tests on loopback.
        vouching: asked about callers without TLS where a sidecar mesh does it.
    """

    name = "identity"

    def __init__(
        self,
        verifier: TokenVerifier | None,
        *,
        trust_domain: str,
        assume_workload: str | None = None,
        vouching: Vouching | None = None,
    ) -> None:
        self._verifier, self._trust_domain, self._assumed = verifier, trust_domain, assume_workload
        self._vouching = vouching

    async def intercept(self, call: Call, proceed: Proceed) -> None:
        workload = self._workload(call)
        try:
            token = _bearer(call.metadata.get("authorization", ""))
            principal = await self._principal(token) if token else None
        except HamletError:
            call.caller = Caller(workload=workload)  # What the answer looks like depends on it.
            raise
        call.caller = Caller(
            workload=workload,
            principal=principal,
            address=_address(call, workload),
            user_agent=call.metadata.get("x-forwarded-user-agent") or call.metadata.get("user-agent", ""),
            token=token,
        )
        await proceed(call)

    async def _principal(self, token: str) -> Principal:
        if self._verifier is None:
            raise HamletError(ErrorReason.ERROR_REASON_INVALID_TOKEN)
        return await self._verifier.verify(token)

    def _workload(self, call: Call) -> str:
        # The whole auth_context() holds the certificate as text and costs twenty times as much.
        if call.context.peer_identity_key() != _SAN:
            if self._vouching is not None:
                return self._vouching.workload(call.metadata, _host_of(call.context.peer() or ""))
            return self._assumed or ""
        return _named_in(tuple(call.context.peer_identities() or ()), self._trust_domain) or self._assumed or ""


@lru_cache(maxsize=1024)
def _named_in(names: tuple[bytes, ...], trust_domain: str) -> str:
    """The workload that the names of a certificate (SAN) name, "" if they name none."""
    found = [workload for name in names if (workload := workload_of(name.decode(errors="replace"), trust_domain))]
    # A certificate that claims to be two workloads is none of ours.
    return found[0] if len(found) == 1 else ""


def _bearer(header: str) -> str:
    """The token of an Authorization header (RFC 6750), "" without one.

    Raises:
        HamletError: INVALID_TOKEN for any other scheme.
    """
    if not header:
        return ""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise HamletError(ErrorReason.ERROR_REASON_INVALID_TOKEN)
    return token.strip()


def _address(call: Call, workload: str) -> str:
    """The person's address. Only the edge is believed when it names one."""
    if workload == _EDGE:
        forwarded = call.metadata.get("x-envoy-external-address") or call.metadata.get("x-forwarded-for", "")
        if forwarded:
            return forwarded.rsplit(",", 1)[-1].strip()
    return _host_of(call.context.peer() or "")


@lru_cache(maxsize=1024)
def _host_of(peer: str) -> str:
    """The IP address in gRPC's name of a peer, `ipv4:127.0.0.1:50051` or `ipv6:%5B::1%5D:50051`."""
    kind, _, rest = unquote(peer).partition(":")
    return rest.rsplit(":", 1)[0].strip("[]") if kind in {"ipv4", "ipv6"} else ""
