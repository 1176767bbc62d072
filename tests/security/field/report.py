"""The table of all duels, and the one line that a machine reads."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tests.security.field.duel import Outcome

__all__ = ["Row", "header", "line", "verdict"]

_WIDTHS = (22, 8, 9, 12, 15, 11, 16)
_COLUMNS = ("attack", "door", "defence", "victim fails", "p50 / p99 ms", "memory MiB", "held / cut")


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
    return "  ".join(name.ljust(width) for name, width in zip(_COLUMNS, _WIDTHS, strict=True)) + "taken out"


def line(row: Row) -> str:
    it = row.outcome
    cells = (
        row.attack,
        row.door,
        "without" if row.without else "with",
        f"{len(it.failures)}/{it.calls}",
        f"{it.p50_ms:.1f} / {it.p99_ms:.1f}",
        f"{it.memory_mib[0]:.0f} > {it.memory_mib[1]:.0f}",
        f"{it.tally.held} / {it.tally.cut}",
    )
    shown = "  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True))
    return (shown + (row.without or _kinds(it.failures))).rstrip()


def _kinds(failures: list[str]) -> str:
    """The kinds of failure, most frequent first."""
    return ", ".join(f"{count} {kind}" for kind, count in Counter(failures).most_common(3))


def verdict(rows: Iterable[Row]) -> str:
    """The worst of all attacks on the shipped configuration, and how many of the others show in errors."""
    rows = list(rows)
    defended = [row for row in rows if not row.without]
    attacked = [row for row in defended if row.attack != "no attack"]
    quiet = [row for row in defended if row.attack == "no attack"]
    found = {
        "victim_errors": sum(len(row.outcome.failures) for row in attacked),
        "victim_p99_ms": round(max(row.outcome.p99_ms for row in attacked), 1),
        "quiet_p99_ms": round(max((row.outcome.p99_ms for row in quiet), default=0.0), 1),
        "attacks": len(attacked),
        "undefended_with_errors": sum(bool(row.outcome.failures) for row in rows if row.without),
        "peak_memory_mib": round(max(row.outcome.memory_mib[1] for row in attacked)),
    }
    return json.dumps(found)
