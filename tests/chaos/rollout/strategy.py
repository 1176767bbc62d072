"""How many pods a Deployment starts and stops next: the arithmetic of Kubernetes' controller, and nothing else."""

import math
from dataclasses import dataclass
from typing import Any

__all__ = ["Count", "Step", "Strategy", "next_step", "strategy_of"]


@dataclass(frozen=True, slots=True)
class Strategy:
    """A Deployment's. `recreate` leaves nothing running while the new version starts; the rest is of a rolling update.

    Attributes:
        max_surge, max_unavailable: pods more and less than `replicas`.
        settle_seconds: how long a pod is ready before it counts as available (`minReadySeconds`).
    """

    replicas: int
    max_surge: int = 0
    max_unavailable: int = 0
    recreate: bool = False
    settle_seconds: float = 0


@dataclass(frozen=True, slots=True)
class Count:
    """Pods of one version that were not told to end; `available` are those that are ready for long enough."""

    total: int
    available: int


@dataclass(frozen=True, slots=True)
class Step:
    """How many new pods to start and how many old ones to stop."""

    start: int
    stop: int


def strategy_of(deployment: dict[str, Any]) -> Strategy:
    """Of a manifest. Percentages of surge are rounded up, of absence down, as Kubernetes does."""
    spec = deployment["spec"]
    replicas, given, settle = spec.get("replicas", 1), spec.get("strategy", {}), spec.get("minReadySeconds", 0)
    if given.get("type") == "Recreate":
        return Strategy(replicas, recreate=True, settle_seconds=settle)
    rolling = given.get("rollingUpdate", {})
    surge = _pods(rolling.get("maxSurge", "25%"), replicas, up=True)
    unavailable = _pods(rolling.get("maxUnavailable", "25%"), replicas, up=False)
    # Both at zero could never begin.
    return Strategy(replicas, surge, max(unavailable, int(surge == 0)), settle_seconds=settle)


def next_step(strategy: Strategy, new: Count, old: Count) -> Step:
    """As `kubernetes/pkg/controller/deployment/rolling.go` and `recreate.go`. Pods that are ending count nowhere."""
    if strategy.recreate:
        return Step(0, old.total) if old.total else Step(strategy.replicas - new.total, 0)
    room = strategy.replicas + strategy.max_surge - new.total - old.total
    start = max(0, min(room, strategy.replicas - new.total))
    if start:
        return Step(start, 0)
    least = strategy.replicas - strategy.max_unavailable
    most = new.total + old.total - least - (new.total - new.available)
    broken = max(0, min(most, old.total - old.available))
    spare = max(0, min(new.available + old.available - least, old.total - broken))
    return Step(0, broken + spare) if most > 0 else Step(0, 0)


def _pods(value: int | str, replicas: int, *, up: bool) -> int:
    if isinstance(value, int):
        return value
    share = replicas * int(value.removesuffix("%")) / 100
    return math.ceil(share) if up else math.floor(share)
