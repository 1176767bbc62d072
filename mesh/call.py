"""The call being served: who calls, what is allowed, how long it may take.

Interceptors fill it in, handlers read it through `current()`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

import grpc
from hamlet.error.v1.error_reason_pb2 import ErrorReason
from opentelemetry.trace import SpanContext

from mesh.deadline import Deadline
from mesh.errors import HamletError
from mesh.policy import Method, Role

__all__ = [
    "Call",
    "Caller",
    "Interceptor",
    "Principal",
    "Proceed",
    "Quota",
    "current",
    "current_or_none",
    "serving",
]


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in person, as their access token says; `name` is the display name (claim `name`)."""

    account_id: str
    role: Role.ValueType
    session_id: str = ""
    name: str = ""

    def has_role(self, role: Role.ValueType) -> bool:
        return self.role >= role


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the workload of the certificate, and the person of the token if there is one.

    Attributes:
        workload: last segment of the SPIFFE id, "" for a caller without a certificate.
        address: the person's IP address as the edge saw it, or the peer's.
        token: the access token as it came, to be passed on to the services that this one calls.
    """

    workload: str = ""
    principal: Principal | None = None
    address: str = ""
    user_agent: str = ""
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Quota:
    """What a rate limit leaves a caller: calls, and the seconds after which there surely are more."""

    remaining: int
    seconds: float


_NOBODY, _ENDLESS = Caller(), Deadline(None)


@dataclass(slots=True)
class Call:
    """One RPC on its way through the interceptors to its handler.

    `request` holds bytes until it is decoded and a message afterwards; for a client stream `requests` does.
    A unary handler's answer is in `response`; streamed answers go out through `send`.

    Attributes:
        quota: known for calls over REST whose RPC has a rate limit.
        trace: of the call's span, if it is sampled.
    """

    method: Method
    context: grpc.aio.ServicerContext[Any, Any]
    metadata: dict[str, str]
    request: Any = None
    requests: AsyncIterator[Any] | None = None
    response: Any = None
    send: Callable[[Any], Awaitable[None]] | None = None
    deadline: Deadline = _ENDLESS
    caller: Caller = _NOBODY
    ownership_open: bool = False
    quota: Quota | None = None
    trace: SpanContext | None = None

    @property
    def principal(self) -> Principal | None:
        return self.caller.principal

    def require_principal(self) -> Principal:
        """The signed-in person.

        Raises:
            HamletError: UNAUTHENTICATED.
        """
        if self.caller.principal is None:
            raise HamletError(ErrorReason.ERROR_REASON_UNAUTHENTICATED)
        return self.caller.principal

    def owns(self, owner_id: str) -> bool:
        """Whether the caller owns a resource of `owner_id` or has a role for which the contract does not ask."""
        self.ownership_open = False
        principal, override = self.caller.principal, self.method.owner_override
        if principal is None:
            return False
        return principal.account_id == owner_id or bool(override and principal.has_role(override))

    def require_owner(self, owner_id: str) -> None:
        """Settles the second stage of authorisation for an RPC whose contract says `ACCESS_OWNER`.

        Raises:
            HamletError: NOT_OWNER, or UNAUTHENTICATED for an anonymous caller.
        """
        self.require_principal()
        if not self.owns(owner_id):
            raise HamletError(ErrorReason.ERROR_REASON_NOT_OWNER)

    def refuse_unsettled_ownership(self) -> None:
        """Fails closed when a handler of an `ACCESS_OWNER` RPC is about to commit or answer without having asked.

        Raises:
            HamletError: INTERNAL; the handler is at fault, not the caller.
        """
        if self.ownership_open:
            raise HamletError(
                ErrorReason.ERROR_REASON_INTERNAL,
                debug=f"{self.method.path} never asked who owns the resource",
            )


Proceed = Callable[[Call], Awaitable[None]]
"""The rest of the way inwards: the next interceptor, and in the end the handler."""


class Interceptor(Protocol):
    """One concern of the server's chain. It awaits `proceed(call)` once to go on inwards, or raises a HamletError."""

    name: str

    def concerns(self, method: Method) -> bool:
        """Whether calls of this RPC pass through it at all. Asked once, when the server is put together."""
        return True

    async def intercept(self, call: Call, proceed: Proceed) -> None: ...


_current: ContextVar[Call] = ContextVar("hamlet_call")


def current() -> Call:
    """The call being served.

    Raises:
        LookupError: no call is being served here.
    """
    return _current.get()


def current_or_none() -> Call | None:
    return _current.get(None)


def serving(call: Call) -> None:
    """Makes `call` the current one for the rest of this task."""
    _current.set(call)
