"""
Let PostgreSQL itself keep clients apart, for roles that may see some only.

The owner of the tables sees every row, as before. Any other role sees and writes the
rows of those clients whose role it is a member of: `convbridge:siam-coffee`.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

_MAY = """
CREATE FUNCTION convbridge_may(client text) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM pg_catalog.pg_roles
    WHERE rolname = 'convbridge:' || substring(client FROM '[^\t]*$')
      AND pg_catalog.pg_has_role(current_user, oid, 'MEMBER')
  )
$$
"""
_OF_RUN = "EXISTS (SELECT FROM runs WHERE runs.id = run_id)"
_OF_ENTRY = "EXISTS (SELECT FROM entries WHERE entries.id = entry_id)"
_OF_TARGET = "target IN (SELECT id FROM outbox_targets)"
_OF_BATCH = "EXISTS (SELECT FROM outbox_batches WHERE outbox_batches.id = batch)"
_RULES = {
    "runs": "convbridge_may(client)",
    "run_ends": _OF_RUN,
    "entries": "convbridge_may(client)",
    "outcomes": _OF_ENTRY,
    "published": "convbridge_may(client)",
    "leases": "convbridge_may(client)",
    "syncs": "convbridge_may(client)",
    "outbox_targets": "convbridge_may(client)",
    "outbox_rows": _OF_TARGET,
    "outbox_batches": _OF_TARGET,
    "outbox_contents": _OF_BATCH,
    "outbox_holds": _OF_TARGET,
    "outbox_adjustments": _OF_TARGET,
}
"""Table to what a row must fulfil; what has no client asks its parent's rule."""


def upgrade() -> None:
    """Make the rules; SQLite has one owner for the whole file."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(_MAY)
    for table, rule in _RULES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY by_client ON {table} USING ({rule})")
