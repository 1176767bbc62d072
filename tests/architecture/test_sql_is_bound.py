"""Values reach SQL as parameters alone: no statement is put together from strings."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = sorted((ROOT / "services").rglob("*.py"))
RAW = {"text", "exec_driver_sql", "literal_column", "execute", "executescript", "executemany"}
# Settings of a connection take no parameters; their values are constants of ours and never a caller's.
SETTINGS = {
    "services/storage/migration/engine.py": 1,
    "services/storage/postgresql.py": 1,
    "services/storage/sqlite.py": 1,
}


def put_together(tree: ast.AST) -> Iterator[int]:
    """Lines where SQL is given as anything but a constant, an expression or a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _name(node.func) in RAW:
            statement = node.args[0]
            made = isinstance(statement, ast.JoinedStr) or (
                isinstance(statement, ast.BinOp)
                and isinstance(statement.op, ast.Add | ast.Mod)
                and _has_text(statement)
            )
            formatted = isinstance(statement, ast.Call) and _name(statement.func) in {"format", "join", "replace"}
            if made or formatted:
                yield node.lineno


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _has_text(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in ast.walk(node))


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_statement_is_put_together_from_strings(path: Path) -> None:
    found = list(put_together(ast.parse(path.read_text())))
    assert len(found) == SETTINGS.get(str(path.relative_to(ROOT)), 0), found


@pytest.mark.parametrize(
    "statement",
    [
        'session.execute(text(f"SELECT * FROM posts WHERE id = {post}"))',
        'session.execute(text("SELECT * FROM posts WHERE id = " + post))',
        'session.execute(text("SELECT * FROM posts WHERE id = %s" % post))',
        'session.execute(text("SELECT {}".format(post)))',
        'connection.exec_driver_sql(f"PRAGMA {name}")',
        'order_by(literal_column(f"{field} DESC"))',
    ],
)
def test_the_check_sees_what_it_is_for(statement: str) -> None:
    assert list(put_together(ast.parse(statement)))
