"""The migration lint refuses what the version that runs now would not survive, and what locks everybody out."""

from pathlib import Path

import pytest

from services.storage.migration.lint import findings
from services.storage.migration.lint.releases import Releases
from tests.unit.storage.planted import SAFE, history

ROOT = Path(__file__).resolve().parents[3]

CONTRACTING = {
    "drop table": ('op.drop_table("notes")', "the table is dropped"),
    "drop column": ('op.drop_column("notes", "mood")', "the column is dropped"),
    "drop column in a batch": (
        'with op.batch_alter_table("notes") as batch:\n    batch.drop_column("mood")',
        "notes.mood: the column is dropped",
    ),
    "drop rule": ('op.drop_constraint("pk_notes", "notes")', "pk_notes"),
    "drop index": ('op.drop_index("ix_notes_rank", "notes")', "by which the version before reads"),
    "not null": ('op.alter_column("notes", "mood", nullable=False)', "becomes NOT NULL"),
    "narrower text": ('op.alter_column("notes", "slug", type_=sa.String(10))', "may refuse what it holds"),
    "narrower number": ('op.alter_column("notes", "rank", type_=sa.SmallInteger())', "may refuse what it holds"),
    "unique": ('op.create_unique_constraint("uq_notes_slug", "notes", ["slug"])', "may refuse what is there"),
    "unique index": ('op.create_index("uq_notes_slug", "notes", ["slug"], unique=True)', "may refuse what is there"),
    "check": ('op.create_check_constraint("ck_notes_rank", "notes", "rank > 0")', "may refuse what the version before"),
    "foreign key": (
        'op.create_foreign_key("fk_notes_mood", "notes", "notes", ["mood"], ["id"])',
        "may refuse what the version before",
    ),
    "default lost": ('op.alter_column("notes", "kind", server_default=None)', "loses its default"),
}

NEVER = {
    "rename table": ('op.rename_table("notes", "papers")', "asks for the old name"),
    "rename column": ('op.alter_column("notes", "mood", new_column_name="temper")', "asks for the old name"),
    "not null without default": (
        'op.add_column("notes", sa.Column("size", sa.Integer(), nullable=False))',
        "NOT NULL without a server default",
    ),
    "index": ('op.create_index("ix_notes_mood", "notes", ["mood"])', "stops every write"),
    "index in a batch": (
        'with op.batch_alter_table("notes") as batch:\n    batch.create_index("ix_notes_mood", ["mood"])',
        "stops every write",
    ),
    "index concurrently in a transaction": (
        'op.create_index("ix_notes_mood", "notes", ["mood"], postgresql_concurrently=True)',
        "CONCURRENTLY",
    ),
    "wider number": ('op.alter_column("notes", "rank", type_=sa.BigInteger())', "rewrites the table"),
    "default of each row": (
        'op.add_column("notes", sa.Column("key", sa.Uuid(), server_default=sa.text("gen_random_uuid()")))',
        "a default that is computed",
    ),
    "default of now": (
        'op.add_column("notes", sa.Column("at", types.UtcDateTime(), nullable=False, server_default=sa.func.now()))',
        "a default that is computed",
    ),
    "unique column": ('op.add_column("notes", sa.Column("key", sa.Uuid(), unique=True))', "built under a lock"),
    "another primary key": ('op.create_primary_key("pk_other", "notes", ["slug"])', "rebuilds its index"),
    "copied table": (
        'with op.batch_alter_table("notes", recreate="always") as batch:\n'
        '    batch.add_column(sa.Column("size", sa.Integer()))',
        "copies the whole table",
    ),
    "update": ("op.execute(\"UPDATE notes SET mood = 'x'\")", "rewrites rows in the transaction"),
    "update by the connection": (
        "op.get_bind().execute(sa.text(\"UPDATE notes SET mood = 'x'\"))",
        "rewrites rows in the transaction",
    ),
    "update by a construct": (
        "op.execute(sa.table('notes', sa.column('mood')).update().values(mood='x'))",
        "rewrites rows in the transaction",
    ),
    "insert from a query": ("op.execute('INSERT INTO notes SELECT * FROM notes')", "rewrites rows in the transaction"),
    "update of everything at once": (
        "with op.get_context().autocommit_block():\n    op.execute(\"UPDATE notes SET mood = 'x'\")",
        "rewrites all rows at once",
    ),
    "lock": ("op.execute('LOCK TABLE notes')", "locks out everybody"),
    "truncate": ("op.execute('TRUNCATE notes')", "locks out everybody"),
    "vacuum full": ("op.execute('VACUUM (FULL) notes')", "locks out everybody"),
    "hidden behind a comment": ("op.execute('/* quick */ ALTER TABLE notes DROP mood')", "cannot be judged"),
    "hidden behind another": ("op.execute('SELECT 1; DROP TABLE notes')", "cannot be judged"),
    "what needs rows": ("if op.get_bind().scalar_subquery:\n    pass", "cannot be judged without a database"),
}


def _texts(folder: Path) -> list[str]:
    return [offence.text for offence in findings(folder, Releases(folder, ()))]


@pytest.mark.parametrize(("body", "says"), CONTRACTING.values(), ids=CONTRACTING)
def test_contracting_is_refused_with_what_to_do(body: str, says: str, tmp_path: Path) -> None:
    texts = _texts(history(tmp_path, body))
    assert any(says in text and "CONTRACTS =" in text for text in texts), texts


@pytest.mark.parametrize(("body", "says"), NEVER.values(), ids=NEVER)
def test_what_no_declaration_helps_is_refused(body: str, says: str, tmp_path: Path) -> None:
    assert any(says in text for text in _texts(history(tmp_path, body, declared='CONTRACTS = "0001"')))


@pytest.mark.parametrize("body", SAFE.values(), ids=SAFE)
def test_expanding_is_let_through(body: str, tmp_path: Path) -> None:
    assert _texts(history(tmp_path, body)) == []


def test_our_own_migrations_are_safe() -> None:
    folders = sorted((ROOT / "services").glob("*/migrations/versions"))
    assert len(folders) >= 3
    assert [str(offence) for folder in folders for offence in findings(folder)] == []


def test_an_offence_says_where_it_is(tmp_path: Path) -> None:
    (offence,) = findings(history(tmp_path, 'op.rename_table("notes", "papers")'), Releases(tmp_path, ()))
    assert str(offence).startswith("planted/0002_planted.py: notes: renamed")
