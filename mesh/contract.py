"""Finds an RPC's policy by its path, for clients: they know paths, not descriptors."""

from functools import cache

from google.protobuf import descriptor_pool

from mesh.policy import Method, MissingPolicyError, method_of

__all__ = ["method_at"]


@cache
def method_at(path: str) -> Method | None:
    """The RPC at `/package.Service/Method`, or None for one that is not of a contract with policies."""
    try:
        descriptor = descriptor_pool.Default().FindMethodByName(path.lstrip("/").replace("/", "."))
        return method_of(descriptor)
    except (KeyError, MissingPolicyError):
        return None
