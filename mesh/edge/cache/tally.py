"""Counts requests from the tally: two letters and a newline for each (`mesh.edge.cache.access_log`)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from mesh.edge.cache.access_log import STATUSES

__all__ = ["Tally"]

_CHUNK, _OPEN = 1 << 20, 2


class Tally:
    """Requests by route and by how the answer came about.

    Args:
        codes: from `tally_codes`.
    """

    def __init__(self, path: Path, codes: Mapping[str, str]) -> None:
        self._path = path
        self._lines = {
            f"{letter}{how}\n".encode(): (route, status)
            for route, letter in codes.items()
            for status, how in STATUSES.items()
        }
        self._files: list[_Part] = []
        self.counts: Counter[tuple[str, str]] = Counter()

    def read(self) -> None:
        """Counts what was written since the last time."""
        if not self._files:
            self.follow()
        for file in self._files:
            for text in file.whole_lines():
                for line, key in self._lines.items():
                    if found := text.count(line):
                        self.counts[key] += found

    def follow(self) -> bool:
        """Also reads the file that is now at the path, if there is one. The one before stays open, because nginx's
        workers write to it until each of them has noticed."""
        try:
            self._files.append(_Part(self._path))
        except FileNotFoundError:
            return False
        while len(self._files) > _OPEN:
            self._files.pop(0).close()
        return True

    def close(self) -> None:
        while self._files:
            self._files.pop().close()


class _Part:
    """One of the files that the tally was written to."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._half = b""

    def whole_lines(self) -> Iterator[bytes]:
        while chunk := self._file.read(_CHUNK):
            text = self._half + chunk
            whole = text.rfind(b"\n") + 1
            self._half = text[whole:]
            yield text[:whole]

    def close(self) -> None:
        self._file.close()
