"""Rate limits in headers: structured fields of draft-ietf-httpapi-ratelimit-headers."""

import math

from mesh.call import Call, Quota
from mesh.policy import RateLimit

__all__ = ["policy_header", "quota_header"]


def policy_header(call: Call, limit: RateLimit) -> tuple[str, str]:
    """What the contract admits: `"CreateComment";q=60;w=60`, calls in seconds."""
    window = max(1, math.ceil(limit.window.total_seconds()))
    return "ratelimit-policy", f'"{call.method.name}";q={limit.calls};w={window}'


def quota_header(call: Call, quota: Quota) -> tuple[str, str]:
    """What is left to this caller: `"CreateComment";r=59;t=60`, calls and the seconds until there are more."""
    return "ratelimit", f'"{call.method.name}";r={max(0, quota.remaining)};t={max(0, math.ceil(quota.seconds))}'
