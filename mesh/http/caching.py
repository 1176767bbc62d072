"""Who may keep an answer, and by which keys a shared cache finds it again (RFC 9111, RFC 9213)."""

import re

from google.protobuf.message import Message

from mesh.call import Call
from mesh.http.shape import Shape
from mesh.policy import EdgeCache

__all__ = ["PRIVATE", "is_public", "public_headers"]

PRIVATE = ("cache-control", "private, no-store")
"""For everything that is somebody's, and for what the contract does not let a cache answer."""

_KEY = re.compile(r"[A-Za-z0-9._-]+")


def is_public(call: Call) -> bool:
    """Whether a shared cache may keep the answer. A request with Authorization never leaves anything in one, also
    where the answer would be the same."""
    return call.method.edge_cache is not None and "authorization" not in call.metadata


def public_headers(call: Call, shape: Shape, answer: Message | None) -> list[tuple[str, str]]:
    """Args:
        answer: None where there is none, which may be kept too.

    Browsers ask anew each time, a shared cache may answer as long as the contract says.

    `surrogate-control` and `surrogate-key` are what CDNs and Varnish know; `cdn-cache-control` is RFC 9213.
    """
    cache = call.method.edge_cache
    assert cache is not None  # noqa: S101
    fresh, stale = _seconds(cache)
    directed = f"max-age={fresh}, stale-while-revalidate={stale}"
    return [
        ("cache-control", f"public, max-age=0, s-maxage={fresh}, stale-while-revalidate={stale}"),
        ("surrogate-control", directed),
        ("cdn-cache-control", directed),
        ("surrogate-key", " ".join(_keys(call, shape, answer))),
        # A cache in front that does not know our rule must not answer a signed-in person with a stranger's view.
        ("vary", "authorization"),
    ]


def _keys(call: Call, shape: Shape, answer: Message | None) -> list[str]:
    """The RPC's name, and the resources that the request names or that is answered."""
    named = [(kind, str(getattr(call.request, field))) for kind, field in shape.parents]
    if shape.resource and answer is not None:
        named.append((shape.resource, str(getattr(answer, "id"))))  # noqa: B009 - the stubs do not know it
    found = [f"{kind}/{value}" for kind, value in named if _KEY.fullmatch(value)]
    return [call.method.name, *dict.fromkeys(found)]


def _seconds(cache: EdgeCache) -> tuple[int, int]:
    """Headers have whole seconds. A fraction is cut off: an answer must not live longer than the contract says."""
    return int(cache.fresh_for), int(cache.stale_while_revalidate)
