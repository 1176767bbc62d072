"""Spans on disk: lines of OTLP/JSON in numbered files, the oldest file removed when there are too many."""

import json
from pathlib import Path
from typing import IO

from mesh.telemetry.spans import Json

__all__ = ["TraceFiles", "trace_files"]

_PATTERN = "traces-*.jsonl"


def trace_files(folder: Path) -> list[Path]:
    """The files of a folder, the oldest first."""
    return sorted(folder.glob(_PATTERN))


class TraceFiles:
    """Appends documents; never holds more than about `files` x `file_bytes` on disk.

    Each start opens a new file, so a line that a crash cut short is never appended to.
    """

    def __init__(self, folder: Path, *, file_bytes: int = 8_000_000, files: int = 8) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._file_bytes, self._files = folder, file_bytes, files
        self._open: IO[str] | None = None

    def write(self, document: Json) -> None:
        """Appends one line and hands it to the operating system.

        Raises:
            OSError: the disk is full or the folder is gone.
        """
        if self._open is None or self._open.tell() >= self._file_bytes:
            self._rotate()
        assert self._open is not None  # noqa: S101
        json.dump(document, self._open, separators=(",", ":"), ensure_ascii=False)
        self._open.write("\n")
        self._open.flush()

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _rotate(self) -> None:
        self.close()
        existing = trace_files(self._folder)
        number = int(existing[-1].stem.removeprefix("traces-")) + 1 if existing else 1
        for surplus in existing[: max(0, len(existing) - self._files + 1)]:
            surplus.unlink(missing_ok=True)
        self._open = (self._folder / f"traces-{number:08d}.jsonl").open("a", encoding="utf-8")
