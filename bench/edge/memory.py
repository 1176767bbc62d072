"""What each process of a village holds."""

from collections.abc import Iterator
from pathlib import Path

__all__ = ["memory"]

_KIB = 1024


def memory(supervisor: int) -> dict[str, float]:
    """Resident memory in MiB by process, the supervisor and all below it; processes of one name are added up."""
    held: dict[str, float] = {}
    for pid in (supervisor, *_below(supervisor)):
        name = _name(pid)
        held[name] = held.get(name, 0.0) + _resident(pid)
    return dict(sorted(held.items()))


def _below(pid: int) -> Iterator[int]:
    for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        yield child
        yield from _below(child)


def _name(pid: int) -> str:
    words = [word for word in Path(f"/proc/{pid}/cmdline").read_text().split("\0") if word]
    if "-m" in words:
        return words[words.index("-m") + 1]
    return Path(words[0].split(":")[0]).name


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / _KIB
