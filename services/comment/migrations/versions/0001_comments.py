"""The first tables: threads, comments and their revisions, events, idempotency keys, the outbox.

Revision: 0001, after nothing. Nothing ran before it, nothing is locked, no data moves.
"""

import sqlalchemy as sa
from alembic import op

from services.storage import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", types.bytewise_text(80), nullable=False),
        sa.Column("method", types.bytewise_text(200), nullable=False),
        sa.Column("request_id", types.bytewise_text(64), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "method", "request_id", name=op.f("pk_idempotency_keys")),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_keys_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", types.bytewise_text(36), nullable=False),
        sa.Column("topic", types.bytewise_text(80), nullable=False),
        sa.Column("key", types.bytewise_text(200), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("traceparent", types.bytewise_text(64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("available_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_available_at"), ["available_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_key"), ["key"], unique=False)

    op.create_table(
        "threads",
        sa.Column("post_id", types.bytewise_text(36), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("purged", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_threads")),
    )
    op.create_table(
        "comments",
        sa.Column("id", types.bytewise_text(36), nullable=False),
        sa.Column("post_id", types.bytewise_text(36), nullable=False),
        sa.Column("parent_id", types.bytewise_text(36), nullable=False),
        sa.Column("path", types.bytewise_text(512), nullable=False),
        sa.Column("depth", sa.SmallInteger(), nullable=False),
        sa.Column("author_id", types.bytewise_text(36), nullable=False),
        sa.Column("author_name", sa.String(length=80), nullable=False),
        sa.Column("author_email", sa.String(length=254), nullable=False),
        sa.Column("author_url", sa.String(length=2048), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=1024), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_html", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("decision", sa.SmallInteger(), nullable=False),
        sa.Column("verdict", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("shown", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("updated_at", types.UtcDateTime(), nullable=False),
        sa.Column("text_at", types.UtcDateTime(), nullable=False),
        sa.Column("address_until", types.UtcDateTime(), nullable=True),
        sa.Column("text_until", types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["threads.post_id"], name=op.f("fk_comments_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("post_id", "path", name=op.f("uq_comments_post_id_path")),
    )
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_comments_address_until"), ["address_until"], unique=False)
        batch_op.create_index("ix_comments_author", ["author_id", "id"], unique=False)
        batch_op.create_index(
            "ix_comments_post_waiting",
            ["post_id", "created_at", "id"],
            unique=False,
            sqlite_where=sa.text("state IN (1, 3)"),
            postgresql_where=sa.text("state IN (1, 3)"),
        )
        batch_op.create_index(
            "ix_comments_shown",
            ["post_id", "path"],
            unique=False,
            sqlite_where=sa.text("shown > 0"),
            postgresql_where=sa.text("shown > 0"),
        )
        batch_op.create_index(batch_op.f("ix_comments_text_until"), ["text_until"], unique=False)
        batch_op.create_index(
            "ix_comments_waiting",
            ["created_at", "id"],
            unique=False,
            sqlite_where=sa.text("state IN (1, 3)"),
            postgresql_where=sa.text("state IN (1, 3)"),
        )

    op.create_table(
        "events",
        sa.Column("post_id", types.bytewise_text(36), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.SmallInteger(), nullable=False),
        sa.Column("comment_id", types.bytewise_text(36), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["threads.post_id"], name=op.f("fk_events_post_id")),
        sa.PrimaryKeyConstraint("post_id", "sequence", name=op.f("pk_events")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_events_created_at"), ["created_at"], unique=False)

    op.create_table(
        "comment_revisions",
        sa.Column("comment_id", types.bytewise_text(36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comments.id"], name=op.f("fk_comment_revisions_comment_id")),
        sa.PrimaryKeyConstraint("comment_id", "revision", name=op.f("pk_comment_revisions")),
    )


def downgrade() -> None:
    """Not supported: a rollback runs the version before on this schema, which rule 1 makes possible."""
    raise NotImplementedError("migrations only go forward")
