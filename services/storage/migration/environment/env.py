"""What alembic runs for every service: the connection and, for autogenerate, the metadata come from the caller."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import String

from services.storage.types import UtcDateTime


def _render(kind: str, item: Any, _autogenerate: Any) -> str | Literal[False]:
    """Spells our types as an author would; False leaves an item to alembic."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "types.UtcDateTime()"
    if kind == "type" and isinstance(item, String) and "postgresql" in item._variant_mapping:  # noqa: SLF001
        return f"types.bytewise_text({item.length})"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes.get("metadata"),
    # SQLite cannot alter most of a table; batch mode copies it.
    render_as_batch=True,
    render_item=_render,
    # Each migration and its stamp are one transaction, on SQLite too.
    transaction_per_migration=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
