"""${message}

Revision: ${up_revision}, after ${down_revision or 'nothing' | comma,n}.

Before you commit, answer these here and delete the questions:

1. Does the version that runs *now* work on the schema *after* this migration? Both run during a rollout, and a
   rollback goes back to the old one. Expand first (a nullable column, a new table, an index), change the code, and
   contract (drop, rename, NOT NULL) one release later.
2. Which locks does it take on PostgreSQL, for how long on ten million rows? `lock_timeout` is 5 s here. ADD COLUMN
   with a constant default is instant. CREATE INDEX blocks writes: use `postgresql_concurrently=True` inside
   `with op.get_context().autocommit_block():`. Add a constraint NOT VALID and validate it in a second migration.
   Changing a type or adding NOT NULL scans the table.
3. Does it move data? Do it in batches, restartable, and not in the transaction that changes the schema.
4. Does it run on SQLite? Use `with op.batch_alter_table(...)`, and name every constraint.
"""

import sqlalchemy as sa
from alembic import op

from services.storage import types
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Not supported: a rollback runs the version before on this schema, which rule 1 makes possible."""
    raise NotImplementedError("migrations only go forward")
