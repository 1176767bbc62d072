"""The server's interceptors in their one order."""

from collections.abc import Awaitable, Callable, Sequence

from mesh.call import Call, Interceptor, Proceed

__all__ = ["ORDER", "Chain", "ChainOrderError"]

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
    """Runs a call through the interceptors to its handler."""

    def __init__(self, interceptors: Sequence[Interceptor]) -> None:
        self.names = tuple(each.name for each in interceptors)
        _refuse_disorder(self.names)
        self._interceptors = tuple(interceptors)

    async def run(self, call: Call, handler: Callable[[Call], Awaitable[None]]) -> None:
        await self._step(0, call, handler)()

    def _step(self, index: int, call: Call, handler: Callable[[Call], Awaitable[None]]) -> Proceed:
        if index == len(self._interceptors):
            return lambda: handler(call)
        interceptor, inner = self._interceptors[index], self._step(index + 1, call, handler)
        return lambda: interceptor.intercept(call, inner)


def _refuse_disorder(names: tuple[str, ...]) -> None:
    if unknown := set(names) - set(ORDER):
        raise ChainOrderError(f"unknown interceptors: {sorted(unknown)}")
    if missing := _NEVER_WITHOUT - set(names):
        raise ChainOrderError(f"missing interceptors: {sorted(missing)}")
    if list(names) != sorted(set(names), key=ORDER.index):
        raise ChainOrderError(f"interceptors doubled or out of order: {names}; the order is {ORDER}")
