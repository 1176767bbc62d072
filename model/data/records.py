"""Reads the corpora, and refuses a file that is not the one the manifest pins."""

import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model.comment import Comment
from model.data.sources import HAM, SPAM, Source
from model.errors import DataError

__all__ = ["Record", "read_csv", "read_source"]

_REQUIRED: Final = frozenset({"text", "label"})
_LABELS: Final = {"0": HAM, "1": SPAM}


@dataclass(frozen=True, slots=True)
class Record:
    """A labelled comment: 1 is spam, 0 is ham. `source` names the file or blog it came from."""

    comment: Comment
    label: int
    source: str


def read_source(data_dir: Path, source: Source) -> list[Record]:
    """The labelled records of a pinned file, in order.

    Raises:
        DataError: the file is missing, has another hash, lacks a column, or has other counts than the manifest says.
    """
    path = data_dir / source.path
    if not path.is_file():
        raise DataError(f"{source.path}: no such file in the corpora")
    if hashlib.sha256(path.read_bytes()).hexdigest() != source.sha256:
        raise DataError(f"{source.path}: not the pinned file (SHA-256 differs)")
    with path.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        _check_columns(source.path, reader.fieldnames)
        rows = list(reader)
    records = list(_labelled(rows, source.name))
    spam = sum(record.label for record in records)
    counts = (len(rows), len(records) - spam, spam)
    if counts != (source.rows, source.ham, source.spam):
        raise DataError(f"{source.path}: rows, ham and spam are {counts}, not as the manifest says")
    return records


def read_csv(path: Path) -> list[Record]:
    """The labelled records of any CSV with `text` and `label`; `source` or `blog` names groups within it.

    Raises:
        DataError: the file is missing or not UTF-8, or lacks a column, or holds no labelled row.
    """
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            reader = csv.DictReader(lines)
            _check_columns(path.name, reader.fieldnames)
            records = list(_labelled(reader, path.stem))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path.name}: not readable as UTF-8 CSV") from error
    if not records:
        raise DataError(f"{path.name}: no row is labelled 0 or 1")
    return records


def _check_columns(name: str, columns: Iterable[str] | None) -> None:
    missing = _REQUIRED.difference(columns or ())
    if missing:
        raise DataError(f"{name}: no column {', '.join(sorted(missing))}")


def _labelled(rows: Iterable[dict[str, str]], name: str) -> Iterator[Record]:
    for row in rows:
        label = _LABELS.get(row["label"])
        if label is None:
            continue
        title = row.get("post_title") or (row.get("slug") or "").replace("-", " ")
        comment = Comment(
            row["text"],
            author_name=row.get("author") or "",
            author_url=row.get("author_url") or "",
            post_title=title,
        )
        yield Record(comment, label, row.get("blog") or row.get("source") or name)
