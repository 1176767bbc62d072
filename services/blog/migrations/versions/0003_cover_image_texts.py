"""What a cover image shows, in words, for people who do not see it.

The version before works on this schema: it writes posts without the column, whose default they get, and leaves it as it
is when it changes one. On PostgreSQL a column with a constant default is added in an instant.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("cover_image_alt", sa.String(length=500), server_default="", nullable=False))


def downgrade() -> None:
    """Not supported: a rollback runs the version before on this schema, which rule 1 makes possible."""
    raise NotImplementedError("migrations only go forward")
