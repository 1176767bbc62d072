"""Known devices: the key that an account's device tokens are signed with.

The version before works on this schema: it writes accounts without a key, and a key is made at the next sign-in. On
PostgreSQL a column without a default is added in an instant.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("device_key", sa.LargeBinary(length=32), nullable=True))


def downgrade() -> None:
    """Not supported: a rollback runs the version before on this schema, which rule 1 makes possible."""
    raise NotImplementedError("migrations only go forward")
