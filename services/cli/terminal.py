"""What the operator sees of the services: their logs go to files whole, and to the terminal as far as they matter."""

import json
import sys
from pathlib import Path
from typing import Any, TextIO

__all__ = ["LogSink"]

_NAME_WIDTH = 8
_SHOWN_ALWAYS = frozenset({"serving", "draining"})
_QUIET_LEVELS = frozenset({"debug", "info"})
_OF_THE_RECORD = frozenset({"event", "level", "timestamp", "service", "logger", "trace_id", "span_id"})


class LogSink:
    """Takes each line of each process.

    Args:
        folder: gets `<name>.log` for each process.
        verbose: show everything, not only what matters.
    """

    def __init__(self, folder: Path, *, verbose: bool = False, terminal: TextIO | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._verbose, self._terminal = folder, verbose, terminal or sys.stderr
        self._files: dict[str, TextIO] = {}

    def __call__(self, name: str, line: str) -> None:
        self._file(name).write(line + "\n")
        record = _record(line)
        if self._verbose or record is None or _matters(record):
            text = line if record is None else _for_eyes(record)
            self._terminal.write(f"{name:>{_NAME_WIDTH}} │ {text}\n")
            self._terminal.flush()

    def close(self) -> None:
        for file in self._files.values():
            file.close()

    def _file(self, name: str) -> TextIO:
        if name not in self._files:
            self._files[name] = (self._folder / f"{name}.log").open("a", buffering=1)
        return self._files[name]


def _record(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _matters(record: dict[str, Any]) -> bool:
    level = str(record.get("level", "info"))
    return level not in _QUIET_LEVELS or record.get("event") in _SHOWN_ALWAYS


def _for_eyes(record: dict[str, Any]) -> str:
    rest = " ".join(f"{key}={value}" for key, value in record.items() if key not in _OF_THE_RECORD)
    return f"{record.get('event', '')} {rest}".strip()
