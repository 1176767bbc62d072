"""What alembic runs for every service: the connection and, for autogenerate, the metadata come from the caller."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes.get("metadata"),
    # SQLite cannot alter most of a table; batch mode copies it.
    render_as_batch=True,
    # Each migration and its stamp are one transaction, on SQLite too.
    transaction_per_migration=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
