"""SQL habits that the services share: sessions, ids, pages, idempotency keys, outbox, migrations.

One code path for SQLite (the default) and PostgreSQL. Imports mesh, never a service.
"""
