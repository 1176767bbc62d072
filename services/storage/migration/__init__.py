"""Schema migrations: one history for each service, an environment that they share, no alembic.ini."""

from services.storage.migration.comparison import differences
from services.storage.migration.history import SchemaState, heads, schema_state
from services.storage.migration.run import upgrade

__all__ = ["SchemaState", "differences", "heads", "schema_state", "upgrade"]
