"""SPIFFE ids: `spiffe://<trust domain>/<workload>` (SPIFFE-ID specification)."""

import re

__all__ = ["spiffe_id", "workload_of"]

_WORKLOAD = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def spiffe_id(trust_domain: str, workload: str) -> str:
    """The id of a workload.

    Raises:
        ValueError: the name is no DNS label.
    """
    if not _WORKLOAD.fullmatch(workload):
        raise ValueError(f"not a workload's name: {workload!r}")
    return f"spiffe://{trust_domain}/{workload}"


def workload_of(uri: str, trust_domain: str) -> str:
    """The workload that an id of our trust domain names, "" for any other URI."""
    prefix = f"spiffe://{trust_domain}/"
    name = uri.removeprefix(prefix)
    return name if uri.startswith(prefix) and _WORKLOAD.fullmatch(name) else ""
