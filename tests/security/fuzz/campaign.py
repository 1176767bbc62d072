"""Several fuzzing processes, and what they found together."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Found", "fuzz", "table"]

ROOT = Path(__file__).resolve().parents[3]
_TAIL = 4000


@dataclass(slots=True)
class Found:
    """What a campaign found.

    Attributes:
        outcomes: how often an RPC answered so.
        faults: inputs that were answered with INTERNAL or UNKNOWN.
        crashes: what a process said that ended early, by an exception outside the error boundary or by a hang.
    """

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)

    def answered(self, code: str) -> int:
        return sum(count for (_, outcome), count in self.outcomes.items() if outcome.startswith(code))

    def summary(self) -> Mapping[str, int]:
        return {
            "executions": self.outcomes.total(),
            "rpcs": len({path for path, _ in self.outcomes}),
            "internal": self.answered("INTERNAL"),
            "unknown": self.answered("UNKNOWN"),
            "crashes": len(self.crashes),
        }


def fuzz(folder: Path, runs: int, processes: int, *, seed: int = 1, planted: bool = False) -> Found:
    """Runs `processes` side by side, `runs` executions in all."""
    module, extra = "tests.security.fuzz.worker", ["planted"] if planted else []
    started = []
    for number in range(processes):
        result, log = folder / f"result-{number}.json", folder / f"log-{number}.txt"
        command = [sys.executable, "-m", module, str(-(-runs // processes)), str(seed + number), str(result), *extra]
        with log.open("wb") as output:
            started.append((subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output), result, log))
    found = Found()
    for process, result, log in started:
        if process.wait() != 0 or not result.exists():
            found.crashes.append(log.read_text(errors="replace")[-_TAIL:])
            continue
        told = json.loads(result.read_text())
        for path, outcome, count in told["outcomes"]:
            found.outcomes[path, outcome] += count
        found.faults += told["faults"]
    return found


def table(found: Found) -> str:
    """A line for each RPC: executions, and its outcomes, the most frequent first."""
    lines = []
    for path in sorted({path for path, _ in found.outcomes}):
        ran = Counter({outcome: count for (where, outcome), count in found.outcomes.items() if where == path})
        told = "  ".join(f"{outcome} {count}" for outcome, count in ran.most_common())
        lines.append(f"{path.removeprefix('/hamlet.'):55} {ran.total():8}  {told}")
    return "\n".join(lines)
