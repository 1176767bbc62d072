"""When a revision may contract: it says what it contracts, and a release has shipped what takes its place.

CONTRACTS = "0004"  # the revision that expanded: what it added is used instead since the release that shipped it
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from services.storage.migration.lint.releases import Releases
from services.storage.migration.lint.trouble import Kind, Trouble

__all__ = ["objections"]


def objections(
    declared: str | None, trouble: Trouble, revision: Path, ancestors: Mapping[str, Path], releases: Releases
) -> Iterator[str]:
    """Why `trouble`, a contracting step of `revision`, may not ship yet; nothing if it may.

    `ancestors` are the files of the revisions before it, by id.
    """
    if trouble.kind is not Kind.CONTRACTS:
        return
    if declared is None:
        yield (
            "it contracts. Ship what replaces it, let a release pass that no longer uses this, and then say "
            'CONTRACTS = "<the revision that expanded>" in the revision'
        )
        return
    if declared not in ancestors:
        yield f"CONTRACTS names {declared}, which is no revision before this one"
        return
    ships = releases.first_with(revision)
    previous = releases.before(ships)
    expanded = releases.first_with(ancestors[declared])
    if previous is None or expanded is None or expanded not in (*_until(releases, previous),):
        yield f"{declared}, which expanded, is in no release before this one; the version that runs now may not have it"
    elif trouble.removed and _still_maps(releases, previous, revision, *trouble.removed):
        yield f"{previous}, which may still run, has it in its tables; let a release pass that has not"


def _until(releases: Releases, tag: str) -> tuple[str, ...]:
    return releases.tags[: releases.tags.index(tag) + 1]


def _still_maps(releases: Releases, tag: str, revision: Path, table: str, column: str) -> bool:
    """Whether the release's `tables.py`, two folders above the revision's, maps the column, or the table if empty."""
    text = releases.text(tag, revision.parents[2] / "tables.py")
    return text is not None and any(
        name == table and (not column or column in columns) for name, columns in _mapped(text)
    )


def _mapped(text: str) -> Iterator[tuple[str, set[str]]]:
    """Tables and the columns of each, read from the declarative classes."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            names = {
                target.id: each.value
                for each in node.body
                if isinstance(each, ast.Assign | ast.AnnAssign)
                for target in (each.targets if isinstance(each, ast.Assign) else [each.target])
                if isinstance(target, ast.Name)
            }
            table = names.get("__tablename__")
            if isinstance(table, ast.Constant):
                yield str(table.value), {_spelled(name, value) for name, value in names.items()}


def _spelled(name: str, value: ast.expr | None) -> str:
    """A column's name in SQL: the attribute's, unless mapped_column("...") says another."""
    if isinstance(value, ast.Call) and value.args and isinstance(value.args[0], ast.Constant):
        return str(value.args[0].value)
    return name
