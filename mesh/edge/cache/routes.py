"""The RPCs whose answers the cache may keep, as requests look that ask for them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from google.api import annotations_pb2, http_pb2

from mesh.edge.cache.parameters import UNRESERVED, Parameter, parameters_of
from mesh.edge.exposure import PublicMethod
from mesh.policy import EdgeCache

__all__ = ["CachedRoute", "cached_routes"]

_VARIABLE = re.compile(r"\{([a-z0-9_.]+)(?:=\*)?\}")
_SEGMENT = f"(?!\\.\\.?(?:/| )){UNRESERVED}+"


@dataclass(frozen=True, slots=True)
class CachedRoute:
    """A GET binding of a cacheable RPC.

    Attributes:
        rpc: `hamlet.blog.v1.PostReadingService/ListPosts`.
        path: a regular expression of the normalised, decoded path.
        parameters: what an answer depends on besides the path.
        deadline: of the RPC, in seconds.
    """

    rpc: str
    path: str
    parameters: tuple[Parameter, ...]
    policy: EdgeCache
    deadline: float

    @property
    def fresh_seconds(self) -> int:
        """How long an answer is fresh; nginx counts in whole seconds.

        Raises:
            ValueError: the contract says something else than whole seconds.
        """
        if self.policy.fresh_for < 1 or self.policy.fresh_for != int(self.policy.fresh_for):
            raise ValueError(f"{self.rpc}: edge_cache.fresh_for must be whole seconds")
        return int(self.policy.fresh_for)

    @property
    def query(self) -> str:
        """A regular expression of the query strings that are cached: each declared parameter at most once, in any
        order. How many there are is looked at first, so that the search for a repeated one stays short."""
        if not self.parameters:
            return ""
        pair = f"(?:{'|'.join(f'{each.names}={each.value}' for each in self.parameters)})"
        repeated = "|".join(f"{each.names}=[^ ]*&{each.names}=" for each in self.parameters)
        not_too_many = f"(?!(?:[^ &]*&){{{len(self.parameters)}}})"
        return f"{not_too_many}(?!(?:[^ ]*&)?(?:{repeated}))(?:{pair}(?:&{pair})*)?"


def cached_routes(methods: Iterable[PublicMethod]) -> list[CachedRoute]:
    """One route for each GET binding of each public RPC that the contract lets a shared cache answer.

    Raises:
        ValueError: a path template has a form that no route can be made of.
    """
    return [route for public in methods for route in _routes(public)]


def _routes(public: PublicMethod) -> Iterator[CachedRoute]:
    method = public.method
    if method.edge_cache is None or method.descriptor is None or method.deadline is None:
        return
    for template in _get_bindings(method.descriptor.GetOptions().Extensions[annotations_pb2.http]):
        in_path = frozenset(_VARIABLE.findall(template))
        yield CachedRoute(
            rpc=method.path.removeprefix("/"),
            path=_pattern(template),
            parameters=tuple(parameters_of(method.descriptor.input_type, in_path)),
            policy=method.edge_cache,
            deadline=method.deadline,
        )


def _get_bindings(rule: http_pb2.HttpRule) -> list[str]:
    return [each.get for each in (rule, *rule.additional_bindings) if each.WhichOneof("pattern") == "get"]


def _pattern(template: str) -> str:
    literals = _VARIABLE.split(template)[::2]
    if any(set("{}*") & set(literal) for literal in literals):
        raise ValueError(f"a path template that the cache cannot match: {template}")
    return _SEGMENT.join(map(re.escape, literals))
