"""Which operation was answered how often with which status."""

from collections import Counter
from collections.abc import Iterable

__all__ = ["Coverage"]


class Coverage:
    """Counts answers by operation and status."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, int]] = Counter()

    def heard(self, operation: str, status: int) -> None:
        self.counts[operation, status] += 1

    def without_a_good_answer(self, operations: Iterable[str]) -> list[str]:
        good = {operation for (operation, status) in self.counts if 200 <= status < 300}
        return sorted(set(operations) - good)

    def server_errors(self) -> list[str]:
        """500 and above."""
        return sorted(f"{name} {status}" for (name, status) in self.counts if status >= 500)

    def __str__(self) -> str:
        statuses = sorted({status for _, status in self.counts})
        names = sorted({name for name, _ in self.counts})
        width = max(map(len, names), default=0)
        head = " " * width + "".join(f"{status:>7}" for status in statuses)
        rows = [name.ljust(width) + "".join(self._cell(name, status) for status in statuses) for name in names]
        return "\n".join([head, *rows])

    def _cell(self, name: str, status: int) -> str:
        return f"{self.counts[name, status] or '·':>7}"
