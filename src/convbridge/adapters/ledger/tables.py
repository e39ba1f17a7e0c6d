"""
The ledger's tables, in one form that SQLite and PostgreSQL both take as it is.

Times are ISO 8601 text in UTC, payloads JSON text. Rows of the journal (runs,
run_ends, entries, outcomes, published, syncs) are only ever added; a lease is the
one thing that is rewritten. The migrations make these tables; a test compares them.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("plan_digest", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("undoes", Text, nullable=True),
    Column("started_at", Text, nullable=False),
    Index("ix_runs_client", "client"),
)

run_ends = Table(
    "run_ends",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id"), primary_key=True),
    Column("ended_at", Text, nullable=False),
    Column("error", Text, nullable=True),
)

entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", Text, ForeignKey("runs.id"), nullable=False),
    Column("client", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("resource_key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("change", Text, nullable=False),
    Index("ix_entries_client", "client"),
    Index("ix_entries_run_id", "run_id"),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("entry_id", Integer, ForeignKey("entries.id"), nullable=False),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("resource_name", Text, nullable=True),
    Column("error", Text, nullable=True),
    Column("code", Text, nullable=True),
    Column("request_id", Text, nullable=True),
    Column("fields", Text, nullable=False),
    Index("ix_outcomes_entry_id", "entry_id"),
)

published = Table(
    "published",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("client", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("value", Text, nullable=False),
    Index("ix_published_client", "client"),
)

leases = Table(
    "leases",
    metadata,
    Column("client", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("process", Integer, nullable=False),
    Column("until", Text, nullable=False),
)

syncs = Table(
    "syncs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("client", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("operations", Integer, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("worth", Text, nullable=True),
    Column("currency", Text, nullable=True),
    Index("ix_syncs_client", "client"),
    Index("ix_syncs_at", "at"),
)
"""How each client's sync ended, what it spent, and the revenue it is about."""
