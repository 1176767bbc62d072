"""What was found, counted RPC by RPC; kept in a file, so that a campaign that is cut off has still been one."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.security.fuzz.harness import Ran

__all__ = ["CLIENT_ERRORS", "TALLY", "Tally"]

TALLY = "tally.json"
"""Its file in a process's folder."""
CLIENT_ERRORS = (
    *("INVALID_ARGUMENT", "UNAUTHENTICATED", "PERMISSION_DENIED", "NOT_FOUND", "ALREADY_EXISTS"),
    *("FAILED_PRECONDITION", "OUT_OF_RANGE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "ABORTED", "CANCELLED"),
)
"""Every other error is ours: INTERNAL and UNKNOWN, and what a harness without a network has no cause to see."""
_KEPT, _LONGEST = 20, 4000
_BY_RPC = ("reached", "leaks", "crashed")


@dataclass(slots=True)
class Tally:
    """
    Attributes:
        outcomes: how often an RPC answered so.
        reached: how often its handler was called.
        faults: the first inputs that were answered as nobody should be.
        leaks: how often a log repeated what the caller said.
        crashed: how often an exception left the error boundary, or a process ended; `crashes` tells of the first.
    """

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    leaks: Counter[str] = field(default_factory=Counter)
    crashed: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)

    @property
    def executions(self) -> int:
        return self.outcomes.total() + self.crashed.total()

    def count(self, ran: Ran, data: bytes, where: str = "") -> None:
        """
        Args:
            where: what the log says of it.
        """
        code, _, reason = ran.outcome.partition(" ")
        self.outcomes[ran.path, ran.outcome] += 1
        self.reached[ran.path] += ran.reached
        blameless = code == "OK" or (code in CLIENT_ERRORS and reason)
        if not blameless and len(self.faults) < _KEPT:
            self.faults.append(f"{ran.path} {ran.outcome} {data.hex()} {where}")

    def leak(self, path: str, line: str) -> None:
        self.leaks[path] += 1
        if len(self.faults) < _KEPT:
            self.faults.append(f"{path} logged {line}")

    def crash(self, path: str, told: str) -> None:
        """
        Args:
            path: "" where nobody knows which RPC it was.
        """
        self.crashed[path] += 1
        if len(self.crashes) < _KEPT:
            self.crashes.append(f"{path} {told[-_LONGEST:]}")

    def answered(self, *codes: str, service: str = "") -> int:
        """How often with one of the codes."""
        return sum(
            count
            for (path, outcome), count in self.outcomes.items()
            if outcome.partition(" ")[0] in codes and path.startswith(f"/{service}")
        )

    def summary(self) -> Mapping[str, int]:
        answered = self.outcomes.total()
        return {
            "executions": self.executions,
            "internal": self.answered("INTERNAL"),
            "unknown": self.answered("UNKNOWN"),
            "crashes": self.crashed.total(),
            "other_faults": answered - self.answered("OK", "INTERNAL", "UNKNOWN", *CLIENT_ERRORS),
            "leaks": self.leaks.total(),
            "rpcs": len({path for path, _ in self.outcomes}),
            "reached_handler": self.reached.total(),
        }

    def add(self, other: "Tally") -> None:
        self.outcomes.update(other.outcomes)
        for name in _BY_RPC:
            getattr(self, name).update(getattr(other, name))
        self.faults += other.faults
        self.crashes += other.crashes

    def save(self, path: Path) -> None:
        outcomes = [[*key, count] for key, count in sorted(self.outcomes.items())]
        told = {name: getattr(self, name) for name in (*_BY_RPC, "faults", "crashes")}
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps({"summary": self.summary(), "outcomes": outcomes, **told}))
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """An empty one if there is no file."""
        if not path.exists():
            return cls()
        told = json.loads(path.read_text())
        outcomes = Counter({(rpc, outcome): count for rpc, outcome, count in told["outcomes"]})
        counters = {name: Counter(told[name]) for name in _BY_RPC}
        return cls(outcomes, **counters, faults=told["faults"], crashes=told["crashes"])
