"""The server's interceptors in their one order."""

from collections.abc import Sequence

from mesh.call import Interceptor, Proceed
from mesh.policy import Method

__all__ = ["ORDER", "Chain", "ChainOrderError", "lead"]

ORDER = (
    "errors",
    "cancel_guard",
    "deadline",
    "tracing",
    "metrics",
    "identity",
    "authorization",
    "load_shedding",
    "rate_limit",
    "decode",
)
"""Outermost first. Nothing that a stranger sends is decoded before it is known that he may call, and nothing leaves
that the error boundary has not seen."""

_NEVER_WITHOUT = frozenset({"errors", "cancel_guard", "deadline", "authorization", "decode"})


class ChainOrderError(Exception):
    """Interceptors that are unknown, doubled, out of order, or missing although no server may do without them."""


class Chain:
    """Leads calls through the interceptors to their handler."""

    def __init__(self, interceptors: Sequence[Interceptor]) -> None:
        self.names = tuple(each.name for each in interceptors)
        _refuse_disorder(self.names)
        self._interceptors = tuple(interceptors)

    def lead(self, method: Method, handler: Proceed) -> Proceed:
        """The way of an RPC's calls to `handler`. It is put together once, so that a call pays for no interceptor that
        does not concern its RPC, and for no more than one coroutine for each that does.
        """
        return lead(self._interceptors, method, handler)


def lead(interceptors: Sequence[Interceptor], method: Method, handler: Proceed) -> Proceed:
    """The way through those of `interceptors` that an RPC concerns, outermost first, to its handler."""
    way = handler
    for interceptor in reversed(interceptors):
        if interceptor.concerns(method):
            way = _before(interceptor, way)
    return way


def _before(interceptor: Interceptor, inner: Proceed) -> Proceed:
    intercept = interceptor.intercept
    return lambda call: intercept(call, inner)


def _refuse_disorder(names: tuple[str, ...]) -> None:
    if unknown := set(names) - set(ORDER):
        raise ChainOrderError(f"unknown interceptors: {sorted(unknown)}")
    if missing := _NEVER_WITHOUT - set(names):
        raise ChainOrderError(f"missing interceptors: {sorted(missing)}")
    if list(names) != sorted(set(names), key=ORDER.index):
        raise ChainOrderError(f"interceptors doubled or out of order: {names}; the order is {ORDER}")
