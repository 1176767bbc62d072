"""Histories of migrations with one revision in question, for the lint to judge."""

from pathlib import Path

__all__ = ["BEFORE", "SAFE", "history"]

_HEAD = """
import sqlalchemy as sa
from alembic import op

from services.storage import types

revision = {revision!r}
down_revision = {down!r}
{declared}


def upgrade() -> None:
"""

BEFORE = """
op.create_table(
    "notes",
    sa.Column("id", types.bytewise_text(36), nullable=False),
    sa.Column("slug", sa.String(60), nullable=False),
    sa.Column("rank", sa.Integer(), nullable=False),
    sa.Column("mood", sa.String(20), nullable=True),
    sa.Column("kind", sa.SmallInteger(), nullable=False, server_default="0"),
    sa.PrimaryKeyConstraint("id", name="pk_notes"),
)
op.create_index("ix_notes_rank", "notes", ["rank"])
"""

SAFE = {
    "a nullable column": 'op.add_column("notes", sa.Column("size", sa.Integer()))',
    "a column with a constant default": (
        'op.add_column("notes", sa.Column("size", sa.Integer(), nullable=False, server_default="0"))\n'
        'op.add_column("notes", sa.Column("open", sa.Boolean(), nullable=False, server_default=sa.false()))'
    ),
    "a table, with whatever it needs": (
        'op.create_table("pages", sa.Column("n", sa.Integer(), primary_key=True), sa.Column("note", sa.String(36)),\n'
        '    sa.ForeignKeyConstraint(["note"], ["notes.id"], name="fk_pages"))\n'
        'op.create_index("ix_pages", "pages", ["note"], unique=True)'
    ),
    "an index, concurrently": (
        "with op.get_context().autocommit_block():\n"
        '    op.create_index("ix_notes_mood", "notes", ["mood"], postgresql_concurrently=True)'
    ),
    "a unique index on a column that nobody writes yet": (
        'op.add_column("notes", sa.Column("key", sa.String(20)))\n'
        "with op.get_context().autocommit_block():\n"
        '    op.create_index("uq_notes_key", "notes", ["key"], unique=True, postgresql_concurrently=True)'
    ),
    "more room for text": 'with op.batch_alter_table("notes") as b:\n    b.alter_column("slug", type_=sa.String(90))',
    "rows in batches": (
        "with op.get_context().autocommit_block():\n"
        "    some = \"UPDATE notes SET mood = 'calm' WHERE id IN (SELECT id FROM notes WHERE mood IS NULL LIMIT 9)\"\n"
        "    while op.get_bind().execute(sa.text(some)).rowcount:\n"
        "        pass"
    ),
    "NOT NULL taken back": 'with op.batch_alter_table("notes") as b:\n    b.alter_column("rank", nullable=True)',
    "a row of constants": "op.execute(\"INSERT INTO notes (id, slug, rank) VALUES ('a', 'a', 1)\")",
}


def history(folder: Path, *bodies: str, declared: str = "") -> Path:
    """A service's folder of migrations: `BEFORE`, and a revision for each body; the last one has `declared`."""
    versions = folder / "services" / "planted" / "migrations" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    for number, body in enumerate((BEFORE, *bodies), start=1):
        down = f"{number - 1:04}" if number > 1 else None
        said = declared if number == len(bodies) + 1 else ""
        head = _HEAD.format(revision=f"{number:04}", down=down, declared=said)
        lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
        (versions / f"{number:04}_planted.py").write_text(f"{head}{lines}\n")
    return versions
