"""Run by Alembic: migrate over the connection that `migrate` hands in."""

from __future__ import annotations

from alembic import context

from convbridge.adapters.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite rolls DDL back too once BEGIN is ours (see engine.py).
    transactional_ddl=True,
)
context.run_migrations()
